package rebalance

import (
	"os/exec"
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
