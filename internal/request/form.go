package request

import (
	"strconv"

	"slotbench/internal/resp"
)

// Form is what a driver must know of a request that is more than one command
// with one answer. Requests alike share one; it never changes.
type Form struct {
	// Answers is how many whole answers the frame gets, at least 1. The last is
	// the request's own: that of EXEC, behind those of MULTI and of what was
	// queued. An error among the others stands for all.
	Answers int
	// Script is the source of what the frame calls by EVALSHA, "" without one:
	// a server that answers NOSCRIPT is sent it by EVAL.
	Script string
	// Check says what is wrong with the request's own answer, as the class of
	// an error: "" if nothing is. raw is the whole answer; nil takes any. Both
	// arguments are the caller's.
	Check func(r *Request, raw []byte) (class string)
}

// The classes of answers that a Check refuses.
const (
	ClassForeign    = "foreign-value"     // a value of another key, or one that no write of ours left
	ClassUnexpected = "unexpected-answer" // none of those that the workload expects
)

// NoScript says whether an error answer means that the server does not know a
// script.
func NoScript(text []byte) bool {
	const word = "NOSCRIPT"
	return len(text) >= len(word) && string(text[:len(word)]) == word
}

// AppendEval appends an EVALSHA's frame as the EVAL that means the same. It is
// false where the frame is none.
func AppendEval(dst, frame []byte, script string) ([]byte, bool) {
	var reader resp.CommandReader
	words, size, err := reader.Next(frame, nil)
	if err != nil || size != len(frame) || len(words) < 3 {
		return dst, false
	}
	dst = resp.AppendArray(dst, len(words))
	dst = resp.AppendBulk(dst, "EVAL")
	dst = resp.AppendBulk(dst, script)
	for _, word := range words[2:] {
		dst = resp.AppendBulk(dst, word)
	}
	return dst, true
}

// Eval makes r an EVAL of its form's script, in memory of its own.
func (r *Request) Eval() bool {
	frame, ok := AppendEval(nil, r.Frame, r.Form.Script)
	if !ok {
		return false
	}
	key := string(r.Key())
	at := keyOffset(frame, 4) // EVAL, the script, the number of keys, the key
	if at < 0 || at+len(key) > len(frame) || string(frame[at:at+len(key)]) != key {
		return false
	}
	r.Frame, r.KeyAt = frame, at
	return true
}

// keyOffset is where the n-th argument of a frame stands, from 1; -1 if
// nowhere.
func keyOffset(frame []byte, n int) int {
	at := lineEnd(frame, 0)
	for ; at > 0 && at < len(frame); n-- {
		text := lineEnd(frame, at)
		size, err := strconv.Atoi(string(frame[at+1 : max(text-2, at+1)]))
		if err != nil || text < 0 {
			return -1
		}
		if n == 1 {
			return text
		}
		at = text + size + 2
	}
	return -1
}

// lineEnd is where the line after the one at a place begins; -1 without one.
func lineEnd(frame []byte, at int) int {
	for i := at; i < len(frame); i++ {
		if frame[i] == '\n' {
			return i + 1
		}
	}
	return -1
}
