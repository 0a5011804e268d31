package keyset

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"slotbench/internal/rdb"
	"slotbench/internal/slot"
)

// maxHeadBytes is the longest line of the Redis protocol that is no text.
const maxHeadBytes = 64 << 10

// maxCommandBytes is how much of one command's arguments is kept. Longer
// arguments are values, of which only the length counts.
const maxCommandBytes = 64 << 20

// protocol reads the Redis protocol from a stream, and knows where it is.
type protocol struct {
	in     *bufio.Reader
	offset int64 // of what is read next
	text   []byte
	ends   []int
	args   [][]byte
	passed uint64 // bytes of arguments that were not kept
}

// errWithin is that of a stream that ends where it should not.
var errWithin = errors.New("the input ends in the middle")

// line reads a line without its end; io.EOF only where there is nothing.
func (p *protocol) line() ([]byte, error) {
	line, err := p.in.ReadSlice('\n')
	p.offset += int64(len(line))
	switch {
	case errors.Is(err, bufio.ErrBufferFull) || len(line) > maxHeadBytes:
		return nil, fmt.Errorf("a line longer than %d bytes", maxHeadBytes)
	case errors.Is(err, io.EOF) && len(line) > 0:
		return nil, errWithin
	case err != nil:
		return nil, err
	}
	return trimLineEnd(line), nil
}

// bulk reads a text of that length behind p.text, or passes over it where it is
// longer than keep.
func (p *protocol) bulk(length uint64, keep int) error {
	if length > uint64(keep) {
		p.passed += length
		for left := length; left > 0; {
			n, err := p.in.Discard(int(min(left, 1<<30)))
			p.offset += int64(n)
			left -= uint64(n)
			if err != nil {
				return within(err)
			}
		}
	} else {
		from := len(p.text)
		p.text = append(p.text, make([]byte, length)...)
		n, err := io.ReadFull(p.in, p.text[from:])
		p.offset += int64(n)
		if err != nil {
			return within(err)
		}
	}
	return p.bulkEnd()
}

// long adds a text of that length up, without holding it.
func (p *protocol) long(length uint64) (*longLine, error) {
	l := &longLine{literal: true}
	for left := length; left > 0; {
		piece, err := p.in.Peek(int(min(left, sniffBytes)))
		l.add(piece)
		n, _ := p.in.Discard(len(piece)) // what was peeked at is there
		p.offset += int64(n)
		left -= uint64(n)
		if err != nil {
			return l, within(err)
		}
	}
	return l, p.bulkEnd()
}

// bulkEnd reads the line end behind a text.
func (p *protocol) bulkEnd() error {
	var end [2]byte
	n, err := io.ReadFull(p.in, end[:])
	p.offset += int64(n)
	switch {
	case err != nil:
		return within(err)
	case string(end[:]) != "\r\n":
		return errors.New("a text without its line end")
	}
	return nil
}

// within is the error of an end where more should come.
func within(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errWithin
	}
	return err
}

// command reads a command's arguments, borrowed until the next; lines that
// begin with # are remarks, as an append-only file's times are.
func (p *protocol) command() ([][]byte, error) {
	line, err := p.line()
	for err == nil && (len(line) == 0 || line[0] == '#') {
		line, err = p.line()
	}
	if err != nil {
		return nil, err
	}
	if line[0] != '*' {
		return nil, fmt.Errorf("%s where a command should begin", snippet(line))
	}
	n, err := amount(line[1:])
	if err != nil {
		return nil, fmt.Errorf("number of arguments %s: %w", snippet(line[1:]), err)
	}
	p.text, p.ends, p.args, p.passed = p.text[:0], p.ends[:0], p.args[:0], 0
	for range n {
		line, err := p.line()
		if err != nil {
			return nil, within(err)
		}
		if len(line) == 0 || line[0] != '$' {
			return nil, fmt.Errorf("%s where an argument should begin", snippet(line))
		}
		length, err := amount(line[1:])
		if err != nil {
			return nil, fmt.Errorf("length %s of an argument: %w", snippet(line[1:]), err)
		}
		keep := MaxLineBytes
		if len(p.text) > maxCommandBytes {
			keep = 0
		}
		if err := p.bulk(length, keep); err != nil {
			return nil, err
		}
		p.ends = append(p.ends, len(p.text))
	}
	from := 0
	for _, end := range p.ends {
		p.args = append(p.args, p.text[from:end:end])
		from = end
	}
	return p.args, nil
}

