package driver

import (
	"strings"
	"testing"
	"time"

	"slotbench/internal/timeline"
	"slotbench/targets"
)

func TestKillsThatShowNoFailover(t *testing.T) {
	const timeout = 15 * time.Second
	for _, c := range []struct {
		event    string
		timeout  time.Duration
		duration time.Duration
		want     string // "": no warning
	}{
		{"at=3s kill node=0", timeout, 10 * time.Second, "ends 7s after it"},
		{"at=3s kill node=0", timeout, 10 * time.Second, "make --duration 22s or longer"},
		{"at=50% kill node=0", timeout, 20 * time.Second, "ends 10s after it"},
		{"at=3s kill node=0", timeout, 40 * time.Second, ""},
		{"at=3s kill node=0 for=5s", timeout, 40 * time.Second, "back after 5s, before the 15s"},
		{"at=3s kill node=0 for=25s", timeout, 40 * time.Second, ""},
		{"at=3s kill node=0", 0, 10 * time.Second, ""}, // nobody could take over
		{"at=3s kill node=0", timeout, 0, ""},          // ends by requests
		{"at=3s stop node=0 for=2s", timeout, 10 * time.Second, ""},
	} {
		event, err := timeline.Parse(c.event)
		if err != nil {
			t.Fatal(err)
		}
		got := (&step{Event: event}).noTakeover(c.timeout, c.duration)
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s in %s: %q, want %q", c.event, c.duration, got, c.want)
		}
	}
	e := &engine{about: targets.Description{Settings: map[string]string{"cluster-node-timeout": "15000"}}}
	if got := e.nodeTimeout(); got != 0 {
		t.Errorf("without replicas nobody takes over, but after %s", got)
	}
	e.about.Can.Failover = true
	if got := e.nodeTimeout(); got != timeout {
		t.Errorf("timeout %s", got)
	}
}
