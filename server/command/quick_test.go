package command

import (
	"strings"
	"testing"
)

// TestQuickNames finds every command however its name is written, and nothing
// else.
func TestQuickNames(t *testing.T) {
	all := newTable(groups())
	for name, want := range all.byName {
		mixed := strings.ToUpper(name[:1]) + name[1:]
		for _, written := range []string{name, strings.ToUpper(name), mixed} {
			if cmd, _ := all.find([][]byte{[]byte(written)}); cmd != want {
				t.Errorf("%s: found %v", written, cmd)
			}
		}
		if len(name) <= quickBytes && all.quick.find([]byte(name)) != want {
			t.Errorf("%s is not found by its word", name)
		}
		for _, other := range []string{name[1:], name + "x", "\x00" + name, name + "\x00"} {
			if all.byName[other] == nil && all.quick.find([]byte(other)) != nil {
				t.Errorf("%q is found", other)
			}
		}
	}
	if all.quick.find(nil) != nil {
		t.Error("the empty name is found")
	}
}
