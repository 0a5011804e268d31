package report

import (
	"bytes"
	"encoding/csv"
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

// contender is n runs of a target that is slower than full by a factor, in a
// regular scatter of a few per cent.
func contender(name string, n int, slower float64) compare.Side {
	s := compare.Side{Name: name}
	for i := range n {
		rec := full()
		rec.Started = rec.Started.Add(time.Duration(i)*time.Minute + time.Duration(len(name))*time.Second)
		rec.Config.Target, rec.Config.Seed, rec.Config.RateFrom, rec.Probe = name, uint64(i), "given", nil
		rec.Target.Product, rec.Target.Version = strings.TrimPrefix(name, "local:"), "7.0.15"
		x := slower * (1 + 0.03*math.Sin(float64(7*i+len(name))))
		rec.Totals.Response, rec.Totals.Service = spread(200_104, 188.9*x), spread(200_104, 131.1*x*x/slower)
		rec.Totals.OpsPerSec *= 1 + 0.001*math.Cos(float64(5*i))
		s.Runs = append(s.Runs, compare.Run{Path: fmt.Sprintf("runs/%s-%d", name, i), Record: rec})
	}
	return s
}

// comparisons are what the golden files show.
func comparisons(t *testing.T) map[string]*compare.Comparison {
	t.Helper()
	failing := contender("local:redis", 6, 1)
	failing.Runs[2].Record.Verdict.Status = results.Errors
	failing.Runs[4].Record.Partial = "interrupted"
	all := map[string]*compare.Comparison{}
	for name, sides := range map[string][]compare.Side{
		"slower": {contender("reference", 10, 1), contender("local:redis", 10, 1.12)},
		"same":   {contender("before", 7, 1), contender("after", 7, 1.004)},
		"few":    {contender("reference", 2, 1), contender("local:redis", 1, 14)},
		"errors": {contender("reference", 6, 1), failing},
		"three":  {contender("reference", 5, 1), contender("local:redis", 5, 0.8), contender("local:valkey", 6, 1)},
	} {
		c, err := compare.Compare(sides, compare.Options{Seed: 1})
		if err != nil {
			t.Fatal(name, err)
		}
		gates, err := compare.ParseGates([]string{"p99 < +5%", "p99<2ms", "pause < 1ms"})
		if err != nil {
			t.Fatal(err)
		}
		c.Gates = c.Judge(gates)
		all[name] = c
	}
	return all
}

func TestComparisonGolden(t *testing.T) {
	for name, c := range comparisons(t) {
		for _, form := range []struct {
			suffix, format string
			options        Options
		}{
			{".txt", FormatTable, Options{Path: "runs/20260102-150405-vs"}},
			{".80.txt", FormatTable, Options{Width: 80}},
			{".md", FormatMarkdown, Options{}},
			{".csv", FormatCSV, Options{}},
		} {
			if form.suffix != ".txt" && name != "slower" {
				continue
			}
			var out bytes.Buffer
			if err := Comparison(&out, form.format, c, form.options); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", "compare-"+name+form.suffix)
			if *rewrite {
				if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if form.format == FormatCSV {
				if rows, err := csv.NewReader(&out).ReadAll(); err != nil || len(rows) < 10 {
					t.Errorf("%d rows: %v", len(rows), err)
				}
				continue // the last digits are the machine's
			}
			if !bytes.Equal(out.Bytes(), want) {
				t.Errorf("%s: not as before (-rewrite):\n%s", path, out.String())
			}
		}
	}
}

func TestComparisonJSONAndBenchstat(t *testing.T) {
	c := comparisons(t)["slower"]
	var out bytes.Buffer
	if err := Comparison(&out, FormatJSON, c, Options{}); err != nil {
		t.Fatal(err)
	}
	var back compare.Comparison
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back.Against[0].Primary().Outcome != compare.Worse || len(back.Gates) != 3 {
		t.Errorf("%v: %+v", err, back)
	}
	out.Reset()
	if err := Comparison(&out, FormatBenchstat, c, Options{}); err != nil {
		t.Fatal(err)
	}
	// A line is a name, the number of operations, a value and its unit.
	lines := 0
	for line := range strings.Lines(out.String()) {
		if fields := strings.Fields(line); strings.HasPrefix(line, "Benchmark") {
			lines++
			if len(fields) != 4 || fields[1] != "200104" {
				t.Errorf("%q", line)
			}
		}
	}
	if lines != 2*10*12 {
		t.Errorf("%d lines", lines)
	}
	if err := Comparison(&out, "xml", c, Options{}); err == nil || CheckComparisonFormat("xml") == nil {
		t.Error("xml is written")
	}
}
