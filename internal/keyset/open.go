package keyset

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxZstdWindow bounds the memory that a zstd stream may ask for.
const maxZstdWindow = 128 << 20

// input is an opened input, ready for the workers.
type input struct {
	source      source
	mapped      bool
	separator   byte
	literal     bool
	csv         *columns // nil: lines
	headerLines int64
	stop        atomic.Bool // a worker failed: the others end too
	closers     []func()
}

func (in *input) close() {
	for i := len(in.closers) - 1; i >= 0; i-- {
		in.closers[i]()
	}
}

// open looks at an input's beginning and sets up how it is read.
func open(ctx context.Context, name string, o *Options) (_ *input, err error) {
	in := &input{separator: '\n', literal: o.Format == Raw || o.Format == NUL}
	if o.Format == NUL {
		in.separator = 0
	}
	defer func() {
		if err != nil {
			in.close()
		}
	}()
	file, reader, err := in.openReader(ctx, name, o)
	if err != nil {
		return nil, err
	}
	plain := bufio.NewReaderSize(countingReader{reader, o.Progress}, sniffBytes)
	decoded, compressed, err := in.decompress(plain, o.Threads)
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
	skip := 0
	if !in.literal && bytes.HasPrefix(head, byteOrderMark) {
		skip = len(byteOrderMark)
	}
	columns, headerBytes, err := layout(name, o.Format, head[skip:])
	if err != nil {
		return nil, err
	}
	if in.csv = columns; headerBytes > 0 {
		in.headerLines = 1
		skip += headerBytes
	}
	if !compressed && columns == nil && file != nil && in.mapFile(file, skip, o) {
		return in, nil
	}
	if _, err := decoded.Discard(skip); err != nil {
		return nil, err
	}
	in.source = &stream{
		reader: decoded, separator: in.separator, csv: columns != nil,
		chunk: o.chunkBytes, limit: o.lineBytes + len("\r\n"), offset: int64(skip),
	}
	return in, nil
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

// mapFile makes a regular file the source by mapping it, where the system can.
func (in *input) mapFile(file *os.File, skip int, o *Options) bool {
	data, unmap, err := mapFile(file)
	if err != nil {
		return false // it is read as a stream instead
	}
	in.closers = append(in.closers, unmap)
	o.Progress.Add(-int64(min(len(data), sniffBytes))) // was read to look at it, and is read again
	in.mapped = true
	in.source = &mapped{data: data, skip: skip, separator: in.separator, chunk: o.chunkBytes}
	return true
}

// decompress tells gzip and zstd by their magic numbers.
func (in *input) decompress(plain *bufio.Reader, threads int) (_ *bufio.Reader, compressed bool, err error) {
	magic, _ := plain.Peek(4)
	var reader io.Reader
	switch {
	case bytes.HasPrefix(magic, []byte("\x1f\x8b")):
		unzip, err := gzip.NewReader(plain)
		if err != nil {
			return nil, true, fmt.Errorf("gzip: %w", err)
		}
		reader = namedErrors{unzip, "gzip"}
	case bytes.HasPrefix(magic, []byte("\x28\xb5\x2f\xfd")):
		unzip, err := zstd.NewReader(plain, zstd.WithDecoderConcurrency(threads), zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return nil, true, fmt.Errorf("zstd: %w", err)
		}
		in.closers = append(in.closers, unzip.Close)
		reader = namedErrors{unzip, "zstd"}
	default:
		return plain, false, nil
	}
	return bufio.NewReaderSize(reader, sniffBytes), true, nil
}

// namedErrors says which decoder an error comes from.
type namedErrors struct {
	io.Reader
	name string
}

func (r namedErrors) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
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
