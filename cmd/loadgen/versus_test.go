//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"slotbench/results"
	"slotbench/results/compare"
)

// quick makes the runs of a comparison short.
var quick = []string{"run", "--warmup", "50ms", "--duration", "300ms", "--keys", "500", "--nodes", "1", "--out", "vs", "--format", "json"}

func quickly(args ...string) []string { return append(append([]string{}, quick...), args...) }

func (p *process) comparison() *compare.Comparison {
	p.t.Helper()
	c := new(compare.Comparison)
	if err := json.Unmarshal(p.stdout.Bytes(), c); err != nil {
		p.t.Fatalf("stdout is no comparison: %v\n%s\n%s", err, p.stdout.String(), p.stderr.String())
	}
	return c
}

func TestVersus(t *testing.T) {
	t.Parallel()
	p := start(t, quickly("--rate", "500", "--vs", "reference", "--vs-flag", "--pipeline 2", "--runs", "2", "--seed", "9",
		"--gate", "p99 < 100s", "--cannot-tell-exit", "0")...)
	if code := p.wait(); code != exitOK {
		t.Fatalf("exit %d:\n%s", code, p.stderr.String())
	}
	c := p.comparison()
	names := []string{"reference", "reference (2)", "--pipeline 2"}
	for i, name := range names {
		s := c.Sides[i]
		if s.Name != name || s.Runs != 2 {
			t.Errorf("side %d: %s with %d runs, want %s with 2", i, s.Name, s.Runs, name)
		}
	}
	if len(c.Gates) != 2 || c.Gates[0].Outcome != compare.CannotTell {
		t.Errorf("gates %+v", c.Gates)
	}
	folders, err := filepath.Glob(filepath.Join(p.dir, "vs", "*", results.RunFile))
	if err != nil || len(folders) != 6 {
		t.Fatalf("%d runs in the folder: %v", len(folders), err)
	}
	for i, folder := range folders {
		rec, err := results.ReadRun(folder)
		if err != nil {
			t.Fatal(err)
		}
		// A block of three has one seed, the next one another.
		if want := uint64(9 + i/3); rec.Config.Seed != want || rec.Config.RatePerSec != 500 {
			t.Errorf("run %d: seed %d, rate %g; want %d and 500", i, rec.Config.Seed, rec.Config.RatePerSec, want)
		}
	}
	kept, err := os.ReadFile(filepath.Join(p.dir, "vs", comparisonFile))
	if err != nil || !bytes.Equal(kept, p.stdout.Bytes()) {
		t.Errorf("%s is not what was printed (%v)", comparisonFile, err)
	}
}

// TestVersusPilots gives no rate: one is found that all sides share.
func TestVersusPilots(t *testing.T) {
	t.Parallel()
	p := start(t, quickly("--vs", "reference", "--runs", "1")...)
	if code := p.wait(); code != exitOK {
		t.Fatalf("exit %d:\n%s", code, p.stderr.String())
	}
	var rates []float64
	for _, name := range []string{"001-A", "001-B", "002-A", "002-B"} {
		if rec, err := results.ReadRun(filepath.Join(p.dir, "vs", name)); err == nil {
			rates = append(rates, rec.Config.RatePerSec)
		}
	}
	if len(rates) != 2 || rates[0] != rates[1] || rates[0] <= 0 || !strings.Contains(p.stderr.String(), "half of what the slowest side took") {
		t.Errorf("rates %v:\n%s", rates, p.stderr.String())
	}
}

// TestVersusInterrupted keeps the runs that were made, and compares them.
func TestVersusInterrupted(t *testing.T) {
	t.Parallel()
	p := start(t, quickly("--rate", "500", "--vs", "reference", "--runs", "50")...)
	for line := range p.phases {
		if strings.HasPrefix(line, "run 4 of 100") {
			break
		}
	}
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := p.wait(); code != exitFailed {
		t.Errorf("exit %d, want %d:\n%s", code, exitFailed, p.stderr.String())
	}
	if c := p.comparison(); c.Sides[0].Runs+c.Sides[1].Runs < 3 {
		t.Errorf("%d and %d runs are compared", c.Sides[0].Runs, c.Sides[1].Runs)
	}
	if !strings.Contains(p.stderr.String(), "interrupted") {
		t.Errorf("stderr:\n%s", p.stderr.String())
	}
}

func TestGateOfOneRun(t *testing.T) {
	t.Parallel()
	for gate, want := range map[string]int{"p99 < 100s": exitOK, "throughput > 1M": exitGate, "pause < 1s": exitGate} {
		p := start(t, quickly("--rate", "500", "--gate", gate)...)
		if code := p.wait(); code != want || !strings.Contains(p.stderr.String(), gate) {
			t.Errorf("%s: exit %d, want %d:\n%s", gate, code, want, p.stderr.String())
		}
		if r := p.record(); r.Totals.Requests == 0 {
			t.Errorf("%s: no record", gate)
		}
	}
}

func TestVersusUsage(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--runs", "5", "--gate", "p99 < +5%"}, "--vs TARGET"},
		{[]string{"--primary", "p99"}, "only with --vs"},
		{[]string{"--vs", "reference", "--runs", "0"}, "--runs 0"},
		{[]string{"--vs", "memcached://x"}, "memcached"},
		{[]string{"--vs", "--pipeline 16"}, "--vs-flag"},
		{[]string{"--vs", ""}, "want a target"},
		{[]string{"--vs-flag", "pipeline 16"}, "want flags"},
		{[]string{"--vs-flag", "--pipeline 0"}, "pipeline 0"},
		{[]string{"--vs-flag", "--nonsense"}, "--nonsense"},
		{[]string{"--vs-flag", "--runs 3"}, "of the whole comparison"},
		{[]string{"--vs-flag", "--seed 3"}, "of the whole comparison"},
		{[]string{"--vs", "reference extra"}, "extra"},
		{[]string{"--vs", "reference", "--primary", "speed"}, "speed"},
		{[]string{"--vs", "reference", "--format", "xml"}, "xml"},
		{[]string{"--vs", "reference", "--gate", "p99"}, "METRIC"},
		{[]string{"--gate", "p99 < +5%"}, "--vs TARGET"},
		{[]string{"--gate", "p99"}, "METRIC"},
		{[]string{"--cannot-tell-exit", "0"}, "no --gate"},
	} {
		var stdout, stderr bytes.Buffer
		if code := execute(append([]string{"run", "--quiet"}, test.args...), &stdout, &stderr); code != exitUsage || !strings.Contains(stderr.String(), test.want) {
			t.Errorf("%q: exit %d, want %d and %q: %s", test.args, code, exitUsage, test.want, stderr.String())
		}
	}
}

// TestVersusHidesPasswords looks for those of either side.
func TestVersusHidesPasswords(t *testing.T) {
	t.Parallel()
	_, up := bringUp(t, "--nodes", "1")
	one, other := "redis://:secret1@"+up.Addrs[0], "redis://:secret2@"+up.Addrs[0]
	p := start(t, "run", "--target", one, "--vs", other, "--runs", "1", "--rate", "500", "--warmup", "50ms", "--duration", "300ms", "--keys", "500", "--out", "vs")
	p.wait() // whether the server takes a password or not
	said := p.stdout.String() + p.stderr.String()
	for _, name := range []string{orderFile, comparisonFile, "001-A/run.json", "001-B/run.json"} {
		text, _ := os.ReadFile(filepath.Join(p.dir, "vs", name))
		said += string(text)
	}
	if strings.Contains(said, "secret") {
		t.Errorf("a password is told:\n%s", said)
	}
}
