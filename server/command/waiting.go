package command

import (
	"slices"
	"sync"
	"sync/atomic"

	"slotbench/internal/resp"
	"slotbench/internal/slot"
	"slotbench/server/store"
	"slotbench/server/topology"
)

// blocked is who waits for keys. Its lock is taken under slots' locks, and no
// slot is locked under it.
type blocked struct {
	mu      sync.Mutex
	queues  map[string]*waitQueue
	ready   []*waitQueue // whose keys have changed, in that order
	waiters map[int64]*Waiter
}

// waitQueue is the clients that wait for one key, in the order of their coming.
// The table tells it of every change of the key.
type waitQueue struct {
	dispatcher *Dispatcher
	key        []byte
	slot       slot.Slot
	head, tail *waitedKey
	ready      bool // it is in blocked.ready
	later      bool // and whoever holds its slot holds too few
}

// waitedKey is a client's place in a queue.
type waitedKey struct {
	waiter     *Waiter
	key        []byte
	slot       slot.Slot
	queue      *waitQueue // nil: it has left
	prev, next *waitedKey
}

// The states of a Waiter.
//
//	waiting <---> serving      its command runs again, and may find nothing
//	   |             |
//	   +--> ended <--+
const (
	waiting int32 = iota
	serving
	ended
)

// Waiter is a blocked client.
type Waiter struct {
	// TimeoutMillis is how long it waits; 0: for ever. Whoever runs the
	// connection calls TimeOut then.
	TimeoutMillis int64

	dispatcher *Dispatcher
	client     Client // as it was when it blocked
	deliver    func(reply []byte)
	command    *Command
	args       [][]byte
	kind       store.Type
	keys       []waitedKey
	others     [][]byte // keys of the command that it does not wait for
	state      atomic.Int32
	answer     atomic.Pointer[[]byte] // what ends the wait, come while it was being served
}

var _ store.Watcher = (*waitQueue)(nil)

// Touch has the queue looked at when the command is over that changes the key.
func (q *waitQueue) Touch() { q.mark(false) }

// postpone has the queue looked at when no slot is held.
func (q *waitQueue) postpone() { q.mark(true) }

func (q *waitQueue) mark(later bool) {
	b := &q.dispatcher.blocked
	b.mu.Lock()
	defer b.mu.Unlock()
	q.later = later
	b.markReady(q)
}

// markReady puts a queue on the list of those to look at. The lock is held.
func (b *blocked) markReady(q *waitQueue) {
	if !q.ready {
		q.ready = true
		b.ready = append(b.ready, q)
		q.dispatcher.pending.Add(1)
	}
}

// nextReady takes the first queue off the list that can be served on the held
// slots; nil: on any.
func (d *Dispatcher) nextReady(held *heldSlots) *waitQueue {
	b := &d.blocked
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, q := range b.ready {
		if held != nil && (q.later || held.table(q.slot) == nil) {
			continue
		}
		copy(b.ready[i:], b.ready[i+1:])
		b.ready[len(b.ready)-1] = nil
		b.ready = b.ready[:len(b.ready)-1]
		q.ready, q.later = false, false
		d.pending.Add(-1)
		return q
	}
	return nil
}

// enqueue puts a client at the end of a key's queue. The key's slot is locked.
func (b *blocked) enqueue(d *Dispatcher, k *waitedKey, t store.Table) {
	b.mu.Lock()
	defer b.mu.Unlock()
	q := b.queues[string(k.key)]
	if q == nil {
		q = &waitQueue{dispatcher: d, key: slices.Clone(k.key), slot: k.slot}
		if b.queues == nil {
			b.queues = make(map[string]*waitQueue)
		}
		b.queues[string(q.key)] = q
		t.Watch(k.key, q)
	}
	k.queue, k.prev = q, q.tail
	if q.tail == nil {
		q.head = k
	} else {
		q.tail.next = k
	}
	q.tail = k
}

// add makes a client known that waits.
func (b *blocked) add(w *Waiter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiters == nil {
		b.waiters = make(map[int64]*Waiter)
	}
	b.waiters[w.client.ID] = w
}

