package nodes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"slotbench/internal/slot"
	"slotbench/targets"
)

// migrateKeyByKey moves slots as redis-cli --cluster reshard does. A
// slot's move goes through these states; what stands at an arrow is sent:
//
//	closed ──IMPORTING to the destination──▶ importing
//	importing ──MIGRATING to the source──▶ open
//	open ──MIGRATE until the source has no key──▶ empty
//	empty ──NODE to the destination──▶ claimed
//	claimed ──NODE to the source, then to all others──▶ closed, moved
//
// The order makes every stop repairable. The destination imports before the
// source migrates, so that nobody is sent to a node that would send him back.
// The destination hears of its ownership first: from then on it serves the
// slot, and under gossip its new epoch convinces the others even if nobody
// tells them. Told first, the source would give up a slot that the
// destination does not know to be its own, and nobody would serve it.
//
// Keys are never replaced at the destination, with one exception: after a
// MIGRATE that broke off, keys may be at both ends, and the source's are the
// newer ones, since a node asked for a key that it has answers by itself.
//
// A slot that is open already, or of which the destination holds keys, is
// refused untouched. After a failure, or the end of ctx, the open slot is
// closed: it goes back if the destination has none of its keys, else it is
// carried through.
func (n *Nodes) migrateKeyByKey(ctx context.Context, moves []targets.Move, how targets.Migration) ([]targets.Moved, error) {
	m, err := n.newMover(ctx, moves, how)
	if err != nil {
		return nil, err
	}
	moved := make([]targets.Moved, 0, len(moves))
	for _, move := range moves {
		if err := ctx.Err(); err != nil {
			return moved, fmt.Errorf("migration ended before slot %d: %w", move.Slot, err)
		}
		done, whole, err := m.move(ctx, move)
		if whole {
			moved = append(moved, done)
			if m.how.End != nil {
				m.how.End(done)
			}
		}
		if err != nil {
			return moved, err
		}
	}
	return moved, m.verify(ctx, moved)
}

// The limits of a migration.
const (
	migrateSlack  = 30 * time.Second // what a whole MIGRATE may take beyond the timeout of its socket
	maxBroken     = 3                // MIGRATEs in a row that may break off before the move fails
	maxIdle       = 1000             // batches in a row of which no key was there any more
	closePatience = 60 * time.Second // to close an open slot after a failure
	settleLimit   = 10 * time.Second // until all nodes agree on the new owners
	settlePoll    = 20 * time.Millisecond
)

// mover moves slots one after the other.
type mover struct {
	nodes []node
	how   targets.Migration
	auth  []any               // MIGRATE's AUTH or AUTH2, nil without a password
	bytes map[slot.Slot]int64 // see sizeMoves
}

// newMover checks that the moves can be begun.
func (n *Nodes) newMover(ctx context.Context, moves []targets.Move, how targets.Migration) (*mover, error) {
	if how.Batch <= 0 {
		how.Batch = targets.DefaultBatch
	}
	if how.Timeout <= 0 {
		how.Timeout = targets.DefaultMigrateTimeout
	}
	m := &mover{how: how}
	var err error
	if m.nodes, err = n.checkMoves(ctx, moves); err != nil {
		return nil, err
	}
	switch {
	case n.options.Username != "":
		m.auth = []any{"AUTH2", n.options.Username, n.options.Password}
	case n.options.Password != "":
		m.auth = []any{"AUTH", n.options.Password}
	}
	m.bytes = n.sizeMoves(ctx, moves)
	return m, nil
}

// checkMoves refuses moves that cannot be: of slots that are not where they
// are said to be, or that stand open. It returns the nodes that moves name.
func (n *Nodes) checkMoves(ctx context.Context, moves []targets.Move) ([]node, error) {
	topology, err := n.Topology(ctx)
	if err != nil {
		return nil, err
	}
	nodes := n.all()
	views := map[int]View{}
	for _, move := range moves {
		if int(move.Slot) >= int(topology.Count()) || move.From == move.To ||
			min(move.From, move.To) < 0 || max(move.From, move.To) >= len(nodes) {
			return nil, fmt.Errorf("migrate: no such move: slot %d from node %d to node %d", move.Slot, move.From, move.To)
		}
		if owner := topology.Owner(move.Slot); owner != move.From {
			return nil, fmt.Errorf("migrate: slot %d is node %d's, not node %d's", move.Slot, owner, move.From)
		}
		for _, i := range []int{move.From, move.To} {
			if _, known := views[i]; !known {
				if views[i], err = nodes[i].view(ctx); err != nil {
					return nil, err
				}
			}
			if peer, open := views[i].Open[move.Slot]; open {
				return nil, fmt.Errorf("migrate: slot %d is open already at %s, with %s: "+
					"another migration runs, or one was left unfinished (redis-cli --cluster fix %s)",
					move.Slot, nodes[i].Addr(), peer, nodes[i].Addr())
			}
		}
	}
	return nodes, nil
}

// verify waits until every node sees the new owners, and checks that the old
// ones hold no key of what they gave.
func (m *mover) verify(ctx context.Context, moved []targets.Moved) error {
	if err := emptied(ctx, m.nodes, moved, func(ctx context.Context, i int, slots []slot.Slot) ([]int64, error) {
		return m.nodes[i].countKeys(ctx, slots)
	}); err != nil {
		return err
	}
	return settle(ctx, func(ctx context.Context) error { return agreed(ctx, m.nodes, moved) })
}

// emptied checks that the old owners hold no key of what they gave. One that
// gave its last slot may have become a replica of its heir, whose keys it then
// holds by rights.
func emptied(ctx context.Context, nodes []node, moved []targets.Moved,
	count func(ctx context.Context, node int, slots []slot.Slot) ([]int64, error)) error {
	bySource := map[int][]slot.Slot{}
	for _, done := range moved {
		bySource[done.From] = append(bySource[done.From], done.Slot)
	}
	for from, slots := range bySource {
		view, err := nodes[from].view(ctx)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(view.Replicas, func(r Replica) bool { return r.ID == view.Myself }) {
			continue
		}
		counts, err := count(ctx, from, slots)
		if err != nil {
			return err
		}
		for i, count := range counts {
			if count != 0 {
				return fmt.Errorf("migrate: slot %d has moved, but %s still holds %d of its keys",
					slots[i], nodes[from].Addr(), count)
			}
		}
	}
	return nil
}

// settle asks until the answer is no error any more, for settleLimit.
func settle(ctx context.Context, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(settlePoll):
		}
	}
}

// agreed says whether every primary sees the new owners.
func agreed(ctx context.Context, nodes []node, moved []targets.Moved) error {
	var errs []error
	for _, node := range nodes {
		if node.passive || node.gone {
			continue
		}
		view, err := node.view(ctx)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, done := range moved {
			if view.Owner(done.Slot) != nodes[done.To].ID {
				errs = append(errs, fmt.Errorf("migrate: %s does not yet know that slot %d is %s's",
					node.Addr(), done.Slot, nodes[done.To].Addr()))
				break
			}
		}
	}
	return errors.Join(errs...)
}
