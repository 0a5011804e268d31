package driver

import (
	"testing"
	"time"

	"slotbench/results"
)

func TestSoFar(t *testing.T) {
	good := State{Response: &results.LiveResponse{}, Elapsed: 5 * time.Second, Requests: 50_000, OfferedPerSec: 10_000, P99US: 900, LagP99US: 40}
	for name, c := range map[string]struct {
		change func(*State)
		want   string
	}{
		"good":                {func(*State) {}, results.Valid},
		"closed loop":         {func(s *State) { s.OfferedPerSec, s.LagP99US = 0, 0 }, results.Valid},
		"nothing yet":         {func(s *State) { s.Requests = 0 }, ""},
		"preload":             {func(s *State) { s.Response = nil }, ""},
		"errors":              {func(s *State) { s.Errors = 1 }, results.Errors},
		"late":                {func(s *State) { s.LagP99US = 101 }, results.ClientBound},
		"late, slow system":   {func(s *State) { s.LagP99US, s.P99US = 400, 5000 }, results.Valid},
		"short":               {func(s *State) { s.Requests = 45_000 }, results.ShortOffered},
		"short by chance":     {func(s *State) { s.Requests = 47_000 }, results.Valid},
		"short, just started": {func(s *State) { s.Requests, s.Elapsed = 100, 900*time.Millisecond }, results.Valid},
	} {
		s := good
		c.change(&s)
		if got := s.SoFar(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
