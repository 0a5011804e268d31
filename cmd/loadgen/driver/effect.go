package driver

import (
	"bytes"

	"slotbench/internal/request"
	"slotbench/internal/resp"
	"slotbench/internal/slot"
)

// effect is what a write that took place leaves behind, as far as reading
// back can check it.
type effect uint8

const (
	effectNone    effect = iota // nothing changed
	effectValue                 // the key holds exactly the value that was sent
	effectPresent               // the key is there; what it holds can't be told
	effectExempt                // the key may be gone, now or later
)

// writeShape is how a write command's arguments are laid out.
type writeShape struct {
	effect effect
	value  int // the argument that holds the value, 0: none
	step   int // from one key to the next, 0: there is one key
}

// writeShapes are the string and generic commands that write. One that is not
// here is exempt: nothing is known of what it leaves.
var writeShapes = map[string]writeShape{
	"SET":         {effect: effectValue, value: 2},
	"GETSET":      {effect: effectValue, value: 2},
	"MSET":        {effect: effectValue, value: 2, step: 2},
	"SETNX":       {effect: effectPresent},
	"APPEND":      {effect: effectPresent},
	"SETRANGE":    {effect: effectPresent},
	"SETBIT":      {effect: effectPresent},
	"INCR":        {effect: effectPresent},
	"DECR":        {effect: effectPresent},
	"INCRBY":      {effect: effectPresent},
	"DECRBY":      {effect: effectPresent},
	"INCRBYFLOAT": {effect: effectPresent},
	"DEL":         {effect: effectExempt, step: 1},
	"UNLINK":      {effect: effectExempt, step: 1},

	// Of a collection only that it is there is read back. What may empty one is
	// not here.
	"HSET":    {effect: effectPresent},
	"HSETNX":  {effect: effectPresent},
	"HINCRBY": {effect: effectPresent},
	"LPUSH":   {effect: effectPresent},
	"RPUSH":   {effect: effectPresent},
	"LSET":    {effect: effectPresent},
	"SADD":    {effect: effectPresent},
	"ZADD":    {effect: effectPresent},
	"ZINCRBY": {effect: effectPresent},
}

// written is one key of a write and what it holds if the write took place.
type written struct {
	key    []byte
	value  []byte // nil unless effect is effectValue
	effect effect
}

// appendWritten appends what the write r leaves behind by its outcome, a key
// each: of all its commands, where it is a transaction. Keys and values alias
// r.Frame; args is scratch memory.
func appendWritten(dst []written, r *request.Request, args *[][]byte) []written {
	var reader resp.CommandReader
	for rest := r.Frame; ; {
		words, size, err := reader.Next(rest, (*args)[:0])
		*args = words
		if err != nil || size == 0 || len(words) == 0 {
			return append(dst, written{key: r.Key(), effect: effectExempt})
		}
		if len(words) > 1 { // neither MULTI nor EXEC
			dst = appendCommand(dst, r, words)
		}
		if rest = rest[size:]; len(rest) == 0 {
			return dst
		}
	}
}

// appendCommand is appendWritten of one command.
func appendCommand(dst []written, r *request.Request, words [][]byte) []written {
	name := words[0]
	var upper [16]byte
	shape, known := writeShapes[string(appendUpper(upper[:0], name))]
	if !known {
		return appendExempt(dst, r, words)
	}
	if len(words) > 3 && bytes.EqualFold(name, []byte("SET")) {
		shape.effect = setEffect(words[3:], r.Status)
	}
	step := shape.step
	if step == 0 {
		step = len(words)
	}
	for at := 1; at < len(words); at += step {
		w := written{key: words[at], effect: shape.effect}
		if shape.effect == effectValue && at-1+shape.value < len(words) {
			w.value = words[at-1+shape.value]
		}
		dst = append(dst, w)
	}
	return dst
}

// appendExempt is what a command of unknown effect may have done: something to
// every key that it names. All keys of a request share a slot, and of other
// arguments one in 16384 hashes there by chance.
func appendExempt(dst []written, r *request.Request, words [][]byte) []written {
	for _, word := range words[1:] {
		if slot.Of(word) == r.Slot {
			dst = append(dst, written{key: word, effect: effectExempt})
		}
	}
	return append(dst, written{key: r.Key(), effect: effectExempt})
}

// setEffect reads SET's options: a time to live makes a key exempt; a null
// answer to NX or XX means that nothing was written, unless GET asked for the
// old value, which leaves it open.
func setEffect(options [][]byte, status request.Status) effect {
	conditional, get, expires := false, false, false
	for _, option := range options {
		switch string(bytes.ToUpper(option)) {
		case "NX", "XX":
			conditional = true
		case "GET":
			get = true
		case "EX", "PX", "EXAT", "PXAT", "KEEPTTL":
			expires = true
		}
	}
	switch {
	case expires:
		return effectExempt
	case conditional && get:
		return effectPresent
	case conditional && status == request.Miss:
		return effectNone
	}
	return effectValue
}

func appendUpper(dst, word []byte) []byte {
	for _, b := range word {
		if b >= 'a' && b <= 'z' {
			b -= 'a' - 'A'
		}
		dst = append(dst, b)
	}
	return dst
}
