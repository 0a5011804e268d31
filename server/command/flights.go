package command

import (
	"sync"
	"sync/atomic"
)

// Flights is the keys that MIGRATE is sending to another node right now. Reads
// of such a key go on; a write parks its connection until the flight ends and
// is then dispatched anew, so that it meets the key's new place.
//
// MIGRATE calls Begin under the slot's lock when it has read the keys, sends
// them without the lock, and calls End, under the lock again, when it has
// deleted them or given up.
type Flights struct {
	active  atomic.Int64 // keys in flight: what a write looks at first
	mu      sync.Mutex
	waiting map[string][]func() // by key in flight: who to wake
}

// Begin puts keys in flight; they are copied. It reports false, and begins
// nothing, if one of them is in flight already.
func (f *Flights) Begin(keys [][]byte) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, key := range keys {
		if _, flies := f.waiting[string(key)]; flies {
			return false
		}
	}
	if f.waiting == nil {
		f.waiting = make(map[string][]func())
	}
	for _, key := range keys {
		f.waiting[string(key)] = nil
	}
	f.active.Store(int64(len(f.waiting)))
	return true
}

// End lands keys and wakes the connections that wait for them.
func (f *Flights) End(keys [][]byte) {
	var wake []func()
	f.mu.Lock()
	for _, key := range keys {
		wake = append(wake, f.waiting[string(key)]...)
		delete(f.waiting, string(key))
	}
	f.active.Store(int64(len(f.waiting)))
	f.mu.Unlock()
	for _, resume := range wake {
		resume()
	}
}

// Await has resume called once when the key lands. It reports false, and
// forgets resume, if the key is not in flight.
func (f *Flights) Await(key []byte, resume func()) bool {
	if f.active.Load() == 0 {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	waiting, flies := f.waiting[string(key)]
	if flies {
		f.waiting[string(key)] = append(waiting, resume)
	}
	return flies
}
