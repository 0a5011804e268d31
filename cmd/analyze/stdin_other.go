//go:build !unix

package main

import (
	"context"
	"io"
	"os"
)

// interruptibleReader reads a file. Here a read that waits is not interrupted;
// a second Ctrl-C ends the program.
func interruptibleReader(_ context.Context, file *os.File) io.Reader { return file }
