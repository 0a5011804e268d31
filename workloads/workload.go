package workloads

import (
	"fmt"
	"maps"
	"slices"
	"sort"

	"slotbench/internal/request"
)

// Ops is the operations by request.Op. The last is the preload's.
func (w *Workload) Ops() []Operation { return w.ops }

func (w *Workload) preloadOp() request.Op { return request.Op(len(w.ops) - 1) }

// Keys is how many keys the workload has, without what it inserts.
func (w *Workload) Keys() int64 { return w.keys }

// Preloaded is how many keys the preload writes.
func (w *Workload) Preloaded() int64 {
	if w.spec.StartEmpty {
		return 0
	}
	return w.keys - w.absent
}

// Commands is the names of the commands that the workload sends, each once and
// sorted, those of the preload and of the receivers included.
func (w *Workload) Commands() []string {
	names := slices.Clone(w.verbs)
	for i := range w.families {
		switch f := &w.families[i]; {
		case f.absent:
		case f.elements.kind == String || f.elements.kind == Bitmap:
			names = append(names, "SET")
		default:
			names = append(names, preloadNames[f.elements.kind])
		}
	}
	for i := range w.programs {
		if w.programs[i].transaction {
			names = append(names, "EXEC", "MULTI")
		}
	}
	for _, s := range w.spec.Subscribers {
		names = append(names, s.Command)
	}
	if len(w.spec.Consumers) > 0 {
		names = append(names, "XACK", "XGROUP", request.ReadGroup)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Scripts is the sources of the scripts that must be loaded before the run,
// in the order of their names.
func (w *Workload) Scripts() []string {
	var sources []string
	for _, name := range slices.Sorted(maps.Keys(w.spec.Scripts)) {
		sources = append(sources, w.spec.Scripts[name])
	}
	return sources
}

// Spec is the workload as it runs, options included. It shares memory with
// the workload: read it only.
func (w *Workload) Spec() Spec { return w.spec }

// Seed is the seed that it was compiled with.
func (w *Workload) Seed() uint64 { return w.seed }

// DealsOut says whether the streams share keys out among them, in sequence or
// by inserting: then there are Options.Streams streams and no more.
func (w *Workload) DealsOut() bool { return w.needsStreams }

// Key is the i-th key, 0 … Keys()-1.
func (w *Workload) Key(i int64) []byte { return w.AppendKey(nil, i) }

// AppendKey appends the i-th key to dst.
func (w *Workload) AppendKey(dst []byte, i int64) []byte {
	if i < 0 || i >= w.keys {
		panic(fmt.Sprintf("workloads: key %d of %d", i, w.keys))
	}
	f := sort.Search(len(w.families), func(f int) bool { return i < w.families[f].first+w.families[f].keys })
	dst, _ = w.families[f].appendKey(dst, i-w.families[f].first)
	return dst
}

// Schedule is when stream i of n is due, at rate requests a second in all. It
// is nil, which means closed loop, where arrivals are closed. Arrivals are
// drawn apart from contents: neither changes the other.
func (w *Workload) Schedule(a Arrival, i, n int, rate float64) request.Schedule {
	return newSchedule(a, w.seed, i, n, rate)
}

// DataBytes is about how many bytes of keys and values the preload puts in,
// without what the server needs to keep them.
func (w *Workload) DataBytes() int64 {
	if w.spec.StartEmpty {
		return 0
	}
	total := 0.0
	for i := range w.families {
		f := &w.families[i]
		if f.absent {
			continue
		}
		value := f.sizes.mean()
		if f.counter {
			value = float64(decimalDigits(counterBelow - 1))
		}
		if f.elements.kind != String {
			value = f.elements.meanBytes(value)
		}
		total += float64(f.keys) * (f.meanKeyBytes() + value)
	}
	return int64(total)
}
