package driver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"slotbench/internal/slot"
	"slotbench/internal/timeline"
	"slotbench/results"
)

// The limits of the read-back.
const (
	maxListed   = 1 << 20 // keys of one slot on one node
	getBatch    = 500     // keys read back in one go
	maxExamples = 10      // of lost and doubled keys that a record names
	settlePoll  = 50 * time.Millisecond
)

// verify waits until the nodes agree on who owns the migrated slots, and reads
// the keys of those slots back.
func (e *engine) verify(ctx context.Context) error {
	if len(e.watched) == 0 {
		if topology, err := e.Cluster.Topology(ctx); err == nil {
			e.settled(topology)
		}
		return nil
	}
	e.watch.enter(phaseVerify, 0, 0, nil)
	ctx, cancel := context.WithTimeout(ctx, verifyTimeout)
	defer cancel()
	topology, err := e.settle(ctx)
	if err != nil {
		return fmt.Errorf("after the events: %w", err)
	}
	e.settled(topology)
	values, err := e.NewValues(topology)
	if err != nil {
		return fmt.Errorf("read-back: %w", err)
	}
	defer values.Close()
	integrity, err := e.readBack(ctx, topology, values)
	if err != nil {
		return fmt.Errorf("read-back: %w", err)
	}
	e.rec.Integrity = integrity
	if integrity.Unknown > 0 && integrity.Note != "" {
		e.note("read back: %s", integrity.Note)
	}
	for i := range e.rec.Migrations {
		m := &e.rec.Migrations[i]
		m.Lost, m.Doubled, m.Unknown = integrity.Lost-integrity.LostToEvents, integrity.Doubled, integrity.Unknown
	}
	return nil
}

// settle waits until the moved slots have their new owner, as everybody sees
// it; whoever it is by then, the read-back judges the keys.
func (e *engine) settle(ctx context.Context) (*slot.Topology, error) {
	owners := map[slot.Slot]int{}
	for _, s := range e.steps {
		for _, moved := range s.moved {
			owners[moved.Slot] = moved.To
		}
	}
	for deadline := time.Now().Add(settleLimit); ; {
		topology, err := e.Cluster.Topology(ctx)
		if err != nil {
			return nil, err
		}
		arrived := 0
		for s, owner := range owners {
			if topology.Owner(s) == owner {
				arrived++
			}
		}
		if arrived == len(owners) || e.disturbed.Load() {
			return topology, nil
		}
		if time.Now().After(deadline) {
			e.warn("%s after the migration only %d of %d moved slots have their new owner", settleLimit, arrived, len(owners))
			return topology, nil
		}
		pauseFor(ctx, settlePoll)
	}
}

// risked is the slots of nodes that an event killed or failed over: what is
// lost there is that event's.
func (e *engine) risked() map[slot.Slot]bool {
	risked := map[slot.Slot]bool{}
	for _, s := range e.steps {
		if (s.Kind == timeline.Kill || s.Kind == timeline.Failover) && !s.begun.IsZero() {
			for _, lost := range s.risked {
				risked[lost] = true
			}
		}
	}
	return risked
}

// readBack compares what the nodes hold in the migrated slots with the ledger.
func (e *engine) readBack(ctx context.Context, topology *slot.Topology, values Values) (*results.Integrity, error) {
	accounts, dropped := e.ledger.accounts()
	out := &results.Integrity{Slots: len(e.watched), Examples: []string{}}
	if err := e.findDoubled(ctx, topology, out); err != nil {
		return nil, err
	}
	byOwner := make(map[int][]string)
	for key := range accounts {
		owner := topology.Owner(slot.Of([]byte(key)))
		byOwner[owner] = append(byOwner[owner], key)
	}
	tally := findings{risked: e.risked()}
	for owner := range topology.Nodes {
		keys := byOwner[owner]
		slices.Sort(keys)
		for batch := range slices.Chunk(keys, getBatch) {
			held, err := e.get(ctx, values, owner, batch)
			if err != nil {
				return nil, err
			}
			for i, key := range batch {
				tally.add(key, accounts[key], held[i], out)
			}
		}
	}
	for _, key := range byOwner[slot.NoOwner] {
		tally.unowned(key, out)
	}
	out.Note = tally.note(dropped)
	return out, nil
}

// movedSlots is the slots that were to move, each once.
func (e *engine) movedSlots() []slot.Slot {
	var slots []slot.Slot
	seen := map[slot.Slot]bool{}
	for _, s := range e.steps {
		for _, move := range s.moves {
			if !seen[move.Slot] {
				seen[move.Slot] = true
				slots = append(slots, move.Slot)
			}
		}
	}
	return slots
}

// errAway is what is read of a node that is away.
var errAway = errors.New("its node is away")

