package workloads

import "slotbench/internal/slot"

// maxExpectedKeys is of how many keys the chances are worked out one by one: a
// second's work.
const maxExpectedKeys = 4 << 20

// familyChances is the probability of each key of a family; nil where it
// changes as the load goes on, or the keys are too many.
func (w *Workload) familyChances(f *family) []float64 {
	if f.keys > maxExpectedKeys {
		return nil
	}
	return f.popularity.chances()
}

// SlotShares is the share of the requests that each of the clients' slots
// should get by what the workload asks for. It is nil, with the reason, where
// that changes as the load goes on or would take long to work out.
func (w *Workload) SlotShares() (shares []float64, why string) {
	if w.keys > maxExpectedKeys {
		return nil, "more than 4 Mi keys"
	}
	shares = make([]float64, slot.DefaultCount)
	total := 0.0
	for i := range w.picks {
		p := &w.picks[i]
		f := &w.families[p.family]
		weight := w.weights[i]
		if weight == 0 {
			continue
		}
		if w.programs[p.op].insert {
			return nil, "the workload inserts keys"
		}
		chances := w.familyChances(f)
		if chances == nil {
			return nil, "what is asked for follows the inserts"
		}
		for op := int(p.op); ; op++ {
			w.addShares(shares, &w.programs[op], f, chances, weight)
			total += weight
			if w.programs[op].last {
				break
			}
		}
	}
	for i := range shares {
		shares[i] /= total
	}
	return shares, ""
}

// StepsAtOnce is of how many steps a request's turn has, on average over the
// requests: the steps of one turn are drawn together.
func (w *Workload) StepsAtOnce() float64 {
	turns, squares := 0.0, 0.0
	for i := range w.spec.Operations {
		m := &w.spec.Operations[i]
		steps := float64(m.requests())
		turns += orPointed(m.Weight, 1) * steps
		squares += orPointed(m.Weight, 1) * steps * steps
	}
	return squares / turns
}

// addShares adds what one step of an operation brings to each slot, weight in
// all, where its turn draws a key of f by its chances.
func (w *Workload) addShares(shares []float64, p *program, f *family, chances []float64, weight float64) {
	to := f
	if family := p.calls[0].family; family != ownFamily {
		to = &w.families[family]
	}
	slots := to.slots()
	for n, chance := range chances {
		tag := int64(0)
		shared := int64(n)
		if f.tags != nil {
			tag, _ = f.tags.tagOf(int64(n))
			shared = tag
		}
		wraps := p.shared > 0 && shared >= p.shared
		if wraps {
			shared %= p.shared
		}
		switch {
		case to == f && !wraps:
			shares[slots[n]] += weight * chance
		case to.tags == nil:
			shares[slots[shared%to.keys]] += weight * chance
		default:
			first, size := to.tags.size(shared % to.tags.tags)
			for member := range size {
				shares[slots[first+member]] += weight * chance / float64(size)
			}
		}
	}
}

// slots is the slot of each key of the family.
func (f *family) slots() []slot.Slot {
	slots := make([]slot.Slot, f.keys)
	var key []byte
	for n := range slots {
		key, slots[n] = f.appendKey(key[:0], int64(n))
	}
	return slots
}

// FoldShares adds up shares of the clients' slots into n slots, each a
// contiguous range.
func FoldShares(shares []float64, n int) []float64 {
	if n == 0 || n >= len(shares) {
		return shares
	}
	folded := make([]float64, n)
	for i, share := range shares {
		folded[i*n/len(shares)] += share
	}
	return folded
}
