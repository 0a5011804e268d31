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
		if s%GroupSlots == 0 && st.GroupKeys(int(s/GroupSlots)) == 0 {
			s += GroupSlots - 1
			continue
		}
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

// Keys is how many keys there are.
func Keys(st Store) int64 {
	sum := int64(0)
	for i := range int(st.Count()) / GroupSlots {
		sum += st.GroupKeys(i)
	}
	return sum
}

// Random visits one key, uniformly random over the whole store, under its
// slot's lock. random returns random 64 bits. It reports false, and visits
// nothing, if there are no keys.
func Random(st Store, nowMillis int64, random func() uint64, visit func(key []byte)) bool {
	for {
		total := Keys(st)
		if total == 0 {
			return false
		}
		if s, ok := pickSlot(st, int64(random()%uint64(total))); ok && randomIn(st, s, nowMillis, random(), visit) {
			return true
		} // else keys have gone meanwhile, or were found to have expired
	}
}

// pickSlot is the slot that holds the key which so many others precede.
func pickSlot(st Store, before int64) (slot.Slot, bool) {
	for i := range int(st.Count()) / GroupSlots {
		if keys := st.GroupKeys(i); before >= keys {
			before -= keys
			continue
		}
		for s := i * GroupSlots; s < (i+1)*GroupSlots; s++ {
			keys := st.Account(slot.Slot(s)).Keys
			if before < keys {
				return slot.Slot(s), true
			}
			before -= keys
		}
		return 0, false
	}
	return 0, false
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
