package goredis

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"slotbench/targets"
)

// answerWord is an error answer's class: its first word.
func answerWord(text string) string {
	word, _, _ := strings.Cut(text, " ")
	if word == "" || len(word) > targets.MaxClassBytes {
		return targets.ClassOther
	}
	for _, b := range []byte(word) {
		if b <= ' ' || b > '~' {
			return targets.ClassOther
		}
	}
	return strings.Clone(word)
}

// isTimeout says whether no answer came in time.
func isTimeout(err error) bool {
	var failure net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &failure) && failure.Timeout()
}

// failureWord is the class of a failure that is no answer.
func failureWord(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return targets.ClassRefused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return targets.ClassReset
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return targets.ClassNoFiles
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return targets.ClassNoPort
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return targets.ClassClosed
	case isTimeout(err):
		return targets.ClassConnTimeout
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return targets.ClassConnFailed
	}
	return targets.ClassOther
}
