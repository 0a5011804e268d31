package replay

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// lines reads text line by line. A line that is too long is a fault, and
// passed over.
type lines struct {
	in     *bufio.Reader
	long   []byte
	number int64
}

// next is the next line without its end.
func (l *lines) next() ([]byte, error) {
	l.number++
	line, err := l.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		l.long = append(l.long[:0], line...)
		for errors.Is(err, bufio.ErrBufferFull) {
			line, err = l.in.ReadSlice('\n')
			if len(l.long) <= MaxLineBytes {
				l.long = append(l.long, line...)
			}
		}
		line = l.long
	}
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, err
	case len(line) == 0 && err != nil:
		return nil, io.EOF
	case len(line) > MaxLineBytes:
		return nil, faultf("longer than %d bytes", MaxLineBytes)
	}
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte{'\n'}), []byte{'\r'}), nil
}

func (l *lines) where() string { return "line " + strconv.FormatInt(l.number, 10) }

// columns says where a CSV trace has what: the fields before the key are
// counted from the left, the others from the right where count is known, since
// keys may hold commas that nothing quotes.
type columns struct {
	count                                       int // of fields; 0: any number from least on
	least                                       int
	time, key, keySize, valueSize, op, ttl, ops int // ops: how often; absent: once
}

const absent = -1

// twitterColumns is the layout of Twitter's traces, which have no header.
var twitterColumns = columns{count: 7, least: 7, time: 0, key: 1, keySize: 2, valueSize: 3, op: 5, ttl: 6, ops: absent}

// metaColumns is that of Meta's of 2024 where there is no header.
var metaColumns = columns{least: 6, time: 0, key: 1, keySize: 2, op: 3, ops: 4, valueSize: 5, ttl: 7}

// csvTrace reads a cache trace as CSV.
type csvTrace struct {
	lines
	columns columns
	fields  [][]byte
	key     []byte
}

func (c *csvTrace) tickNanos() int64 { return 1e9 }

// next reads a line.
func (c *csvTrace) next(e *entry) error {
	for {
		line, err := c.lines.next()
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if c.number == 1 && isHeader(line) {
			if err := c.columns.read(line); err != nil {
				return err
			}
			continue
		}
		return c.parse(line, e)
	}
}

// isHeader says whether a first line names columns.
func isHeader(line []byte) bool {
	return bytes.HasPrefix(line, []byte("timestamp,")) || bytes.HasPrefix(line, []byte("op_time,"))
}

// read takes the columns from a header. One without the columns that must be
// there changes nothing.
func (c *columns) read(header []byte) error {
	named := columns{time: absent, key: absent, op: absent, ops: absent}
	if err := named.place(header); err != nil {
		return err
	}
	*c = named
	return nil
}

func (c *columns) place(header []byte) error {
	places := map[string]*int{
		"timestamp": &c.time, "op_time": &c.time, "key": &c.key, "key_size": &c.keySize, "value_size": &c.valueSize,
		"size": &c.valueSize, "op": &c.op, "op_count": &c.ops, "ttl": &c.ttl,
	}
	names := bytes.Split(bytes.ToLower(header), []byte{','})
	c.count, c.least = len(names), len(names)
	for _, place := range []*int{&c.keySize, &c.valueSize, &c.ttl} {
		*place = len(names) // absent, unless the header has it
	}
	for i, name := range names {
		if place, known := places[string(bytes.TrimSpace(name))]; known {
			*place = i
		}
	}
	if c.least = max(c.time, c.key, c.op) + 1; min(c.time, c.key, c.op) == absent {
		return faultf("a header without the columns of time, key and op: %s", snippet(header))
	}
	return nil
}

