package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"slotbench/internal/claims"
	"slotbench/internal/rebalance"
	"slotbench/internal/slot"
)

func TestPlanGolden(t *testing.T) {
	when := []string{"--start", "2026-03-27T00:00:00Z"}
	for _, test := range []struct {
		name string
		args []string
	}{
		{"plan.table", append(when, "--rate", "1kB/s", "--window", "Mon-Fri 02:00-02:01 Europe/Berlin")},
		{"plan.md", []string{"--nodes", "2", "--add", "1", "--format", "markdown"}},
		{"plan.csv", append(when, "--remove", "1", "--rate", "100keys/s", "--format", "csv")},
		{"plan-count.table", []string{"--by", "count", "--weights", "1,1,2"}},
		{"plan-whatif.table", []string{"--what-if", "2..5"}},
		{"plan-emit.json", []string{"--emit", "plan", "--addrs", "10.0.0.1:6379,10.0.0.2:6379,10.0.0.3:6379"}},
		{"plan-emit.redis-cli", []string{"--emit", "redis-cli", "--addrs", "10.0.0.1:6379,10.0.0.2:6379,[::1]:6379"}},
		{"plan-emit.dflycluster", []string{"--emit", "dflycluster", "--addrs", "10.0.0.1:6379,10.0.0.2:6379,10.0.0.3:6379", "--ids", "a,b,c"}},
		{"plan-emit.migrateslots", []string{"--emit", "migrateslots", "--addrs", "10.0.0.1:6379,10.0.0.2:6379,10.0.0.3:6379"}},
		{"plan-emit.migration-import", []string{"--emit", "migration-import", "--addrs", "10.0.0.1:6379,10.0.0.2:6379,10.0.0.3:6379"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, stdout, stderr := analyze(t, "", append([]string{"plan", "testdata/shop.csv"}, test.args...)...)
			if code != exitOK {
				t.Fatalf("exit %d: %s", code, stderr)
			}
			golden := filepath.Join("testdata", "golden", test.name)
			if *rewrite {
				if err := os.WriteFile(golden, []byte(stdout), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if stdout != string(want) {
				t.Fatalf("differs from %s:\n%s", golden, stdout)
			}
		})
	}
}

// The plan file leads to what the report predicts.
func TestPlanFileLeadsWhereTheReportSays(t *testing.T) {
	_, file, stderr := analyze(t, "", "plan", "testdata/shop.csv", "--nodes", "2", "--add", "2", "--emit", "plan")
	if !strings.Contains(stderr, "bound") {
		t.Errorf("the answer is not told: %q", stderr)
	}
	plan, err := rebalance.ReadPlan(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	owners := slot.Even(slot.DefaultCount, make([]slot.Node, 2))
	owners.Nodes = make([]slot.Node, 4)
	for m := range plan.Slots() {
		if owners.Owner(m.Slot) != m.From {
			t.Fatalf("slot %d is not node %d's", m.Slot, m.From)
		}
		owners.SetOwner(m.Slot, m.To)
	}
	_, stdout, _ := analyze(t, "", "plan", "testdata/shop.csv", "--nodes", "2", "--add", "2", "--format", "json")
	var report planReport
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Fatal(err)
	}
	if report.Plan.SlotsMoved != plan.Len() || plan.Len() == 0 || report.Gap < 0 || !report.Within {
		t.Errorf("%+v", report)
	}
	bytesOf := make([]float64, 4)
	for key, size := range shopKeys(t) {
		bytesOf[owners.Owner(slot.Of([]byte(key)))] += size
	}
	for i, node := range report.Nodes {
		if owners.Slots(i) != node.SlotsAfter || bytesOf[i] != node.BytesAfter {
			t.Errorf("node %d: %d slots, %v bytes; predicted %d, %v", i, owners.Slots(i), bytesOf[i], node.SlotsAfter, node.BytesAfter)
		}
	}
}

// Of a topology the plan takes owners, addresses and ids; a primary without
// slots comes in.
func TestPlanOfATopology(t *testing.T) {
	a, b := strings.Repeat("a", 40), strings.Repeat("b", 40)
	path := filepath.Join(t.TempDir(), "nodes.txt")
	text := a + " 10.0.0.1:6379@16379 myself,master - 0 0 1 connected 0-16383\n" + b + " 10.0.0.2:6379@16379 master - 0 0 2 connected\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := analyze(t, "", "plan", "testdata/shop.csv", "--topology", path, "--emit", "plan")
	plan, err := rebalance.ReadPlan(strings.NewReader(stdout))
	if code != exitOK || err != nil {
		t.Fatalf("exit %d, %v: %s", code, err, stderr)
	}
	if want := []rebalance.PlanNode{{ID: a, Addr: "10.0.0.1:6379"}, {ID: b, Addr: "10.0.0.2:6379"}}; !slices.Equal(plan.Nodes, want) || plan.Len() == 0 {
		t.Errorf("%+v, %d slots", plan.Nodes, plan.Len())
	}
	code, stdout, stderr = analyze(t, "", "plan", "testdata/shop.csv", "--topology", path, "--add", "1", "--addrs", "10.0.0.3:6379", "--emit", "redis-cli")
	if code != exitOK || !strings.Contains(stdout, "2) echo 10.0.0.3") || !strings.Contains(stdout, "0) echo "+a) {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if code, _, stderr = analyze(t, "", "plan", "testdata/shop.csv", "--topology", path, "--nodes", "3"); code != exitUsage {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if code, _, stderr = analyze(t, "", "plan", "testdata/shop.csv", "--topology", "testdata/none"); code != exitFailed || !strings.Contains(stderr, "testdata/none") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

// shopKeys is the test data, read by other means.
func shopKeys(t *testing.T) map[string]float64 {
	t.Helper()
	data, err := os.ReadFile("testdata/shop.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]float64{}
	for _, row := range rows[1:] {
		size, err := strconv.ParseFloat(row[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		keys[row[0]] += size
	}
	return keys
}

func TestPlanUsage(t *testing.T) {
	for _, test := range []struct {
		args []string
		want []string
	}{
		{[]string{"plan"}, []string{"no INPUT"}},
		{[]string{"plan", "x", "--slots", "1000"}, []string{"slot count 1000"}},
		{
			[]string{
				"plan", "-", "-", "--nodes", "0", "--add", "-1", "--remove", "7", "--weights", "1,2", "--by", "heat,count", "--tolerance", "x", "--contiguity", "200%",
				"--pin", "9-1", "--addrs", "a", "--rate", "fast", "--window", "Mon", "--start", "now", "--emit", "magic", "--format", "xml", "--input", "rdbx", "--threads", "-1",
			},
			[]string{
				"--nodes 0", "--add -1", "--remove 7", "--weights: 2 of them", `--by "heat"`, "count is valkey-cli's", `--tolerance "x"`, `--contiguity "200%"`,
				"--pin", "--addrs: 1 of them", `--addrs "a"`, `--rate "fast"`, "--window", `--start "now"`, `--emit "magic"`, `--format "xml"`, `"rdbx"`, "--threads -1", "2 times",
			},
		},
		{[]string{"plan", "x", "--emit", "redis-cli"}, []string{"needs --addrs"}},
		{[]string{"plan", "x", "--window", "02:00-03:00"}, []string{"needs a --rate"}},
		{[]string{"plan", "x", "--what-if", "5..3", "--add", "1", "--emit", "plan"}, []string{`--what-if "5..3"`, "leave out --add", "one plan to emit"}},
		{[]string{"plan", "x", "--run", "testdata/none", "--rate", "1B/s"}, []string{"--rate and --run"}},
		{[]string{"plan", "x", "--run", "testdata/none"}, []string{"testdata/none"}},
		{[]string{"schemes", "--nodes", "0", "--keys", "0", "--pattern", "x", "--virtual", "0", "--format", "xml"}, []string{"--nodes 0", "--keys 0", `--pattern "x"`, "--virtual 0", `--format "xml"`}},
		{[]string{"claims", "x"}, []string{"takes no INPUT"}},
		{[]string{"claims", "--format", "xml"}, []string{`--format "xml"`}},
	} {
		code, stdout, stderr := analyze(t, "", test.args...)
		if code != exitUsage || stdout != "" {
			t.Errorf("%v: exit %d, stdout %q", test.args, code, stdout)
		}
		for _, want := range test.want {
			if !strings.Contains(stderr, want) {
				t.Errorf("%v: %q does not say %q", test.args, stderr, want)
			}
		}
	}
}

func TestPlanFailures(t *testing.T) {
	for _, test := range []struct {
		stdin string
		args  []string
		want  string
	}{
		{"", []string{"-"}, "there are no keys"},
		{"a\n", []string{"-", "--by", "ops"}, "tell no operations"},
		{"a\n", []string{"-", "--by", "bytes"}, "tell no bytes"},
		{"a\n", []string{"-", "--rate", "1MB/s"}, "a rate such as 20000keys/s"},
		{"a\n", []string{"-", "--remove", "0,1,2"}, "every node has weight 0"},
		{"a\n", []string{"-", "--remove", "0", "--pin", "7"}, "slot 7 is pinned to node 0"},
		{"key,bytes\na,9000000000\nd,9000000000\n", []string{"-", "--nodes", "2", "--rate", "1B/s"}, "days at this rate"},
	} {
		code, _, stderr := analyze(t, test.stdin, append([]string{"plan"}, test.args...)...)
		if code != exitFailed || !strings.Contains(stderr, test.want) {
			t.Errorf("%v: exit %d, %q does not say %q", test.args, code, stderr, test.want)
		}
	}
}

// A giant sets the floor, and the plan says whose it is.
func TestPlanNamesTheGiant(t *testing.T) {
	var data strings.Builder
	data.WriteString("key,bytes\n")
	for i := range 2000 {
		fmt.Fprintf(&data, "user:%d,100\n{huge}:%d,400\n", i, i)
	}
	code, stdout, stderr := analyze(t, data.String(), "plan", "-", "--nodes", "4", "--format", "json")
	var report planReport
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || code != exitOK {
		t.Fatalf("exit %d, %v: %s", code, err, stderr)
	}
	floor := report.Floors[0]
	if floor.Tag != "huge" || floor.Imbalance < 3 || floor.Together != 1 || !slices.Contains(floor.Slots, slot.Of([]byte("huge"))) || floor.TagShare < 0.99 {
		t.Errorf("%+v", floor)
	}
}

func TestRateOfARun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.json")
	for text, want := range map[string]speed{
		`{"migrations":[{"keys":10,"bytes":4000,"seconds":2},{"keys":10,"bytes":2000,"seconds":1}]}`: {2000, byBytes, path},
		`{"migrations":[{"keys":10,"bytes":-1,"seconds":2}]}`:                                        {5, byKeys, path},
		`{"migrations":[]}`: {},
		`{`:                 {},
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := speedOfRun(path)
		if got != want || (err != nil) != (want == speed{}) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for text, want := range map[string]float64{"50MB/s": 50e6, "8 MiB/s": 8 << 20, "1kB": 1000, "20000keys/s": 20000} {
		if got, err := parseSpeed(text); err != nil || got.perSecond != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

func TestSchemesAndClaimsPrint(t *testing.T) {
	for _, args := range [][]string{{"schemes", "--keys", "20000", "--nodes", "3", "--to", "6", "--timing", "1ms"}, {"schemes", "-", "--timing", "1ms"}} {
		for _, format := range []string{"table", "csv", "markdown", "json"} {
			code, stdout, stderr := analyze(t, "a\nb\r\n\n", append(args, "--format", format)...)
			if code != exitOK || !strings.Contains(stdout, "rendezvous") {
				t.Errorf("%v %s: exit %d, %q, %q", args, format, code, stdout, stderr)
			}
		}
	}
	for _, test := range []struct {
		input string
		code  int
		says  string
	}{
		{"key,bytes\na,1\nb,2\n", exitOK, "2 keys over 12 nodes"},
		{`{"key":"a"}` + "\n" + `{"key":"b"}` + "\n" + `{"key":"c"}` + "\n", exitOK, "2 keys over 12 nodes"}, // of three: --keys 2
		{"*2\r\n$1\r\n0\r\n*1\r\n$1\r\na\r\n", exitOK, "1 key over 12 nodes"},
		{"a\n\"b\n", exitFailed, "1 key over 12 nodes"},
	} {
		if code, stdout, stderr := analyze(t, test.input, "schemes", "-", "--keys", "2", "--timing", "1ms"); code != test.code || !strings.Contains(stdout, test.says) {
			t.Errorf("%q: exit %d\n%s%s", test.input, code, stdout, stderr)
		}
	}
	if code, _, stderr := analyze(t, "", "schemes", "-"); code != exitFailed || !strings.Contains(stderr, "no keys") {
		t.Errorf("exit %d, %q", code, stderr)
	}
	found := claims.Finding{Claim: "All | is well", Verdict: claims.False, Truth: strings.Repeat("It is not so. ", 20), How: "by looking"}
	text := claimText(2, found)
	for line := range strings.Lines(text) {
		if len(line) > claimWidth+1 {
			t.Errorf("%d characters: %s", len(line), line)
		}
	}
	if !strings.HasPrefix(text, "\n 2. All | is well\n    FALSE. It is") || !strings.HasSuffix(text, "    How: by looking.\n") {
		t.Errorf("%q", text)
	}
	for format, want := range map[string]string{"csv": "All | is well,false,", "json": `"claim":"All | is well"`, "markdown": `| All \| is well | false`} {
		var out bytes.Buffer
		if err := claimWriters[format](&out, []claims.Finding{found}); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%s: %v, %s", format, err, out.String())
		}
	}
}
