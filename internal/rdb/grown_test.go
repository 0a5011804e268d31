package rdb

import (
	"strings"
	"testing"
)

// What real servers gave sparse HyperLogLogs of these lengths.
func TestSparseLog(t *testing.T) {
	redis7 := newModel(&Info{Product: Redis, Server: "7.0.15", Version: 10}, false)
	redis8 := newModel(&Info{Product: Redis, Server: "8.0.6", Version: 12}, false)
	valkey9 := newModel(&Info{Product: Valkey, Server: "9.1.2", Version: 80}, false)
	for _, test := range []struct{ length, redis7, redis8, valkey9 uint64 }{
		{21, 48, 48, 48}, {33, 48, 48, 48}, {48, 96, 96, 96}, {190, 448, 384, 448},
		{500, 896, 768, 768}, {879, 896, 1024, 1280}, {1715, 1792, 2048, 1792},
	} {
		got := [...]uint64{redis7.sparseLog(test.length), redis8.sparseLog(test.length), valkey9.sparseLog(test.length)}
		if want := [...]uint64{test.redis7, test.redis8, test.valkey9}; got != want {
			t.Errorf("%d bytes: %d, want %d", test.length, got, want)
		}
	}
	for _, m := range []model{redis7, redis8, valkey9} {
		for length := uint64(0); length < 1<<20; length += 997 {
			if got := m.sparseLog(length); got < length {
				t.Fatalf("%d bytes for %d", got, length)
			}
		}
	}
}

// A sparse HyperLogLog is known by its head, compressed or not, and a string
// that only begins alike is none.
func TestSparseLogIsFound(t *testing.T) {
	log := sparseLogHead + strings.Repeat("\x00", 11) + "\x7f\xff" + strings.Repeat("\x80\x01", 30)
	for _, test := range []struct {
		value []byte
		log   bool
	}{
		{AppendString(nil, []byte(log)), true},
		{AppendString(nil, []byte("HYLL\x00"+log)), false},
		{AppendString(nil, []byte(strings.Repeat("HYLL", 20))), false},
		{AppendString(nil, []byte("HYLL\x01")), false},
		{append([]byte{encodedLZF, 11, 25}, "\x07"+log[:8]+"\xe0\x08\x00"...), true},
		{append([]byte{encodedLZF, 11, 25}, "\x07"+"notHYLL\x01"+"\xe0\x08\x00"...), false},
	} {
		file := append([]byte("REDIS0011\x00\x01k"), test.value...)
		file = append(file, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0)
		s := NewMemorySkimmer(file)
		if _, err := s.Next(); err != nil || s.sparseLog != test.log {
			t.Errorf("%q: %v, %v", test.value, s.sparseLog, err)
		}
	}
}

// Tables that are half way to a larger size count both, as long as insertions
// take to move what the smaller held.
func TestTablesThatGrow(t *testing.T) {
	const places = pointerBytes
	for _, test := range []struct {
		server string
		format int
		n      uint64
		set    uint64 // places of the table
		hash   uint64
	}{
		{"7.0.15", 10, 16, 16, 16}, {"7.0.15", 10, 20, 48, 48}, {"7.0.15", 10, 26, 48, 32}, {"7.0.15", 10, 27, 32, 32},
		{"7.0.15", 10, 600, 1024 + 512, 1024}, {"7.0.15", 10, 1100, 2048 + 1024, 2048 + 1024},
		{"8.0.6", 12, 20, 32, 48}, {"8.0.6", 12, 1100, 2048, 2048},
	} {
		m := newModel(&Info{Product: Redis, Server: test.server, Version: test.format}, false)
		set, hash := m.set(test.n, 0)-objectBytes-m.dictBytes, m.hash(test.n, 0)-objectBytes-m.dictBytes
		if set != places*test.set || hash != places*test.hash {
			t.Errorf("%s, %d elements: %d places of a set, %d of a hash; want %d, %d", test.server, test.n, set/places, hash/places, test.set, test.hash)
		}
	}
}

func TestTrimmedStrings(t *testing.T) {
	old, trims := growth{}, growth{trims: true}
	for _, test := range []struct{ length, old, trims uint64 }{
		{30_000, 32_768, 32_768}, {33_000, 40_960, 33_006}, {40_000, 40_960, 40_960}, {66_000, 81_920, 66_010},
	} {
		if a, b := old.raw(test.length), trims.raw(test.length); a != test.old || b != test.trims {
			t.Errorf("%d bytes: %d and %d, want %d and %d", test.length, a, b, test.old, test.trims)
		}
	}
}
