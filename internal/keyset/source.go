package keyset

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
)

// source hands an input out in blocks of whole lines or records. Many workers
// may call next at once. The block's data is the source's where the input is
// mapped, and otherwise lies in the worker's buffer.
type source interface {
	// next is the next block. A block without data comes with an error; io.EOF
	// is the input's end, and may come with the last block.
	next(ctx context.Context, buffer *[]byte) (block, error)
}

// block is a piece of an input.
type block struct {
	number int64 // counts up from 0 without a gap
	offset int64 // of data in the input, after decompression
	data   []byte
	read   int64 // bytes that progress moves on by

	long  *longLine // behind data, if not nil: a line above the limit
	lines int64     // how many line ends were passed over with it
}

// mapped is an input in memory. A line belongs to the chunk that it begins in.
type mapped struct {
	data      []byte
	skip      int // bytes before the first line
	separator byte
	literal   bool
	chunk     int
	limit     int          // a line that ends later behind its chunk is long
	at        atomic.Int64 // the next chunk
}

func (m *mapped) next(ctx context.Context, _ *[]byte) (block, error) {
	if err := ctx.Err(); err != nil {
		return block{}, err
	}
	number := m.at.Add(1) - 1
	start := m.skip + int(number)*m.chunk
	if start >= len(m.data) {
		return block{}, io.EOF
	}
	stop := min(start+m.chunk, len(m.data))
	b := block{number: number, read: int64(stop - start)}
	from, to := stop, stop
	if number == 0 {
		from = start
	} else if length := bytes.IndexByte(m.data[start-1:stop-1], m.separator); length >= 0 {
		from = start + length
	}
	if from < stop {
		near := min(len(m.data), stop+m.limit)
		if length := bytes.IndexByte(m.data[stop-1:near], m.separator); length >= 0 {
			to = stop + length
		} else if to = near; near < len(m.data) {
			to = from + bytes.LastIndexByte(m.data[from:stop], m.separator) + 1
			if b.long, b.lines = m.longLine(ctx, to), 1; b.long == nil {
				return block{}, ctx.Err()
			}
		}
	}
	b.offset, b.data = int64(from), m.data[from:to:to]
	if behind := start - 2*releaseBytes; behind >= 0 && number%int64(max(releaseBytes/m.chunk, 1)) == 0 {
		// Workers are within a chunk of each other; what one still reads comes
		// back at the price of a fault.
		release(m.data[behind : behind+releaseBytes])
	}
	return b, nil
}

// longLine adds up the line that begins at a place and gives back the memory
// behind; nil when ctx ends.
func (m *mapped) longLine(ctx context.Context, at int) *longLine {
	l := &longLine{literal: m.literal}
	for at < len(m.data) && ctx.Err() == nil {
		piece := m.data[at:min(at+releaseBytes, len(m.data))]
		end := bytes.IndexByte(piece, m.separator)
		if end >= 0 {
			l.add(piece[:end])
			return l
		}
		l.add(piece)
		if len(piece) == releaseBytes {
			release(piece)
		}
		at += len(piece)
	}
	if ctx.Err() != nil {
		return nil
	}
	return l
}

// stream is an input that is read from its beginning to its end, by one worker
// at a time.
type stream struct {
	reader    io.Reader
	separator byte
	literal   bool
	csv       *columns
	chunk     int // how much is read at a time
	limit     int // longest line

	mu     sync.Mutex
	number int64
	offset int64  // of the next block
	carry  []byte // beginning of the next block
	err    error  // why there is no more
}

func (s *stream) next(ctx context.Context, buffer *[]byte) (block, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return block{}, io.EOF // the error itself was told once
	}
	if cap(*buffer) < s.chunk+s.limit {
		*buffer = make([]byte, s.chunk+s.limit)
	}
	data := append((*buffer)[:0], s.carry...)
	s.carry = s.carry[:0]
	end := 0
	for end == 0 && s.err == nil && len(data) < s.chunk+s.limit {
		data = s.fill(ctx, data, max(s.chunk, len(data)+s.chunk/4+1))
		end = s.wholeLines(data)
	}
	b := block{number: s.number, offset: s.offset}
	switch {
	case errors.Is(s.err, io.EOF):
		end = len(data)
	case end == 0 && s.err == nil:
		b = s.passOver(ctx, b, data)
		return b, s.err
	}
	if end == 0 {
		return block{}, s.err
	}
	b.data = data[:end:end]
	s.carry = append(s.carry, data[end:]...)
	s.number++
	s.offset += int64(end)
	return b, s.err
}

// maxEmptyReads is how often a reader may give nothing and no error.
const maxEmptyReads = 100

// fill reads until data has that length or the buffer is full, or the input
// ends.
func (s *stream) fill(ctx context.Context, data []byte, length int) []byte {
	length = min(length, s.chunk+s.limit)
	for empty := 0; len(data) < length && s.err == nil; {
		var n int
		n, s.err = s.reader.Read(data[len(data) : s.chunk+s.limit])
		data = data[:len(data)+n]
		if s.err == nil {
			s.err = ctx.Err()
		}
		if n > 0 {
			empty = 0
		} else if empty++; empty == maxEmptyReads && s.err == nil {
			s.err = io.ErrNoProgress
		}
	}
	return data
}

// wholeLines is the length of the whole lines or records at the head of data.
func (s *stream) wholeLines(data []byte) int {
	last := bytes.LastIndexByte(data, s.separator) + 1
	if s.csv == nil || s.csv.literal || bytes.IndexByte(data[:last], '"') < 0 {
		return last
	}
	whole := 0
	for {
		length, ended := s.csv.recordEnd(data[whole:])
		if !ended {
			return whole
		}
		whole += length
	}
}

// passOver takes a line that is too long piece by piece, up to the first line
// end past the limit.
func (s *stream) passOver(ctx context.Context, b block, data []byte) block {
	b.long = &longLine{literal: s.literal}
	from := s.limit
	for {
		if length := bytes.IndexByte(data[from:], s.separator); length >= 0 {
			end := from + length + 1
			b.long.add(data[:end-1])
			b.lines += int64(bytes.Count(data[:end], []byte{s.separator}))
			s.carry = append(s.carry, data[end:]...)
			s.offset += int64(end)
			break
		}
		b.long.add(data)
		b.lines += int64(bytes.Count(data, []byte{s.separator}))
		s.offset += int64(len(data))
		if s.err != nil {
			b.lines++ // the input ends in the line
			break
		}
		data, from = s.fill(ctx, data[:0], 1), 0
	}
	s.number++
	return b
}
