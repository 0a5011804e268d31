package main

import (
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"slotbench/results"
	"slotbench/results/compare"
	"slotbench/results/report"
)

// gateOptions is the limits that a run or a comparison must keep.
type gateOptions struct {
	gates   []string
	unclear int
}

const gateHelp = `A gate is METRIC < LIMIT or METRIC > LIMIT. A limit with a sign and per cent is
the change against the first side ('p99 < +5%', 'throughput > -3%'), any other an
absolute one with its unit ('p99 < 2ms', 'throughput > 20k', 'errors < 0.1%').
Metrics: throughput, p50, p90, p99, p99.9 (response time), service.p50 …
service.p99.9, delivery.p50 … delivery.p99.9 (until receivers had read; of the
slowest group of them), cpu (of the servers, an operation), capacity, migration,
pause, errors, lost (messages).

With several runs the 95 % interval decides, not the estimate: wholly within the
limit is held, wholly beyond it is broken (exit code 3), and a limit within the
interval is "cannot tell" (exit code 3 too, or what --cannot-tell-exit says). Fewer
than 5 runs a side, or runs with errors, cannot tell either. One run alone has no
interval: its figure decides.`

func (o *gateOptions) register(f *pflag.FlagSet) {
	f.StringArrayVar(&o.gates, "gate", nil, "`limit` that must hold, as 'p99 < 2ms'; may be repeated; exit code 3 if one is broken")
	f.IntVar(&o.unclear, "cannot-tell-exit", exitGate, "exit `code` when no gate is broken, but for one it cannot be told (0: let it pass)")
}

// parseGates reads the gates; relative ones only where there is something to relate
// to.
func (o *gateOptions) parseGates(given func(string) bool, relative bool) ([]compare.Gate, error) {
	gates, err := compare.ParseGates(o.gates)
	switch {
	case err != nil:
		return nil, misusef("--%w", err)
	case given("cannot-tell-exit") && len(gates) == 0:
		return nil, misusef("--cannot-tell-exit %d: there is no --gate", o.unclear)
	case !slices.Contains([]int{exitOK, exitFailed, exitGate}, o.unclear):
		return nil, misusef("--cannot-tell-exit %d: want %d, %d or %d", o.unclear, exitOK, exitFailed, exitGate)
	}
	for _, g := range gates {
		if g.Relative && !relative {
			return nil, misusef("--gate %q: a change needs something to compare with: add --vs TARGET, use loadgen compare, or give an absolute limit", g.Text)
		}
	}
	return gates, nil
}

// gateFailed is a gate that was not held; what there is to say has been said.
type gateFailed struct{ code int }

func (g gateFailed) Error() string { return fmt.Sprintf("a gate was not held (exit %d)", g.code) }

// enforce tells what became of the gates, and is the error that they make.
func (o *gateOptions) enforce(p *program, outcomes []compare.GateResult) error {
	for _, outcome := range outcomes {
		fmt.Fprintln(p.stderr, "loadgen:", report.GateText(outcome))
	}
	switch compare.Worst(outcomes) {
	case compare.Broken:
		return gateFailed{exitGate}
	case compare.CannotTell:
		if o.unclear != exitOK {
			return gateFailed{o.unclear}
		}
	}
	return nil
}

// enforceRun holds one run's gates.
func (o *gateOptions) enforceRun(p *program, record *results.Record) error {
	gates, err := compare.ParseGates(o.gates)
	if err != nil {
		return misusef("--%w", err)
	}
	return o.enforce(p, compare.JudgeRun(gates, record))
}
