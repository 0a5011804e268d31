package store

import (
	"unsafe"

	"slotbench/internal/slot"
)

// Hint is a key that will be looked up soon.
type Hint struct {
	Slot slot.Slot
	Key  []byte
	hash uint32 // of Key, once Prefetch has computed it
}

// Prefetch brings what lookups of the keys will read near the processor, for
// all of them at once: one after the other they would each wait for memory
// four times over. Each pass asks for what the pass before it has brought the
// address of. A slot whose lock is taken is left out.
func (h *Heap) Prefetch(hints []Hint) {
	for i := range hints {
		hint := &hints[i]
		t := &h.slots[hint.Slot]
		prefetch(unsafe.Pointer(t))
		prefetch(unsafe.Pointer(&t.account))
		hint.hash = t.hash(hint.Key)
	}
	for i := range hints {
		h.withTable(&hints[i], prefetchHead)
	}
	for i := range hints {
		h.withTable(&hints[i], prefetchEntry)
	}
	for i := range hints {
		h.withTable(&hints[i], prefetchBlob)
	}
}

// withTable runs one pass on a slot that has keys, if nobody holds its lock.
func (h *Heap) withTable(hint *Hint, pass func(*heapSlot, uint32)) {
	t := &h.slots[hint.Slot]
	if !t.mu.TryLock() {
		return
	}
	if len(t.index) > 0 {
		pass(t, hint.hash)
	}
	t.mu.Unlock()
}

func prefetchHead(t *heapSlot, hash uint32) {
	prefetch(unsafe.Pointer(&t.index[hash&uint32(len(t.index)-1)]))
}

func prefetchEntry(t *heapSlot, hash uint32) {
	if link := t.index[hash&uint32(len(t.index)-1)]; link != 0 {
		prefetch(unsafe.Pointer(&t.entries[link-1]))
	}
}

// lineBytes is how much memory a prefetch brings.
const lineBytes = 64

// prefetchBlob asks for the key and the first part of the value.
func prefetchBlob(t *heapSlot, hash uint32) {
	link := t.index[hash&uint32(len(t.index)-1)]
	for link != 0 {
		e := &t.entries[link-1]
		if e.hash == hash {
			for at := 0; at < min(len(e.blob), prefetchBytes); at += lineBytes {
				prefetch(unsafe.Pointer(&e.blob[at]))
			}
			return
		}
		link = e.next
	}
}

// prefetchBytes is how much of a key and its value is asked for; the processor
// goes on by itself when it reads along.
const prefetchBytes = 4 * lineBytes
