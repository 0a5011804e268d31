package keyset

import (
	"io"
	"sync/atomic"
	"time"
)

// unpacker decompresses ahead of who reads, on a goroutine of its own, and
// measures how long readers wait for it.
type unpacker struct {
	full, free chan []byte
	quit       chan struct{}
	at         []byte // what is left of the block at hand
	block      []byte
	err        error // why there is no more, once full is closed
	waited     atomic.Int64
	began      time.Time
}

// What is decompressed ahead.
const (
	unpackBytes  = 1 << 20
	unpackBlocks = 4
)

func unpack(in io.Reader) *unpacker {
	u := &unpacker{
		full: make(chan []byte, unpackBlocks), free: make(chan []byte, unpackBlocks),
		quit: make(chan struct{}), began: time.Now(),
	}
	for range unpackBlocks {
		u.free <- make([]byte, unpackBytes)
	}
	go u.run(in)
	return u
}

func (u *unpacker) run(in io.Reader) {
	defer close(u.full)
	for empty := 0; ; {
		var block []byte
		select {
		case block = <-u.free:
		case <-u.quit:
			return
		}
		n, err := io.ReadAtLeast(in, block[:cap(block)], 1)
		if n > 0 {
			empty = 0
			u.full <- block[:n]
		} else if empty++; empty == maxEmptyReads && err == nil {
			err = io.ErrNoProgress
		}
		if err != nil {
			u.err = err
			return
		}
	}
}

// Read hands out what is decompressed.
func (u *unpacker) Read(p []byte) (int, error) {
	if len(u.at) == 0 {
		if u.block != nil {
			u.free <- u.block
			u.block = nil
		}
		began := time.Now()
		block, ok := <-u.full
		u.waited.Add(int64(time.Since(began)))
		if !ok {
			return 0, u.err
		}
		u.at, u.block = block, block
	}
	n := copy(p, u.at)
	u.at = u.at[n:]
	return n, nil
}

// busy is the part of the time until now in which a reader waited.
func (u *unpacker) busy() float64 {
	return float64(u.waited.Load()) / float64(max(time.Since(u.began), 1))
}

// close ends decompressing and waits for it.
func (u *unpacker) close() {
	close(u.quit)
	for block := range u.full {
		_ = block // dropped
	}
}
