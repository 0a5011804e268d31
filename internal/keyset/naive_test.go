package keyset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"slotbench/internal/slot"
)

// account is what the naive reader adds up, by CRC.
type account struct{ keys, bytes, ops uint64 }

// naive is a sequential reader of whole inputs, written for plainness: the
// judge of the parallel one.
type naive struct {
	bins                               map[uint16]account
	tags                               map[string]account
	lines, blank, quoted, bad, longTag int64
	badLines                           []string // "line@offset"
}

func newNaive() *naive {
	return &naive{bins: map[uint16]account{}, tags: map[string]account{}}
}

func (n *naive) key(key string, bytes, ops uint64) {
	hashed := string(slot.Hashed([]byte(key)))
	crc := slot.CRC16([]byte(hashed))
	a := n.bins[crc]
	n.bins[crc] = account{a.keys + 1, a.bytes + bytes, a.ops + ops}
	if _, tagged := slot.Tag([]byte(key)); !tagged {
		return
	}
	if len(hashed) > MaxTagBytes {
		n.longTag++
		return
	}
	a = n.tags[hashed]
	n.tags[hashed] = account{a.keys + 1, a.bytes + bytes, a.ops + ops}
}

func (n *naive) badLine(offset int) {
	n.bad++
	n.badLines = append(n.badLines, fmt.Sprintf("%d@%d", n.lines, offset))
}

// readLines reads lines, raw lines or NUL-separated keys.
func (n *naive) readLines(data string, f Format, limit, keyLimit int) {
	separator := "\n"
	if f == NUL {
		separator = "\x00"
	}
	offset := 0
	if f == Auto || f == Lines {
		data, offset = cutPrefix(data, "\ufeff")
	}
	for len(data) > 0 {
		line, rest, ended := strings.Cut(data, separator)
		at := offset
		offset += len(line)
		if ended {
			offset++
		}
		data = rest
		n.lines++
		length := len(line)
		if f == Auto || f == Lines {
			line = strings.TrimSuffix(line, "\r")
			if strings.HasPrefix(line, `"`) {
				if length > limit {
					n.badLine(at)
					continue
				}
				key, ok := naiveUnquote(line)
				if !ok {
					n.badLine(at)
					continue
				}
				n.quoted++
				n.key(key, uint64(len(key)), 0)
				continue
			}
		}
		if line == "" {
			n.blank++
			continue
		}
		if len(line) > keyLimit {
			n.badLine(at)
			continue
		}
		n.key(line, uint64(len(line)), 0)
	}
}

func cutPrefix(data, prefix string) (rest string, length int) {
	rest, _ = strings.CutPrefix(data, prefix)
	return rest, len(data) - len(rest)
}

// naiveUnquote reads redis-cli's quotes character by character.
func naiveUnquote(line string) (string, bool) {
	escapes := map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', 'a': '\a', 'b': '\b'}
	var key []byte
	i := 1
	for ; i < len(line) && line[i] != '"'; i++ {
		if line[i] != '\\' {
			key = append(key, line[i])
			continue
		}
		if i++; i == len(line) {
			return "", false
		}
		if line[i] == 'x' && i+2 < len(line) {
			if value, err := strconv.ParseUint(line[i+1:i+3], 16, 8); err == nil {
				key, i = append(key, byte(value)), i+2
				continue
			}
		}
		if escape, known := escapes[line[i]]; known {
			key = append(key, escape)
		} else {
			key = append(key, line[i])
		}
	}
	return string(key), i == len(line)-1 && len(line) > 1
}

// readCSV reads records key,bytes,ops without a header, of three columns.
func (n *naive) readCSV(data string, limit int) {
	data, offset := cutPrefix(data, "\ufeff")
	for len(data) > 0 {
		length := naiveRecord(data)
		record, at := data[:length], offset
		data, offset = data[length:], offset+length
		lines := int64(strings.Count(record, "\n"))
		if !strings.HasSuffix(record, "\n") {
			lines++
		}
		record = strings.TrimSuffix(strings.TrimSuffix(record, "\n"), "\r")
		n.lines++
		switch {
		case len(record) > limit:
			n.badLine(at)
		case record == "":
			n.blank++
		case !n.record(record):
			n.badLine(at)
		}
		n.lines += lines - 1
	}
}

// naiveRecord is the length of the first record, by the state of every byte.
func naiveRecord(data string) int {
	state := "start"
	for i := range len(data) {
		b := data[i]
		switch {
		case state == "quoted" && b == '"':
			state = "quote"
		case state == "quoted":
		case state == "quote" && b == '"':
			state = "quoted"
		case b == '\n':
			return i + 1
		case state == "start" && b == '"':
			state = "quoted"
		case b == ',':
			state = "start"
		default:
			state = "plain"
		}
	}
	return len(data)
}

