package command

import (
	"bytes"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"slotbench/internal/resp"
)

// modelBit is a bit of a value, one at a time: what the words must equal.
func modelBit(value []byte, at int64) uint64 {
	if at>>3 >= int64(len(value)) {
		return 0
	}
	return uint64(value[at>>3]>>(7-at&7)) & 1
}

// TestBitsEqualModel compares counts and positions with a walk over the bits.
func TestBitsEqualModel(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 4000 {
		value := make([]byte, random.IntN(100))
		fill := [3]byte{0, 0xFF, 0x10}[random.IntN(3)]
		for i := range value {
			value[i] = fill
			if random.IntN(20) == 0 {
				value[i] = byte(random.Uint32())
			}
		}
		start, end := random.Int64N(1000)-500, random.Int64N(1000)-500
		inBits := random.IntN(2) == 0
		r, empty := newBitRange(start, end, len(value), inBits)
		if empty {
			continue
		}
		set := random.IntN(2) == 0
		count, first := int64(0), int64(-1)
		for at := r.first; at <= r.last; at++ {
			bit := modelBit(value, at)
			count += int64(bit)
			if first < 0 && (bit == 1) == set {
				first = at
			}
		}
		if got := r.count(value); got != count {
			t.Fatalf("%x: %d bits set in %v, want %d", value, got, r, count)
		}
		if got := r.find(value, set); got != first {
			t.Fatalf("%x: first %v in %v at %d, want %d", value, set, r, got, first)
		}
	}
}

// TestBitOpsEqualModel compares each operation with one byte at a time.
func TestBitOpsEqualModel(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	randomBytes := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	mix := map[string]func(a, b byte) byte{
		"and": func(a, b byte) byte { return a & b },
		"or":  func(a, b byte) byte { return a | b },
		"xor": func(a, b byte) byte { return a ^ b },
	}
	for _, op := range bitOps {
		for length := range 70 {
			source := randomBytes(length)
			result := append(randomBytes(length), randomBytes(random.IntN(9))...)
			want := bytes.Clone(result)
			if op.mix == nil {
				result = make([]byte, length)
				notBits(result, source)
				want = make([]byte, length)
				for i, b := range source {
					want[i] = ^b
				}
			} else {
				op.mix(result, source)
				for i := range want {
					b := byte(0)
					if i < length {
						b = source[i]
					}
					want[i] = mix[op.name](want[i], b)
				}
			}
			if !bytes.Equal(result, want) {
				t.Fatalf("%s of %d bytes: %x, want %x", op.name, length, result, want)
			}
		}
	}
}

// TestFieldsEqualModel reads and writes fields of every width at every place
// of a byte.
func TestFieldsEqualModel(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		value := make([]byte, 20)
		for i := range value {
			value[i] = byte(random.Uint32())
		}
		width := 1 + random.IntN(64)
		offset := random.Int64N(int64(len(value)*8 - width + 1))
		x := random.Uint64() >> (64 - width)
		want := bytes.Clone(value)
		for i := range int64(width) {
			at, bit := offset+i, byte(x>>(int64(width)-1-i))&1
			want[at>>3] = want[at>>3]&^mask(at) | bit<<(7-at&7)
		}
		writeField(value, offset, width, x)
		if !bytes.Equal(value, want) {
			t.Fatalf("%d bits at %d: %x, want %x", width, offset, value, want)
		}
		if got := readField(value, offset, width); got != x {
			t.Fatalf("%d bits at %d: read %x, want %x", width, offset, got, x)
		}
		behind := int64(len(value)*8) + random.Int64N(100)
		if got := readField(value, behind, width); got != 0 {
			t.Fatalf("a field behind the end reads %x", got)
		}
	}
}

