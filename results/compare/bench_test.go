package compare

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func BenchmarkDistance(b *testing.B) {
	for _, n := range []int{5, 10, 40} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			x, y := lognormal(rand.New(rand.NewPCG(1, 1)), n, n)
			for b.Loop() {
				distance(x, y, 1)
			}
		})
	}
}
