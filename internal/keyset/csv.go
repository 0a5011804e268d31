package keyset

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// columns say where a CSV record has its key, bytes and operations.
//
// Fields in double quotes are read as RFC 4180 has them. Many tools write keys
// without quotes whatever they hold, so in a record without any quote what is
// too many commas belongs to the key: the columns before the key are counted
// from the left, those after it from the right.
//
// With no header the columns are key[,bytes[,ops]], and the first record says
// how many: the numbers at its end, two at most. Fewer fields than columns are
// the first ones. If the first record is a key alone, it says nothing; every
// record's numbers at its end, two at most, are then its bytes and operations.
type columns struct {
	count     int // 0: each record by itself
	at        [columnsKnown]int
	separator byte
	literal   bool // quotes are the key's own
}

const absent = -1

// column is what one column of CSV tells.
type column int

// The columns that are known. The first three stand in this order where no
// header names them.
const (
	keyColumn column = iota
	bytesColumn
	opsColumn
	kindColumn
	encodingColumn
	elementsColumn
	ttlColumn    // seconds from now; below 0 is never
	expiryColumn // a time; nothing is never
	columnsKnown
)

// columnNames are what headers call columns, in this package's own CSV, in
// redis-rdb-tools' and in those of other tools.
var columnNames = map[string]column{
	"key": keyColumn, "key_name": keyColumn, "keyname": keyColumn,
	"name":  keyColumn, // only beside another that is known
	"bytes": bytesColumn, "size": bytesColumn, "size_in_bytes": bytesColumn, "size_bytes": bytesColumn,
	"memory": bytesColumn, "memory_bytes": bytesColumn, "memory_usage": bytesColumn,
	"ops": opsColumn, "operations": opsColumn, "hits": opsColumn, "requests": opsColumn,
	"type": kindColumn, "key_type": kindColumn, "encoding": encodingColumn,
	"num_elements": elementsColumn, "element_count": elementsColumn, "elements": elementsColumn,
	"ttl": ttlColumn, "ttl_seconds": ttlColumn, "expiry": expiryColumn, "expiration": expiryColumn,
}

// rdbToolsHeader is redis-rdb-tools', which quotes nothing: its quotes are the
// keys'.
const rdbToolsHeader = "database,type,key,size_in_bytes,encoding,num_elements,len_largest_element,expiry"

func noColumns(separator byte) *columns {
	c := &columns{separator: separator}
	for i := range c.at {
		c.at[i] = absent
	}
	return c
}

// header reads the first line as a header, if it is one: it names a column
// "key". Semicolons (what spreadsheets write where the comma is in numbers) and
// bars part columns only where another one is known: both are met in keys.
func header(head []byte) (c *columns, length int) {
	line, length, ended := firstLine(head)
	if !ended && len(head) >= sniffBytes {
		return nil, 0
	}
	separators := []byte{',', ';', '|'}
	if bytes.IndexByte(line, '\t') >= 0 {
		separators = []byte{'\t'}
	}
	for i, separator := range separators {
		if c := named(line, separator); c != nil && (i == 0 || c.known() > 1) {
			c.literal = string(line) == rdbToolsHeader
			return c, length
		}
	}
	return nil, 0
}

// named are the columns that a header has names for, nil where none is the key.
func named(line []byte, separator byte) *columns {
	c, plain := noColumns(separator), true
	for _, name := range strings.Split(string(line), string(separator)) {
		name = columnName(name)
		if known, ok := columnNames[name]; ok && c.at[known] == absent {
			c.at[known] = c.count
			plain = plain && (known != keyColumn || name != "name")
		}
		c.count++
	}
	if c.at[keyColumn] == absent || !plain && c.known() < 2 {
		return nil
	}
	return c
}

// columnName is a header's name in lower case, words parted by _: "Size (bytes)"
// is size_bytes.
func columnName(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), "_")
}

// known is how many columns are known.
func (c *columns) known() (n int) {
	for _, at := range c.at {
		if at != absent {
			n++
		}
	}
	return n
}

// firstLine is the first line without its end, its length with it, and whether
// it has one.
func firstLine(head []byte) (line []byte, length int, ended bool) {
	length = bytes.IndexByte(head, '\n') + 1
	if length == 0 {
		return head, len(head), false
	}
	return bytes.TrimSuffix(head[:length-1], []byte{'\r'}), length, true
}

// firstRecord tells the columns by the first record that is not blank.
func firstRecord(head []byte, separator byte) (*columns, error) {
	c := noColumns(separator)
	var record []byte
	for len(head) > 0 && len(record) == 0 {
		length, _ := c.recordEnd(head)
		record, head = trimLineEnd(head[:length]), head[length:]
	}
	fields, err := c.splitRecord(record, nil, nil)
	if err != nil {
		fields = nil // the record is reported as bad when its turn comes
	}
	numbers := numbersAtEnd(fields)
	if numbers == 0 && len(fields) > 1 {
		return nil, fmt.Errorf("CSV that begins with %s: want a header with a column named key, or records key[,bytes[,ops]]", snippet(record))
	}
	c.own(numbers)
	if len(fields) <= 1 {
		c.count = 0
	}
	return c, nil
}

