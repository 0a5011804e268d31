package keyset

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"slotbench/internal/rdb"
	"slotbench/internal/resp"
)

// Format is how keys stand in an input.
type Format int

// The formats.
const (
	// Auto tells the format by the input's beginning, never by its name.
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
	// TSV is CSV with tabs.
	TSV
	// RDB is a server's dump.
	RDB
	// AOF is an append-only file, with or without an RDB file at its head.
	AOF
	// RESP holds keys in the Redis protocol: bulk strings, in arrays or not.
	RESP
	// Numbered is what redis-cli prints of KEYS on a terminal.
	Numbered
	// JSON holds an object with a key a line.
	JSON
	// JSONList holds keys, or objects with one, in a JSON list.
	JSONList
	// Monitor is a MONITOR log: operations on keys.
	Monitor
	// Twitter is one of Twitter's cache traces: operations on keys.
	Twitter
	// SlotStats is what CLUSTER SLOT-STATS or DFLYCLUSTER GETSLOTINFO answers.
	SlotStats
	// Live is a running server or cluster, by its URL.
	Live
)

var formatNames = [...]string{
	"auto", "lines", "raw", "nul", "csv", "tsv", "rdb", "aof", "resp", "numbered", "json", "json-list", "monitor", "twitter", "slot-stats", "live",
}

// String is the format's name.
func (f Format) String() string { return formatNames[f] }

// FormatNames are the names that ParseFormat knows.
func FormatNames() []string { return slices.Clone(formatNames[:Live]) }

// ParseFormat reads a format's name.
func ParseFormat(text string) (Format, error) {
	for f, name := range formatNames[:Live] {
		if text == name {
			return Format(f), nil
		}
	}
	return 0, fmt.Errorf("input format %q: want one of %s", text, strings.Join(formatNames[:Live], ", "))
}

// sniffBytes is how much of an input is looked at before it is read: magic
// numbers, and a CSV header, which must fit.
const sniffBytes = 64 << 10

var byteOrderMark = []byte("\xef\xbb\xbf")

// foreign says what an input is that this package does not read, or nil. The
// beginning of a binary format must not be taken for keys.
func foreign(head []byte) error {
	switch {
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		return errors.New("compressed with xz, which is not read: pipe it through xz -dc and read -")
	case bytes.HasPrefix(head, gzipMagic) || bytes.HasPrefix(head, zstdMagic) || bytes.HasPrefix(head, lz4Magic):
		return errors.New("compressed twice: unpack it once before")
	case bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")):
		return errors.New("text in UTF-16, which is not read: convert it to UTF-8")
	}
	return nil
}

// recognisers tell formats by how an input begins, in the order in which they
// are asked.
var recognisers = []struct {
	format Format
	is     func(head []byte) bool
}{
	{RDB, looksRDB},
	{SlotStats, looksSlotStats},
	{AOF, looksCommands},
	{RESP, resp.LooksRESP},
	{Monitor, looksMonitor},
	{Numbered, numberedLine.Match},
	{JSON, looksJSON},
	{JSONList, looksJSONList},
	{Twitter, looksTwitter},
	{NUL, looksNUL},
}

// looksNUL: keys that hold line ends are why they are parted by zero bytes, so
// some line ends speak for nothing. What there is more of parts the keys.
func looksNUL(head []byte) bool {
	return bytes.Count(head, []byte{0}) > bytes.Count(head, []byte{'\n'})
}

// recognise says what an input with this beginning is, and of CSV also its
// columns and the length of its header.
func recognise(f Format, head []byte) (_ Format, c *columns, headerBytes int, err error) {
	if f == Auto {
		for _, r := range recognisers {
			if r.is(head) {
				return r.format, nil, 0, nil
			}
		}
	}
	separator := byte(',')
	switch f {
	case TSV:
		separator = '\t'
	case Auto, CSV:
	default:
		return f, nil, 0, nil
	}
	c, headerBytes = header(head)
	switch {
	case c != nil && (f == Auto && c.count > 1 || f == CSV || f == TSV && c.separator == separator):
	case f == Auto:
		headerBytes = 0
		if c = guessColumns(head); c == nil {
			return Lines, nil, 0, nil
		}
	default:
		headerBytes = 0
		if c, err = firstRecord(head, separator); err != nil {
			return f, nil, 0, err
		}
	}
	f = CSV
	if c.separator == '\t' {
		f = TSV
	}
	return f, c, headerBytes, nil
}

// Note says what an input was taken for, and what it says of itself.
type Note struct {
	Name       string
	Format     Format
	Columns    []string   // of CSV: what is known of each
	Packed     string     // "gzip", "zstd", "lz4", or ""
	Lines      int64      // lines, records, commands, keys or slots
	UnpackBusy float64    // the part of the reading time in which all waited for the decoder
	Dump       rdb.Info   // of RDB, and of AOF that begins with it
	Checksum   string     // of RDB: "right", "wrong", "none", "not verified"
	DBs        []Database // of dumps and running servers: where the keys were
}
