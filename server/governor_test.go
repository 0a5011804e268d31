package server

import "testing"

func TestGovernor(t *testing.T) {
	type step struct {
		busy    float64
		checks  int
		changes int // of active, over the checks
	}
	for _, test := range []struct {
		name          string
		active, limit int
		steps         []step
	}{
		{"saturated for long enough", 1, 4, []step{{0.95, saturatedChecks, +1}}},
		{"saturated with interruptions", 1, 4, []step{{0.95, saturatedChecks - 1, 0}, {0.5, 1, 0}, {0.95, saturatedChecks - 1, 0}}},
		{"at the limit", 4, 4, []step{{4, 10 * saturatedChecks, 0}}},
		{"a count that begins anew", 1, 4, []step{{0.95, saturatedChecks, +1}, {1.95, saturatedChecks - 1, 0}, {1.95, 1, +1}}},
		{"relaxed for long enough", 3, 4, []step{{0.9, relaxedChecks, -1}}},
		{"not relaxed enough", 2, 4, []step{{0.6, 10 * relaxedChecks, 0}}},
		{"one always stays", 1, 4, []step{{0, 10 * relaxedChecks, 0}}},
	} {
		var g governor
		active := test.active
		for _, s := range test.steps {
			before := active
			for range s.checks {
				active = g.decide(s.busy, active, test.limit)
			}
			if active-before != s.changes {
				t.Errorf("%s: %d loops became %d, want %+d", test.name, before, active, s.changes)
			}
		}
	}
}
