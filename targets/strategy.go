package targets

import (
	"fmt"
	"slices"
	"strings"
)

// Strategy is a way in which slots move to another node.
type Strategy string

// The strategies. Which of them a target can do is in Abilities.Strategies.
const (
	// KeyByKey opens a slot with SETSLOT and carries its keys with MIGRATE.
	KeyByKey Strategy = "key-by-key"
	// Atomic lets the servers move ranges of slots by themselves: Valkey 9 with
	// CLUSTER MIGRATESLOTS, Redis 8.4 with CLUSTER MIGRATION IMPORT.
	Atomic Strategy = "atomic"
	// Pushed is Dragonfly's own migration, driven by DFLYCLUSTER CONFIG.
	Pushed Strategy = "pushed"
)

// Choose is the strategy that was asked for, or the first where none was. One
// that the target cannot do is ErrUnsupported, with a list of what it can.
func (a Abilities) Choose(asked Strategy) (Strategy, error) {
	switch {
	case len(a.Strategies) == 0:
		return "", fmt.Errorf("migrate slots: %w", ErrUnsupported)
	case asked == "":
		return a.Strategies[0], nil
	case slices.Contains(a.Strategies, asked):
		return asked, nil
	}
	can := make([]string, len(a.Strategies))
	for i, strategy := range a.Strategies {
		can[i] = string(strategy)
	}
	return "", fmt.Errorf("strategy %q: %w, which can do %s", asked, ErrUnsupported, strings.Join(can, ", "))
}
