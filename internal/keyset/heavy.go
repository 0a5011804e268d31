package keyset

import (
	"cmp"
	"container/heap"
	"slices"
	"strings"

	"slotbench/internal/sketch"
)

// heavyKeys is how many of the heaviest keys are kept.
const heavyKeys = 256

// HeavyKey is a key with what it holds or is asked for.
type HeavyKey struct {
	Text       string
	Bytes, Ops uint64
}

// Heavy are the heaviest keys by a measure, the heaviest first. Keys longer than
// MaxTagBytes are left out, and one that comes twice stands twice.
type Heavy struct {
	ByBytes, ByOps []HeavyKey
	// OpsError is how many more operations a key can have than is told: 0 but for
	// logs that name many keys.
	OpsError uint64
}

// heaviest keeps the heaviest keys, the lightest of them first.
type heaviest struct {
	keys   []HeavyKey
	weight func(*HeavyKey) uint64
}

func (h *heaviest) Len() int           { return len(h.keys) }
func (h *heaviest) Less(i, j int) bool { return h.weight(&h.keys[i]) < h.weight(&h.keys[j]) }
func (h *heaviest) Swap(i, j int)      { h.keys[i], h.keys[j] = h.keys[j], h.keys[i] }
func (h *heaviest) Push(k any)         { h.keys = append(h.keys, k.(HeavyKey)) }
func (h *heaviest) Pop() any           { panic("keyset: the lightest is replaced, never taken") }

// add takes in a key of a weight, which is its bytes or its operations.
func (h *heaviest) add(key []byte, weight, bytes, ops uint64) {
	full := len(h.keys) == heavyKeys
	if weight == 0 || full && weight <= h.weight(&h.keys[0]) || len(key) > MaxTagBytes {
		return
	}
	k := HeavyKey{string(key), bytes, ops}
	if !full {
		heap.Push(h, k)
		return
	}
	h.keys[0] = k
	heap.Fix(h, 0)
}

// weights are the heaviest keys of one worker.
type weights struct {
	bytes, ops heaviest
	logged     *sketch.Frequent // of logs: the keys by operations
}

func newWeights() weights {
	return weights{
		bytes: heaviest{weight: func(k *HeavyKey) uint64 { return k.Bytes }},
		ops:   heaviest{weight: func(k *HeavyKey) uint64 { return k.Ops }},
	}
}

func (w *weights) add(e *entry) {
	if e.hasBytes {
		w.bytes.add(e.key, e.bytes, e.bytes, e.ops)
	}
	if e.hasOps {
		w.ops.add(e.key, e.ops, e.bytes, e.ops)
	}
}

func (w *weights) operate(key []byte) {
	if len(key) > MaxTagBytes {
		return
	}
	if w.logged == nil {
		w.logged = sketch.NewFrequent(DefaultTagCounters)
	}
	w.logged.Add(key, [sketch.Measures]uint64{1})
}

// heaviestOf joins what the workers kept.
func heaviestOf(workers []*worker) Heavy {
	var all Heavy
	var logged *sketch.Frequent
	for _, w := range workers {
		all.ByBytes = append(all.ByBytes, w.weights.bytes.keys...)
		all.ByOps = append(all.ByOps, w.weights.ops.keys...)
		switch {
		case w.weights.logged == nil:
		case logged == nil:
			logged = w.weights.logged
		default:
			logged.Merge(w.weights.logged)
		}
	}
	if logged != nil {
		all.OpsError = logged.Error()
		for _, it := range logged.Top(heavyKeys) {
			all.ByOps = append(all.ByOps, HeavyKey{Text: it.Text, Ops: it.Sums[0]})
		}
	}
	order := func(keys []HeavyKey, weight func(*HeavyKey) uint64) []HeavyKey {
		slices.SortFunc(keys, func(a, b HeavyKey) int {
			return cmp.Or(cmp.Compare(weight(&b), weight(&a)), strings.Compare(a.Text, b.Text))
		})
		return keys[:min(len(keys), heavyKeys)]
	}
	all.ByBytes = order(all.ByBytes, func(k *HeavyKey) uint64 { return k.Bytes })
	all.ByOps = order(all.ByOps, func(k *HeavyKey) uint64 { return k.Ops })
	return all
}
