package replay

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	bufferBytes   = 256 << 10
	maxZstdWindow = 128 << 20 // bounds the memory that a zstd stream may ask for
	sniffBytes    = 4 << 10
)

// input is an opened file of a trace.
type input struct {
	parser
	name    string
	closers []func()
}

func (in *input) close() {
	for i := len(in.closers) - 1; i >= 0; i-- {
		in.closers[i]()
	}
}

// open opens a file and finds out its format. When quit is closed, reading
// what can block ends.
func open(name, format string, stdin io.Reader, quit <-chan struct{}) (_ *input, _ string, err error) {
	in := &input{name: name}
	defer func() {
		if err != nil {
			in.close()
			err = fmt.Errorf("%s: %w", name, err)
		}
	}()
	reader, err := in.file(name, stdin, quit)
	if err != nil {
		return nil, "", err
	}
	head, _ := reader.Peek(sniffBytes)
	if format == Auto {
		if len(head) == 0 {
			return nil, "", fmt.Errorf("nothing is in it: name a trace")
		}
		if format = recognise(name, head); format == "" {
			return nil, "", fmt.Errorf("nothing tells which trace this is, it begins with %s: name it with --trace-format (%s)",
				snippet(head), strings.Join(Formats()[1:], ", "))
		}
	}
	switch format {
	case Twitter:
		in.parser = &csvTrace{lines: lines{in: reader}, columns: twitterColumns}
	case Meta:
		in.parser = &csvTrace{lines: lines{in: reader}, columns: metaColumns}
	case Oracle:
		in.parser = &oracleTrace{in: reader}
	case Monitor:
		in.parser = &monitorTrace{lines: lines{in: reader}}
	}
	return in, format, nil
}

// file opens a file, or takes stdin, and undoes its compression.
func (in *input) file(name string, stdin io.Reader, quit <-chan struct{}) (*bufio.Reader, error) {
	plain := stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			var path *os.PathError
			if errors.As(err, &path) {
				err = path.Err // the caller names the file
			}
			return nil, err
		}
		in.closers = append(in.closers, func() { file.Close() })
		if info, err := file.Stat(); err == nil && info.IsDir() {
			return nil, errors.New("a directory: want files")
		}
		plain = file
	}
	if plain == nil {
		return nil, errors.New("standard input can't be read again")
	}
	if !Rereadable(name) && quit != nil {
		plain = newPump(plain, quit)
	}
	reader := bufio.NewReaderSize(plain, bufferBytes)
	magic, _ := reader.Peek(4)
	switch {
	case bytes.HasPrefix(magic, []byte("\x1f\x8b")):
		unzip, err := gzip.NewReader(reader)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		return bufio.NewReaderSize(unzip, bufferBytes), nil
	case bytes.HasPrefix(magic, []byte("\x28\xb5\x2f\xfd")):
		unzip, err := zstd.NewReader(reader, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return nil, fmt.Errorf("zstd: %w", err)
		}
		in.closers = append(in.closers, unzip.Close)
		return bufio.NewReaderSize(unzip, bufferBytes), nil
	}
	return reader, nil
}

// recognise is the format of a trace with that name and beginning, "" if
// nothing tells.
func recognise(name string, head []byte) string {
	if strings.Contains(strings.ToLower(filepath.Base(name)), "oraclegeneral") {
		return Oracle
	}
	if bytes.HasPrefix(head, []byte("op_time,")) {
		return Meta
	}
	if bytes.HasPrefix(head, []byte("timestamp,")) {
		return Twitter
	}
	for try, line := range bytes.Split(head, []byte{'\n'}) {
		line = bytes.TrimSuffix(line, []byte{'\r'})
		var e entry
		twitter := csvTrace{columns: twitterColumns}
		meta := csvTrace{columns: metaColumns}
		var monitor monitorTrace
		var told skip
		monitorErr := monitor.parse(line, &e)
		switch {
		case len(line) == 0:
		case monitorErr == nil || errors.As(monitorErr, &told):
			return Monitor
		case twitter.parse(line, &e) == nil:
			return Twitter
		case meta.parse(line, &e) == nil:
			return Meta
		}
		if try == linesTried {
			break
		}
	}
	return ""
}

// Rereadable says whether a file can be read twice: pipes can't.
func Rereadable(name string) bool {
	info, err := os.Stat(name)
	return name != "-" && (err != nil || info.Mode().IsRegular() || info.IsDir())
}

// linesTried is how many lines may be bad before the first that tells what a
// trace is.
const linesTried = 20

// Recognised says whether a file is a trace that can be told by name or
// content; a file that cannot be read is none.
func Recognised(name string) bool {
	if !Rereadable(name) {
		return false
	}
	in, _, err := open(name, Auto, nil, nil)
	if err != nil {
		return false
	}
	in.close()
	return true
}
