package collection

import (
	"encoding/hex"
	"maps"
	"math"
	"slices"
	"testing"
)

var edges = []int64{
	0, 1, -1, 5, math.MaxInt16, math.MaxInt16 + 1, math.MinInt16, math.MinInt16 - 1, math.MaxInt32, math.MaxInt32 + 1,
	math.MinInt32, math.MinInt32 - 1, math.MaxInt64, math.MinInt64,
}

// FuzzIntset does with an intset and with a map what bytes say: each adds or
// removes one of the edges, or a small number.
func FuzzIntset(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0x80, 0x81, 0x8D, 0x8C})
	f.Add([]byte{13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0})
	f.Add([]byte{20, 21, 19, 0x94, 0x95, 0x93})
	f.Fuzz(func(t *testing.T, steps []byte) {
		is, model := IntsetNew(nil), map[int64]bool{}
		for _, step := range steps {
			n := int64(step&0x7F) - 40
			if i := int(step & 0x7F); i < len(edges) {
				n = edges[i]
			}
			var did bool
			if step < 0x80 {
				if is, did = IntsetAdd(is, n); did == model[n] {
					t.Fatalf("Add(%d) reports %v", n, did)
				}
				model[n] = true
			} else {
				if is, did = IntsetRemove(is, n); did != model[n] {
					t.Fatalf("Remove(%d) reports %v", n, did)
				}
				delete(model, n)
			}
			if IntsetHas(is, n) != model[n] {
				t.Fatalf("Has(%d) is not %v", n, model[n])
			}
		}
		want := slices.Sorted(maps.Keys(model))
		got := make([]int64, IntsetLen(is))
		for i := range got {
			got[i] = IntsetAt(is, i)
		}
		if !slices.Equal(got, want) || len(is) != IntsetHead+len(want)*intsetWidth(is) {
			t.Fatalf("%d bytes: %v, want %v", len(is), got, want)
		}
	})
}

// The bytes that redis-server 7.0 keeps for SADD k 1 70000 -5: those of its
// DUMP, between the length and the version.
func TestIntsetAsRedis(t *testing.T) {
	is := IntsetNew(nil)
	for _, n := range []int64{1, 70000, -5} {
		is, _ = IntsetAdd(is, n)
	}
	const want = "04000000" + "03000000" + "fbffffff" + "01000000" + "70110100"
	if got := hex.EncodeToString(is); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func BenchmarkIntsetHas(b *testing.B) {
	is := IntsetNew(nil)
	for i := range int64(512) {
		is, _ = IntsetAdd(is, i*1000)
	}
	for i := int64(0); b.Loop(); i++ {
		if !IntsetHas(is, i%512*1000) {
			b.Fatal("not there")
		}
	}
}
