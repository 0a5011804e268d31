package report

import (
	"bytes"
	"encoding/csv"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"slotbench/results"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

func point[T any](v T) *T { return &v }

// spread is a made-up distribution around a median.
func spread(n int64, p50 float64) results.Latency {
	return results.Latency{Count: n, Min: p50 / 3, Mean: p50 * 1.13, P50: p50, P90: p50 * 2.1, P95: p50 * 2.6,
		P99: p50 * 4.27, P999: p50 * 11, P9999: p50 * 30, Max: p50 * 71.77}
}

// full is a default run in which all went well.
func full() *results.Record {
	rec := &results.Record{
		Schema: results.Schema, Name: "mixed",
		Started: time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC), Seconds: 21.7,
		Command: []string{"loadgen", "run"},
		Verdict: results.Verdict{Status: results.Valid},
		Config: results.Config{
			Target: "embedded", Driver: "wire", Seed: 1, Keys: 100_000, Arrival: "poisson", RatePerSec: 20037,
			RateFrom: "half of the probe", Connections: 50, Threads: 1, Pipeline: 1, DurationSeconds: 10, MigrateSlots: 100, MigrateAtShare: 0.5,
		},
		Environment: results.Environment{OS: "linux", Arch: "amd64", CPUModel: "Example 7", CPUs: 2, SharedHost: true, StealShare: 0.013, PressureShare: 0.21},
		Target:      results.Target{Product: "slotbench reference", Version: "0.1", Mode: "cluster", Launched: true},
		Preload:     &results.Phase{Requests: 100_000, Seconds: 1.2, OpsPerSec: 83_333},
		Probe:       &results.Phase{Requests: 80_148, Seconds: 2, OpsPerSec: 40_074.2},
		Totals: results.Totals{
			Requests: 200_104, Succeeded: 200_104, Hits: 180_000, Misses: 12, Seconds: 10.002, OpsPerSec: 20_006.39,
			Response: spread(200_104, 188.9), Service: spread(200_104, 131.1),
			Redirects: &results.Redirects{Moved: 131, Ask: 412, Requests: 520}, Redirected: point(spread(520, 402)),
		},
		Client: results.Client{CPUSeconds: 3.217, WorkerCPUSeconds: []float64{3.1}, RequestsPerCPUSecond: 62_202, BusyShare: []float64{0.318}, RSSBytes: 48_300_000, GCPauseMaxUS: 87, GCCycles: 2},
		Pacing: &results.Pacing{OfferedPerSec: 20_037, Offered: 200_104, Sent: 200_104, Error: spread(200_104, 8.9), Wait: spread(200_104, 1.2)},
		Nodes: []results.Node{
			{Addr: "127.0.0.1:7001", Slots: 5361, SlotsStart: 5461, Keys: 32_001, KeysStart: 33_402, Ops: 66_021, OpsShare: 0.33, CPUSeconds: point(2.31), RSSBytes: point(int64(61_200_000)), Response: spread(66_021, 188), Service: spread(66_021, 130)},
			{Addr: "127.0.0.1:7002", Slots: 5562, SlotsStart: 5462, Keys: 34_602, KeysStart: 33_201, Ops: 68_775, OpsShare: 0.3437, CPUSeconds: point(2.4), RSSBytes: point(int64(61_900_000)), Response: spread(68_775, 190), Service: spread(68_775, 132)},
			{Addr: "127.0.0.1:7003", Slots: 5461, SlotsStart: 5461, Keys: 33_397, KeysStart: 33_397, Ops: 65_308, OpsShare: 0.3264, CPUSeconds: point(2.28), RSSBytes: point(int64(60_800_000)), Response: spread(65_308, 189), Service: spread(65_308, 131)},
		},
		Integrity: &results.Integrity{Slots: 100, Keys: 1401, Stamped: 1401},
		Checks: []results.Check{
			{Level: results.LevelNote, Text: "the time series has 100 pieces"},
			{Level: results.LevelWarning, Text: "servers and client share this machine: they take CPU from each other"},
		},
	}
	for _, name := range []string{"GET", "SET"} {
		rec.Operations = append(rec.Operations, results.Operation{Name: name, Requests: 100_052, OpsPerSec: 10_003.2, Response: spread(100_052, 188), Service: spread(100_052, 131)})
	}
	rec.Skew = results.Skew{
		Keys:      results.NodeSkew{MaxOverMean: 1.0381, BandLow: 1.001, BandHigh: 1.0092, Nodes: 3, Total: 100_000},
		Ops:       results.NodeSkew{MaxOverMean: 1.0311, BandLow: 1.0008, BandHigh: 1.0061, Nodes: 3, Total: 200_104},
		Slots:     make([]int64, 16384),
		SlotsUsed: 8123,
		HottestSlot: []results.HotSlot{
			{Slot: 12182, Ops: 9012, Share: 0.04504, Node: "127.0.0.1:7003"}, {Slot: 866, Ops: 4111, Share: 0.02054, Node: "127.0.0.1:7001"},
		},
		HottestTags: []results.HotTag{{Tag: "user:1", Slot: 12182, Ops: 9008, Share: 0.045}, {Tag: "a|b_c*", Slot: 5, Ops: 96, Error: 16, Share: 0.00048}},
		TagsOneIn:   16, TagSamples: 12_506,
		Statistics: &results.SlotSkew{CV: 3.021, Gini: 0.8112, Top1Pct: 0.4211, Top10Pct: 0.802, MaxShare: 0.045},
		Reading:    "Nodes are evener than the slots: the hot tags lie on different nodes.",
		Accounts:   &results.Agreement{ServerOps: 200_104, ClientOps: 200_104, Explained: true},
	}
	rec.Migrations = []results.Migration{{
		Slots: 100, Asked: 100, From: "127.0.0.1:7001", To: "127.0.0.1:7002", Strategy: "key by key", Batch: 100, Keys: 1401, Bytes: 312_400,
		AtSeconds: 5.0003, Seconds: 0.4213, SlotMillis: &results.Spread{Min: 2.04, Median: 3.1, Max: 12.2}, MBPerSec: 0.7415,
		PauseMillis: point(3.12), PauseResolution: 1, PauseBefore: point(1.2), ProbedSlots: 10, ProbeRequests: 8000,
		P99BeforeUS: point(790.5), P99AfterUS: point(811.4), SamplesBefore: 100_000, SamplesDuring: 912, SamplesAfter: 99_192,
		Redirects: &results.Redirects{Moved: 131, Ask: 412, Requests: 520},
	}}
	return rec
}