// get reads keys from a node, unless it is away.
func (e *engine) get(ctx context.Context, values Values, owner int, keys []string) ([]Value, error) {
	if !e.isDown(owner) {
		return values.Get(ctx, owner, keys)
	}
	held := make([]Value, len(keys))
	for i := range held {
		held[i].Err = errAway
	}
	return held, nil
}

// findDoubled lists the migrated slots' keys on every node and counts those on
// more than one.
func (e *engine) findDoubled(ctx context.Context, topology *slot.Topology, out *results.Integrity) error {
	slots := e.movedSlots()
	if len(slots) == 0 {
		return nil
	}
	stats, _ := e.Cluster.Stats(ctx) // a node that is away is asked below
	counts := make([][]int64, len(topology.Nodes))
	for node := range topology.Nodes {
		var err error
		counts[node] = make([]int64, len(slots))
		if e.isDown(node) || node < len(stats) && stats[node].Replica { // one without slots may have become a replica
			continue
		}
		if counts[node], err = e.Cluster.CountKeys(ctx, node, slots); err != nil {
			return err
		}
	}
	for i, s := range slots {
		var lists [][]string
		for node := range topology.Nodes {
			if counts[node][i] == 0 {
				continue
			}
			if counts[node][i] > maxListed {
				return fmt.Errorf("slot %d has %d keys, at most %d can be read back", s, counts[node][i], maxListed)
			}
			keys, err := e.Cluster.KeysInSlot(ctx, node, s, maxListed)
			if err != nil {
				return err
			}
			lists = append(lists, keys)
		}
		for _, key := range doubled(lists) {
			out.Doubled++
			example(out, fmt.Sprintf("%s: on two primaries", printableKey(key)))
		}
	}
	return nil
}

// doubled is the keys that are in more than one of the lists, sorted.
func doubled(lists [][]string) []string {
	if len(lists) < 2 {
		return nil
	}
	seen := make(map[string]int)
	for _, list := range lists {
		for _, key := range list {
			seen[key]++
		}
	}
	var twice []string
	for key, times := range seen {
		if times > 1 {
			twice = append(twice, key)
		}
	}
	slices.Sort(twice)
	return twice
}

func example(out *results.Integrity, text string) {
	if len(out.Examples) < maxExamples {
		out.Examples = append(out.Examples, text)
	}
}

// findings counts what the read-back found beside what a record has fields
// for.
type findings struct {
	present, exempt, unreadable int64
	firstError                  error
	risked                      map[slot.Slot]bool
}

// add judges one key.
func (f *findings) add(key string, a *account, held Value, out *results.Integrity) {
	if held.Err != nil {
		out.Keys++
		out.Unknown++
		f.unreadable++
		if f.firstError == nil {
			f.firstError = held.Err
		}
		return
	}
	found, text := a.judge(key, held.Bytes, held.Present)
	switch found {
	case foundExempt:
		f.exempt++
		return
	case foundUnjudged:
		return
	case foundVersion:
		out.Stamped++
	case foundPresent:
		f.present++
	case foundUnknown:
		out.Unknown++
	case foundLost:
		f.lost(key, text, out)
	}
	out.Keys++
}

// errUnserved is what is read of a slot whose node an event took away, and
// which no other has taken over by now.
var errUnserved = errors.New("nobody serves their slots after an event")

// unowned counts a key whose slot nobody owns: it cannot be read. Where an
// event took the owner away a replica may yet have it; else it is lost.
func (f *findings) unowned(key string, out *results.Integrity) {
	if f.risked[slot.Of([]byte(key))] {
		f.add(key, nil, Value{Err: errUnserved}, out)
		return
	}
	out.Keys++
	f.lost(key, fmt.Sprintf("%s: nobody owns its slot", printableKey(key)), out)
}

// lost counts a key whose acknowledged write is gone.
func (f *findings) lost(key, text string, out *results.Integrity) {
	out.Lost++
	if f.risked[slot.Of([]byte(key))] {
		out.LostToEvents++
	}
	example(out, text)
}

// note says what the numbers leave out.
func (f *findings) note(dropped int64) string {
	var parts []byte
	add := func(n int64, format string) {
		if n == 0 {
			return
		}
		if len(parts) > 0 {
			parts = append(parts, "; "...)
		}
		parts = fmt.Appendf(parts, format, n)
	}
	add(f.present, "of %d keys only the presence was checked: some write left no version in them")
	add(f.exempt, "%d keys were left out: the load deletes them or lets them expire")
	add(f.unreadable, "%d keys could not be read: "+fmt.Sprint(f.firstError))
	add(dropped, "%d writes to keys beyond the ledger's limit were not followed")
	return string(parts)
}
