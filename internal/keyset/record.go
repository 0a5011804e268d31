package keyset

import (
	"bytes"
	"fmt"

	"slotbench/internal/rdb"
)

// records adds up the records of a block, the last of which may lack its end.
func (w *worker) records(c *columns, data []byte) {
	for at := 0; at < len(data); {
		length, _ := c.recordEnd(data[at:])
		whole := data[at : at+length]
		number := w.tally.lines
		w.tally.lines += int64(bytes.Count(whole, []byte{'\n'}))
		if whole[length-1] != '\n' {
			w.tally.lines++
		}
		record := trimLineEnd(whole)
		switch {
		case len(record) > w.o.lineBytes:
			w.bad(number, at, record, w.tooLong())
		case len(record) == 0:
			w.sums.BlankLines++
		default:
			if err := w.record(c, record); err != nil {
				w.bad(number, at, record, err.Error())
			}
		}
		at += length
	}
}

// picked is a record's text by column; what the record does not hold is nil.
type picked [columnsKnown][]byte

// record adds up one record.
func (w *worker) record(c *columns, record []byte) error {
	var p picked
	var err error
	if c.literal || bytes.IndexByte(record, '"') < 0 {
		err = c.pickPlain(record, &p)
	} else {
		if cap(w.text) < len(record) {
			w.text = make([]byte, 0, len(record))
		}
		if w.fields, err = c.splitRecord(record, w.fields[:0], w.text[:0]); err != nil {
			return err
		}
		err = c.pick(w.fields, &p)
	}
	if err != nil {
		return err
	}
	e := entry{key: p[keyColumn]}
	if e.bytes, err = amount(p[bytesColumn]); err != nil {
		return fmt.Errorf("bytes %s: %w", snippet(p[bytesColumn]), err)
	}
	if e.ops, err = amount(p[opsColumn]); err != nil {
		return fmt.Errorf("ops %s: %w", snippet(p[opsColumn]), err)
	}
	e.hasBytes, e.hasOps = p[bytesColumn] != nil, p[opsColumn] != nil
	if !e.hasBytes {
		e.bytes = uint64(len(e.key))
	}
	if err := w.describe(&e, &p); err != nil {
		return err
	}
	w.entry(&e)
	return nil
}

// describe adds what a record tells of the value.
func (w *worker) describe(e *entry, p *picked) (err error) {
	if p[kindColumn] != nil {
		e.hasKind, e.kind = true, rdb.ParseKind(string(bytes.TrimSpace(p[kindColumn])))
		e.encoding = rdb.ParseEncoding(string(bytes.TrimSpace(p[encodingColumn])))
		if e.elements, err = amount(p[elementsColumn]); err != nil {
			return fmt.Errorf("elements %s: %w", snippet(p[elementsColumn]), err)
		}
	}
	switch {
	case p[ttlColumn] != nil:
		e.hasTTL = true
		e.ttl, err = parseTTL(p[ttlColumn])
	case p[expiryColumn] != nil:
		e.hasTTL = true
		e.ttl, err = parseExpiry(p[expiryColumn], w.o.Now)
	}
	return err
}

// pickPlain takes a record without quotes apart.
func (c *columns) pickPlain(record []byte, p *picked) error {
	fields := bytes.Count(record, []byte{c.separator}) + 1
	if c.count == 0 {
		own := *c
		own.byNumbers(record)
		c = &own
	}
	if fields < c.count && fields <= c.at[keyColumn] {
		return fmt.Errorf("%d of %d columns, without a key", fields, c.count)
	}
	extra := max(0, fields-c.count) // separators of the key
	for i := range min(fields, c.count) {
		text := record
		cut := c.cut(record, 0)
		if i == c.at[keyColumn] {
			cut = c.cut(record, extra)
		}
		if cut >= 0 {
			text, record = record[:cut:cut], record[cut+1:]
		}
		for known, at := range c.at {
			if at == i {
				p[known] = text
			}
		}
	}
	return nil
}

// byNumbers sets the columns of a record that must tell by itself.
func (c *columns) byNumbers(record []byte) {
	numbers := 0
	for numbers < 2 {
		end := bytes.LastIndexByte(record, c.separator)
		if end < 0 || !isNumber(record[end+1:]) {
			break
		}
		record = record[:end]
		numbers++
	}
	c.own(numbers)
}

// cut is the place of the separator after n others, or -1.
func (c *columns) cut(record []byte, n int) int {
	at := 0
	for {
		length := bytes.IndexByte(record[at:], c.separator)
		if length < 0 {
			return -1
		}
		if n == 0 {
			return at + length
		}
		at += length + 1
		n--
	}
}

// pick takes the fields of a record with quotes.
func (c *columns) pick(fields []field, p *picked) error {
	if c.count == 0 {
		own := *c
		own.own(2)
		c = &own
	}
	if len(fields) > c.count {
		return fmt.Errorf("%d fields for %d columns", len(fields), c.count)
	}
	if len(fields) <= c.at[keyColumn] {
		return fmt.Errorf("%d of %d columns, without a key", len(fields), c.count)
	}
	for known, at := range c.at {
		if at != absent && at < len(fields) {
			p[known] = fields[at].text
		}
	}
	return nil
}
