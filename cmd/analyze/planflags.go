package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // windows name time zones, which not every machine knows

	"slotbench/internal/keyset"
	"slotbench/internal/rebalance"
	"slotbench/internal/slot"
)

// measure is what a plan can balance: keyset's measures, and slots.
type measure int

const (
	byKeys  = measure(keyset.Keys)
	byBytes = measure(keyset.Bytes)
	byOps   = measure(keyset.Ops)
	bySlots = byOps + 1
)

var measureNames = []string{"keys", "bytes", "ops", "slots"}

func (m measure) String() string { return measureNames[m] }

// Limits of the flags.
const (
	maxPlanNodes  = 1024
	maxWhatIf     = 200 // numbers of nodes that are compared
	maxRunBytes   = 64 << 20
	maxContiguity = 1.0
	maxTolerance  = 10.0
)

// faults collects what is wrong with a command line.
type faults struct{ list []error }

func (f *faults) addf(format string, args ...any) {
	f.list = append(f.list, fmt.Errorf(format, args...))
}

// validate names every fault at once.
func (o *planOptions) validate(inputs []string, now time.Time) error {
	f := &faults{}
	if err := slot.Count(o.slots).Validate(); err != nil {
		f.addf("--slots: %w", err)
		return f.list[0]
	}
	o.validateNodes(f)
	o.validateMeasures(f)
	o.validateTimes(f, now)
	var err error
	if o.tolerated, err = parseShare(o.tolerance, maxTolerance); err != nil {
		f.addf("--tolerance %q: %w", o.tolerance, err)
	}
	if o.contiguous, err = parseShare(o.contiguity, maxContiguity); err != nil {
		f.addf("--contiguity %q: %w", o.contiguity, err)
	}
	if o.pinned, err = slot.ParseRanges(o.pin, slot.Count(o.slots)); err != nil {
		f.addf("--pin: %w", err)
	}
	if o.layout, err = keyset.ParseFormat(o.input); err != nil {
		f.addf("--input: %w", err)
	}
	if err := o.live.fault(); err != nil {
		f.addf("%w", err)
	}
	if o.threads < 0 || o.threads > maxThreads {
		f.addf("--threads %d: want 0 to %d", o.threads, maxThreads)
	}
	if planWriters[o.format] == nil {
		f.addf("--format %q: want table, csv, markdown or json", o.format)
	}
	if o.emit != "" && rebalance.Emitters[o.emit] == nil {
		f.addf("--emit %q: want %s", o.emit, strings.Join(rebalance.EmitNames(), ", "))
	}
	if o.emit != "" && o.emit != "plan" && len(o.addrs) == 0 {
		f.addf("--emit %s: a script needs --addrs HOST:PORT,... of every node", o.emit)
	}
	if o.emit != "" && o.whatIf != "" {
		f.addf("--emit and --what-if: there is one plan to emit, not several")
	}
	if n := len(slices.DeleteFunc(slices.Clone(inputs), func(name string) bool { return name != "-" })); n > 1 {
		f.addf("standard input (-) is named %d times", n)
	}
	return errors.Join(f.list...)
}

// readTopology finds out who owns what now: from a file, from a server, or by
// an even cut.
func (o *planOptions) readTopology(ctx context.Context, nodesGiven bool) error {
	if o.topology == "" {
		return nil
	}
	if nodesGiven || o.slots != int(slot.DefaultCount) {
		return misusef("--topology says how many nodes and slots there are: leave out --nodes and --slots")
	}
	var err error
	if o.current, err = cutOf(ctx, o.topology, 0); err != nil {
		return err
	}
	o.nodes = len(o.current.Nodes)
	if len(o.addrs) == o.add {
		known := make([]string, 0, o.nodes+o.add)
		for _, node := range o.current.Nodes {
			if node.Host == "" {
				return nil // the text tells no addresses
			}
			known = append(known, node.Addr())
		}
		o.addrs = append(known, o.addrs...)
	}
	return nil
}

func (o *planOptions) validateNodes(f *faults) {
	all := o.nodes + o.add
	if o.nodes < 1 || o.nodes > maxPlanNodes {
		f.addf("--nodes %d: want 1 to %d", o.nodes, maxPlanNodes)
	}
	if o.add < 0 || all > maxPlanNodes {
		f.addf("--add %d: want 0 or more, and at most %d nodes in all", o.add, maxPlanNodes)
	}
	for _, node := range o.remove {
		if node < 0 || node >= o.nodes {
			f.addf("--remove %d: nodes are numbered from 0 to %d", node, o.nodes-1)
		}
	}
	if len(o.weights) > 0 && len(o.weights) != all {
		f.addf("--weights: %d of them for %d nodes", len(o.weights), all)
	}
	for _, w := range o.weights {
		if !(w >= 0) || math.IsInf(w, 1) {
			f.addf("--weights %v: want numbers from 0", w)
		}
	}
	for name, list := range map[string][]string{"addrs": o.addrs, "ids": o.ids} {
		if len(list) > 0 && len(list) != all {
			f.addf("--%s: %d of them for %d nodes", name, len(list), all)
		}
	}
	for _, addr := range o.addrs {
		if _, err := splitAddr(addr); err != nil {
			f.addf("--addrs %q: want HOST:PORT", addr)
		}
	}
	if o.whatIf != "" {
		o.validateWhatIf(f)
	}
}

