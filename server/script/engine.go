// Package script runs Lua scripts as Redis does: the engine, the sandbox, the
// libraries that scripts may use, and the conversions between Lua and the
// protocol. It knows no key and no slot: a script reaches the server by its
// Host. It opens no file or socket and reads no clock but the one handed in.
package script

import (
	"crypto/sha1"
	"encoding/hex"
	"sync"
	"sync/atomic"
)

// The limits of the engine.
const (
	// MaxScriptBytes is the longest script.
	MaxScriptBytes = 4 << 20
	// MaxCachedScripts is how many scripts EVAL and SCRIPT LOAD keep; those of
	// EVAL are forgotten first.
	MaxCachedScripts = 20_000
	// maxIdleStates is how many Lua states wait for the next script.
	maxIdleStates = 16
	// maxReuses is how often a state is used before a new one takes its place,
	// so that what scripts left in it is given back.
	maxReuses = 100_000
)

// Host is what one script reaches the server by.
type Host interface {
	// Call runs a command and appends its reply, in the protocol asked for, to
	// out. args are borrowed. wrote says that the command may have changed data.
	Call(args [][]byte, proto int, out []byte) (reply []byte, wrote bool)
	// Allowed says whether the client may run a command, and whether there is
	// such a command at all.
	Allowed(args [][]byte) (allowed, known bool)
	// Log writes a line to the server's log.
	Log(level LogLevel, line string)
}

// LogLevel is the importance of a line that a script logs.
type LogLevel int

// The levels, as redis.LOG_DEBUG and so on.
const (
	LogDebug LogLevel = iota
	LogVerbose
	LogNotice
	LogWarning
)

// Config is what an Engine works with.
type Config struct {
	// Clock reads a monotonic clock in nanoseconds.
	Clock func() int64
	// LoopNanos is how long a script may run before Start gives the caller its
	// goroutine back; 0: 100 microseconds.
	LoopNanos int64
	// MemoryBytes is how far the process's heap may grow while a script runs;
	// 0: 512 MiB.
	MemoryBytes int64
	// Done is closed when the server ends: scripts that run long end then.
	Done <-chan struct{}
	// Version is what redis.REDIS_VERSION says.
	Version string
	// VersionNumber is what redis.REDIS_VERSION_NUM says.
	VersionNumber int
}

// Engine holds compiled scripts and prepared Lua states. Its methods may be
// called from any goroutine.
type Engine struct {
	config Config

	mu     sync.RWMutex
	byHash map[string]*Script // lower case SHA1
	byText map[string]*Script
	passed []*Script // of EVAL, from the oldest

	states  atomic.Int64 // that were made
	flushes atomic.Int64 // guards states against scripts of before a flush

	idleMu sync.Mutex
	idle   []*Runner
}

// NewEngine is an engine without scripts.
func NewEngine(config Config) *Engine {
	if config.LoopNanos == 0 {
		config.LoopNanos = 100_000
	}
	if config.MemoryBytes == 0 {
		config.MemoryBytes = 512 << 20
	}
	return &Engine{config: config, byHash: map[string]*Script{}, byText: map[string]*Script{}}
}

// Find is the script of a text that was compiled before, nil if there is none.
func (e *Engine) Find(text []byte) *Script {
	e.mu.RLock()
	s := e.byText[string(text)]
	e.mu.RUnlock()
	return s
}

// Lookup is the cached script of a SHA1 in hexadecimal, in any case; nil if
// there is none.
func (e *Engine) Lookup(hash []byte) *Script {
	var lower [2 * sha1.Size]byte
	if len(hash) != len(lower) {
		return nil
	}
	for i, b := range hash {
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		lower[i] = b
	}
	e.mu.RLock()
	s := e.byHash[string(lower[:])]
	e.mu.RUnlock()
	return s
}

// Load compiles a script and caches it. Keep says that it was loaded by SCRIPT
// LOAD, and is not to make room for others. The error's text is a reply.
func (e *Engine) Load(text []byte, keep bool) (*Script, error) {
	s := e.Find(text)
	if s == nil {
		var err error
		if s, err = compile(string(text)); err != nil {
			return nil, err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if other := e.byText[s.text]; other != nil {
		s = other
	} else {
		e.byText[s.text], e.byHash[s.Hash] = s, s
		e.passed = append(e.passed, s)
	}
	s.kept = s.kept || keep
	e.makeRoom()
	return s, nil
}

// makeRoom forgets the oldest scripts of EVAL when there are too many.
func (e *Engine) makeRoom() {
	for len(e.byHash) > MaxCachedScripts && len(e.passed) > 0 {
		oldest := e.passed[0]
		e.passed = e.passed[1:]
		if !oldest.kept {
			delete(e.byHash, oldest.Hash)
			delete(e.byText, oldest.text)
		}
	}
}

// Flush forgets all scripts.
func (e *Engine) Flush() {
	e.mu.Lock()
	e.byHash, e.byText, e.passed = map[string]*Script{}, map[string]*Script{}, nil
	e.mu.Unlock()
	e.flushes.Add(1)
	e.idleMu.Lock()
	idle := e.idle
	e.idle = nil
	e.idleMu.Unlock()
	for _, r := range idle {
		r.close()
	}
}

// Cached is how many scripts there are and how many bytes their texts have.
func (e *Engine) Cached() (scripts int, bytes int64) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	for text := range e.byText {
		bytes += int64(len(text))
	}
	return len(e.byHash), bytes
}

// hashOf is a text's SHA1 in hexadecimal.
func hashOf(text string) string {
	sum := sha1.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// take is a state that is ready to run a script.
func (e *Engine) take() *Runner {
	e.idleMu.Lock()
	if n := len(e.idle); n > 0 {
		r := e.idle[n-1]
		e.idle = e.idle[:n-1]
		e.idleMu.Unlock()
		return r
	}
	e.idleMu.Unlock()
	return newRunner(e)
}

// give takes a state back, or ends it if it is worn or there are enough.
func (e *Engine) give(r *Runner) {
	if r.Stale() {
		r.close()
		return
	}
	e.idleMu.Lock()
	if len(e.idle) < maxIdleStates {
		e.idle = append(e.idle, r)
		r = nil
	}
	e.idleMu.Unlock()
	if r != nil {
		r.close()
	}
}