func (c *csvTrace) parse(line []byte, e *entry) error {
	if err := c.split(line); err != nil {
		return err
	}
	seconds, fraction, err := decimal(c.fields[c.columns.time])
	if err != nil || seconds > maxSeconds {
		return faultf("%s is no time in seconds", snippet(c.fields[c.columns.time]))
	}
	e.nanos = seconds*1e9 + fraction
	name := string(bytes.ToLower(c.fields[c.columns.op]))
	op, known := cacheOps[name]
	if !known {
		return faultf("operation %s is unknown", snippet(c.fields[c.columns.op]))
	}
	keyBytes, err := c.number64("key size", c.columns.keySize, MaxKeyBytes)
	if err != nil {
		return err
	}
	valueBytes, err := c.number64("value size", c.columns.valueSize, MaxValueBytes)
	if err != nil {
		return err
	}
	var ttl []byte
	if at := c.columns.ttl; at < len(c.fields) {
		if _, err := c.number64("TTL", at, 1<<40); err != nil {
			return err
		}
		ttl = bytes.TrimLeft(c.fields[at], "0")
	}
	key := c.fields[c.columns.key]
	if len(key) == 0 || len(key) > MaxKeyBytes {
		return faultf("a key of %d bytes", len(key))
	}
	if len(key) < int(keyBytes) { // an anonymised key is as long as the real one was
		c.key = append(c.key[:0], key...)
		for len(c.key) < int(keyBytes) {
			c.key = append(c.key, '_')
		}
		key = c.key
	}
	e.cache(op, name, key, ttl, int(valueBytes))
	if c.columns.ops != absent {
		times, err := c.number64("op_count", c.columns.ops, MaxRepeat)
		if err != nil {
			return err
		}
		e.repeat = max(1, int(times))
	}
	return nil
}

// split cuts a line at its commas; what is too many belongs to the key.
func (c *csvTrace) split(line []byte) error {
	c.fields = c.fields[:0]
	for rest := line; ; {
		comma := bytes.IndexByte(rest, ',')
		if comma < 0 {
			c.fields = append(c.fields, rest)
			break
		}
		c.fields = append(c.fields, rest[:comma])
		rest = rest[comma+1:]
		if len(c.fields) > MaxArguments {
			return faultf("more than %d fields", MaxArguments)
		}
	}
	if len(c.fields) < c.columns.least {
		return faultf("%d fields, want %d at least: %s", len(c.fields), c.columns.least, snippet(line))
	}
	over := len(c.fields) - c.columns.count
	if c.columns.count == 0 || over <= 0 {
		return nil
	}
	at := c.columns.key
	whole := 0
	for i := range over + 1 {
		whole += len(c.fields[at+i])
	}
	start := 0
	for i := range at {
		start += len(c.fields[i]) + 1
	}
	c.fields[at] = line[start : start+whole+over]
	c.fields = append(c.fields[:at+1], c.fields[at+1+over:]...)
	return nil
}

// number64 is a field that holds a number from 0 to most; an empty one is 0.
func (c *csvTrace) number64(what string, at int, most int64) (int64, error) {
	if at >= len(c.fields) || len(c.fields[at]) == 0 {
		return 0, nil
	}
	n, fraction, err := decimal(c.fields[at])
	if err != nil || fraction != 0 {
		return 0, faultf("%s %s is no whole number", what, snippet(c.fields[at]))
	}
	if n > most {
		return 0, faultf("%s %d, the limit is %d", what, n, most)
	}
	return n, nil
}

// maxSeconds is the latest time of a trace in seconds: beyond, nanoseconds
// would not fit.
const maxSeconds = 9_000_000_000

// decimal reads digits with at most nine decimals, as a whole number and
// billionths.
func decimal(text []byte) (whole, billionths int64, err error) {
	digits, decimals, hasPoint := bytes.Cut(text, []byte{'.'})
	if len(digits) == 0 || len(digits) > 18 || hasPoint && len(decimals) == 0 || len(decimals) > 9 {
		return 0, 0, fmt.Errorf("no number")
	}
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, 0, fmt.Errorf("no number")
		}
		whole = whole*10 + int64(d-'0')
	}
	for i := range 9 {
		billionths *= 10
		if i < len(decimals) {
			if d := decimals[i]; d < '0' || d > '9' {
				return 0, 0, fmt.Errorf("no number")
			}
			billionths += int64(decimals[i] - '0')
		}
	}
	return whole, billionths, nil
}