// saturated is a closed loop.
func saturated() *results.Record {
	rec := full()
	rec.Config.Arrival, rec.Config.RatePerSec, rec.Config.RateFrom = "closed", 0, "closed loop"
	rec.Probe, rec.Pacing = nil, nil
	rec.Totals.AtSaturation = true
	return rec
}

// interrupted is a run that ended early, with errors of many kinds.
func interrupted() *results.Record {
	rec := full()
	rec.Partial = "interrupted by a signal after 6.1 s of 10 s"
	rec.Verdict = results.Verdict{Status: results.Errors, Reasons: []string{"1,234 of 121,000 requests (1.0 %) failed", "the offered rate was not reached: 19,800/s of 20,037/s"}}
	rec.Totals.Succeeded, rec.Totals.Errors, rec.Totals.AtLeast = 119_766, 1234, 1200
	rec.Totals.ErrorKinds = map[string]int64{"timeout": 1200, "CLUSTERDOWN": 21, "unknown": 5, "ERR": 4, "OOM": 1, "A": 1, "B": 1, "C": 1}
	m := &rec.Migrations[0]
	m.Slots, m.Lost, m.Error = 61, 2, "slot 5400: MIGRATE to 127.0.0.1:7002: i/o timeout"
	m.P99BeforeUS, m.SamplesBefore, m.PauseMillis = nil, 12, point(0.8)
	rec.Migrations = append(rec.Migrations, *m, *m, *m)
	rec.Integrity.Examples = []string{"cart:{user:1}", "x\x1b[31mred\n"}
	for i := range 20 {
		n := rec.Nodes[i%3]
		n.Ops += int64(i)
		rec.Nodes = append(rec.Nodes, n)
		rec.Checks = append(rec.Checks, results.Check{Level: results.LevelNote, Text: "remark, with \"quotes\",\nand a second line"})
	}
	return rec
}

// attached is a single server that was here before, and no migration.
func attached() *results.Record {
	rec := full()
	rec.Config.MigrateSlots, rec.Config.MigrateAtShare = 0, 0
	rec.Config.Target, rec.Config.RateFrom = "redis://10.0.0.5:6379", "given"
	rec.Target = results.Target{Product: "Redis", Version: "7.0.15", Mode: "standalone"}
	rec.Probe, rec.Migrations, rec.Integrity, rec.Checks = nil, nil, nil, nil
	rec.Totals.Redirects, rec.Totals.Redirected = nil, nil
	rec.Nodes = []results.Node{{Addr: "10.0.0.5:6379", Slots: 16384, SlotsStart: 16384, Keys: 100_000, KeysStart: 100_000, Ops: 200_104, OpsShare: 1, Service: spread(200_104, 131)}}
	rec.Skew.Ops = results.NodeSkew{MaxOverMean: 1, Nodes: 1, Total: 200_104}
	rec.Skew.Keys = results.NodeSkew{MaxOverMean: 1, Nodes: 1, Total: 100_000}
	rec.Skew.Accounts = nil
	return rec
}

// nothing is a record that holds next to nothing: the target died at once.
func nothing() *results.Record {
	return &results.Record{
		Schema: results.Schema, Name: "mixed", Config: results.Config{Target: "redis://10.0.0.5:6379", Driver: "wire", Arrival: "poisson"},
		Partial: "every node became unreachable", Verdict: results.Verdict{Status: results.Errors},
		Migrations: []results.Migration{{Asked: 10, Bytes: -1, Error: "no node answers"}},
		Client:     results.Client{RequestsPerCPUSecond: math.NaN()},
	}
}

