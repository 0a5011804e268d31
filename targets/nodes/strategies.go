package nodes

import (
	"context"

	"slotbench/targets"
)

// Migrate moves slots by one of the ways that all nodes know: key by key, or
// where their servers can, atomically.
func (n *Nodes) Migrate(ctx context.Context, moves []targets.Move, how targets.Migration) ([]targets.Moved, error) {
	if err := n.clusterOnly("migrate slots"); err != nil {
		return nil, err
	}
	can, atomic, err := n.strategies(ctx, how.Strategy)
	if err != nil {
		return nil, err
	}
	strategy, err := targets.Abilities{Strategies: can}.Choose(how.Strategy)
	if err != nil {
		return nil, err
	}
	if strategy == targets.Atomic {
		return n.MigrateRanges(ctx, moves, how, atomic)
	}
	return n.migrateKeyByKey(ctx, moves, how)
}

// strategies are the ways in which slots can move, and how the atomic one is
// spoken, nil without. Nothing is asked where key by key is what is wanted.
func (n *Nodes) strategies(ctx context.Context, wanted targets.Strategy) ([]targets.Strategy, RangeMover, error) {
	can := []targets.Strategy{targets.KeyByKey}
	if wanted == "" || wanted == targets.KeyByKey {
		return can, nil, nil
	}
	atomic, err := n.atomicMover(ctx)
	if err != nil {
		return nil, nil, err
	}
	if atomic != nil {
		can = append(can, targets.Atomic)
	}
	return can, atomic, nil
}

// atomicMover is how the nodes move slots atomically, nil if some of them
// cannot, or not in the same way.
func (n *Nodes) atomicMover(ctx context.Context) (RangeMover, error) {
	all := n.all()
	can := make([][2]bool, len(all))
	err := n.each(func(i int, node node) error {
		answers, err := node.pipeline(ctx, CallTimeout, [][]any{
			{"CLUSTER", "GETSLOTMIGRATIONS"}, {"CLUSTER", "MIGRATION", "STATUS", "ALL"},
		})
		if err != nil {
			return err
		}
		for way, answer := range answers {
			can[i][way] = answer.Err() == nil
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for way, mover := range []RangeMover{pushing{redisAccounts{n}}, pulling{redisAccounts{n}}} {
		every := true
		for i := range can {
			every = every && can[i][way]
		}
		if every {
			return mover, nil
		}
	}
	return nil, nil
}
