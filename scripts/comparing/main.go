package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
)

func world(kind string, n int, shift float64, r *rand.Rand) (a, b []float64) {
	const sigma = 0.05
	drift := 0.0
	for range n {
		drift = 0.8*drift + 0.04*r.NormFloat64()
		order := r.IntN(2)
		for k := range 2 {
			x := sigma * r.NormFloat64()
			toB := k == order
			switch kind {
			case "outliers":
				if r.Float64() < 0.1 {
					x += 0.5 * r.Float64()
				}
			case "heavy":
				x = sigma * r.NormFloat64() / max(0.05, abs(r.NormFloat64())) * 0.5
			case "bimodal":
				if r.Float64() < 0.4 {
					x += 0.2
				}
			case "drift":
				x += drift
			case "unequal":
				if toB {
					x *= 3
				}
			case "skewed":
				x = sigma * r.ExpFloat64() * 1.5
			}
			if toB {
				b = append(b, x+shift)
			} else {
				a = append(a, x)
			}
		}
	}
	return a, b
}

func abs(x float64) float64 {
	if x < 0 {
		return -x
	}
	return x
}

func main() {
	sims, _ := strconv.Atoi(os.Args[1])
	fmt.Printf("%-10s %-14s", "world", "estimator")
	for _, m := range methods {
		fmt.Printf("  %26s", m.name)
	}
	fmt.Println()
	for _, n := range []int{5, 7, 10, 20} {
		fmt.Println("n =", n)
		for _, kind := range []string{"lognormal", "outliers", "heavy", "bimodal", "drift", "unequal", "skewed"} {
			for _, e := range estimators {
				out := make([]string, len(methods))
				var wg sync.WaitGroup
				for mi, m := range methods {
					wg.Go(func() {
						r := rand.New(rand.NewPCG(1, uint64(n)))
						var fp5, fp05, pow int
						for range sims {
							a, b := world(kind, n, 0, r)
							p := m.p(e, a, b, r, 399)
							if p <= 0.05 {
								fp5++
							}
							if p <= 0.005 {
								fp05++
							}
							for i := range b {
								b[i] += 0.1
							}
							if m.p(e, a, b, r, 399) <= 0.05 {
								pow++
							}
						}
						f := func(k int) float64 { return 100 * float64(k) / float64(sims) }
						out[mi] = fmt.Sprintf("%5.1f%% %5.2f%%  pow %5.1f%%", f(fp5), f(fp05), f(pow))
					})
				}
				wg.Wait()
				fmt.Printf("%-10s %-14s", kind, e.name)
				for _, o := range out {
					fmt.Printf("  %26s", o)
				}
				fmt.Println()
			}
		}
	}
}
