package migrate

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"slotbench/internal/rdb"
	"slotbench/internal/slot"
	"slotbench/server/store"
)

// nowMillis is the Unix time of the tests.
const nowMillis = 1_700_000_000_000

// flights is a Flights that remembers what flew.
type flights struct {
	mu      sync.Mutex
	waiting map[string][]func()
	flown   []string
}

func (f *flights) Begin(keys [][]byte) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, key := range keys {
		if _, flies := f.waiting[string(key)]; flies {
			return false
		}
	}
	for _, key := range keys {
		f.waiting[string(key)] = nil
		f.flown = append(f.flown, string(key))
	}
	return true
}

func (f *flights) End(keys [][]byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, key := range keys {
		for _, landed := range f.waiting[string(key)] {
			landed()
		}
		delete(f.waiting, string(key))
	}
}

func (f *flights) Await(key []byte, landed func()) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	waiting, flies := f.waiting[string(key)]
	if flies {
		f.waiting[string(key)] = append(waiting, landed)
	}
	return flies
}

// source is a node to migrate from.
type source struct {
	*Mover
	t       *testing.T
	flights *flights
	dialled int
}

func newSource(t *testing.T, dial func(string, time.Duration, <-chan struct{}) (net.Conn, error)) *source {
	s := &source{t: t, flights: &flights{waiting: make(map[string][]func())}}
	s.Mover = New(Config{
		Store: store.NewArena(slot.DefaultCount, 1), Flights: s.flights, NowMillis: func() int64 { return nowMillis },
		AppendDump: func(dst []byte, e store.Entry) []byte { return rdb.AppendDump(dst, rdb.TypeString, e.Value) },
		Dial: func(addr string, timeout time.Duration, closing <-chan struct{}) (net.Conn, error) {
			s.dialled++
			return dial(addr, timeout, closing)
		},
	})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if len(s.flights.waiting) > 0 {
			t.Errorf("%d keys still in flight", len(s.flights.waiting))
		}
	})
	return s
}

func (s *source) with(key []byte, do func(store.Table)) {
	at := s.Store.Count().Of(key)
	do(s.Store.Lock(at, nowMillis))
	s.Store.Unlock(at)
}

func (s *source) set(key, value string, expireAtMillis int64) {
	s.with([]byte(key), func(t store.Table) {
		t.Set([]byte(key), store.Entry{Type: store.String, Value: []byte(value), ExpireAtMillis: expireAtMillis})
	})
}

// has is which of the keys are here.
func (s *source) has(keys ...string) (here []string) {
	for _, key := range keys {
		s.with([]byte(key), func(t store.Table) {
			if _, found := t.Peek([]byte(key)); found {
				here = append(here, key)
			}
		})
	}
	return here
}

func (s *source) migrate(r Request, keys ...string) (bool, error) {
	for _, key := range keys {
		r.Keys = append(r.Keys, []byte(key))
	}
	if r.Timeout == 0 {
		r.Timeout = time.Minute
	}
	return s.Migrate(r)
}

// script is a target that answers each command by its words, and hangs up on
// "".
func script(t *testing.T, answer func(words []string) string) func(string, time.Duration, <-chan struct{}) (net.Conn, error) {
	return func(string, time.Duration, <-chan struct{}) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			r := bufio.NewReader(theirs)
			for {
				words, err := readCommand(r)
				if err != nil {
					return
				}
				reply := answer(words)
				if reply == "" {
					return
				}
				if _, err := io.WriteString(theirs, reply); err != nil {
					return
				}
			}
		}()
		t.Cleanup(func() { _ = theirs.Close() })
		return buffered(ours), nil
	}
}

// readCommand reads one command as a client sends it.
func readCommand(r *bufio.Reader) ([]string, error) {
	head, err := r.ReadString('\n')
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(strings.Trim(head, "*\r\n"))
	if err != nil {
		return nil, err
	}
	words := make([]string, n)
	for i := range words {
		head, err := r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		size, err := strconv.Atoi(strings.Trim(head, "$\r\n"))
		if err != nil {
			return nil, err
		}
		word := make([]byte, size+2)
		if _, err := io.ReadFull(r, word); err != nil {
			return nil, err
		}
		words[i] = string(word[:size])
	}
	return words, nil
}

// pipe is one end of a net.Pipe whose writes do not wait for the reader, as a
// socket's do not while there is room.
type pipe struct {
	net.Conn
	frames chan []byte
	once   sync.Once
}

func buffered(conn net.Conn) net.Conn {
	p := &pipe{Conn: conn, frames: make(chan []byte, 16)}
	go func() {
		for frame := range p.frames {
			if _, err := conn.Write(frame); err != nil {
				return
			}
		}
	}()
	return p
}

func (p *pipe) Write(b []byte) (int, error) {
	p.frames <- bytes.Clone(b)
	return len(b), nil
}

func (p *pipe) Close() error {
	p.once.Do(func() { close(p.frames) })
	return p.Conn.Close()
}
