//go:build unix

package main

import (
	"context"
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// interruptibleReader reads a file, and ends when ctx does even where nothing
// comes: it waits for the file and for ctx at once. Making the file itself
// non-blocking would do so for every program that shares it.
func interruptibleReader(ctx context.Context, file *os.File) io.Reader {
	ended, end, err := os.Pipe()
	if err != nil {
		return file // it reads all the same
	}
	context.AfterFunc(ctx, func() { end.Close() })
	return readFunc(func(p []byte) (int, error) {
		if err := waitFor(file, ended); err != nil {
			return 0, err
		}
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		return file.Read(p)
	})
}

type readFunc func(p []byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// waitFor returns when either file can be read, or has ended.
func waitFor(a, b *os.File) error {
	files := []unix.PollFd{
		{Fd: int32(a.Fd()), Events: unix.POLLIN},
		{Fd: int32(b.Fd()), Events: unix.POLLIN},
	}
	for {
		ready, err := unix.Poll(files, -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("poll", err)
		}
		if ready > 0 {
			return nil
		}
	}
}
