package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew; commit only a difference that you can explain")

// analyze runs the command line with this standard input.
func analyze(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stdin")
	if err := os.WriteFile(path, []byte(stdin), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var out, talk bytes.Buffer
	code = execute(args, file, &out, &talk)
	return code, out.String(), talk.String()
}

func TestGolden(t *testing.T) {
	for _, test := range []struct {
		name string
		code int
		args []string
	}{
		{"shop.table", exitOK, []string{"keys", "testdata/shop.csv", "--by", "ops", "--top", "5", "--slots", "1024,16384"}},
		{"shop.md", exitOK, []string{"keys", "testdata/shop.csv", "--format", "markdown", "--nodes", "4", "--top", "3"}},
		{"shop.csv", exitOK, []string{"keys", "testdata/shop.csv", "--format", "csv", "--slots", "1024", "--top", "4"}},
		{"shop.json", exitOK, []string{"keys", "testdata/shop.csv", "--format", "json", "--slots", "1024", "--top", "4", "--threads", "1"}},
		{"keys.table", exitFailed, []string{"keys", "testdata/keys.txt", "--top", "4"}},
		{"keys.md", exitFailed, []string{"keys", "testdata/keys.txt", "--format", "markdown", "--top", "4"}},
		{"keys.json", exitFailed, []string{"keys", "testdata/keys.txt", "--format", "json", "--slots", "1024", "--top", "4"}},
		{"raw.table", exitOK, []string{"keys", "--input", "raw", "testdata/keys.txt", "--top", "4", "--nodes", "64"}},
		{"nothing.table", exitOK, []string{"keys", "-"}},
		{"nothing.json", exitOK, []string{"keys", "-", "--format", "json", "--slots", "1024"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, stdout, stderr := analyze(t, "", test.args...)
			if code != test.code {
				t.Fatalf("exit %d, want %d: %s", code, test.code, stderr)
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
			if strings.HasSuffix(test.name, ".json") {
				equalJSON(t, decode(t, stdout), decode(t, string(want)), "")
			} else if stdout != string(want) {
				t.Fatalf("differs from %s:\n%s", golden, stdout)
			}
		})
	}
}

func decode(t *testing.T, text string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return value
}

// equalJSON compares numbers up to what processors round differently.
func equalJSON(t *testing.T, got, want any, path string) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		got, _ := got.(map[string]any)
		if len(got) != len(want) {
			t.Fatalf("%s: %d fields, want %d", path, len(got), len(want))
		}
		for name := range want {
			equalJSON(t, got[name], want[name], path+"."+name)
		}
	case []any:
		got, _ := got.([]any)
		if len(got) != len(want) {
			t.Fatalf("%s: %d elements, want %d", path, len(got), len(want))
		}
		for i := range want {
			equalJSON(t, got[i], want[i], fmt.Sprintf("%s[%d]", path, i))
		}
	case float64:
		if got, ok := got.(float64); !ok || math.Abs(got-want) > 1e-9*math.Max(1, math.Abs(want)) {
			t.Fatalf("%s = %v, want %v", path, got, want)
		}
	default:
		if got != want {
			t.Fatalf("%s = %v, want %v", path, got, want)
		}
	}
}

// The CSV is one rectangle whose slots add up to its nodes.
func TestCSVAddsUp(t *testing.T) {
	_, stdout, _ := analyze(t, "", "keys", "testdata/shop.csv", "--format", "csv", "--slots", "2048,32768")
	rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	sums, rowsOf := map[string]int{}, map[string]int{}
	for _, row := range rows[1:] {
		kind := row[0]
		if kind == "slot" {
			kind += row[1]
		}
		n := 0
		_, _ = fmt.Sscan(row[4], &n)
		sums[kind] += n
		rowsOf[kind]++
	}
	if sums["total"] != 401 || sums["node"] != 401 || sums["slot2048"] != 401 || sums["slot32768"] != 401 {
		t.Fatalf("keys %v", sums)
	}
	if rowsOf["slot2048"] != 2048 || rowsOf["slot32768"] != 32768 || rowsOf["node"] != 3 {
		t.Fatalf("rows %v", rowsOf)
	}
}

