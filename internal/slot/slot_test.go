package slot

import (
	"encoding/binary"
	"fmt"
	"testing"
)

// bitwiseCRC16 is CRC16-XMODEM as its definition reads, one bit at a time.
func bitwiseCRC16(p []byte) uint16 {
	var crc uint16
	for _, b := range p {
		crc ^= uint16(b) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}

// referenceHashed is the hash tag rule as the cluster specification words it,
// one byte at a time.
func referenceHashed(key []byte) []byte {
	for open := range key {
		if key[open] != '{' {
			continue
		}
		for end := open + 1; end < len(key); end++ {
			if key[end] == '}' {
				if end == open+1 {
					return key
				}
				return key[open+1 : end]
			}
		}
		return key
	}
	return key
}

// The check value is the catalogue's; the others were answered by a real
// server's CLUSTER KEYSLOT.
func TestCRC16AndSlotVectors(t *testing.T) {
	if got := CRC16([]byte("123456789")); got != 0x31C3 {
		t.Fatalf("CRC16 = %#x, want 0x31C3", got)
	}
	for _, test := range []struct {
		key  string
		slot Slot
	}{
		{"", 0}, {"foo", 12182}, {"bar", 5061}, {"hello", 866}, {"123456789", 12739},
		{"{user1000}.following", 3443}, {"{user1000}.followers", 3443}, {"user1000", 3443},
	} {
		if got := Of([]byte(test.key)); got != test.slot {
			t.Errorf("Of(%q) = %d, want %d", test.key, got, test.slot)
		}
	}
}

func TestCRC16EveryLength(t *testing.T) {
	p := make([]byte, 100)
	for i := range p {
		p[i] = byte(i*i*7 + i>>1)
	}
	for from := range 9 {
		for to := from; to <= len(p); to++ {
			if got, want := CRC16(p[from:to]), bitwiseCRC16(p[from:to]); got != want {
				t.Fatalf("CRC16 of p[%d:%d] = %#x, want %#x", from, to, got, want)
			}
			if got, want := ContinueCRC16(CRC16(p[:from]), p[from:to]), bitwiseCRC16(p[:to]); got != want {
				t.Fatalf("CRC16 of p[:%d] continued to %d = %#x, want %#x", from, to, got, want)
			}
		}
	}
}

func TestTag(t *testing.T) {
	for _, test := range []struct {
		key, tag string
		ok       bool
	}{
		{"", "", false},
		{"plain", "", false},
		{"{", "", false},
		{"}", "", false},
		{"{}", "", false},
		{"}{", "", false},
		{"a}b{c", "", false},
		{"{a", "", false},
		{"{}{a}", "", false}, // the first pair is empty: the whole key counts
		{"foo{}{bar}", "", false},
		{"{a}", "a", true},
		{"}{a}", "a", true},
		{"foo{{bar}}zap", "{bar", true},
		{"foo{bar}{zap}", "bar", true},
		{"x{y}", "y", true},
		{"{{}", "{", true},
		{"{{}}", "{", true},
		{"{ }", " ", true},
		{"a{\x00\xff\n}b", "\x00\xff\n", true},
		{"\xff{\x7d", "", false}, // 0x7d is '}': an empty pair
	} {
		tag, ok := Tag([]byte(test.key))
		if string(tag) != test.tag || ok != test.ok {
			t.Errorf("Tag(%q) = %q, %v, want %q, %v", test.key, tag, ok, test.tag, test.ok)
		}
		want := test.key
		if test.ok {
			want = test.tag
		}
		if got := string(Hashed([]byte(test.key))); got != want {
			t.Errorf("Hashed(%q) = %q, want %q", test.key, got, want)
		}
		if got, want := Of([]byte(test.key)), Slot(bitwiseCRC16([]byte(want))%16384); got != want {
			t.Errorf("Of(%q) = %d, want %d", test.key, got, want)
		}
	}
}

// counts is every slot count that the suite knows.
func counts() []Count {
	var all []Count
	for n := MinCount; n <= MaxCount; n *= 2 {
		all = append(all, n)
	}
	return all
}

func TestCountValidate(t *testing.T) {
	for _, n := range counts() {
		if err := n.Validate(); err != nil {
			t.Errorf("%d: %v", n, err)
		}
	}
	for _, n := range []Count{-1024, 0, 1, 512, 1023, 1025, 3000, 16383, 65536} {
		if n.Validate() == nil {
			t.Errorf("%d slots are accepted", n)
		}
	}
}

// A smaller number of slots joins neighbours of the client's slots, a larger
// one parts each of them; in both, every slot gets equally many CRCs.
func TestFromCRC(t *testing.T) {
	for _, n := range counts() {
		perSlot := make([]int, n)
		for crc := range 1 << 16 {
			got := n.FromCRC(uint16(crc))
			client := crc % 16384
			var want int
			if n == MaxCount {
				want = crc % 32768
			} else {
				want = client * int(n) / 16384
			}
			if int(got) != want {
				t.Fatalf("%d slots: crc %#x is in slot %d, want %d", n, crc, got, want)
			}
			if n == MaxCount && int(got)%16384 != client {
				t.Fatalf("%d slots: crc %#x left the client's slot %d", n, crc, client)
			}
			perSlot[got]++
		}
		for s, crcs := range perSlot {
			if crcs != (1<<16)/int(n) {
				t.Fatalf("%d slots: slot %d gets %d of the CRCs", n, s, crcs)
			}
		}
	}
}

func FuzzOf(f *testing.F) {
	for _, seed := range []string{"", "foo", "{a}b", "{}{a}", "foo{{bar}}zap", "}{", "\x00{\xff}", "0123456789abcdef{tag}0123456789"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, key []byte) {
		crc := bitwiseCRC16(referenceHashed(key))
		if got := CRC16(Hashed(key)); got != crc {
			t.Fatalf("CRC16(Hashed(%q)) = %#x, want %#x", key, got, crc)
		}
		if got := Of(key); got != Slot(crc%16384) {
			t.Fatalf("Of(%q) = %d, want %d", key, got, crc%16384)
		}
		for _, n := range counts() {
			if got, want := n.Of(key), n.FromCRC(crc); got != want || int(got) >= int(n) {
				t.Fatalf("%d slots: Of(%q) = %d, want %d", n, key, got, want)
			}
		}
	})
}

