package workloads

import (
	"fmt"
	"slices"
	"testing"

	"slotbench/internal/slot"
)

// TestDigitsReachEverySlot places texts before and behind the digits.
func TestDigitsReachEverySlot(t *testing.T) {
	for _, behind := range []string{"", "x", ":17:xxxxxxxxxxxxxxxxxxxxx"} {
		for want := range slot.Slot(slot.DefaultCount) {
			text := fmt.Appendf(nil, "user-%d-000000%s", want%7, behind)
			at := len(text) - len(behind) - placeDigits
			placings().place(text, at, want)
			if got := slot.Slot(slot.CRC16(text) & uint16(slot.DefaultCount-1)); got != want {
				t.Fatalf("%s is in slot %d, want %d", text, got, want)
			}
			for _, digit := range text[at : at+placeDigits] {
				if digit < '0' || digit > '7' {
					t.Fatalf("%s: digit %q", text, digit)
				}
			}
		}
	}
}

// placedKeys are 100 carts, users whose slots are given and padded, and others.
const placedKeys = `
name: placed
keys: 200
prefix: "p:"
families:
  - name: cart
    key: "cart:{u%[tag]d-%[slot]s}:%[member]d"
    share: 100
    slots: |
      3+0+40 @100 7/3
      @16383 50
  - name: order
    key: "order:{u%[tag]d-%[slot]s}:%[member]d"
    share: 20
    slots: "1+1+1 @100 17"
  - name: user
    key: "user:%d:%[slot]s:%[pad]s"
    share: 50
    key_size: "30-40"
    slots: "@7 1 2 3 @9000 44"
  - name: member
    key: "%[member]d/%[slot]s"
    share: 30
    slots: "@70 10 20 30"
operations:
  - {command: GET, weight: 1}
  - {command: MGET, keys: 3, families: [cart]}
`

func TestKeysLieInTheirSlots(t *testing.T) {
	w := mustParse(t, placedKeys, Options{Streams: 1})
	want := []map[slot.Slot]int{{0: 43, 100: 7, 16383: 50}, {0: 3, 100: 17}, {7: 1, 8: 2, 9: 3, 9000: 44}, {70: 5, 71: 10, 72: 15}}
	tags := map[string][]string{}
	for i := range w.families {
		f := &w.families[i]
		got := map[slot.Slot]int{}
		for n := range f.keys {
			key, at := f.appendKey(nil, n)
			if at != slot.Of(key) {
				t.Fatalf("%s is in slot %d, not %d", key, slot.Of(key), at)
			}
			got[at]++
			if tag, ok := slot.Tag(key); ok && !slices.Contains(tags[f.name], string(tag)) {
				tags[f.name] = append(tags[f.name], string(tag))
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want[i]) {
			t.Errorf("%s: %v, want %v", f.name, got, want[i])
		}
	}
	if n := len(tags["cart"]); n != 2+3+1 {
		t.Errorf("carts have %d tags: %v", n, tags["cart"])
	}
	shared := 0
	for _, tag := range tags["order"] {
		if slices.Contains(tags["cart"], tag) {
			shared++
		}
	}
	if shared != 3 || len(tags["order"]) != 4 { // the second of slot 0 has no cart
		t.Errorf("orders have %v, of which carts %v have %d", tags["order"], tags["cart"], shared)
	}
}
