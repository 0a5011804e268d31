package nodes

import (
	"context"
	"fmt"
	"time"

	"slotbench/internal/slot"
	"slotbench/targets"
)

// RangeMover is how servers move ranges of slots by themselves, once told to:
// Valkey's and Redis's atomic migrations, Dragonfly's own.
type RangeMover interface {
	// Begin starts a batch and returns what the servers call it.
	Begin(ctx context.Context, b Batch) (task string, err error)
	// Progress is how far a batch has come. An error means that it could not be
	// asked.
	Progress(ctx context.Context, b Batch, task string) (Progress, error)
	// Cancel ends a batch. It may come to its end in spite of it.
	Cancel(ctx context.Context, b Batch, task string) error
	// ByHand is the commands that show a batch and end it.
	ByHand(b Batch, task string) string
	// Keys is how many keys a node holds in each of the slots.
	Keys(ctx context.Context, node int, slots []slot.Slot) ([]int64, error)
	// Bytes is how large the slots are at their sources, -1 where unknown.
	Bytes(ctx context.Context, moves []targets.Move) map[slot.Slot]int64
}

// Batch is slots that move together.
type Batch struct {
	From, To int // indices of the nodes
	Ranges   []slot.Range
	Moves    []targets.Move
}

// Progress is how far a batch has come, in the servers' own words.
type Progress struct {
	State   string
	Message string // why it failed, "" if it did not
	Ended   bool
	Moved   bool // it ended well: the destination serves the slots
}

// The limits of a migration in ranges.
const (
	maxBatchRanges = 1000                  // of a batch: what is told of it is asked for all the time
	rangePoll      = 10 * time.Millisecond // how finely the end of a batch is met
	deafLimit      = 15 * time.Second      // for nodes that do not answer how far they are
)

// MigrateRanges moves slots in batches, one for each pair of nodes in the
// order of the moves. All slots of a batch are on their way together: each is
// said to have taken what the batch took. When ctx ends, the batch under way
// is cancelled, and the slots stay unless they had gone already. Keys are
// counted at the destination when a batch has arrived.
func (n *Nodes) MigrateRanges(ctx context.Context, moves []targets.Move, how targets.Migration, by RangeMover) ([]targets.Moved, error) {
	nodes, err := n.checkMoves(ctx, moves)
	if err != nil {
		return nil, err
	}
	r := &rangeRun{nodes: nodes, by: by, how: how, bytes: by.Bytes(ctx, moves)}
	moved := make([]targets.Moved, 0, len(moves))
	for _, batch := range batches(moves) {
		if err := ctx.Err(); err != nil {
			return moved, fmt.Errorf("migration ended before slots %v: %w", batch.Ranges, err)
		}
		done, err := r.move(ctx, batch)
		moved = append(moved, done...)
		if err != nil {
			return moved, err
		}
	}
	return moved, settle(ctx, func(ctx context.Context) error {
		if err := agreed(ctx, nodes, moved); err != nil {
			return err
		}
		return emptied(ctx, nodes, moved, by.Keys)
	})
}

// batches are the moves by their pairs of nodes, in the order in which the
// pairs appear.
func batches(moves []targets.Move) []Batch {
	var all []Batch
	index := map[[2]int]int{}
	for _, move := range moves {
		pair := [2]int{move.From, move.To}
		i, known := index[pair]
		if !known {
			i = len(all)
			index[pair], all = i, append(all, Batch{From: move.From, To: move.To})
		}
		all[i].Moves = append(all[i].Moves, move)
	}
	var cut []Batch
	for _, batch := range all {
		cut = append(cut, batch.split()...)
	}
	return cut
}

// split is the batch in parts of at most maxBatchRanges ranges.
func (b Batch) split() []Batch {
	slots := make([]slot.Slot, len(b.Moves))
	for i, move := range b.Moves {
		slots[i] = move.Slot
	}
	var parts []Batch
	for ranges := slot.Ranges(slots); len(ranges) > 0; {
		part := Batch{From: b.From, To: b.To, Ranges: ranges[:min(len(ranges), maxBatchRanges)]}
		ranges = ranges[len(part.Ranges):]
		for _, r := range part.Ranges {
			for s := int(r.First); s <= int(r.Last); s++ {
				part.Moves = append(part.Moves, targets.Move{Slot: slot.Slot(s), From: b.From, To: b.To})
			}
		}
		parts = append(parts, part)
	}
	return parts
}

