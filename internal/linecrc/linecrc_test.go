package linecrc

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"slotbench/internal/slot"
)

// linesOf is what Ends and CRCs are to find, line by line.
func linesOf(data []byte, separator byte) (ends []uint32, crcs []uint16) {
	from := 0
	for at, b := range data {
		if b == separator {
			ends = append(ends, uint32(at))
			crcs = append(crcs, slot.CRC16(data[from:at]))
			from = at + 1
		}
	}
	return ends, crcs
}

func check(t *testing.T, data []byte, separator byte) {
	t.Helper()
	want, wantCRCs := linesOf(data, separator)
	ends := Ends(data, separator, make([]uint32, len(data)+1))
	if !slices.Equal(ends, want) {
		t.Fatalf("ends of %q: %v, want %v", data, ends, want)
	}
	crcs := make([]uint16, len(ends))
	CRCs(data, ends, crcs)
	if !slices.Equal(crcs, wantCRCs) {
		t.Fatalf("CRCs of %q: %x, want %x", data, crcs, wantCRCs)
	}
	checkParts(t, data, ends)
}

// checkParts takes parts out of the lines: a byte or more off either end.
func checkParts(t *testing.T, data []byte, lines []uint32) {
	t.Helper()
	var starts, ends []uint32
	var want []uint16
	from := uint32(0)
	for i, end := range lines {
		start := min(from+uint32(i)%5, end)
		stop := max(start, end-min(end, uint32(i)%3))
		starts, ends, want = append(starts, start), append(ends, stop), append(want, slot.CRC16(data[start:stop]))
		from = end + 1
	}
	crcs := make([]uint16, len(ends))
	CRCsBetween(data, starts, ends, crcs)
	if !slices.Equal(crcs, want) {
		t.Fatalf("CRCs of parts %v to %v of %q: %x, want %x", starts, ends, data, crcs, want)
	}
}

func TestLinesOfEveryLength(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 0))
	for longest := range 80 {
		var data []byte
		for range 200 {
			for range random.IntN(longest + 1) {
				data = append(data, byte(random.Uint32())|0x10) // no line end
			}
			data = append(data, '\n')
		}
		check(t, data, '\n')
		check(t, data[:len(data)-1], '\n')
		check(t, data, 0x3f)
	}
	check(t, nil, '\n')
	check(t, bytes.Repeat([]byte{0}, 1000), 0)
}

func TestEndsFillsWhatThereIs(t *testing.T) {
	data := []byte(strings.Repeat("a\nbc\n", 200))
	want, _ := linesOf(data, '\n')
	for room := range 300 {
		if got := Ends(data, '\n', make([]uint32, room)); !slices.Equal(got, want[:min(room, len(want))]) {
			t.Fatalf("room for %d: %v", room, got)
		}
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("user:1\nuser:22\n\n"+strings.Repeat("session:0123456789\n", 9)), byte('\n'))
	f.Add(bytes.Repeat([]byte{0}, 200), byte(0))
	f.Fuzz(func(t *testing.T, data []byte, separator byte) { check(t, data, separator) })
}

func BenchmarkLines(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 0))
	var data []byte
	for len(data) < 16<<10 {
		data = append(data, strings.Repeat("user:4711", 3)[:12+random.IntN(14)]...)
		data = append(data, '\n')
	}
	ends, crcs := make([]uint32, len(data)), make([]uint16, len(data))
	var want uint16
	each, sums := linesOf(data, '\n')
	for _, sum := range sums {
		want ^= sum
	}
	run := func(name string, sum func() uint16) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if got := sum(); got != want {
					b.Fatalf("%x, want %x", got, want)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(each)), "ns/line")
		})
	}
	run("Together", func() (all uint16) {
		found := Ends(data, '\n', ends)
		CRCs(data, found, crcs)
		for _, crc := range crcs[:len(found)] {
			all ^= crc
		}
		return all
	})
	run("LineByLine", func() (all uint16) {
		for rest := data; len(rest) > 0; {
			length := bytes.IndexByte(rest, '\n')
			all ^= slot.CRC16(rest[:length])
			rest = rest[length+1:]
		}
		return all
	})
}
