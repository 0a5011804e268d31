package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slotbench/results"
	"slotbench/results/compare"
)

// writeRuns writes n runs of a target, slower by a factor, and answers with
// their folders.
func writeRuns(t *testing.T, folder, target string, n int, slower float64) (paths []string) {
	t.Helper()
	for i := range n {
		x := slower * (1 + 0.02*math.Sin(float64(3*i+len(target))))
		latency := results.Latency{Count: 1000, P50: 100 * x, P90: 200 * x, P99: 500 * x, P999: 900 * x}
		rec := &results.Record{
			Schema: results.Schema, Name: "mixed", Started: time.Unix(int64(100*i+len(folder)), int64(len(target))),
			Verdict: results.Verdict{Status: results.Valid},
			Config:  results.Config{Target: target, Seed: uint64(i)},
			Target:  results.Target{Product: target, Version: "1"},
			Totals:  results.Totals{Requests: 1000, Succeeded: 1000, OpsPerSec: 5000 / x, Response: latency, Service: latency},
		}
		path := filepath.Join(folder, fmt.Sprintf("%s-%d", target, i))
		if err := results.WriteRun(path, rec); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

func TestCompareExits(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "bb")
	as, bs := writeRuns(t, a, "one", 6, 1), writeRuns(t, b, "another", 6, 1.3)
	for _, test := range []struct {
		args  []string
		exit  int
		wants string // in stdout or stderr
	}{
		{[]string{a, b}, exitOK, "bb is WORSE"},
		{[]string{b, a}, exitOK, "a is BETTER"},
		{[]string{"--primary", "throughput", a, b}, exitOK, "throughput *"},
		{append(append(append([]string{}, as...), "--"), bs...), exitOK, "B is WORSE"},
		{append(append([]string{}, as...), bs...), exitOK, "another 1 is WORSE"},
		{[]string{filepath.Join(a, "*"), "--", filepath.Join(b, "*", results.RunFile)}, exitOK, "is WORSE"},
		{[]string{as[0], bs[0]}, exitOK, "Too few runs"},
		{[]string{as[0], as[1], "--", bs[0], "--", bs[1]}, exitOK, "C vs A"}, // letters, unless each side is one word
		{[]string{"--gate", "p99 < +50%", a, b}, exitOK, "held"},
		{[]string{"--gate", "p99 < +5%", a, b}, exitGate, "broken: response p99 is +3"},
		{[]string{"--gate", "p99 < 100us", "--gate", "p99 < 10s", a, b}, exitGate, "broken"},
		{[]string{"--gate", "p99 < +30%", a, b}, exitGate, "cannot tell"},
		{[]string{"--gate", "p99 < +30%", "--cannot-tell-exit", "0", a, b}, exitOK, "cannot tell"},
		{[]string{"--gate", "p99 < +5%", as[0], bs[0]}, exitGate, "fewer than 5 runs"},
		{[]string{"--format", "json", a, b}, exitOK, `"outcome": "worse"`},
		{[]string{"--format", "csv", a, b}, exitOK, "base,other,metric"},
		{[]string{"--format", "markdown", a, b}, exitOK, "|:--|"},
		{[]string{"--format", "benchstat", a, b}, exitOK, "side: bb"},
		{nil, exitUsage, "compare wants runs"},
		{[]string{a}, exitUsage, "same configuration and target"},
		{[]string{as[0]}, exitUsage, "is one run"},
		{[]string{as[0], as[1], as[2]}, exitUsage, "which belong together"},
		{[]string{as[0], as[0]}, exitUsage, "same run"},
		{[]string{a, filepath.Join(dir, "none")}, exitUsage, "no run"},
		{[]string{a, t.TempDir()}, exitUsage, "neither a run"},
		{[]string{a, "--"}, exitUsage, "side B is empty"},
		{[]string{a, "--", b, "--gate", "p99 < 1s"}, exitUsage, "before the first --"},
		{[]string{"--format", "xml", a, b}, exitUsage, "benchstat"},
		{[]string{"--gate", "p99 < 5%", a, b}, exitUsage, "+5% or -5%"},
		{[]string{"--primary", "speed", a, b}, exitUsage, "speed"},
		{[]string{"--cannot-tell-exit", "0", a, b}, exitUsage, "there is no --gate"},
		{[]string{"--gate", "p99<1s", "--cannot-tell-exit", "7", a, b}, exitUsage, "want 0, 1 or 3"},
	} {
		var stdout, stderr bytes.Buffer
		exit := execute(append([]string{"compare"}, test.args...), &stdout, &stderr)
		if both := stdout.String() + stderr.String(); exit != test.exit || !strings.Contains(both, test.wants) {
			t.Errorf("compare %q: exit %d, want %d and %q:\n%s", test.args, exit, test.exit, test.wants, both)
		}
	}
}

// TestCompareReadsWhatRunWrote reads a folder with an order.json.
func TestCompareReadsWhatRunWrote(t *testing.T) {
	dir := t.TempDir()
	o := order{Schema: orderSchema, Sides: []orderSide{{Name: "here"}, {Name: "there"}}}
	for i, target := range []string{"one", "another"} {
		for _, path := range writeRuns(t, dir, target, 5, 1+0.3*float64(i)) {
			o.Sides[i].Runs = append(o.Sides[i].Runs, filepath.Base(path))
		}
	}
	if err := o.write(dir); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if exit := execute([]string{"compare", "--format", "json", dir}, &stdout, &stderr); exit != exitOK {
		t.Fatalf("exit %d: %s", exit, stderr.String())
	}
	var c compare.Comparison
	if err := json.Unmarshal(stdout.Bytes(), &c); err != nil || c.Sides[1].Name != "there" || c.Sides[1].Runs != 5 || c.Against[0].Primary().Outcome != compare.Worse {
		t.Errorf("%v: %+v", err, c.Sides)
	}
	for text, want := range map[string]string{
		`{"sides":[]}`: "schema",
		`{"schema":9}`: "newer",
		`{"schema":1,"sides":[{"name":"x","runs":["../x"]}]}`: "outside",
		`{`: "unexpected end",
	} {
		if err := os.WriteFile(filepath.Join(dir, orderFile), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		stderr.Reset()
		if exit := execute([]string{"compare", dir}, &stdout, &stderr); exit != exitUsage || !strings.Contains(stderr.String(), want) {
			t.Errorf("%s: exit %d, %s", text, exit, stderr.String())
		}
	}
}

func FuzzParseOrder(f *testing.F) {
	f.Add([]byte(`{"schema":1,"seed":1,"sides":[{"name":"A","runs":["001-A"]}]}`))
	f.Add([]byte(`{"schema":1,"sides":[{"runs":["/etc"]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		o, err := parseOrder(text)
		if err != nil {
			return
		}
		for _, side := range o.Sides {
			for _, run := range side.Runs {
				if !filepath.IsLocal(run) {
					t.Errorf("%q is let through", run)
				}
			}
		}
	})
}

// TestBlocks checks that every side runs once in every block, and that the
// order is neither always the same nor different with the same seed.
func TestBlocks(t *testing.T) {
	const sides, runs = 3, 40
	first := map[int]int{}
	all := blocks(sides, runs, 1)
	for i, block := range all {
		seen := map[int]bool{}
		for _, side := range block {
			seen[side] = true
		}
		if len(seen) != sides || fmt.Sprint(block) != fmt.Sprint(blocks(sides, runs, 1)[i]) {
			t.Fatalf("block %d: %v", i, block)
		}
		first[block[0]]++
	}
	for side := range sides {
		if first[side] < runs/sides/2 {
			t.Errorf("side %d is first in %d of %d blocks", side, first[side], runs)
		}
	}
	if fmt.Sprint(all) == fmt.Sprint(blocks(sides, runs, 2)) {
		t.Error("another seed, and the same order")
	}
}
