package command

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"slotbench/internal/slot"
	"slotbench/server/store"
	"slotbench/server/topology"
)

// watching is the keys that a client watches.
type watching struct {
	dirty atomic.Bool // one of them has changed
	over  atomic.Bool // the watches are taken back, or about to be
	keys  []watchedKey
	bytes int64           // about what they take
	known map[string]bool // the keys, once they are too many to look through
}

type watchedKey struct {
	key  string
	slot slot.Slot
}

var _ store.Watcher = (*watching)(nil)

// fewWatched is how many watched keys are looked through.
const fewWatched = 16

// has says whether a key is watched already.
func (w *watching) has(key []byte) bool {
	if len(w.keys) <= fewWatched {
		return slices.ContainsFunc(w.keys, func(k watchedKey) bool { return k.key == string(key) })
	}
	if w.known == nil {
		w.known = make(map[string]bool)
		for _, k := range w.keys {
			w.known[k.key] = true
		}
	}
	return w.known[string(key)]
}

func (w *watching) add(k watchedKey) {
	w.keys = append(w.keys, k)
	w.bytes += int64(len(k.key) + heldOverhead)
	if w.known != nil {
		w.known[k.key] = true
	}
}

// Touch notes a change of a watched key.
func (w *watching) Touch() { w.dirty.Store(true) }

// watch has EXEC look whether keys have changed. Their slots are locked.
func watch(c *Context) {
	client := c.Client
	if client.tx != nil {
		c.Error("ERR WATCH inside MULTI is not allowed")
		return
	}
	if client.watch == nil {
		client.watch = new(watching)
	}
	w := client.watch
	for _, key := range c.Args[1:] {
		if w.has(key) {
			continue
		}
		t := c.TableOf(key)
		t.Peek(key) // a key whose time has come is gone before it is watched
		t.Watch(key, w)
		w.add(watchedKey{string(key), c.Store.Count().Of(key)})
	}
	c.OK()
}

// watchedChanged says whether a watched key has changed, has expired or is not
// here any more. Its slots are locked.
func (c *Context) watchedChanged(held *heldSlots) bool {
	w := c.Client.watch
	if w == nil {
		return false
	}
	for _, k := range w.keys {
		held.table(k.slot).Peek([]byte(k.key)) // one whose time has come is touched by it
		if c.Router != nil {
			if kind := c.Router.Route(k.slot).Kind; kind == topology.Moved || kind == topology.Unbound {
				return true
			}
		}
	}
	return w.dirty.Load()
}

// unwatchHeld forgets the watched keys, whose slots are held.
func (c *Context) unwatchHeld(held *heldSlots) {
	if w := c.Client.watch; w != nil {
		if w.over.Swap(true) { // the connection has ended meanwhile
			return
		}
		for _, k := range w.keys {
			held.table(k.slot).Unwatch([]byte(k.key), w)
		}
		c.Client.watch = nil
	}
}

// unwatch forgets the watched keys. No slot is held, or all theirs are.
func (c *Context) unwatch() {
	if c.Client.watch != nil {
		c.Client.watch.forget(c.Dispatcher, c.NowMillis)
		c.Client.watch = nil
	}
}

// forget takes the keys' watches back, as soon as their slots are free.
func (w *watching) forget(d *Dispatcher, nowMillis int64) {
	if w.over.Swap(true) {
		return
	}
	if len(w.keys) > forgetAtOnce {
		d.left.mu.Lock()
		d.left.watching = append(d.left.watching, w)
		d.left.mu.Unlock()
		return
	}
	w.forgetNow(d, nowMillis)
}

// left is watched keys of which nobody waits to hear any more, and which are
// too many to be forgotten on a loop. Tick does it.
type left struct {
	mu       sync.Mutex
	watching []*watching
}

// forgetAtOnce is how many watched keys are forgotten on a loop.
const forgetAtOnce = 1000

// forgetLeft forgets the keys that were left to Tick.
func (d *Dispatcher) forgetLeft(nowMillis int64) {
	d.left.mu.Lock()
	left := d.left.watching
	d.left.watching = nil
	d.left.mu.Unlock()
	for _, w := range left {
		w.forgetNow(d, nowMillis)
	}
}

func (w *watching) forgetNow(d *Dispatcher, nowMillis int64) {
	for _, k := range w.keys {
		d.whenVacant(k.slot, nowMillis, func(t store.Table) { t.Unwatch([]byte(k.key), w) })
	}
}

// whenVacant does something with a slot, as soon as nothing off the loops holds
// it.
func (d *Dispatcher) whenVacant(s slot.Slot, nowMillis int64, do func(store.Table)) {
	slots := [1]lockedSlot{{slot: s}}
	for {
		if d.alert.Load()&alertOccupied != 0 &&
			d.occupied.awaitVacant(slots[:], func() { d.whenVacant(s, nowMillis, do) }) {
			return
		}
		if t, ok := d.Store.TryLock(s, nowMillis); ok {
			do(t)
			d.Store.Unlock(s)
			return
		}
		runtime.Gosched() // a loop does not sleep in a lock: who has it may go off the loop with it
	}
}

// Leave takes back all that a client has asked for that outlasts a command: it
// is to be called when its connection ends.
func (d *Dispatcher) Leave(client *Client, nowMillis int64) {
	if w := client.Waiter; w != nil {
		client.Waiter = nil
		w.cancel(nil)
	}
	if client.watch != nil {
		client.watch.forget(d, nowMillis)
		client.watch = nil
	}
	client.tx = nil
	d.endMonitor(client)
	if client.sub != nil {
		d.pubsub.leave(client.sub)
	}
}