func TestOfAllocatesNothing(t *testing.T) {
	key := []byte("cart:{user:1000}:items")
	if n := testing.AllocsPerRun(100, func() { Of(key) }); n != 0 {
		t.Fatalf("Of allocates %v times", n)
	}
}

// byteTableCRC16 is the baseline: Redis' own way, one look-up after another.
func byteTableCRC16(p []byte) uint16 {
	table := &crcTables[0]
	var crc uint16
	for _, b := range p {
		crc = crc<<8 ^ table[byte(crc>>8)^b]
	}
	return crc
}

func benchmarkCRC(b *testing.B, crc16 func([]byte) uint16) {
	for _, length := range []int{8, 13, 20, 32, 64, 1024} {
		b.Run(fmt.Sprintf("bytes=%d", length), func(b *testing.B) {
			keys := make([][]byte, 256)
			var want uint16
			for i := range keys {
				keys[i] = make([]byte, length)
				for at := 0; at < length; at++ {
					keys[i][at] = byte(i*31 + at*17)
				}
				binary.LittleEndian.PutUint64(keys[i], uint64(i)*0x9E3779B97F4A7C15)
				want ^= bitwiseCRC16(keys[i])
			}
			b.SetBytes(int64(length * len(keys)))
			for b.Loop() {
				var got uint16
				for _, key := range keys {
					got ^= crc16(key)
				}
				if got != want {
					b.Fatalf("CRCs add up to %#x, want %#x", got, want)
				}
			}
		})
	}
}

func BenchmarkCRC16(b *testing.B)     { benchmarkCRC(b, CRC16) }
func BenchmarkByteTable(b *testing.B) { benchmarkCRC(b, byteTableCRC16) }
