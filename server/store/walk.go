package store

import "slotbench/internal/slot"

// cursorSlotBits is how many low bits of a Scan cursor are the slot's number:
// room for slot.MaxCount. The rest is the position in the slot's table.
const cursorSlotBits = 15

// Scan visits a part of the whole store, about want keys, slot by slot, and
// returns the cursor to go on from: 0 begins and 0 ends. Every key that is
// there throughout is visited at least once. It takes the locks that it needs;
// visit runs under the lock of the key's slot, must not lock, and borrows what
// it gets. A cursor that Scan never returned visits something or nothing.
func Scan(st Store, cursor uint64, nowMillis int64, want int, visit func(key []byte, e Entry)) (next uint64) {
	s, position := cursor&(1<<cursorSlotBits-1), cursor>>cursorSlotBits
	want = max(want, 1)
	seen, visits := 0, 0
	for ; s < uint64(st.Count()); s, position = s+1, 0 {
		for st.Account(slot.Slot(s)).Keys > 0 {
			if seen >= want || visits >= 10*want {
				return position<<cursorSlotBits | s
			}
			visits++ // bounds the call where keys have expired and none is seen
			t := st.Lock(slot.Slot(s), nowMillis)
			position = t.Scan(position, want-seen, func(key []byte, e Entry) {
				seen++
				visit(key, e)
			})
			st.Unlock(slot.Slot(s))
			if position == 0 {
				break
			}
		}
	}
	return 0
}

// Random visits one key, uniformly random over the whole store, under its
// slot's lock. random returns random 64 bits. It reports false, and visits
// nothing, if there are no keys.
func Random(st Store, nowMillis int64, random func() uint64, visit func(key []byte)) bool {
	for {
		total := int64(0)
		for s := range int(st.Count()) {
			total += st.Account(slot.Slot(s)).Keys
		}
		if total == 0 {
			return false
		}
		pick := int64(random() % uint64(total))
		for s := range int(st.Count()) {
			keys := st.Account(slot.Slot(s)).Keys
			if pick < keys {
				if randomIn(st, slot.Slot(s), nowMillis, random(), visit) {
					return true
				}
				break // its keys had all expired
			}
			pick -= keys
		}
	}
}

// randomIn visits a random key of one slot, if the slot has any.
func randomIn(st Store, s slot.Slot, nowMillis int64, pick uint64, visit func(key []byte)) bool {
	t := st.Lock(s, nowMillis)
	defer st.Unlock(s)
	key, ok := t.Random(pick)
	if ok {
		visit(key)
	}
	return ok
}
