package main

import (
	"testing"
	"time"
)

// TestOwnPrefix is the seed's on an empty target, and nobody else's beside the
// data of others.
func TestOwnPrefix(t *testing.T) {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	prefix := func(seed uint64, besideOthers bool, started time.Time) string {
		p, err := ownPrefix(seed, besideOthers, started)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if a, b := prefix(7, false, noon), prefix(7, false, noon.Add(time.Hour)); a != "slotbench:7:" || a != b {
		t.Errorf("%q, then %q", a, b)
	}
	if a, b := prefix(7, true, noon), prefix(7, true, noon.Add(time.Second)); a == b || a == prefix(7, false, noon) {
		t.Errorf("beside others %q, then %q", a, b)
	}
}
