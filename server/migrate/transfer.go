package migrate

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"slotbench/internal/resp"
	"slotbench/server/store"
)

// transfer is one MIGRATE on its way through its keys:
//
//	        next key is in another's flight, none in ours
//	       +-----------> waiting ----------+
//	       |                               |
//	    picking <--------------------------+
//	     |   ^
//	keys |   | all answered for
//	in   v   |
//	flight   |     a link from the cache is dead: once more on another
//	  sending --> answering
//	     |           |
//	     +-----------+--> failed: what was not answered for lands, and stays
//
// A key that the target answered +OK for is deleted and lands; one that it
// answered an error for just lands, and the transfer goes on.
type transfer struct {
	mover   *Mover
	request Request

	next    int      // keys before it are in the batch or done
	batch   [][]byte // keys in flight, in the order of their commands
	frames  []byte   // their commands
	payload []byte   // of the last of them
	link    *link
	refused error // the first error that the target answered
}

// anyKey says whether there is anything to move.
func (t *transfer) anyKey() bool {
	st := t.mover.Store
	return slices.ContainsFunc(t.request.Keys, func(key []byte) bool {
		s := st.Count().Of(key)
		table := st.Lock(s, t.mover.NowMillis())
		defer st.Unlock(s)
		_, found := table.Peek(key)
		return found
	})
}

func (t *transfer) run() error {
	defer t.release()
	if err := t.connect(); err != nil {
		return err
	}
	for t.next < len(t.request.Keys) {
		blocked := t.pick()
		if len(t.batch) > 0 {
			if err := t.exchange(); err != nil {
				return err
			}
		} else if blocked {
			if err := t.wait(t.request.Keys[t.next]); err != nil {
				return err
			}
		}
	}
	return t.refused
}

// connect gets a link, and has it authenticated.
func (t *transfer) connect() error {
	l, err := t.mover.take(t.request)
	if err != nil {
		var refused refusal
		if errors.As(err, &refused) {
			return errRefused([]byte(refused))
		}
		return errWriting
	}
	t.link = l
	return nil
}

// release gives the link back if it can be used again.
func (t *transfer) release() {
	if t.link != nil {
		t.mover.put(t.link)
	}
}

// pick fills the batch. It reports true if it stopped at a key that is in
// another transfer's flight.
func (t *transfer) pick() (blocked bool) {
	t.batch, t.frames = t.batch[:0], t.frames[:0]
	for t.next < len(t.request.Keys) && len(t.batch) < maxBatchKeys {
		full, blocked := t.load(t.request.Keys[t.next])
		if full || blocked {
			return blocked
		}
		t.next++
	}
	return false
}

// load puts a key in flight and adds its command. Full means that it does not
// fit into the batch any more. A key that is not here is passed over.
func (t *transfer) load(key []byte) (full, blocked bool) {
	st := t.mover.Store
	s := st.Count().Of(key)
	now := t.mover.NowMillis()
	table := st.Lock(s, now)
	defer st.Unlock(s)
	e, found := table.Peek(key)
	if !found {
		return false, false
	}
	if len(t.batch) > 0 && int64(len(t.frames))+roomBytes(e) > maxBatchBytes {
		return true, false
	}
	if !t.mover.Flights.Begin([][]byte{key}) {
		return false, true
	}
	t.batch = append(t.batch, key)
	t.frames = t.appendRestore(t.frames, key, e, now)
	return false, false
}

// roomBytes is about how long an entry's payload is.
func roomBytes(e store.Entry) int64 {
	if e.Object != nil {
		return e.Object.Bytes()
	}
	return int64(len(e.Value))
}

// appendRestore appends RESTORE key ttl payload [REPLACE]. The ttl is of
// milliseconds; 0 stands for none, so that no key that expires has it.
func (t *transfer) appendRestore(dst, key []byte, e store.Entry, nowMillis int64) []byte {
	name, words := "RESTORE", 4
	if t.request.Asking {
		name = "RESTORE-ASKING"
	}
	if t.request.Replace {
		words++
	}
	ttlMillis := int64(0)
	if e.ExpireAtMillis != 0 {
		ttlMillis = max(1, e.ExpireAtMillis-nowMillis)
	}
	t.payload = t.mover.AppendDump(t.payload[:0], e)
	dst = slices.Grow(dst, len(t.payload)+len(key)+128)
	dst = resp.AppendArray(dst, words)
	dst = resp.AppendBulk(dst, name)
	dst = resp.AppendBulk(dst, key)
	dst = resp.AppendBulk(dst, strconv.FormatInt(ttlMillis, 10))
	dst = resp.AppendBulk(dst, t.payload)
	if t.request.Replace {
		dst = resp.AppendBulk(dst, "REPLACE")
	}
	return dst
}

// exchange sends the batch and takes its answers. A link from the cache may
// have been closed by the target meanwhile: if it fails before any answer, the
// batch is sent once more on another. RESTORE says BUSYKEY if the first had been
// carried out after all, and the key stays.
func (t *transfer) exchange() error {
	err := t.trySend()
	for err != nil && t.link.cached && !isTimeout(err) {
		t.mover.discard(t.link)
		t.link = nil
		if err := t.connect(); err != nil {
			t.land(t.batch)
			return err
		}
		err = t.trySend()
	}
	if err != nil {
		t.land(t.batch)
		t.mover.discard(t.link)
		t.link = nil
		if errors.Is(err, errSend) {
			return errWriting
		}
		return errReading
	}
	return nil
}

// trySend sends what is in flight and lands keys as they are answered for.
func (t *transfer) trySend() error {
	if err := t.link.send(t.frames, t.request.Timeout); err != nil {
		return err
	}
	for len(t.batch) > 0 {
		reply, err := t.link.receive(t.request.Timeout)
		if err != nil {
			return err
		}
		t.link.cached = false // it is alive
		switch {
		case reply.Kind != resp.Simple:
			if t.refused == nil {
				t.refused = errRefused(reply.Text)
			}
			t.land(t.batch[:1])
		case t.request.Copy:
			t.land(t.batch[:1])
		default:
			t.depart(t.batch[0])
		}
		t.batch = t.batch[1:]
	}
	return nil
}

// depart deletes a key that the target has, and wakes who waits for it.
func (t *transfer) depart(key []byte) {
	t.locked(key, func(table store.Table) {
		table.Delete(key)
		t.mover.Flights.End([][]byte{key})
	})
}

// land ends the flight of keys that stay here.
func (t *transfer) land(keys [][]byte) {
	for _, key := range keys {
		t.locked(key, func(store.Table) { t.mover.Flights.End([][]byte{key}) })
	}
}

func (t *transfer) locked(key []byte, do func(store.Table)) {
	st := t.mover.Store
	s := st.Count().Of(key)
	table := st.Lock(s, t.mover.NowMillis())
	defer st.Unlock(s)
	do(table)
}

// wait lets another transfer's flight end. This one has nothing in flight
// meanwhile, so that no two wait for each other.
func (t *transfer) wait(key []byte) error {
	landed := make(chan struct{})
	if !t.mover.Flights.Await(key, func() { close(landed) }) {
		return nil
	}
	limit := time.NewTimer(t.request.Timeout)
	defer limit.Stop()
	select {
	case <-landed:
		return nil
	case <-limit.C:
	case <-t.mover.closing:
	}
	return errWriting
}
