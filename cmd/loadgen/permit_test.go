//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slotbench/internal/peer"
	"slotbench/results/report"
)

// TestPermissionsAreNamed runs as users who may not do all that a run needs: it
// is refused before it writes anything, with the rules that are missing.
func TestPermissionsAreNamed(t *testing.T) {
	t.Parallel()
	addr := peer.Start(t)
	admin := client(t, addr)
	for _, c := range []struct{ workload, rules, want string }{
		{"uniform", "~* +ping", "+info +dbsize"},
		{"uniform", "~* +@all -set -del", "ACL SETUSER u +set +del\n"},
		{"uniform", "~other:* +@all", "ACL SETUSER u ~slotbench:*\n"},
		{"pubsub", "~* resetchannels +@all", "ACL SETUSER u &slotbench:*\n"},
		{"rate-limiter", "~* +@all -script|load", "ACL SETUSER u +script|load\n"},
		{"redis-spec-streams", "~* +@all -xack", "ACL SETUSER u +xack\n"},
		{"uniform", "~slotbench:* +info +dbsize +get +set +del +multi +discard", ""},
	} {
		rules := append([]any{"ACL", "SETUSER", "u", "reset", "on", ">pw"}, anys(strings.Fields(c.rules))...)
		if err := admin.Do(t.Context(), rules...).Err(); err != nil {
			t.Fatal(err)
		}
		p := start(t, "run", "-w", c.workload, "--target", "redis://u:pw@"+addr, "--keys", "100",
			"--rate", "100", "--duration", "200ms", "--warmup", "0s", "--migrate", "0", "--format", "json", "--out", "run")
		code := p.wait()
		refused := code == exitUsage || c.want == "+info +dbsize" && code == exitFailed
		if c.want != "" && !refused || c.want == "" && code != exitOK || !strings.Contains(p.stderr.String(), c.want) {
			t.Errorf("%s as %q: exit %d, want %q:\n%s", c.workload, c.rules, code, c.want, p.stderr.String())
		}
		if n := admin.DBSize(t.Context()).Val(); n != 0 {
			t.Fatalf("%s as %q left %d keys", c.workload, c.rules, n)
		}
	}
}

func anys(words []string) []any {
	all := make([]any, len(words))
	for i, word := range words {
		all[i] = word
	}
	return all
}

// TestReportFilesThatCannotBeWritten has something in the place of the page: the
// run is whole, but says so and fails.
func TestReportFilesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "run")
	if err := os.MkdirAll(filepath.Join(out, report.FileHTML), 0o700); err != nil {
		t.Fatal(err)
	}
	p := start(t, "run", "--nodes", "1", "--rate", "100", "--duration", "200ms", "--warmup", "0s", "--migrate", "0", "--keys", "100", "--out", out)
	if code := p.wait(); code != exitFailed || !strings.Contains(p.stderr.String(), filepath.Join(out, report.FileHTML)) ||
		!strings.Contains(p.stderr.String(), "loadgen report --files "+out) {
		t.Errorf("exit %d:\n%s", code, p.stderr.String())
	}
	for _, name := range []string{"run.json", "report.md"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Errorf("beside it: %v", err)
		}
	}
}