func TestGolden(t *testing.T) {
	for name, rec := range map[string]func() *results.Record{
		"full": full, "saturated": saturated, "interrupted": interrupted, "attached": attached, "nothing": nothing,
	} {
		for ending, write := range map[string]func(*bytes.Buffer) error{
			"txt": func(b *bytes.Buffer) error { return Write(b, FormatTable, rec(), Options{Path: "runs/x/run.json"}) },
			"80.txt": func(b *bytes.Buffer) error {
				return Write(b, FormatTable, rec(), Options{Width: 80, Color: name == "interrupted"})
			},
			"md":  func(b *bytes.Buffer) error { return Write(b, FormatMarkdown, rec(), Options{Path: "runs/x/run.json"}) },
			"csv": func(b *bytes.Buffer) error { return Write(b, FormatCSV, rec(), Options{}) },
		} {
			var out bytes.Buffer
			if err := write(&out); err != nil {
				t.Errorf("%s.%s: %v", name, ending, err)
				continue
			}
			golden(t, name+"."+ending, out.Bytes())
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (go test -rewrite after a look at it):\n%s", name, got)
	}
}

func TestTableIsCompact(t *testing.T) {
	for name, limit := range map[string]int{"full.txt": 60, "attached.txt": 60, "interrupted.txt": 110} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if lines := bytes.Count(text, []byte("\n")); lines > limit {
			t.Errorf("%s has %d lines, at most %d are wanted", name, lines, limit)
		}
	}
}

func TestTableKeepsToTheWidth(t *testing.T) {
	for _, width := range []int{80, 100, 200} {
		for _, rec := range []*results.Record{full(), interrupted(), attached(), nothing()} {
			var out bytes.Buffer
			if err := Table(&out, rec, Options{Width: width}); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(out.String()) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
					t.Errorf("%d columns of %d: %s", n, width, line)
				}
			}
		}
	}
}

func TestNoEscapesReachTheTerminal(t *testing.T) {
	rec := interrupted()
	rec.Name, rec.Target.Version, rec.Skew.HottestTags[0].Tag = "a\x1b[2J", "\x07", "\x1b]0;x"
	rec.Verdict.Reasons, rec.Nodes[0].Addr = []string{"\x1b[31m"}, "\u202e"
	for _, format := range []string{FormatTable, FormatMarkdown, FormatCSV} {
		var out bytes.Buffer
		if err := Write(&out, format, rec, Options{}); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(out.String(), "\x1b\x07\u202e") {
			t.Errorf("%s holds a control character", format)
		}
	}
}

// CSV has the same columns for every record, and values as they are.
func TestCSVColumns(t *testing.T) {
	var out bytes.Buffer
	if err := CSV(&out, full(), nothing(), interrupted()); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(out.String(), "\n"); lines != 4 {
		t.Errorf("%d lines", lines)
	}
	rows, err := csv.NewReader(&out).ReadAll() // checks that rows are of one length
	if err != nil {
		t.Fatal(err)
	}
	cell := func(row int, name string) string {
		for i, column := range rows[0] {
			if column == name {
				return rows[row][i]
			}
		}
		t.Errorf("no column %s", name)
		return ""
	}
	for name, want := range map[string][3]string{
		"totals.ops_per_sec":             {"20006.39", "0", "20006.39"},
		"totals.redirects.ask":           {"412", "", "412"},
		"migrations.0.p99_during_us":     {"", "", ""},
		"migrations.0.slot_ms.median":    {"3.1", "", "3.1"},
		"migrations.0.seconds":           {"0.4213", "0", "0.4213"},
		"pacing.error_us.p50":            {"8.9", "", "8.9"},
		"started":                        {"2026-01-02T15:04:05Z", "0001-01-01T00:00:00Z", "2026-01-02T15:04:05Z"},
		"skew.ops.node_max_over_mean":    {"1.0311", "0", "1.0311"},
		"client.requests_per_cpu_second": {"62202", "", "62202"},
		"verdict.status":                 {"VALID", "ERRORS", "ERRORS"},
	} {
		for i := range want {
			if got := cell(i+1, name); got != want[i] {
				t.Errorf("%s of record %d: %q, want %q", name, i, got, want[i])
			}
		}
	}
}

func TestJSONIsTheFile(t *testing.T) {
	dir := t.TempDir()
	rec := full()
	if err := results.WriteRun(dir, rec); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(dir, results.RunFile))
	if err != nil {
		t.Fatal(err)
	}
	back, err := results.ReadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*results.Record{rec, back} {
		var out bytes.Buffer
		if err := Write(&out, FormatJSON, r, Options{}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out.Bytes(), want) {
			t.Error("JSON differs from run.json")
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	err := Write(&bytes.Buffer{}, "xml", full(), Options{})
	if err == nil || !strings.Contains(err.Error(), "table, csv, csv-events, csv-nodes, csv-operations, markdown, json") {
		t.Errorf("error %v", err)
	}
	for _, format := range Formats() {
		if err := CheckFormat(format); err != nil {
			t.Error(err)
		}
	}
}
