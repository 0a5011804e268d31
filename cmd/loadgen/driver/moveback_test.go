package driver

import (
	"testing"

	"slotbench/internal/slot"
)

// A line for people names some ranges, however many slots moved.
func TestShortSlots(t *testing.T) {
	var odd []slot.Slot
	for s := slot.Slot(1); s < 100; s += 2 {
		odd = append(odd, s)
	}
	for want, slots := range map[string][]slot.Slot{
		"3 slots (5-6 9)":                 {5, 6, 9},
		"50 slots (1 3 5 7 9 11 13 15 …)": odd,
		"2 slots (0-1)":                   {0, 1},
	} {
		if got := shortSlots(slots); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
