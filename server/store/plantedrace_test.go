//go:build race

package store

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"slotbench/internal/slot"
)

const plantVariable = "SLOTBENCH_PLANT_RACE"

// TestPlantedRace reads a value after its slot was unlocked, while another
// goroutine writes it, in a process of its own, and expects the race detector
// to say so.
func TestPlantedRace(t *testing.T) {
	if os.Getenv(plantVariable) != "" {
		plantRace()
		return
	}
	child := exec.Command(os.Args[0], "-test.run", "^TestPlantedRace$")
	child.Env = append(os.Environ(), plantVariable+"=1")
	out, err := child.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "DATA RACE") {
		t.Fatalf("a race on a value was not noticed: %v\n%s", err, out)
	}
}

// plantRace breaks the rule that a Value is borrowed until Unlock.
func plantRace() {
	a := NewArena(slot.MinCount, 1)
	key := []byte("k")
	with(a, "k", 0, func(table Table) { table.Set(key, Entry{Type: String, Value: []byte("before")}) })
	var kept []byte
	with(a, "k", 0, func(table Table) {
		e, _ := table.Get(key)
		kept = e.Value
	})
	wrote := make(chan struct{})
	go func() {
		with(a, "k", 0, func(table Table) { table.Set(key, Entry{Type: String, Value: []byte("behind")}) })
		close(wrote)
	}()
	sum := byte(0)
	for _, b := range kept {
		sum += b
	}
	<-wrote
	_ = sum
}
