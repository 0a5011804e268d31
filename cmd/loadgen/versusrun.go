package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"slotbench/results"
	"slotbench/results/compare"
)

// pilotShare of what the slowest side takes is what all are offered.
const pilotShare = 0.5

// series is the runs of run --vs, as they are made.
type series struct {
	*runOptions
	talk    *talk
	folder  string
	all     []*contender
	order   order
	sides   []compare.Side
	partial int
	begun   time.Time
}

// runVersus makes the runs of all sides, interleaved, and compares them. What
// was measured when something ends it is kept and compared.
func (o *runOptions) runVersus(cmd *cobra.Command) error {
	ctx := cmd.Context()
	gates, primary, all, err := o.prepareVersus(cmd)
	if err != nil {
		return err
	}
	now := time.Now()
	s := &series{runOptions: o, all: all, begun: now, folder: o.out}
	if s.folder == "" {
		s.folder = filepath.Join("runs", now.Format("20060102-150405")+"-"+seriesName(o.comparing()))
	}
	if isFile(filepath.Join(s.folder, orderFile)) {
		return misusef("--out %s: it holds a comparison already", s.folder)
	}
	s.order = order{Schema: orderSchema, Seed: o.seed}
	for _, c := range all {
		s.order.Sides = append(s.order.Sides, orderSide{Name: c.name, Runs: []string{}})
		s.sides = append(s.sides, compare.Side{Name: c.name})
	}
	s.talk = newTalk(o.stderr, o.quiet)
	defer s.talk.end()
	stopped := s.pilots(ctx)
	if stopped == nil {
		stopped = s.blocks(ctx)
	}
	s.talk.end()
	compared := s.conclude(gates, primary)
	for _, line := range o.debts.Lines() {
		fmt.Fprintln(o.stderr, "loadgen: left behind:", line)
	}
	if stopped != nil {
		return stopped
	}
	if s.partial > 0 {
		fmt.Fprintf(o.stderr, "loadgen: %d runs are partial or have errors; their records say why\n", s.partial)
		return failed{}
	}
	return compared
}

// seriesName ends the name of the folder.
func seriesName(comparing bool) string {
	if comparing {
		return "vs"
	}
	return "runs"
}

// prepareVersus refuses what makes no sense before anything is begun.
func (o *runOptions) prepareVersus(cmd *cobra.Command) ([]compare.Gate, *compare.Metric, []*contender, error) {
	gates, err := o.parseGates(cmd.Flags().Changed, o.comparing())
	if err != nil {
		return nil, nil, nil, err
	}
	primary, err := primaryMetric(o.versusOptions.primary)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := checkComparisonFormat(o.format); err != nil {
		return nil, nil, nil, err
	}
	all, err := o.contenders(cmd.Flags())
	if err != nil {
		return nil, nil, nil, err
	}
	for _, c := range all {
		setup, err := c.settle(c.given)
		if err == nil {
			err = setup.compile()
		}
		if err != nil {
			return nil, nil, nil, fmt.Errorf("side %s: %w", c.name, err)
		}
	}
	return gates, primary, all, nil
}

// pilots finds one rate for all sides where some would look for one of their
// own: latencies at different rates do not compare.
func (s *series) pilots(ctx context.Context) error {
	wanted := false
	for _, c := range s.all {
		needs, err := c.needsRate()
		if err != nil {
			return err
		}
		wanted = wanted || needs
	}
	if !wanted {
		return nil
	}
	least := 0.0
	for i, c := range s.all {
		s.talk.head("pilot of %s: what it takes at most", c.name)
		p, err := c.pilot()
		if err != nil {
			return err
		}
		record, err := s.once(ctx, p, filepath.Join("pilots", sideLetter(i)))
		switch {
		case err != nil:
			return fmt.Errorf("pilot of %s: %w", c.name, err)
		case record.Partial != "":
			return fmt.Errorf("pilot of %s: %s", c.name, record.Partial)
		case record.Totals.OpsPerSec <= 0 || record.Verdict.Status == results.Errors:
			return fmt.Errorf("pilot of %s: it found no capacity: %v", c.name, record.Verdict.Reasons)
		}
		if least == 0 || record.Totals.OpsPerSec < least {
			least = record.Totals.OpsPerSec
		}
	}
	rate := strconv.FormatFloat(float64(int64(pilotShare*least)), 'f', -1, 64)
	s.talk.say("rate of all runs: %s/s, half of what the slowest side took", rate)
	for _, c := range s.all {
		needs, err := c.needsRate()
		if err == nil && needs {
			err = c.flags.Set("rate", rate)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// blocks makes the runs. In a block every side runs once, with the same seed.
func (s *series) blocks(ctx context.Context) error {
	made, total := 0, s.runs*len(s.all)
	began := time.Now()
	for block, turns := range blocks(len(s.all), s.runs, s.seed) {
		for _, i := range turns {
			c := s.all[i]
			s.talk.head("run %d of %d: %s%s", made+1, total, c.name, remaining(time.Since(began), made, total))
			seed := strconv.FormatUint(s.seed+uint64(block), 10)
			if err := c.flags.Set("seed", seed); err != nil {
				return err
			}
			name := fmt.Sprintf("%03d-%s", made+1, sideLetter(i))
			record, err := s.once(ctx, c, name)
			if record != nil {
				s.sides[i].Runs = append(s.sides[i].Runs, compare.Run{Path: filepath.Join(s.folder, name), Record: record})
				s.order.Sides[i].Runs = append(s.order.Sides[i].Runs, name)
				err = errors.Join(err, s.order.write(s.folder))
			}
			if err != nil {
				return fmt.Errorf("run %d of %d (%s): %w", made+1, total, c.name, err)
			}
			if ctx.Err() != nil {
				return fmt.Errorf("%w after %d of %d runs", context.Cause(ctx), made, total)
			}
			if record.Partial != "" || record.Verdict.Status == results.Errors {
				s.partial++
			}
			made++
		}
	}
	return nil
}

// remaining is how long the rest takes, once a run was made.
func remaining(elapsed time.Duration, made, total int) string {
	if made == 0 {
		return ""
	}
	left := elapsed / time.Duration(made) * time.Duration(total-made)
	return fmt.Sprintf(", about %s left", left.Round(time.Second))
}

// once makes one run and writes its record down.
func (s *series) once(ctx context.Context, c *contender, name string) (*results.Record, error) {
	c.quiet = s.quiet
	setup, err := c.prepare(c.given, time.Now())
	if err != nil {
		return nil, err
	}
	for _, other := range s.all {
		setup.plan.Command = hide(setup.plan.Command, other.target, other.shown())
	}
	record, err := c.measure(ctx, setup, s.talk)
	if record == nil {
		return nil, err
	}
	return record, errors.Join(err, results.WriteRun(filepath.Join(s.folder, name), record))
}

// conclude compares what there is.
func (s *series) conclude(gates []compare.Gate, primary *compare.Metric) error {
	made := 0
	for _, side := range s.sides {
		made += len(side.Runs)
	}
	if made == 0 {
		return nil
	}
	c, err := compare.Compare(s.sides, compare.Options{Primary: primary})
	if err != nil {
		return fmt.Errorf("the runs are in %s, but do not compare: %w", s.folder, err)
	}
	c.Gates = c.Judge(gates)
	return errors.Join(
		keepComparison(s.folder, c, s.sides),
		writeComparison(s.program, s.format, c, s.sides, s.folder),
		s.enforce(s.program, c.Gates))
}