// slots are the slots of a batch.
func (b Batch) slots() []slot.Slot {
	slots := make([]slot.Slot, len(b.Moves))
	for i, move := range b.Moves {
		slots[i] = move.Slot
	}
	return slots
}

// rangeRun is a migration in ranges under way.
type rangeRun struct {
	nodes []node
	by    RangeMover
	how   targets.Migration
	bytes map[slot.Slot]int64
}

// move moves one batch.
func (r *rangeRun) move(ctx context.Context, b Batch) ([]targets.Moved, error) {
	counts, err := r.by.Keys(ctx, b.To, b.slots())
	if err != nil {
		return nil, err
	}
	for i, count := range counts {
		if count != 0 {
			return nil, fmt.Errorf("migrate: slot %d: %s already holds %d keys of it, "+
				"leftovers of another migration; nothing was touched", b.Moves[i].Slot, r.nodes[b.To].Addr(), count)
		}
	}
	if r.how.Begin != nil {
		for _, move := range b.Moves {
			r.how.Begin(move)
		}
	}
	started := time.Now()
	task, err := r.by.Begin(ctx, b)
	if err != nil {
		return nil, r.failed(b, err, "the slots stay where they were, unless the order was carried out and only its answer lost:\n"+r.by.ByHand(b, task))
	}
	progress, err := r.await(ctx, b, task)
	if err != nil {
		progress, err = r.end(ctx, b, task, err)
	}
	if !progress.Moved {
		if err == nil {
			err = r.failed(b, fmt.Errorf("%s: %s", progress.State, progress.Message), "the slots stay where they were")
		}
		return nil, err
	}
	return r.arrived(ctx, b, started, time.Since(started)), err
}

// await waits until a batch has ended. The error is ctx's, or that nobody has
// told how far it is for a while.
func (r *rangeRun) await(ctx context.Context, b Batch, task string) (Progress, error) {
	heard := time.Now()
	for {
		progress, err := r.by.Progress(ctx, b, task)
		switch {
		case ctx.Err() != nil:
			return Progress{}, context.Cause(ctx)
		case err == nil && progress.Ended:
			return progress, nil
		case err == nil:
			heard = time.Now()
		case time.Since(heard) > deafLimit:
			return Progress{}, err
		}
		select {
		case <-ctx.Done():
			return Progress{}, context.Cause(ctx)
		case <-time.After(rangePoll):
		}
	}
}

// end cancels a batch because of an error, and finds out what became of it.
func (r *rangeRun) end(ctx context.Context, b Batch, task string, cause error) (Progress, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closePatience)
	defer cancel()
	cancelErr := r.by.Cancel(ctx, b, task)
	progress, err := r.await(ctx, b, task)
	switch {
	case err != nil && cancelErr != nil:
		return progress, r.failed(b, cause, fmt.Sprintf("and it could not be cancelled: %v.\n%s", cancelErr, r.by.ByHand(b, task)))
	case err != nil:
		return progress, r.failed(b, cause, fmt.Sprintf("it was cancelled, but what became of it is not told: %v.\n%s", err, r.by.ByHand(b, task)))
	case progress.Moved:
		return progress, r.failed(b, cause, "the slots had moved already")
	}
	return progress, r.failed(b, cause, "it was cancelled, the slots stay where they were")
}

func (r *rangeRun) failed(b Batch, cause error, outcome string) error {
	return fmt.Errorf("migrate slots %s from %s to %s: %w; %s",
		rangesText(b.Ranges), r.nodes[b.From].Addr(), r.nodes[b.To].Addr(), cause, outcome)
}

// arrived is the moves of a batch that came to its end.
func (r *rangeRun) arrived(ctx context.Context, b Batch, started time.Time, took time.Duration) []targets.Moved {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), CallTimeout)
	defer cancel()
	counts, err := r.by.Keys(ctx, b.To, b.slots())
	moved := make([]targets.Moved, len(b.Moves))
	for i, move := range b.Moves {
		moved[i] = targets.Moved{Move: move, Bytes: -1, Started: started, Took: took}
		if size, known := r.bytes[move.Slot]; known {
			moved[i].Bytes = size
		}
		if err == nil {
			moved[i].Keys = counts[i]
		}
		if r.how.End != nil {
			r.how.End(moved[i])
		}
	}
	return moved
}

// rangesText is ranges as a message shows them.
func rangesText(ranges []slot.Range) string {
	const most = 5
	text := fmt.Sprint(ranges[:min(len(ranges), most)])
	if text = text[1 : len(text)-1]; len(ranges) > most {
		text += fmt.Sprintf(" … (%d ranges)", len(ranges))
	}
	return text
}