// readAOF reads an append-only file: perhaps an RDB file, then commands.
func (in *input) readAOF(ctx context.Context, o *Options, workers []*worker) error {
	w := workers[0]
	in.log.sized.Store(true)
	head, err := in.reader.Peek(sniffBytes)
	if len(head) == 0 && err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	p := &protocol{in: in.reader}
	if looksRDB(head) {
		if p.in, p.offset, err = in.preamble(ctx, o, w); err != nil {
			return err
		}
	}
	for db := 0; ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		began := p.offset
		args, err := p.command()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("offset %d: %w", began, err)
		}
		in.note.Lines++
		if len(args) == 0 {
			continue
		}
		switch name := strings.ToLower(string(args[0])); {
		case name == "select" && len(args) == 2:
			n, err := amount(args[1])
			if err != nil {
				return fmt.Errorf("offset %d: SELECT %s: %w", began, snippet(args[1]), err)
			}
			db = int(n)
		case name == "flushall":
			w.log.forget(allDatabases)
		case name == "flushdb":
			w.log.forget(db)
		case name == "move" && len(args) >= 3:
			to, err := amount(args[2])
			if err != nil {
				return fmt.Errorf("offset %d: MOVE to %s: %w", began, snippet(args[2]), err)
			}
			w.move(args[1], db, int(to), o)
		default:
			if !o.wantsDB(db) {
				continue
			}
			if !w.command(args, db, p.passed+uint64(len(p.text)-len(args[0]))) {
				w.sums.UnknownCommands++
			}
		}
	}
}

// preamble reads the RDB file at the head of an append-only one, whose keys go
// to the log that follows, and returns what comes behind it.
func (in *input) preamble(ctx context.Context, o *Options, w *worker) (rest *bufio.Reader, offset int64, err error) {
	s := rdb.NewSkimmer(in.reader, false)
	s.Cluster = o.ClusterMode
	s.Pulse = func(int64) error { return ctx.Err() }
	defer func() { in.note.Dump = s.Info() }()
	for {
		e, err := s.Next()
		if errors.Is(err, io.EOF) {
			return restOf(s), s.Offset(), nil
		}
		if err != nil {
			return nil, 0, err
		}
		if !o.wantsDB(e.DB) {
			continue
		}
		hashed, tagged := slot.Tag(e.Key)
		if !tagged {
			hashed = e.Key
		}
		op := operation{key: e.Key, db: e.DB, bytes: e.MemoryBytes, kind: e.Kind, replaces: true}
		crc := slot.CRC16(hashed)
		if w.log.note(&op, crc) {
			w.visitEntry(&entry{key: e.Key, bytes: e.MemoryBytes, kind: e.Kind, hasBytes: true, hasKind: true})
			if tagged {
				w.tagged(crc, hashed, 1, e.MemoryBytes, 0)
			}
		}
		in.note.Lines++
	}
}

// looksCommands says whether a stream in the Redis protocol holds commands,
// rather than keys: it begins with the name of one.
func looksCommands(head []byte) bool {
	if bytes.HasPrefix(head, []byte("#TS:")) {
		return true
	}
	_, length, ended := firstLine(head)
	if !ended || head[0] != '*' {
		return false
	}
	rest := head[length:]
	size, length, ended := firstLine(rest)
	if !ended || len(size) < 2 || size[0] != '$' {
		return false
	}
	n, err := amount(size[1:])
	return err == nil && n <= uint64(len(rest)-length) && isCommand(rest[length:length+int(n)])
}
