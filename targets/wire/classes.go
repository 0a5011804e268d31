package wire

import (
	"errors"
	"io"
	"os"
	"syscall"

	"slotbench/targets"
)

// wordOfErrno is the class of a connection's failure.
func wordOfErrno(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return targets.ClassRefused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return targets.ClassReset
	case errors.Is(err, syscall.ETIMEDOUT), errors.Is(err, os.ErrDeadlineExceeded):
		return targets.ClassConnTimeout
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return targets.ClassNoFiles
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return targets.ClassNoPort
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return targets.ClassClosed
	}
	return targets.ClassConnFailed
}
