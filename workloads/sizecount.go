package workloads

import (
	"math"
	"math/bits"
)

// sizeCount is a histogram of sizes: exact below 16, then eight steps to each
// power of two.
type sizeCount struct {
	count, sum int64
	low, high  int
	bins       binCounts
}

// binCounts is how many there were of each bin.
type binCounts [sizeBins]uint32

func (c *binCounts) merge(from *binCounts) {
	for i, n := range from {
		c[i] += n
	}
}

const (
	exactSizes = 16
	sizeSteps  = 8
	sizeBins   = exactSizes + 28*sizeSteps
)

func sizeBin(size int) int {
	if size < exactSizes {
		return size
	}
	log := bits.Len(uint(size)) - 1 // 4 at least
	return min(exactSizes+(log-4)*sizeSteps+(size>>(log-3))&(sizeSteps-1), sizeBins-1)
}

// binTop is the largest size of a bin.
func binTop(bin int) int {
	if bin < exactSizes {
		return bin
	}
	log, step := (bin-exactSizes)/sizeSteps+4, (bin-exactSizes)%sizeSteps
	return (sizeSteps+step+1)<<(log-3) - 1
}

func (c *sizeCount) add(size int) {
	if c.count == 0 {
		c.low = size
	}
	c.count++
	c.sum += int64(size)
	c.low, c.high = min(c.low, size), max(c.high, size)
	c.bins[sizeBin(size)]++
}

func (c *sizeCount) merge(from *sizeCount) {
	if from.count == 0 {
		return
	}
	if c.count == 0 {
		c.low = from.low
	}
	c.count, c.sum = c.count+from.count, c.sum+from.sum
	c.low, c.high = min(c.low, from.low), max(c.high, from.high)
	c.bins.merge(&from.bins)
}

// quantile is the size that a share of all does not exceed, at most an eighth
// too high.
func (c *sizeCount) quantile(share float64) int {
	want, seen := int64(math.Ceil(share*float64(c.count))), int64(0)
	for bin, n := range c.bins {
		if seen += int64(n); seen >= want && seen > 0 {
			return min(binTop(bin), c.high)
		}
	}
	return c.high
}
