package keyset

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// maxZstdWindow bounds the memory that a zstd stream may ask for.
const maxZstdWindow = 128 << 20

// input is an opened input, ready for the workers.
type input struct {
	note Note

	// What is read in blocks, by many at once.
	source    source
	mapped    bool
	separator byte
	literal   bool
	csv       *columns
	line      func(*worker, []byte) error // reads one line, if lines are no keys
	stop      atomic.Bool                 // a worker failed: the others end too

	// What one reads from its beginning to its end: data where it is mapped, or
	// else reader.
	sequential func(*input, context.Context, *Options, []*worker) error
	reader     *bufio.Reader
	data       []byte
	endless    bool // something else follows behind the dump

	log         *oplog // of operations, where it is such a log
	unpacker    *unpacker
	headerLines int64
	closers     []func()
}

func (in *input) close() {
	for i := len(in.closers) - 1; i >= 0; i-- {
		in.closers[i]()
	}
}

// sequentials read the formats that come in order.
var sequentials = map[Format]func(*input, context.Context, *Options, []*worker) error{
	RDB: (*input).readDump, AOF: (*input).readAOF, RESP: (*input).readRESP, SlotStats: (*input).readSlotStats,
	JSONList: (*input).readJSONList,
}

// lineReaders read the formats of which each line is by itself.
var lineReaders = map[Format]func(*worker, []byte) error{
	JSON: (*worker).jsonLine, Monitor: (*worker).monitor, Twitter: (*worker).twitter, Numbered: (*worker).numbered,
}

// open looks at an input's beginning and sets up how it is read.
func open(ctx context.Context, p part, o *Options) (_ *input, err error) {
	in := &input{separator: '\n', note: Note{Name: p.name}, log: p.log}
	defer func() {
		if err != nil {
			in.close()
		}
	}()
	file, reader, err := in.openReader(ctx, p.name, o)
	if err != nil {
		return nil, err
	}
	plain := bufio.NewReaderSize(countingReader{reader, o.Progress}, sniffBytes)
	decoded, err := in.decompress(plain, o.Threads)
	if err != nil {
		return nil, err
	}
	head, err := decoded.Peek(sniffBytes)
	if err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
		return nil, err
	}
	if err := foreign(head); err != nil {
		return nil, err
	}
	format, skip := o.Format, 0
	if format != Raw && format != NUL && bytes.HasPrefix(head, byteOrderMark) {
		skip = len(byteOrderMark)
	}
	if p.log != nil {
		format = AOF
	}
	var headerBytes int
	in.note.Format, in.csv, headerBytes, err = recognise(format, head[skip:])
	if err != nil {
		return nil, err
	}
	if headerBytes > 0 {
		in.headerLines = 1
		skip += headerBytes
	}
	in.setUp(file, skip, o)
	if in.source != nil || in.data != nil {
		return in, nil
	}
	if _, err := decoded.Discard(skip); err != nil {
		return nil, err
	}
	in.reader = decoded
	if in.sequential == nil {
		in.source = &stream{
			reader: decoded, separator: in.separator, literal: in.literal, csv: in.csv,
			chunk: o.chunkBytes, limit: o.lineBytes + len("\r\n"), offset: int64(skip),
		}
	}
	return in, nil
}

// setUp chooses the reader of the format, and maps the file where that serves.
func (in *input) setUp(file *os.File, skip int, o *Options) {
	f := in.note.Format
	in.literal = f == Raw || f == NUL
	if f == NUL {
		in.separator = 0
	}
	in.sequential, in.line = sequentials[f], lineReaders[f]
	if (f == AOF || f == Monitor || f == Twitter) && in.log == nil {
		in.log = newOplog()
	}
	if in.csv != nil {
		in.note.Columns = in.csv.names()
	}
	if file == nil || in.note.Packed != "" || in.csv != nil || in.sequential != nil && f != RDB {
		return
	}
	data := in.mapWhole(file, o)
	switch {
	case data == nil: // it is read as a stream instead
	case f == RDB:
		in.data = data
	default:
		in.mapped = true
		in.source = &mapped{
			data: data, skip: skip, separator: in.separator, literal: in.literal,
			chunk: o.chunkBytes, limit: o.lineBytes + len("\r\n"),
		}
	}
}

// openReader opens a file, or takes standard input. The file is nil where it
// is not a regular one.
func (in *input) openReader(ctx context.Context, name string, o *Options) (*os.File, io.Reader, error) {
	if name == "-" {
		if o.Stdin == nil {
			return nil, nil, errors.New("there is none")
		}
		return nil, o.Stdin, nil
	}
	file, err := os.Open(name)
	if err != nil {
		var path *os.PathError
		if errors.As(err, &path) {
			err = path.Err // the caller names the file
		}
		return nil, nil, err
	}
	in.closers = append(in.closers, func() { file.Close() })
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, nil, err
	case info.IsDir():
		return nil, nil, errors.New("a directory: want files")
	case info.Mode().IsRegular():
		return file, file, nil
	}
	// A pipe can block; the end of ctx breaks that.
	release := context.AfterFunc(ctx, func() { _ = file.SetReadDeadline(time.Unix(1, 0)) })
	in.closers = append(in.closers, func() { release() })
	return nil, file, nil
}

// mapWhole maps a regular file, where the system can: nil where it cannot.
func (in *input) mapWhole(file *os.File, o *Options) []byte {
	data, unmap, err := mapFile(file)
	if err != nil {
		return nil
	}
	in.closers = append(in.closers, unmap)
	o.Progress.Add(-int64(min(len(data), sniffBytes))) // was read to look at it, and is read again
	return data
}

// The magic numbers of what is decompressed.
var (
	gzipMagic = []byte("\x1f\x8b")
	zstdMagic = []byte("\x28\xb5\x2f\xfd")
	lz4Magic  = []byte("\x04\x22\x4d\x18")
)

// decompress tells gzip, zstd and lz4 by their magic numbers.
func (in *input) decompress(plain *bufio.Reader, threads int) (*bufio.Reader, error) {
	magic, _ := plain.Peek(4)
	var reader io.Reader
	switch {
	case bytes.HasPrefix(magic, gzipMagic):
		unzip, err := gzip.NewReader(plain)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		reader, in.note.Packed = unzip, "gzip"
	case bytes.HasPrefix(magic, zstdMagic):
		unzip, err := zstd.NewReader(plain, zstd.WithDecoderConcurrency(threads), zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return nil, fmt.Errorf("zstd: %w", err)
		}
		in.closers = append(in.closers, unzip.Close)
		reader, in.note.Packed = unzip, "zstd"
	case bytes.HasPrefix(magic, lz4Magic):
		reader, in.note.Packed = lz4.NewReader(plain), "lz4"
	default:
		return plain, nil
	}
	in.unpacker = unpack(namedErrors{reader, in.note.Packed})
	in.closers = append(in.closers, in.unpacker.close)
	return bufio.NewReaderSize(in.unpacker, sniffBytes), nil
}

// namedErrors says which decoder an error comes from.
type namedErrors struct {
	io.Reader
	name string
}

func (r namedErrors) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && !strings.HasPrefix(err.Error(), r.name+": ") {
		err = fmt.Errorf("%s: %w", r.name, err)
	}
	return n, err
}

// countingReader reports how much was read.
type countingReader struct {
	io.Reader
	progress *atomic.Int64
}

func (r countingReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.progress.Add(int64(n))
	return n, err
}