func (n *naive) record(record string) bool {
	var fields []string
	if !strings.Contains(record, `"`) {
		fields = strings.Split(record, ",")
		if extra := len(fields) - 3; extra > 0 {
			fields = append([]string{strings.Join(fields[:extra+1], ",")}, fields[extra+1:]...)
		}
	} else {
		for more := true; more; {
			var text string
			if strings.HasPrefix(record, `"`) {
				end := 1
				for ; end < len(record); end++ {
					if record[end] == '"' {
						if end+1 < len(record) && record[end+1] == '"' {
							end++
							continue
						}
						break
					}
				}
				if end == len(record) || end+1 < len(record) && record[end+1] != ',' {
					return false
				}
				text = strings.ReplaceAll(record[1:end], `""`, `"`)
				record = record[end+1:]
				record, more = strings.CutPrefix(record, ",")
			} else {
				text, record, more = strings.Cut(record, ",")
			}
			fields = append(fields, text)
		}
		// A comma at the very end opens no further field.
		if strings.HasSuffix(record, ",") {
			return false
		}
	}
	if len(fields) > 3 {
		return false
	}
	amounts := [3]uint64{1: uint64(len(fields[0]))}
	for i := 1; i < len(fields); i++ {
		text := string(bytes.TrimSpace([]byte(fields[i])))
		if text == "" {
			amounts[i] = 0
			continue
		}
		value, err := strconv.ParseUint(text, 10, 64)
		if err != nil || value > MaxAmount {
			return false
		}
		amounts[i] = value
	}
	n.key(fields[0], amounts[1], amounts[2])
	return true
}

// compare fails where the summary and the naive reader differ.
func compare(t *testing.T, s *Summary, n *naive) {
	t.Helper()
	total := account{}
	for crc, want := range n.bins {
		if got := (account{s.Bins.Keys[crc], s.Bins.Bytes[crc], s.Bins.Ops[crc]}); got != want {
			t.Fatalf("CRC %#x: %+v, want %+v", crc, got, want)
		}
		total = account{total.keys + want.keys, total.bytes + want.bytes, total.ops + want.ops}
	}
	if got := (account{s.Keys, s.Bytes, s.Ops}); got != total {
		t.Fatalf("in all %+v, want %+v", got, total)
	}
	got := [...]int64{s.Lines, s.BlankLines, s.QuotedLines, s.BadLines, int64(s.LongTags)}
	want := [...]int64{n.lines, n.blank, n.quoted, n.bad, n.longTag}
	if got != want {
		t.Fatalf("lines, blank, quoted, bad, long tags: %v, want %v\nbad: %+v\nwant %v", got, want, s.Bad, n.badLines)
	}
	for i, bad := range s.Bad {
		if at := fmt.Sprintf("%d@%d", bad.Line, bad.Offset); at != n.badLines[i] {
			t.Fatalf("bad line %d stands at %s, want %s", i, at, n.badLines[i])
		}
	}
	if s.Tags.Error() != 0 || s.Tags.Len() != len(n.tags) {
		t.Fatalf("%d tags with error %d, want %d", s.Tags.Len(), s.Tags.Error(), len(n.tags))
	}
	for _, tag := range s.Tags.Top(s.Tags.Len()) {
		if got := (account{tag.Keys, tag.Bytes, tag.Ops}); got != n.tags[tag.Text] {
			t.Fatalf("tag %q: %+v, want %+v", tag.Text, got, n.tags[tag.Text])
		}
	}
}

// writeFile puts data into a file of the test.
func writeFile(t testing.TB, name, data string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// readString reads data as a stream.
func readString(t *testing.T, data string, o Options) *Summary {
	t.Helper()
	o.Stdin = strings.NewReader(data)
	s, err := Read(context.Background(), []string{"-"}, o)
	if err != nil {
		t.Fatalf("%q: %v", data, err)
	}
	return s
}

// readMapped reads data as a mapped file of which open would say the same.
func readMapped(t *testing.T, data string, f Format, o Options) *Summary {
	t.Helper()
	o.setDefaults()
	workers := make([]*worker, o.Threads)
	for i := range workers {
		workers[i] = newWorker(&o)
	}
	separator := byte('\n')
	if f == NUL {
		separator = 0
	}
	skip := 0
	if f == Lines && strings.HasPrefix(data, "\ufeff") {
		skip = 3
	}
	in := &input{separator: separator, literal: f != Lines, mapped: true,
		source: &mapped{
			data: []byte(data), skip: skip, separator: separator, literal: f != Lines, chunk: o.chunkBytes, limit: o.lineBytes + len("\r\n"),
		}}
	book := &ledger{limit: o.BadLines}
	done := make(chan error)
	for _, w := range workers {
		go func() { done <- w.empty(context.Background(), in, book, o.Progress) }()
	}
	var failures []error
	for range workers {
		failures = append(failures, <-done)
	}
	if err := errors.Join(failures...); err != nil {
		t.Fatal(err)
	}
	s := &Summary{Lines: book.line, Bad: book.bad, Tags: newTags(&o)}
	s.join(workers)
	return s
}
