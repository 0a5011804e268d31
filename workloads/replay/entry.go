package replay

import (
	"fmt"
)

// entry is one operation as a trace has it.
type entry struct {
	nanos   int64 // on the trace's clock
	repeat  int   // how often it was done, from 1
	command *command
	name    string   // in reports
	args    [][]byte // name first; the value's place holds nil where value is set
	value   int      // which argument is a value of valueBytes random bytes; 0: none
	// valueBytes is the value's size; of a read, the size of what it found.
	valueBytes int
	keys       []int // which arguments are keys, ascending
}

// parser reads a trace's operations, in order. The entry's memory is the
// parser's until the next call. The error is io.EOF at the end, a fault or a
// skip for this entry alone, or else ends the reading.
type parser interface {
	next(e *entry) error
	// where is the place of the last entry, as "line 7".
	where() string
	// tickNanos is how long the trace's clock stands still.
	tickNanos() int64
}

// fault is a line that cannot be read.
type fault struct{ reason string }

func (f fault) Error() string { return f.reason }

func faultf(format string, args ...any) error { return fault{fmt.Sprintf(format, args...)} }

// skip is an operation that is not replayed, by its kind.
type skip string

func (s skip) Error() string { return string(s) }

// snippet is a piece of a bad line, to be shown.
func snippet(line []byte) string {
	const most = 40
	if len(line) > most {
		return fmt.Sprintf("%q…", line[:most])
	}
	return fmt.Sprintf("%q", line)
}

// The commands that cache operations become.
var (
	cacheGet   = &command{first: 1, last: 1, step: 1}
	cacheWrite = &command{first: 1, last: 1, step: 1, write: true}
	wordSet    = []byte("SET")
	wordGet    = []byte("GET")
	wordDel    = []byte("DEL")
	wordAppend = []byte("APPEND")
	wordIncr   = []byte("INCR")
	wordDecr   = []byte("DECR")
	wordNX     = []byte("NX")
	wordXX     = []byte("XX")
	wordEX     = []byte("EX")
	firstKey   = []int{1}
)

// cacheOp is what a cache's operation becomes.
type cacheOp struct {
	word   []byte
	option []byte // NX or XX
	value  bool   // has a value of the recorded size
	write  bool
}

// cacheOps are the operations of memcached's and CacheLib's traces. Redis has
// neither cas nor prepend: a cas is a SET, a prepend an APPEND.
var cacheOps = map[string]cacheOp{
	"get":       {word: wordGet},
	"gets":      {word: wordGet},
	"get_lease": {word: wordGet},
	"set":       {word: wordSet, value: true, write: true},
	"set_lease": {word: wordSet, value: true, write: true},
	"add":       {word: wordSet, option: wordNX, value: true, write: true},
	"replace":   {word: wordSet, option: wordXX, value: true, write: true},
	"cas":       {word: wordSet, value: true, write: true},
	"append":    {word: wordAppend, value: true, write: true},
	"prepend":   {word: wordAppend, value: true, write: true},
	"delete":    {word: wordDel, write: true},
	"incr":      {word: wordIncr, write: true},
	"decr":      {word: wordDecr, write: true},
}

// cache makes an entry of a cache's operation. ttl is in decimal seconds, ""
// or "0" without one.
func (e *entry) cache(op cacheOp, name string, key, ttl []byte, valueBytes int) {
	e.repeat, e.name, e.command, e.keys = 1, name, cacheGet, firstKey
	e.value, e.valueBytes = 0, valueBytes
	if op.write {
		e.command = cacheWrite
	}
	e.args = append(e.args[:0], op.word, key)
	if op.value {
		e.value = len(e.args)
		e.args = append(e.args, nil)
	}
	if op.option != nil {
		e.args = append(e.args, op.option)
	}
	if op.value && &op.word[0] == &wordSet[0] && len(ttl) > 0 && !(len(ttl) == 1 && ttl[0] == '0') {
		e.args = append(e.args, wordEX, ttl)
	}
}
