// Package migrate moves keys from this node to another. Its strategy is key
// by key: what MIGRATE does and redis-cli --cluster reshard builds on. A key
// is read and put in flight under its slot's lock, restored at the target, and
// deleted here only when the target has said that it has it; in doubt it
// stays. The connections come from a function that is handed in; the package
// changes no topology and knows no clients.
package migrate

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"slotbench/server/store"
)

// Request is what MIGRATE asks for.
type Request struct {
	Addr     string // host:port of the target
	Keys     [][]byte
	DB       int64
	Timeout  time.Duration // the longest wait for any one answer
	Copy     bool          // the keys stay here
	Replace  bool          // over what the target has
	User     string        // of AUTH2
	Password string
	AUTH     bool // Password is given
	Asking   bool // the target imports the keys' slot
}

// Limits of what is on its way at one time.
const (
	// maxBatchBytes is what is sent before answers are read, unless one value
	// alone is longer.
	maxBatchBytes = 256 << 10
	// maxBatchKeys is how many keys are in flight for one request.
	maxBatchKeys = 1024
)

// Flights is where keys in flight are marked, so that writes to them wait.
type Flights interface {
	// Begin puts keys in flight, under their slot's lock. It reports false, and
	// begins nothing, if one of them is in flight already.
	Begin(keys [][]byte) bool
	// End lands keys, under their slot's lock, and wakes who waits for them.
	End(keys [][]byte)
	// Await has landed called once when the key lands. It reports false if the
	// key is not in flight.
	Await(key []byte, landed func()) bool
}

// Config is what a Mover works on.
type Config struct {
	Store     store.Store
	Flights   Flights
	NowMillis func() int64 // Unix time
	// AppendDump appends the payload that RESTORE makes an entry of.
	AppendDump func(dst []byte, e store.Entry) []byte
	// Dial connects to a target. It gives up after the timeout, and when the
	// channel is closed.
	Dial func(addr string, timeout time.Duration, closing <-chan struct{}) (net.Conn, error)
}

// Mover carries out MIGRATE for all of a node's clients. Many may call Migrate
// at once.
type Mover struct {
	Config
	closing chan struct{}

	mu     sync.Mutex
	closed bool
	idle   map[identity][]*link
	idling int // links in idle
	active map[*link]struct{}
	moving sync.WaitGroup
}

// New is a Mover. Close must be called in the end.
func New(config Config) *Mover {
	return &Mover{
		Config:  config,
		closing: make(chan struct{}),
		idle:    make(map[identity][]*link),
		active:  make(map[*link]struct{}),
	}
}

// What MIGRATE answers where the target cannot be talked to. The keys that
// were not yet answered for stay; the target may have them.
var (
	errWriting = errors.New("IOERR error or timeout writing to target instance")
	errReading = errors.New("IOERR error or timeout reading to target instance")
)

// errRefused is the first error that the target answered.
func errRefused(text []byte) error {
	return fmt.Errorf("ERR Target instance replied with error: %s", text)
}

// Migrate moves keys, or copies them. Found is false if none of them is here.
// The text of an error is what MIGRATE answers, its code first; keys for which
// the target said OK before it have moved.
func (m *Mover) Migrate(r Request) (found bool, err error) {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return true, errWriting
	}
	m.moving.Add(1)
	m.mu.Unlock()
	defer m.moving.Done()
	t := transfer{mover: m, request: r}
	if !t.anyKey() {
		return false, nil
	}
	return true, t.run()
}

// Close breaks off what is under way, as a lost connection would, waits for
// it, and closes all connections.
func (m *Mover) Close() error {
	m.mu.Lock()
	if !m.closed {
		m.closed = true
		close(m.closing)
	}
	for l := range m.active {
		_ = l.conn.Close() // its transfer reports the failure
	}
	for _, links := range m.idle {
		for _, l := range links {
			l.expiry.Stop()
			_ = l.conn.Close()
		}
	}
	m.idle, m.idling = nil, 0
	m.mu.Unlock()
	m.moving.Wait()
	return nil
}
