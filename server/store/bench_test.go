package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"

	"slotbench/internal/slot"
)

// keyOf is a key of n bytes, 8 at least, that has the number i.
func keyOf(key []byte, n, i int) []byte {
	key = key[:n]
	for at := range key {
		key[at] = 'k'
	}
	binary.BigEndian.PutUint64(key[n-8:], uint64(i)*0x9e3779b97f4a7c15)
	return key
}

// loaded is an Arena of that many keys and how many bytes it takes for each,
// beyond key and value.
func loaded(keys, keyBytes, valueBytes int) (*Arena, float64) {
	a := NewArena(slot.DefaultCount, 1)
	key, value := make([]byte, keyBytes), bytes.Repeat([]byte("v"), valueBytes)
	for i := range keys {
		key = keyOf(key, keyBytes, i)
		s := a.Count().Of(key)
		a.Lock(s, 0).Set(key, Entry{Type: String, Value: value})
		a.Unlock(s)
		if i%10_000 == 0 {
			a.Tidy(0, 1000)
		}
	}
	a.settle()
	return a, float64(a.heldPages())*pageBytes/float64(keys) - float64(keyBytes+valueBytes)
}

// loadedMaps is the same as a Go map for each slot.
func loadedMaps(keys, keyBytes, valueBytes int) []map[string][]byte {
	maps := make([]map[string][]byte, slot.DefaultCount)
	for i := range maps {
		maps[i] = make(map[string][]byte)
	}
	for i := range keys {
		key := keyOf(make([]byte, keyBytes), keyBytes, i)
		maps[slot.Of(key)][string(key)] = bytes.Repeat([]byte("v"), valueBytes)
	}
	return maps
}

// batch is how many keys are looked up together, as in a pipeline.
const batch = 64

// BenchmarkGet looks up random keys: one by one, with Prefetch in batches, and
// in Go maps.
func BenchmarkGet(b *testing.B) {
	const keyBytes, valueBytes = 16, 100
	for _, keys := range []int{1_000_000, 5_000_000} {
		a, overhead := loaded(keys, keyBytes, valueBytes)
		hints := make([]Hint, batch)
		for i := range hints {
			hints[i].Key = make([]byte, keyBytes)
		}
		for _, ahead := range []bool{false, true} {
			b.Run(fmt.Sprintf("arena/%dM/prefetch=%v", keys/1_000_000, ahead), func(b *testing.B) {
				random := rand.New(rand.NewPCG(1, 1))
				for i := 0; b.Loop(); i++ {
					hint := &hints[i%batch]
					if i%batch == 0 {
						for j := range hints {
							hints[j].Key = keyOf(hints[j].Key, keyBytes, random.IntN(keys))
							hints[j].Slot = slot.Of(hints[j].Key)
						}
						if ahead {
							a.Prefetch(hints)
						}
					}
					if e, ok := a.Lock(hint.Slot, 0).Get(hint.Key); !ok || e.Value[0] != 'v' || len(e.Value) != valueBytes {
						b.Fatal("the value is not there")
					}
					a.Unlock(hint.Slot)
				}
				b.ReportMetric(overhead, "B/key")
			})
		}
		runtime.KeepAlive(a)
		maps := loadedMaps(keys, keyBytes, valueBytes)
		b.Run(fmt.Sprintf("gomap/%dM", keys/1_000_000), func(b *testing.B) {
			random := rand.New(rand.NewPCG(1, 1))
			key := make([]byte, keyBytes)
			for b.Loop() {
				key = keyOf(key, keyBytes, random.IntN(keys))
				if v := maps[slot.Of(key)][string(key)]; v[0] != 'v' || len(v) != valueBytes {
					b.Fatal("the value is not there")
				}
			}
		})
	}
}

// BenchmarkSet overwrites random keys, with values of one size or of many.
func BenchmarkSet(b *testing.B) {
	const keys, keyBytes, valueBytes = 1_000_000, 16, 100
	a, _ := loaded(keys, keyBytes, valueBytes)
	for _, spread := range []int{1, 60} {
		b.Run(fmt.Sprintf("arena/sizes=%d", spread), func(b *testing.B) {
			random := rand.New(rand.NewPCG(1, 1))
			key, value := make([]byte, keyBytes), make([]byte, 200)
			for b.Loop() {
				key = keyOf(key, keyBytes, random.IntN(keys))
				s := slot.Of(key)
				a.Lock(s, 0).Set(key, Entry{Type: String, Value: value[:valueBytes+random.IntN(spread)]})
				a.Unlock(s)
			}
		})
	}
}

// BenchmarkLoad sets keys that are new, and says what they take.
func BenchmarkLoad(b *testing.B) {
	for _, c := range []struct{ keyBytes, valueBytes int }{{16, 100}, {8, 32}} {
		b.Run(fmt.Sprintf("arena/%d+%d", c.keyBytes, c.valueBytes), func(b *testing.B) {
			const keys = 1_000_000
			overhead := 0.0
			for b.Loop() {
				_, overhead = loaded(keys, c.keyBytes, c.valueBytes)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/keys, "ns/key")
			b.ReportMetric(overhead, "B/key")
		})
	}
}

// BenchmarkAllocate takes objects from one shard and gives them back, from
// several goroutines: what its lock costs.
func BenchmarkAllocate(b *testing.B) {
	for _, goroutines := range []int{1, 2, 4, 8} {
		b.Run(fmt.Sprintf("goroutines=%d", goroutines), func(b *testing.B) {
			a := NewArena(slot.MinCount, 1)
			s := &a.shards[0]
			var next atomic.Uint64
			b.SetParallelism(max(1, goroutines/runtime.GOMAXPROCS(0)))
			if goroutines < runtime.GOMAXPROCS(0) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(goroutines))
			}
			b.RunParallel(func(pb *testing.PB) {
				var kept [64]reference
				state := next.Add(1)
				for pb.Next() {
					state = mix(state)
					at := &kept[state%64]
					if *at != 0 {
						s.free(*at)
					}
					*at = s.alloc(int(16 + state>>60*8))
				}
			})
		})
	}
}

// BenchmarkHash is the part of a lookup that knows nothing of tables.
func BenchmarkHash(b *testing.B) {
	seed, key := maphash.MakeSeed(), []byte("key:000000000001")
	for b.Loop() {
		maphash.Bytes(seed, key)
	}
}