// own sets the columns of records without a header.
func (c *columns) own(numbers int) {
	c.count = numbers + 1
	for i := range c.count {
		c.at[i] = i
	}
}

// numbersAtEnd is how many numbers a record ends in, two at most. The first
// field is none.
func numbersAtEnd(fields []field) int {
	numbers := 0
	for i := len(fields) - 1; i > 0 && numbers < 2 && isNumber(fields[i].text); i-- {
		numbers++
	}
	return numbers
}

func isNumber(text []byte) bool {
	_, err := amount(text)
	return err == nil && len(bytes.TrimSpace(text)) > 0
}

// guessColumns takes text for CSV or TSV without a header if every record of
// its beginning ends in as many numbers. One record alone is no reason, unless
// it ends in two.
func guessColumns(head []byte) *columns {
	for _, separator := range []byte{'\t', ','} {
		c := noColumns(separator)
		records, numbers := 0, 0
		for rest := head; len(rest) > 0; {
			length, ended := c.recordEnd(rest)
			if !ended && len(head) >= sniffBytes {
				break // cut off by the end of what is looked at
			}
			record := trimLineEnd(rest[:length])
			rest = rest[length:]
			if len(record) == 0 {
				continue
			}
			fields, err := c.splitRecord(record, nil, nil)
			n := numbersAtEnd(fields)
			if err != nil || n == 0 || records > 0 && n != numbers {
				records = 0
				break
			}
			numbers = n
			records++
		}
		if records > 1 || records == 1 && numbers > 1 {
			c.own(numbers)
			return c
		}
	}
	return nil
}

// recordEnd is the length of the first record with its line end, and whether
// that end is there: a line end within quotes does not count. Quotes open a
// field only where it begins.
func (c *columns) recordEnd(data []byte) (length int, ended bool) {
	line := bytes.IndexByte(data, '\n') + 1
	if c.literal && line == 0 {
		return len(data), false
	}
	if line > 0 && (c.literal || bytes.IndexByte(data[:line], '"') < 0) {
		return line, true
	}
	atField, quoted := true, false
	for i := 0; i < len(data); i++ {
		switch b := data[i]; {
		case quoted:
			closing := bytes.IndexByte(data[i:], '"')
			if closing < 0 {
				return len(data), false
			}
			i += closing
			if i+1 < len(data) && data[i+1] == '"' {
				i++ // a doubled quote stands for one
			} else {
				quoted = false
			}
		case b == '"' && atField:
			quoted, atField = true, false
		case b == '\n':
			return i + 1, true
		default:
			atField = b == c.separator
		}
	}
	return len(data), false
}

func trimLineEnd(record []byte) []byte {
	record = bytes.TrimSuffix(record, []byte{'\n'})
	return bytes.TrimSuffix(record, []byte{'\r'})
}

// field is one field of a record.
type field struct {
	text   []byte
	quoted bool
}

// splitRecord appends a record's fields. Text that held doubled quotes is
// rewritten into scratch, whose capacity must hold the whole record.
func (c *columns) splitRecord(record []byte, fields []field, scratch []byte) ([]field, error) {
	if cap(scratch) < len(record) {
		scratch = make([]byte, 0, len(record))
	}
	for {
		var f field
		rest := record
		if len(record) > 0 && record[0] == '"' {
			f.quoted = true
			from := len(scratch)
			scratch, rest = unquoteField(scratch, record)
			if rest == nil {
				return fields, fmt.Errorf("a quoted field is not closed")
			}
			f.text = scratch[from:]
			if len(rest) > 0 && rest[0] != c.separator {
				return fields, fmt.Errorf("text after a quoted field: write its quotes twice")
			}
		} else if end := bytes.IndexByte(record, c.separator); end >= 0 {
			f.text, rest = record[:end], record[end:]
		} else {
			f.text, rest = record, nil
		}
		fields = append(fields, f)
		if len(rest) == 0 {
			return fields, nil
		}
		record = rest[1:]
	}
}

// unquoteField appends the text of the quoted field that data begins with. The
// rest is nil if no quote closes it.
func unquoteField(dst, data []byte) (text, rest []byte) {
	data = data[1:]
	for {
		closing := bytes.IndexByte(data, '"')
		if closing < 0 {
			return dst, nil
		}
		dst = append(dst, data[:closing]...)
		if data = data[closing+1:]; len(data) == 0 || data[0] != '"' {
			return dst, data[:len(data):len(data)]
		}
		dst, data = append(dst, '"'), data[1:]
	}
}

// amount reads a number of bytes or operations. Nothing stands for 0.
func amount(text []byte) (uint64, error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return 0, nil
	}
	n, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil || n > MaxAmount {
		return 0, fmt.Errorf("want a whole number from 0 to %d", uint64(MaxAmount))
	}
	return n, nil
}

// knownNames are the columns in this package's words.
var knownNames = [columnsKnown]string{"key", "bytes", "ops", "type", "encoding", "elements", "ttl", "expiry"}

// names are what is known of each column, in its order.
func (c *columns) names() []string {
	names := make([]string, c.count)
	for known, at := range c.at {
		if at != absent && at < c.count {
			names[at] = knownNames[known]
		}
	}
	return names
}
