package profile

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"slotbench/internal/keyset"
	"slotbench/internal/request"
	"slotbench/internal/slot"
	"slotbench/internal/template"
	"slotbench/workloads"
)

// planted is keys of three kinds, 6:3:1, with sizes of their own.
func planted(n int) []keyset.Key {
	var all []keyset.Key
	for i := range n {
		key := keyset.Key{Count: 1, HasBytes: true}
		switch i % 10 {
		case 0, 1, 2, 3, 4, 5:
			key.Text, key.Bytes = fmt.Appendf(nil, "customer:%d:basket", 100_000+i*7), 200
		case 6, 7, 8:
			key.Text, key.Bytes = fmt.Appendf(nil, "visit:%032x", uint64(i)*0x9E3779B97F4A7C15), 1000
		default:
			key.Text, key.Bytes = fmt.Appendf(nil, "stock:{depot%d}:%d", i%50, i), 40
		}
		all = append(all, key)
	}
	return all
}

// TestFit makes a workload of planted keys, and looks at the keys that it
// writes: as many of each kind, as long, and none of the old words in them.
func TestFit(t *testing.T) {
	keys := planted(10_000)
	miner := template.New()
	for i := range keys {
		miner.Add(&keys[i])
	}
	fitted := Fit(Shape{Name: "fit", Templates: miner.Templates()})
	w, err := fitted.Spec.Compile(workloads.Options{Seed: 1, Streams: 1})
	if err != nil {
		t.Fatal(err)
	}
	if w.Keys() != int64(len(keys)) {
		t.Errorf("%d keys for %d", w.Keys(), len(keys))
	}
	kinds, lengths := map[int]int{}, map[int]int{}
	source := w.Preload(0, 1)
	var r request.Request
	seen := map[string]bool{}
	for source.Next(&r) {
		key := r.Key()
		if seen[string(key)] {
			t.Fatalf("%s is made twice", key)
		}
		seen[string(key)] = true
		for _, word := range []string{"customer", "basket", "visit", "stock", "depot"} {
			if bytes.Contains(key, []byte(word)) {
				t.Fatalf("%s tells %q", key, word)
			}
		}
		for size, kind := range map[int]int{200: 0, 1000: 1, 40: 2} {
			if math.Abs(float64(len(r.Frame)-size-len(key))) < 60 {
				kinds[kind]++
				lengths[kind] += len(key)
			}
		}
	}
	for kind, want := range []int{6000, 3000, 1000} {
		if kinds[kind] != want {
			t.Errorf("kind %d: %d keys, want %d (%v)", kind, kinds[kind], want, fitted.Notes)
		}
	}
	for kind, want := range []float64{float64(len("customer:100000:basket")), float64(len("visit:") + 32)} {
		if got := float64(lengths[kind]) / float64(kinds[kind]); math.Abs(got-want) > 3 {
			t.Errorf("kind %d: keys of %.1f bytes, want %.1f", kind, got, want)
		}
	}
}

// TestTagsAreShared fits templates that share tags of unequal size, one of which
// has keys without: slot by slot and tag by tag the keys lie as they did.
func TestTagsAreShared(t *testing.T) {
	miner := template.New()
	miner.Spread = true
	there, tagsThere := map[slot.Slot]int{}, map[string]int{}
	for i := range 9000 {
		tag := i % 90 * (i % 7)
		text := fmt.Sprintf("basket:{shopper-%d}:%d", tag, 100_000+i)
		switch i % 3 {
		case 1:
			text = fmt.Sprintf("parcel:{shopper-%d}:%d", tag, 100_000+i)
		case 2:
			text = fmt.Sprintf("address:with-a-long-name:%d", 100_000+i)
		}
		miner.Add(&keyset.Key{Text: []byte(text), Count: 1})
		there[slot.Of([]byte(text))]++
		if its, tagged := slot.Tag([]byte(text)); tagged {
			tagsThere[string(its)]++
		}
	}
	fitted := Fit(Shape{Name: "fit", Templates: miner.Templates(), BySlot: true})
	w, err := fitted.Spec.Compile(workloads.Options{Seed: 1, Streams: 1})
	if err != nil {
		t.Fatal(err)
	}
	here, tagsHere := map[slot.Slot]int{}, map[string]int{}
	for i := range w.Keys() {
		key := w.AppendKey(nil, i)
		here[slot.Of(key)]++
		if its, tagged := slot.Tag(key); tagged {
			tagsHere[string(its)]++
		}
	}
	if !maps.Equal(there, here) {
		t.Errorf("%d slots for %d, or other numbers of keys in them", len(here), len(there))
	}
	if a, b := slices.Sorted(maps.Values(tagsThere)), slices.Sorted(maps.Values(tagsHere)); !slices.Equal(a, b) {
		t.Errorf("tags of %v keys for %v", b, a)
	}
}
