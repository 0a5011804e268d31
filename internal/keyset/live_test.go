package keyset

import (
	"math"
	"testing"
)

// Over all samples of two of four keys the estimates of the sum vary as the
// samples' own estimates of that say on average.
func TestVarianceOfASample(t *testing.T) {
	keys := []uint64{10, 20, 70, 400}
	var told, mean, square, samples float64
	for i := range keys {
		for j := range i {
			s := scanning{at: len(keys), many: 2, sum: keys[i] + keys[j], squares: float64(keys[i]*keys[i] + keys[j]*keys[j])}
			sum := float64(s.sum) / 2 * float64(len(keys))
			told, mean, square, samples = told+s.variance(), mean+sum, square+sum*sum, samples+1
		}
	}
	mean /= samples
	if want := square/samples - mean*mean; math.Abs(told/samples-want) > 1e-6*want {
		t.Errorf("variance %v, want %v", told/samples, want)
	}
	all := scanning{at: 2, many: 2, sum: 30, squares: 500}
	if all.variance() != 0 {
		t.Errorf("all keys measured: variance %v", all.variance())
	}
}