func (o *planOptions) validateWhatIf(f *faults) {
	first, last, isRange := strings.Cut(o.whatIf, "..")
	if !isRange {
		last = first
	}
	from, errFrom := strconv.Atoi(first)
	to, errTo := strconv.Atoi(last)
	if errFrom != nil || errTo != nil || from < 1 || to < from || to > maxPlanNodes || to-from >= maxWhatIf {
		f.addf("--what-if %q: want FROM..TO within 1 to %d, at most %d of them", o.whatIf, maxPlanNodes, maxWhatIf)
	}
	if o.add > 0 || len(o.remove) > 0 || len(o.weights) > 0 {
		f.addf("--what-if compares numbers of equal nodes: leave out --add, --remove and --weights")
	}
	o.trial = [2]int{from, to}
}

func splitAddr(addr string) (slot.Node, error) {
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return slot.Node{}, err
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil || host == "" {
		return slot.Node{}, errors.New("want HOST:PORT")
	}
	return slot.Node{Host: host, Port: int(port)}, nil
}

func (o *planOptions) validateMeasures(f *faults) {
	for _, name := range o.by {
		m := slices.Index(measureNames, name)
		switch {
		case name == "count" && len(o.by) == 1:
			o.byCount = true
		case name == "count":
			f.addf("--by count is valkey-cli's rule and stands alone; to balance slot counts among others, say slots")
		case m < 0:
			f.addf("--by %q: want bytes, keys, ops, slots or count", name)
		case !slices.Contains(o.measures, measure(m)):
			o.measures = append(o.measures, measure(m))
		}
	}
}

func (o *planOptions) validateTimes(f *faults, now time.Time) {
	var err error
	if o.rate != "" {
		if o.speed, err = parseSpeed(o.rate); err != nil {
			f.addf("--rate %q: %w", o.rate, err)
		}
	}
	if o.runFile != "" {
		if o.rate != "" {
			f.addf("--rate and --run: want one of them")
		} else if o.speed, err = speedOfRun(o.runFile); err != nil {
			f.addf("--run: %w", err)
		}
	}
	for _, text := range o.windows {
		w, err := rebalance.ParseWindow(text, time.Local)
		if err != nil {
			f.addf("--window: %w", err)
		}
		o.opening = append(o.opening, w)
	}
	if len(o.windows) > 0 && o.rate == "" && o.runFile == "" {
		f.addf("--window: a schedule needs a --rate, or a --run to take it from")
	}
	o.begin = now
	if o.start != "" {
		if o.begin, err = time.Parse(time.RFC3339, o.start); err != nil {
			f.addf("--start %q: want a time such as 2026-01-31T02:00:00Z", o.start)
		}
	}
}

// parseShare reads "1%" or "0.01".
func parseShare(text string, most float64) (float64, error) {
	number, isPercent := strings.CutSuffix(strings.TrimSpace(text), "%")
	x, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if isPercent {
		x /= 100
	}
	if err != nil || !(x >= 0) || x > most {
		return 0, fmt.Errorf("want a share from 0 to %v, such as 1%% or 0.01", most)
	}
	return x, nil
}

// speed is how fast slots move.
type speed struct {
	perSecond float64 // 0: unknown
	unit      measure // byBytes or byKeys
	from      string  // where it was taken from
}

// speedUnits are the units of a rate; the longest suffix comes first.
var speedUnits = []struct {
	suffix string
	times  float64
	unit   measure
}{
	{"keys", 1, byKeys},
	{"KiB", 1 << 10, byBytes}, {"MiB", 1 << 20, byBytes}, {"GiB", 1 << 30, byBytes},
	{"kB", 1e3, byBytes}, {"KB", 1e3, byBytes}, {"MB", 1e6, byBytes}, {"GB", 1e9, byBytes}, {"B", 1, byBytes},
}

func parseSpeed(text string) (speed, error) {
	number := strings.TrimSuffix(strings.TrimSpace(text), "/s")
	for _, unit := range speedUnits {
		rest, ok := strings.CutSuffix(number, unit.suffix)
		if !ok {
			continue
		}
		x, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
		if err != nil || !(x > 0) || math.IsInf(x*unit.times, 1) {
			break
		}
		return speed{x * unit.times, unit.unit, "given"}, nil
	}
	return speed{}, errors.New("want a number with a unit, such as 50MB/s, 8MiB/s or 20000keys/s")
}

// speedOfRun is the rate of the migrations in a run record of loadgen.
func speedOfRun(path string) (speed, error) {
	info, err := os.Stat(path)
	if err != nil {
		return speed{}, err
	}
	if info.Size() > maxRunBytes {
		return speed{}, fmt.Errorf("%s: larger than %d bytes", path, maxRunBytes)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return speed{}, err
	}
	var record struct {
		Migrations []struct {
			Keys    float64 `json:"keys"`
			Bytes   float64 `json:"bytes"`
			Seconds float64 `json:"seconds"`
		} `json:"migrations"`
	}
	if err := json.Unmarshal(data, &record); err != nil {
		return speed{}, fmt.Errorf("%s: no run record of loadgen: %w", path, err)
	}
	keys, bytes, seconds, told := 0.0, 0.0, 0.0, true
	for _, m := range record.Migrations {
		keys, bytes, seconds = keys+m.Keys, bytes+m.Bytes, seconds+m.Seconds
		told = told && m.Bytes >= 0
	}
	switch {
	case !(seconds > 0) || !(keys > 0):
		return speed{}, fmt.Errorf("%s: the run has no migration of keys: run loadgen with --migrate", path)
	case told:
		return speed{bytes / seconds, byBytes, path}, nil
	}
	return speed{keys / seconds, byKeys, path}, nil
}

// rankTags is by what hash tags are ranked, to say which sets a floor.
func (o *planOptions) rankTags() keyset.Measure {
	if len(o.measures) > 0 && o.measures[0] != bySlots {
		return keyset.Measure(o.measures[0])
	}
	return keyset.Bytes
}
