package keyset

import (
	"bytes"
	"fmt"
)

// records adds up the records of a block, the last of which may lack its end.
func (w *worker) records(c *columns, data []byte) {
	for at := 0; at < len(data); {
		length, _ := recordEnd(data[at:])
		whole := data[at : at+length]
		number := w.tally.lines
		w.tally.lines += int64(bytes.Count(whole, []byte{'\n'}))
		if whole[length-1] != '\n' {
			w.tally.lines++
		}
		record := trimLineEnd(whole)
		switch {
		case len(record) > w.o.lineBytes:
			w.bad(number, at, record, fmt.Sprintf("longer than %d bytes", w.o.lineBytes))
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

// record adds up one record.
func (w *worker) record(c *columns, record []byte) error {
	var key, byteText, opText []byte
	var err error
	if bytes.IndexByte(record, '"') < 0 {
		key, byteText, opText, err = c.pickPlain(record)
	} else {
		if cap(w.text) < len(record) {
			w.text = make([]byte, 0, len(record))
		}
		if w.fields, err = splitRecord(record, w.fields[:0], w.text[:0]); err != nil {
			return err
		}
		key, byteText, opText, err = c.pick(w.fields)
	}
	if err != nil {
		return err
	}
	keyBytes, err := amount(byteText)
	if err != nil {
		return fmt.Errorf("bytes %s: %w", snippet(byteText), err)
	}
	ops, err := amount(opText)
	if err != nil {
		return fmt.Errorf("ops %s: %w", snippet(opText), err)
	}
	if byteText == nil {
		keyBytes = uint64(len(key))
	} else {
		w.sums.HasBytes = true
		w.sums.ByteSquares += float64(keyBytes) * float64(keyBytes)
	}
	if opText != nil {
		w.sums.HasOps = true
		w.sums.OpSquares += float64(ops) * float64(ops)
	}
	w.key(key, keyBytes, ops)
	return nil
}

// pickPlain takes a record without quotes apart. What the record does not hold
// is nil.
func (c *columns) pickPlain(record []byte) (key, byteText, opText []byte, err error) {
	fields := bytes.Count(record, []byte{','}) + 1
	own := *c
	if own.count == 0 {
		own = byNumbers(record)
	}
	if fields < own.count && fields <= own.key {
		return nil, nil, nil, fmt.Errorf("%d of %d columns, without a key", fields, own.count)
	}
	extra := max(0, fields-own.count) // commas of the key
	for i := range min(fields, own.count) {
		text := record
		cut := nthComma(record, 0)
		if i == own.key {
			cut = nthComma(record, extra)
		}
		if cut >= 0 {
			text, record = record[:cut:cut], record[cut+1:]
		}
		switch i {
		case own.key:
			key = text
		case own.bytes:
			byteText = text
		case own.ops:
			opText = text
		}
	}
	return key, byteText, opText, nil
}

// byNumbers are the columns of a record that must tell by itself.
func byNumbers(record []byte) columns {
	c := columns{count: 1, bytes: absent, ops: absent}
	for c.count < 3 {
		comma := bytes.LastIndexByte(record, ',')
		if comma < 0 || !isNumber(record[comma+1:]) {
			break
		}
		record = record[:comma]
		c.count++
	}
	if c.count > 1 {
		c.bytes = 1
	}
	if c.count > 2 {
		c.ops = 2
	}
	return c
}

// nthComma is the place of the comma after n others, or -1.
func nthComma(record []byte, n int) int {
	at := 0
	for {
		length := bytes.IndexByte(record[at:], ',')
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
func (c *columns) pick(fields []field) (key, byteText, opText []byte, err error) {
	own := *c
	if own.count == 0 {
		own = columns{count: 3, bytes: 1, ops: 2}
	}
	if len(fields) > own.count {
		return nil, nil, nil, fmt.Errorf("%d fields for %d columns", len(fields), own.count)
	}
	if len(fields) <= own.key {
		return nil, nil, nil, fmt.Errorf("%d of %d columns, without a key", len(fields), own.count)
	}
	at := func(i int) []byte {
		if i == absent || i >= len(fields) {
			return nil
		}
		return fields[i].text
	}
	return at(own.key), at(own.bytes), at(own.ops), nil
}