func TestUsage(t *testing.T) {
	for _, test := range []struct {
		args []string
		want []string
	}{
		{[]string{"keys"}, []string{"no INPUT"}},
		{[]string{"key"}, []string{`unknown command "key"`}},
		{[]string{"keys", "x", "--nope"}, []string{"--nope"}},
		{[]string{"keys", "x", "--nodes", "many"}, []string{"--nodes"}},
		{[]string{"keys", "-", "-", "--nodes", "0", "--slots", "1000", "--top", "-1", "--by", "heat", "--input", "zip", "--format", "xml", "--threads", "-1"},
			[]string{"--nodes 0", "slot count 1000", "--top -1", `measure "heat"`, `input format "zip"`, `--format "xml"`, "--threads -1", "named 2 times"}},
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

func TestFailures(t *testing.T) {
	code, stdout, stderr := analyze(t, "", "keys", "testdata/none")
	if code != exitFailed || stdout != "" || !strings.Contains(stderr, "testdata/none: no such file") {
		t.Errorf("exit %d, %q, %q", code, stdout, stderr)
	}
	code, stdout, stderr = analyze(t, "a\nb\n", "keys", "testdata/none", "-")
	if code != exitFailed || !strings.Contains(stdout, "PARTIAL") || !strings.Contains(stdout, "2 keys") || !strings.Contains(stderr, "testdata/none") {
		t.Errorf("exit %d, %q, %q", code, stdout, stderr)
	}
	code, stdout, stderr = analyze(t, "a\n", "keys", "-", "--by", "ops")
	if code != exitFailed || stdout != "" || !strings.Contains(stderr, "tell no operations") {
		t.Errorf("exit %d, %q, %q", code, stdout, stderr)
	}
	code, _, stderr = analyze(t, "a\n\"b\n", "keys", "-")
	if code != exitFailed || !strings.Contains(stderr, "-, line 2 (offset 2)") || !strings.Contains(stderr, "1 bad line:") {
		t.Errorf("exit %d, %q", code, stderr)
	}
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var talk bytes.Buffer
	if code := execute([]string{"keys", "testdata/keys.txt"}, file, file, &talk); code != exitFailed || !strings.Contains(talk.String(), "write the report") {
		t.Errorf("exit %d, %q", code, talk.String())
	}
}

func TestHelpTeaches(t *testing.T) {
	for _, args := range [][]string{nil, {"--help"}, {"keys", "--help"}, {"--version"}} {
		code, stdout, stderr := analyze(t, "", args...)
		if code != exitOK || stderr != "" || stdout == "" {
			t.Errorf("%v: exit %d, %q", args, code, stderr)
		}
		if len(args) < 2 && len(args) > 0 && args[0] == "--version" {
			continue
		}
		if !strings.Contains(stdout, "redis-cli --scan") {
			t.Errorf("%v: no example in %q", args, stdout)
		}
	}
}

// Ctrl-C prints what was read so far, marked, also while nothing comes.
func TestInterrupt(t *testing.T) {
	for _, format := range []string{"json", "table"} {
		read, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		var out, talk bytes.Buffer
		done := make(chan int)
		go func() { done <- execute([]string{"keys", "-", "--format", format}, read, &out, &talk) }()
		// More than a pipe holds: once it is written, reading has begun and the
		// signal is awaited.
		if _, err := write.WriteString(strings.Repeat("key:1\n", 100_000)); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if code := <-done; code != exitFailed || !strings.Contains(talk.String(), "interrupted") {
			t.Fatalf("exit %d, %q", code, talk.String())
		}
		write.Close()
		read.Close()
		if format == "table" {
			if !strings.HasPrefix(out.String(), "PARTIAL") {
				t.Fatalf("%q", out.String())
			}
			continue
		}
		report := decode(t, out.String()).(map[string]any)
		if keys := report["keys"].(float64); report["partial"] != true || keys < 1 || keys > 100_000 {
			t.Fatalf("partial %v, %v keys", report["partial"], keys)
		}
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 12345678: "12,345,678"} {
		if got := count(n); got != want {
			t.Errorf("count(%d) = %s", n, got)
		}
	}
	for x, want := range map[float64]string{1.00004: "1.0000", 1.26: "1.2600", 3.456: "3.46", 16384: "16,384"} {
		if got := ratio(x); got != want {
			t.Errorf("ratio(%v) = %s", x, got)
		}
	}
	for text, want := range map[string]string{"a:é": "a:é", "a\x00": `"a\x00"`, `"a"`: `"\"a\""`, "\xff": `"\xff"`} {
		if got := printable(text); got != want {
			t.Errorf("printable(%q) = %s", text, got)
		}
	}
}
