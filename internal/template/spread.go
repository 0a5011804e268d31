package template

import (
	"slotbench/internal/sketch"
	"slotbench/internal/slot"
)

// Spread is how the keys of a template lie in the default number of slots, and
// on hash tags.
type Spread struct {
	// Tags are the heaviest hash tags by keys: all of them, and exact, while their
	// Error is 0. It is nil without any.
	Tags *sketch.Frequent

	bySlot [2][]uint32 // keys by slot, of those with a tag in [1]; nil: early
	early  []uint16    // the slots of the first keys; tagged ones are marked
	lost   bool        // there was no room for all of it
}

// Limits of the spreads of one miner: so many templates that have more keys than
// are kept one by one, and tags of each.
const (
	maxSpreads  = 64
	earlyKeys   = 256
	tagCounters = 1 << 14
)

const earlyTagged = uint16(slot.DefaultCount) // marks a slot of early

// Slots is keys by slot: those with a hash tag, or those without. It is nil where
// that is not known.
func (s *Spread) Slots(tagged bool) []uint32 {
	if s == nil || s.lost {
		return nil
	}
	s.widen()
	return s.bySlot[kind(tagged)]
}

func kind(tagged bool) int {
	if tagged {
		return 1
	}
	return 0
}

// add counts a key. Room is how many more spreads may grow large.
func (s *Spread) add(crc uint16, tag []byte, tagged bool, room *int) {
	if s.lost {
		return
	}
	at := crc & uint16(slot.DefaultCount-1)
	if tagged && len(tag) <= maxTagBytes {
		if s.Tags == nil {
			s.Tags = sketch.NewFrequent(tagCounters)
		}
		s.Tags.Add(tag, [sketch.Measures]uint64{1})
	}
	if s.bySlot[0] != nil {
		s.bySlot[kind(tagged)][at]++
		return
	}
	if len(s.early) == earlyKeys {
		if *room == 0 {
			*s = Spread{lost: true}
			return
		}
		*room--
		s.widen()
		s.bySlot[kind(tagged)][at]++
		return
	}
	if tagged {
		at |= earlyTagged
	}
	s.early = append(s.early, at)
}

// widen counts the first keys by slot.
func (s *Spread) widen() {
	if s.bySlot[0] != nil {
		return
	}
	for i := range s.bySlot {
		s.bySlot[i] = make([]uint32, slot.DefaultCount)
	}
	for _, at := range s.early {
		s.bySlot[kind(at&earlyTagged != 0)][at&^earlyTagged]++
	}
	s.early = nil
}

// merge adds what another holds, which is not to be used after.
func (s *Spread) merge(o *Spread) {
	if s.lost || o.lost {
		*s = Spread{lost: true}
		return
	}
	if s.Tags == nil {
		s.Tags = o.Tags
	} else if o.Tags != nil {
		s.Tags.Merge(o.Tags)
	}
	if s.bySlot[0] == nil && o.bySlot[0] == nil && len(s.early)+len(o.early) <= earlyKeys {
		s.early = append(s.early, o.early...)
		return
	}
	s.widen()
	o.widen()
	for i := range s.bySlot {
		for at, n := range o.bySlot[i] {
			s.bySlot[i][at] += n
		}
	}
}
