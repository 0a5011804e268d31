package keyset

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// Format is how keys stand in an input.
type Format int

// The formats.
const (
	// Auto takes an input for CSV when its name ends in .csv (.csv.gz,
	// .csv.zst) or its first line is a CSV header, and for Lines otherwise.
	Auto Format = iota
	// Lines holds a key a line. A carriage return before the line end is
	// dropped, blank lines are skipped, and a line in double quotes is
	// unquoted as redis-cli quotes on a terminal.
	Lines
	// Raw holds a key a line, to the last byte.
	Raw
	// NUL holds keys with a zero byte after each, as xargs -0 reads them.
	NUL
	// CSV holds records key[,bytes[,ops]], or what a header says.
	CSV
)

var formatNames = [...]string{"auto", "lines", "raw", "nul", "csv"}

// ParseFormat reads "auto", "lines", "raw", "nul" or "csv".
func ParseFormat(text string) (Format, error) {
	for f, name := range formatNames {
		if text == name {
			return Format(f), nil
		}
	}
	return 0, fmt.Errorf("input format %q: want one of %s", text, strings.Join(formatNames[:], ", "))
}

// sniffBytes is how much of an input is looked at before it is read: magic
// numbers, and a CSV header, which must fit.
const sniffBytes = 64 << 10

var byteOrderMark = []byte("\xef\xbb\xbf")

// foreign says what an input is that this package does not read, or nil. The
// beginning of a binary format must not be taken for keys.
func foreign(head []byte) error {
	switch {
	case bytes.HasPrefix(head, []byte("\x04\x22\x4d\x18")):
		return errors.New("compressed with lz4, which is not read: pipe it through lz4 -dc and read -")
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		return errors.New("compressed with xz, which is not read: pipe it through xz -dc and read -")
	case isRDB(head):
		return errors.New("an RDB dump, which is not read here: want key lines (redis-cli --scan) or CSV")
	case bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")):
		return errors.New("text in UTF-16, which is not read: convert it to UTF-8")
	}
	return nil
}

// isRDB knows the nine-byte magic of an RDB file, which no line end follows
// before its first opcode.
func isRDB(head []byte) bool {
	if len(head) < 10 {
		return false
	}
	digits := head[6:9]
	if !bytes.HasPrefix(head, []byte("REDIS0")) && !bytes.HasPrefix(head, []byte("VALKEY")) {
		return false
	}
	for _, b := range digits {
		if b < '0' || b > '9' {
			return false
		}
	}
	return head[9] >= 0x80 // an opcode; keys of that kind go on with text
}

// layout says how an input with this name and this beginning is read: as CSV,
// with the columns and the length of its header, or as lines.
func layout(name string, f Format, head []byte) (c *columns, headerBytes int, err error) {
	if f != Auto && f != CSV {
		return nil, 0, nil
	}
	c, headerBytes = header(head)
	named := namedCSV(name)
	switch {
	case c != nil && (f == CSV || named || c.count > 1):
		return c, headerBytes, nil
	case f == CSV || named:
		c, err = firstRecord(head)
		return c, 0, err
	}
	return nil, 0, nil
}

// namedCSV tells CSV by the file's name.
func namedCSV(name string) bool {
	name = strings.ToLower(name)
	switch filepath.Ext(name) {
	case ".gz", ".zst", ".zstd":
		name = strings.TrimSuffix(name, filepath.Ext(name))
	}
	return filepath.Ext(name) == ".csv"
}
