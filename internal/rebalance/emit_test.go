package rebalance

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"slotbench/internal/slot"
)

func emitted(t *testing.T, name, addr string) (string, error) {
	t.Helper()
	before := slot.Even(slot.DefaultCount, make([]slot.Node, 2))
	after := before.Clone()
	for _, s := range []slot.Slot{0, 1, 7, 9000} {
		after.SetOwner(s, 1-after.Owner(s))
	}
	p := NewPlan(before, after)
	p.Nodes[0].Addr, p.Nodes[1].Addr = addr, "10.0.0.2:6379"
	var text strings.Builder
	err := Emitters[name](&text, p, before)
	return text.String(), err
}

// Every script is one that a shell can read, and every emitter has a name.
func TestScriptsAreShell(t *testing.T) {
	if len(EmitNames()) != len(Emitters) {
		t.Fatalf("%v for %d emitters", EmitNames(), len(Emitters))
	}
	for _, name := range EmitNames() {
		text, err := emitted(t, name, "[::1]:6379")
		if err != nil || text == "" {
			t.Fatalf("%s: %v", name, err)
		}
		if name == "plan" {
			continue
		}
		check := exec.Command("sh", "-n")
		check.Stdin = strings.NewReader(text)
		if output, err := check.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", name, err, output)
		}
	}
}

// What is not a plain address cannot get into a script.
func TestScriptsRefuseOddAddresses(t *testing.T) {
	for _, addr := range []string{"", "host", ":1", "$(reboot):6379", "a b:1", "h:1;ls", "h`id`:1"} {
		if text, err := emitted(t, "redis-cli", addr); err == nil || text != "" {
			t.Errorf("%q is accepted", addr)
		}
	}
}

// answers plays a client of servers that cannot be had here: it gives the replies
// that their documentation has, the second time those of a migration that ended.
const answers = `#!/bin/sh
shift 4
echo "$*" | head -n 1 >> "$LOG"
case "$*" in
"CLUSTER MYID") echo 0123456789abcdef0123456789abcdef01234567 ;;
"DFLYCLUSTER CONFIG "*) echo OK ;;
"CLUSTER MIGRATION IMPORT "*) echo 24cf41718b20f7f05901743dffc40bc9b15db339 ;;
"DFLYCLUSTER SLOT-MIGRATION-STATUS" | "CLUSTER MIGRATION STATUS ID 24cf41718b20f7f05901743dffc40bc9b15db339")
	dragonfly=SYNC redis=streaming-buffer
	if [ -e "$LOG.asked" ]; then dragonfly=FINISHED redis=$END; fi
	: > "$LOG.asked"
	case "$1" in
	CLUSTER) printf 'id\n24cf41718b20f7f05901743dffc40bc9b15db339\nslots\n0-1\noperation\nimport\nstate\n%s\nlast_error\n\n' "$redis" ;;
	*) printf 'out\nnode_b\n%s\n17\n0\n' "$dragonfly" ;;
	esac ;;
*) echo "ERR unknown command: $*" ;;
esac
`

// TestScriptsWait runs the scripts for servers that cannot be had in tests
// against their documented replies: they wait until a migration has ended, and
// say when one failed.
func TestScriptsWait(t *testing.T) {
	for _, test := range []struct {
		emitter, end, want string
		fails              bool
	}{
		{"migration-import", "completed", "CLUSTER MIGRATION IMPORT 9000 9000", false},
		{"migration-import", "failed", "CLUSTER MIGRATION STATUS", true},
		{"dflycluster", "", "DFLYCLUSTER SLOT-MIGRATION-STATUS", false},
	} {
		text, err := emitted(t, test.emitter, "10.0.0.1:6379")
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		cli, log := filepath.Join(dir, "cli"), filepath.Join(dir, "log")
		if err := os.WriteFile(cli, []byte(answers), 0o755); err != nil {
			t.Fatal(err)
		}
		run := exec.Command("sh")
		run.Stdin = strings.NewReader(text)
		run.Env = append(os.Environ(), "CLI="+cli, "LOG="+log, "END="+test.end)
		output, err := run.CombinedOutput()
		asked, _ := os.ReadFile(log)
		if (err != nil) != test.fails || !test.fails && !strings.Contains(string(output), "done: 4 slots") || !strings.Contains(string(asked), test.want) {
			t.Errorf("%s, %s: %v\n%s\nasked:\n%s", test.emitter, test.end, err, output, asked)
		}
	}
}
