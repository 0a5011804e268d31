package main

import (
	"strings"

	"github.com/spf13/pflag"

	"slotbench/targets"
)

// strategyOptions is how slots shall move.
type strategyOptions struct{ strategy string }

// strategies are all that there are; a target can do some of them.
var strategies = []string{string(targets.KeyByKey), string(targets.Atomic), string(targets.Pushed)}

func (o *strategyOptions) register(f *pflag.FlagSet) {
	f.StringVar(&o.strategy, "strategy", "", "how slots move: key-by-key (SETSLOT and MIGRATE), atomic (by the servers: Valkey 9, Redis 8.4), pushed (Dragonfly's own) (default: the target's first)")
}

// check reads the flag; what the target can do is known when it is open.
func (o *strategyOptions) check(given func(string) bool, migrates bool) (targets.Strategy, error) {
	if !given("strategy") {
		return "", nil
	}
	if !migrates {
		return "", misusef("--strategy %s: nothing migrates; add --migrate SLOTS", o.strategy)
	}
	for _, strategy := range strategies {
		if o.strategy == strategy {
			return targets.Strategy(strategy), nil
		}
	}
	return "", misusef("--strategy %q: want %s", o.strategy, strings.Join(strategies, ", "))
}