// TestFieldArithmeticEqualsModel compares the rules of overflow with numbers
// that do not overflow.
func TestFieldArithmeticEqualsModel(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 50_000 {
		op := fieldOp{verb: fieldSet + fieldVerb(random.IntN(2)), signed: random.IntN(2) == 0,
			number: int64(random.Uint64()) >> random.IntN(64), rule: overflowRule(random.IntN(3))}
		op.width = 1 + random.IntN(63)
		if op.signed && random.IntN(8) == 0 {
			op.width = 64
		}
		old := random.Uint64() >> (64 - op.width)
		low, high := new(big.Int), new(big.Int).Lsh(big.NewInt(1), uint(op.width))
		base := new(big.Int).SetUint64(old)
		if op.signed {
			high.Rsh(high, 1)
			low.Neg(high)
			base = big.NewInt(int64(op.extended(old)))
		}
		high.Sub(high, big.NewInt(1))
		sum := new(big.Int).Add(base, big.NewInt(op.number))
		if op.verb == fieldSet {
			sum.SetInt64(op.number)
			if !op.signed {
				sum.SetUint64(uint64(op.number))
			}
		}
		if op.verb == fieldSet && op.signed && op.width < 64 && op.number < int64(math.MinInt64)+high.Int64()+1 {
			continue // Redis saturates such a number on the wrong side, and so it is here
		}
		overflow := sum.Cmp(low) < 0 || sum.Cmp(high) > 0
		if overflow && op.rule == overflowSaturate {
			if sum.Cmp(high) > 0 {
				sum = high
			} else {
				sum = low
			}
		}
		modulo := new(big.Int).Lsh(big.NewInt(1), uint(op.width))
		want := new(big.Int).Mod(sum, modulo).Uint64()
		if got, over := op.result(old); got != want || over != overflow {
			t.Fatalf("%+v of %d: %d %v, want %d %v", op, int64(op.extended(old)), got, over, want, overflow)
		}
	}
}

func TestBitmapsAllocateNothing(t *testing.T) {
	b := newBench(t, nil)
	b.run("SETBIT k 7000 1")
	for _, line := range []string{"SETBIT k 77 1", "SETBIT k 77 0", "GETBIT k 77", "BITCOUNT k 1 -1 BIT", "BITPOS k 1 2",
		"BITFIELD k INCRBY u8 #3 1 GET i7 3"} {
		args, _ := resp.SplitWords([]byte(line), nil)
		out := make([]byte, 0, 1024)
		if n := testing.AllocsPerRun(200, func() {
			b.Args, b.Out = args, out
			prepared, _, _ := b.Prepare(args)
			if b.Run(prepared, len(line)) != Done || b.Out[0] == '-' {
				t.Fatalf("%s: %q", line, b.Out)
			}
			b.Publish()
		}); n != 0 {
			t.Errorf("%s: %v allocations", line, n)
		}
	}
}

// TestUnchangedBitsTouchNothing: WATCH is told of changes alone.
func TestUnchangedBitsTouchNothing(t *testing.T) {
	b := newBench(t, nil)
	b.run("SETBIT k 100 1")
	var touched touches
	table := b.Store.Lock(b.Store.Count().Of([]byte("k")), b.NowMillis)
	table.Watch([]byte("k"), &touched)
	b.Store.Unlock(b.Store.Count().Of([]byte("k")))
	for _, line := range []string{"SETBIT k 100 1", "SETBIT k 3 0", "GETBIT k 3", "BITFIELD k SET u1 100 1 INCRBY i5 0 0",
		"BITFIELD k GET u8 0", "BITFIELD k OVERFLOW FAIL SET u4 0 16"} {
		if b.run(line); touched != 0 {
			t.Fatalf("%s is a change", line)
		}
	}
	for i, line := range []string{"SETBIT k 3 1", "BITFIELD k SET u8 0 1", "SETBIT k 1000 0"} {
		if b.run(line); int(touched) != i+1 {
			t.Fatalf("%s is no change, or several: %d", line, touched)
		}
	}
}

// touches counts what a Watcher is told.
type touches int

func (n *touches) Touch() { *n++ }

var benchBits = func() []byte {
	b := make([]byte, 1<<20)
	for i := range b {
		b[i] = byte(i * 7)
	}
	return b
}()

func BenchmarkCountBits(b *testing.B) {
	b.SetBytes(int64(len(benchBits)))
	for b.Loop() {
		if countBits(benchBits) != 4<<20 {
			b.Fatal("wrong count")
		}
	}
}

// BenchmarkCountBitsByByte is what BenchmarkCountBits stands beside.
func BenchmarkCountBitsByByte(b *testing.B) {
	b.SetBytes(int64(len(benchBits)))
	for b.Loop() {
		n := 0
		for _, x := range benchBits {
			for ; x != 0; x &= x - 1 {
				n++
			}
		}
		if n != 4<<20 {
			b.Fatal("wrong count")
		}
	}
}
