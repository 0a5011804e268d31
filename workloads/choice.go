package workloads

// choice draws one of several numbers by weight in constant time: Vose's form
// of Walker's alias table (IEEE TSE 17(9), 1991). Each cell stands for one
// equal slice of the probability: up to its bound for its own number, above
// for another's. One draw takes 64 random bits, so that a number's
// probability is off by at most 2^-32 divided by the number of cells, times
// the cells that lend to it.
type choice struct{ cells []choiceCell }

type choiceCell struct {
	bound uint32 // of 2^32
	other uint32
}

// newChoice takes weights of which none is negative and one at least is
// positive; fewer than 2^32.
func newChoice(weights []float64) choice {
	sum, heaviest := 0.0, 0
	for i, weight := range weights {
		sum += weight
		if weight > weights[heaviest] {
			heaviest = i
		}
	}
	cells := make([]choiceCell, len(weights))
	scaled := make([]float64, len(weights)) // mean 1
	var small, large []int
	for i, weight := range weights {
		cells[i] = choiceCell{bound: 1<<32 - 1, other: uint32(i)}
		scaled[i] = weight / sum * float64(len(weights))
		if scaled[i] < 1 {
			small = append(small, i)
		} else {
			large = append(large, i)
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		cells[s].lend(scaled[s], l)
		scaled[l] -= 1 - scaled[s]
		if scaled[l] < 1 {
			large = large[:len(large)-1]
			small = append(small, l)
		}
	}
	// Rounding may leave small ones without a partner. They are close to 1,
	// unless so tiny that their deficit was lost; the heaviest takes that.
	for _, s := range small {
		cells[s].lend(scaled[s], heaviest)
	}
	return choice{cells}
}

// lend keeps a share of the cell, 0 … 1, and gives the rest to another.
func (c *choiceCell) lend(share float64, other int) {
	c.bound, c.other = uint32(min(share*0x1p32, 1<<32-1)), uint32(other)
}

// draw is a number by weight. A weight of 0 is never drawn: its bound is 0.
func (c *choice) draw(r *random) int {
	if len(c.cells) == 1 {
		return 0
	}
	random := r.next()
	i := random >> 32 * uint64(len(c.cells)) >> 32
	cell := &c.cells[i]
	drawn := int(cell.other) // a move on a condition: no branch foresees a draw
	if uint32(random) < cell.bound {
		drawn = int(i)
	}
	return drawn
}

// shares is the probability of each number.
func (c *choice) shares() []float64 {
	shares := make([]float64, len(c.cells))
	for i, cell := range c.cells {
		own := float64(cell.bound) / 0x1p32
		if int(cell.other) == i {
			own = 1
		}
		shares[i] += own / float64(len(c.cells))
		shares[cell.other] += (1 - own) / float64(len(c.cells))
	}
	return shares
}
