package keyset

import (
	"context"
	"fmt"
)

// counted says of the fields of slot statistics which only ever grow: what was
// done is their difference. The others tell how things are.
var counted = map[string]bool{
	"cpu-usec": true, "network-bytes-in": true, "network-bytes-out": true, "total_reads": true, "total_writes": true,
}

// snapshot is what slots had counted at an earlier time, all servers together.
// Nil is nothing.
type snapshot map[counter]uint64

type counter struct {
	slot uint64
	name string
}

// readSnapshot reads slot statistics that were taken before the inputs.
func readSnapshot(ctx context.Context, names []string, o *Options) (snapshot, error) {
	if len(names) == 0 {
		return nil, nil
	}
	before := snapshot{}
	for _, name := range names {
		if err := before.read(ctx, name, o); err != nil {
			return nil, fmt.Errorf("%s: %w", inputName(name), err)
		}
	}
	return before, nil
}

func (b snapshot) read(ctx context.Context, name string, o *Options) error {
	in, err := open(ctx, part{name: name}, &Options{Format: o.Format, Stdin: o.Stdin, Progress: o.Progress, Threads: 1, chunkBytes: chunkBytes, lineBytes: MaxLineBytes})
	if err != nil {
		return err
	}
	defer in.close()
	if in.note.Format != SlotStats {
		return fmt.Errorf("%s: an earlier snapshot can only be of slot statistics", in.note.Format)
	}
	stats, err := in.slotStats()
	for _, s := range stats {
		for name, n := range s.fields {
			if counted[name] && n > 0 {
				b[counter{s.slot, name}] = addUp(b[counter{s.slot, name}], min(n, MaxAmount))
			}
		}
	}
	return err
}

// subtractFrom leaves of a slot's counters what was counted since. Where several
// servers tell of one slot the first ones take what there is to take.
func (b snapshot) subtractFrom(s *slotStat) {
	for name, n := range s.fields {
		at := counter{s.slot, name}
		taken := min(n, b[at])
		if taken == 0 {
			continue
		}
		s.fields[name] = n - taken
		if b[at] -= taken; b[at] == 0 {
			delete(b, at)
		}
	}
}

// left is how many slots have counted less than before: their counters were
// reset, so that what they count now is a floor.
func (b snapshot) left() int {
	slots := map[uint64]bool{}
	for at := range b {
		slots[at.slot] = true
	}
	return len(slots)
}