// remove takes a client out of its queues. Those that are empty then are looked
// at, to be dropped under their slots' locks.
func (b *blocked) remove(w *Waiter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiters[w.client.ID] == w {
		delete(b.waiters, w.client.ID)
	}
	for i := range w.keys {
		k := &w.keys[i]
		q := k.queue
		if q == nil {
			continue
		}
		if k.prev == nil {
			q.head = k.next
		} else {
			k.prev.next = k.next
		}
		if k.next == nil {
			q.tail = k.prev
		} else {
			k.next.prev = k.prev
		}
		k.queue, k.prev, k.next = nil, nil, nil
		if q.head == nil {
			b.markReady(q)
		}
	}
}

// next is the first client of a queue behind the one that was tried; nil: there
// is none. A queue without clients is dropped; t is its locked table.
func (b *blocked) next(q *waitQueue, tried *Waiter, t store.Table) *Waiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	if q.head == nil {
		if b.queues[string(q.key)] == q {
			delete(b.queues, string(q.key))
			t.Unwatch(q.key, q)
		}
		return nil
	}
	k := q.head
	if tried != nil {
		for i := range tried.keys {
			if tried.keys[i].queue == q {
				k = tried.keys[i].next
			}
		}
	}
	if k == nil {
		return nil
	}
	return k.waiter
}

// othersOf is the keys beside this one that the clients of a queue need.
func (b *blocked) othersOf(q *waitQueue) (keys [][]byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for k := q.head; k != nil; k = k.next {
		keys = append(keys, k.waiter.others...)
	}
	return keys
}

// all is everybody who waits.
func (b *blocked) all() []*Waiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]*Waiter, 0, len(b.waiters))
	for _, w := range b.waiters {
		all = append(all, w)
	}
	return all
}

// find is the client of that id if it waits; nil: it does not.
func (b *blocked) find(id int64) *Waiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.waiters[id]
}

// count is how many clients wait.
func (b *blocked) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiters)
}

// claim makes the client the caller's to serve, unless its wait has ended.
func (w *Waiter) claim() bool { return w.state.CompareAndSwap(waiting, serving) }

// unclaim has the client wait on, unless its wait was to end meanwhile.
func (w *Waiter) unclaim() {
	w.state.Store(waiting)
	if answer := w.answer.Load(); answer != nil {
		w.cancel(*answer)
	}
}

// end ends the wait of a claimed client with a reply.
func (w *Waiter) end(reply []byte) {
	w.state.Store(ended)
	w.dispatcher.blocked.remove(w)
	w.deliver(reply)
}

// cancel ends the wait with a reply. It reports false if the client is being
// served right now: then the reply is used only if that finds nothing.
func (w *Waiter) cancel(reply []byte) bool {
	w.answer.Store(&reply)
	if !w.state.CompareAndSwap(waiting, ended) {
		return false
	}
	w.dispatcher.blocked.remove(w)
	w.deliver(reply)
	return true
}

// TimeOut ends the wait as when its time is over.
func (w *Waiter) TimeOut() bool { return w.cancel(resp.AppendNullArray(nil, w.client.Proto)) }

// Fail ends the wait with an error.
func (w *Waiter) Fail(message string) bool { return w.cancel(resp.AppendError(nil, message)) }

// topologyChanged has those looked at, soon, whom a change of the topology
// concerns. It may be called with slots locked.
func (d *Dispatcher) topologyChanged() {
	if !d.rerouted.Swap(true) {
		d.pending.Add(1)
	}
}

// followTopology redirects the clients that wait for keys of slots that have
// left this node.
func (c *Context) followTopology() {
	if c.Router == nil {
		return
	}
	c.unsubscribeMoved()
	for _, w := range c.blocked.all() {
		s := w.keys[0].slot
		route, answer := c.Router.Route(s), runHere
		switch route.Kind {
		case topology.Moved:
			answer = answerMoved
		case topology.Unbound, topology.Down:
			answer = answerDown
		}
		if answer == runHere {
			continue
		}
		x := Context{Slot: s}
		x.redirect(answer, route.Addr)
		w.cancel(x.Out)
	}
}
