package script

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

// The constants of POSIX's lrand48. A script goes on with the numbers where the
// last on its Lua state left off; one that calls math.randomseed does so for
// itself alone.
const (
	firstRandomState = 0x1234abcd330e
	seedLowBits      = 0x330e
	randomStep       = 0x9e3779b97f4b // between the first states of Lua states
	randomFactor     = 0x5deece66d
	randomAdd        = 0xb
	randomMask       = 1<<48 - 1
)

var mathLibrary = library{
	name: "math",
	functions: map[string]function{
		"abs": unary(math.Abs), "acos": unary(math.Acos), "asin": unary(math.Asin), "atan": unary(math.Atan),
		"ceil": unary(math.Ceil), "cos": unary(math.Cos), "cosh": unary(math.Cosh), "exp": unary(math.Exp),
		"floor": unary(math.Floor), "log": unary(math.Log), "log10": unary(math.Log10), "sin": unary(math.Sin),
		"sinh": unary(math.Sinh), "sqrt": unary(math.Sqrt), "tan": unary(math.Tan), "tanh": unary(math.Tanh),
		"deg":   unary(func(x float64) float64 { return x / (math.Pi / 180) }),
		"rad":   unary(func(x float64) float64 { return x * (math.Pi / 180) }),
		"atan2": dyadic(math.Atan2), "fmod": dyadic(math.Mod), "mod": dyadic(math.Mod), "pow": dyadic(math.Pow),
		"frexp": mathFrexp, "ldexp": mathLdexp, "modf": mathModf, "max": mathMax, "min": mathMin,
		"random": mathRandom, "randomseed": mathRandomSeed,
	},
	constants: map[string]lua.LValue{"pi": lua.LNumber(math.Pi), "huge": lua.LNumber(math.Inf(1))},
}

func unary(compute func(float64) float64) function {
	return func(f frame) int { return f.pushNumber(compute(f.num(1))) }
}

func dyadic(compute func(a, b float64) float64) function {
	return func(f frame) int { return f.pushNumber(compute(f.num(1), f.num(2))) }
}

func mathFrexp(f frame) int {
	fraction, exponent := math.Frexp(f.num(1))
	f.L.Push(number(fraction))
	return 1 + f.pushNumber(float64(exponent))
}

func mathLdexp(f frame) int { return f.pushNumber(math.Ldexp(f.num(1), clampInt(f.num(2)))) }

func mathModf(f frame) int {
	n := f.num(1)
	whole, fraction := math.Modf(n)
	if math.IsInf(n, 0) {
		fraction = math.Copysign(0, n)
	}
	f.L.Push(number(whole))
	return 1 + f.pushNumber(fraction)
}

func mathMax(f frame) int { return f.best(func(a, b float64) bool { return a > b }) }
func mathMin(f frame) int { return f.best(func(a, b float64) bool { return a < b }) }

func (f frame) best(better func(a, b float64) bool) int {
	best := f.num(1)
	for i := 2; i <= f.L.GetTop(); i++ {
		if n := f.num(i); better(n, best) {
			best = n
		}
	}
	return f.pushNumber(best)
}

func mathRandom(f frame) int {
	f.randomState = (f.randomState*randomFactor + randomAdd) & randomMask
	r := float64((f.randomState>>17)%math.MaxInt32) / math.MaxInt32
	low, high := 1, 0
	switch f.L.GetTop() {
	case 0:
		return f.pushNumber(r)
	case 1:
		high = f.integer(1)
	case 2:
		low, high = f.integer(1), f.integer(2)
	default:
		f.fail("wrong number of arguments")
	}
	if low > high {
		f.bad(f.L.GetTop(), "interval is empty")
	}
	return f.pushNumber(math.Floor(r*float64(high-low+1)) + float64(low))
}

func mathRandomSeed(f frame) int {
	seed := uint32(truncate(f.num(1)))
	f.randomState, f.seeded = uint64(seed)<<16|seedLowBits, true
	return 0
}
