package keyset

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
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
	count           int // 0: each record by itself
	key, bytes, ops int // place, or absent
}

const absent = -1

// header reads the first line as a header, if it is one: it names a column
// "key".
func header(head []byte) (c *columns, length int) {
	line, length, ended := firstLine(head)
	if !ended && len(head) >= sniffBytes {
		return nil, 0
	}
	c = &columns{key: absent, bytes: absent, ops: absent}
	for _, name := range strings.Split(string(line), ",") {
		switch strings.ToLower(strings.Trim(name, " \"")) {
		case "key":
			place(&c.key, c.count)
		case "bytes", "size", "size_in_bytes":
			place(&c.bytes, c.count)
		case "ops", "operations":
			place(&c.ops, c.count)
		}
		c.count++
	}
	if c.key == absent {
		return nil, 0
	}
	return c, length
}

func place(column *int, at int) {
	if *column == absent {
		*column = at
	}
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
func firstRecord(head []byte) (*columns, error) {
	var record []byte
	for len(head) > 0 && len(record) == 0 {
		length, _ := recordEnd(head)
		record, head = trimLineEnd(head[:length]), head[length:]
	}
	fields, err := splitRecord(record, nil, nil)
	if err != nil {
		fields = nil // the record is reported as bad when its turn comes
	}
	numbers := 0
	for i := len(fields) - 1; i > 0 && numbers < 2 && isNumber(fields[i].text); i-- {
		numbers++
	}
	c := &columns{count: numbers + 1, bytes: 1, ops: 2}
	switch {
	case len(fields) <= 1:
		c.count = 0
	case numbers == 0:
		return nil, fmt.Errorf("CSV that begins with %s: want a header with a column named key, or records key[,bytes[,ops]]", snippet(record))
	case numbers == 1:
		c.ops = absent
	}
	return c, nil
}

func isNumber(text []byte) bool {
	_, err := amount(text)
	return err == nil && len(bytes.TrimSpace(text)) > 0
}

// recordEnd is the length of the first record with its line end, and whether
// that end is there: a line end within quotes does not count. Quotes open a
// field only where it begins.
func recordEnd(data []byte) (length int, ended bool) {
	line := bytes.IndexByte(data, '\n') + 1
	if line > 0 && bytes.IndexByte(data[:line], '"') < 0 {
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
			atField = b == ','
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
func splitRecord(record []byte, fields []field, scratch []byte) ([]field, error) {
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
			if len(rest) > 0 && rest[0] != ',' {
				return fields, fmt.Errorf("text after a quoted field: write its quotes twice")
			}
		} else if comma := bytes.IndexByte(record, ','); comma >= 0 {
			f.text, rest = record[:comma], record[comma:]
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
