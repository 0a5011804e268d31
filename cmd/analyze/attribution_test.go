package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
)

// TestAttribution plants a heavy tag, a big key, a hot key and a node with more
// slots, and wants each named where it is the reason.
func TestAttribution(t *testing.T) {
	var csv strings.Builder
	csv.WriteString("key,bytes,ops\n")
	for i := range 20_000 {
		fmt.Fprintf(&csv, "user:%d,%d,%d\n", i, 90+i%20, i%3)
	}
	for i := range 3000 {
		fmt.Fprintf(&csv, "cart:{big}:%d,100,1\n", i)
	}
	csv.WriteString("giant:1,2000000,1\nhot:7,100,90000\n")
	code, stdout, stderr := analyze(t, csv.String(), "keys", "-", "--nodes", "6", "--format", "json", "--templates")
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	var r report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"keys": hashTags, "bytes": bigKeys, "ops": hotKeys}
	if len(r.Attribution) != len(want) {
		t.Fatalf("%d measures", len(r.Attribution))
	}
	for _, a := range r.Attribution {
		together, most := 0.0, a.Parts[0]
		for _, p := range a.Parts {
			if together += p.Mean; p.Mean > most.Mean {
				most = p
			}
		}
		if most.Cause != want[a.By] || most.Without > a.MaxOverMean {
			t.Errorf("by %s: %+v", a.By, a.Parts)
		}
		if math.Abs(together-(a.MaxOverMean-1)) > 1e-9 {
			t.Errorf("by %s the parts add up to %g, not %g", a.By, together, a.MaxOverMean-1)
		}
	}
	if tags := r.Attribution[0].Tags; len(tags) != 1 || tags[0].Name != "{big}" || tags[0].Load != 3000 {
		t.Errorf("tags: %+v", tags)
	}
	if mined := r.Attribution[0].Templates; len(mined) == 0 || mined[0].Name != "cart:{big}:<int>" || mined[0].SlotBits != 0 {
		t.Errorf("templates: %+v", mined)
	}
}
