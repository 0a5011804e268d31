package script

import (
	"math"
	"math/bits"

	lua "github.com/yuin/gopher-lua"
)

var bitLibrary = library{name: "bit", functions: map[string]function{
	"tobit":   func(f frame) int { return f.pushBits(f.bits(1)) },
	"bnot":    func(f frame) int { return f.pushBits(^f.bits(1)) },
	"bswap":   func(f frame) int { return f.pushBits(bits.ReverseBytes32(f.bits(1))) },
	"band":    fold(func(a, b uint32) uint32 { return a & b }),
	"bor":     fold(func(a, b uint32) uint32 { return a | b }),
	"bxor":    fold(func(a, b uint32) uint32 { return a ^ b }),
	"lshift":  shift(func(x uint32, n int) uint32 { return x << n }),
	"rshift":  shift(func(x uint32, n int) uint32 { return x >> n }),
	"arshift": shift(func(x uint32, n int) uint32 { return uint32(int32(x) >> n) }),
	"rol":     shift(bits.RotateLeft32),
	"ror":     shift(func(x uint32, n int) uint32 { return bits.RotateLeft32(x, -n) }),
	"tohex":   bitToHex,
}}

// bits is an argument as 32 bits: rounded, and cut to its low end.
func (f frame) bits(at int) uint32 {
	const magic = 1<<52 + 1<<51 // brings a number's ones into the low bits
	return uint32(math.Float64bits(f.num(at) + magic))
}

func (f frame) pushBits(x uint32) int { return f.pushNumber(float64(int32(x))) }

func fold(combine func(a, b uint32) uint32) function {
	return func(f frame) int {
		x := f.bits(1)
		for i := 2; i <= f.L.GetTop(); i++ {
			x = combine(x, f.bits(i))
		}
		return f.pushBits(x)
	}
}

func shift(move func(x uint32, n int) uint32) function {
	return func(f frame) int {
		x := f.bits(1)
		return f.pushBits(move(x, int(f.bits(2)&31)))
	}
}

func bitToHex(f frame) int {
	x, n := f.bits(1), int32(8)
	if f.L.Get(2) != lua.LNil {
		n = int32(f.bits(2))
	}
	digits := "0123456789abcdef"
	if n < 0 {
		n, digits = -n, "0123456789ABCDEF"
	}
	if n < 0 || n > 8 {
		n = 8
	}
	var b [8]byte
	for i := n - 1; i >= 0; i-- {
		b[i] = digits[x&15]
		x >>= 4
	}
	return f.pushText(b[:n])
}
