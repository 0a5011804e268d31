package keyset

import (
	"math/rand/v2"
	"strings"
	"testing"

	"slotbench/internal/slot"
)

// A line that comes in pieces, wherever it is cut, hashes as it does in one.
func TestLongLine(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 0))
	for range 20_000 {
		var line []byte
		for range random.IntN(20) {
			line = append(line, "ab{}\r"[random.IntN(5)])
		}
		if random.IntN(10) == 0 {
			line = append(line, "{"+strings.Repeat("t", MaxTagBytes-1+random.IntN(3))+"}"...)
		}
		l := &longLine{literal: random.IntN(2) == 0}
		for rest := line; len(rest) > 0; {
			n := 1 + random.IntN(len(rest))
			l.add(rest[:n])
			rest = rest[n:]
		}
		key := string(line)
		if !l.literal {
			key = strings.TrimSuffix(key, "\r")
		}
		want := slot.CRC16(slot.Hashed([]byte(key)))
		got := l.crc
		tag, tagged := slot.Tag([]byte(key))
		if tagged {
			got = l.tagCRC
		}
		if got != want || tagged != (l.tagState == afterTag) || l.bytes != uint64(len(key)) {
			t.Fatalf("%q: CRC %x, %d bytes, state %d; want %x, %d bytes", line, got, l.bytes, l.tagState, want, len(key))
		}
		if tagged && (len(tag) <= MaxTagBytes && string(l.tag) != string(tag) || len(tag) > MaxTagBytes && len(l.tag) <= MaxTagBytes) {
			t.Fatalf("%q: tag %q, want %q", line, l.tag, tag)
		}
	}
}
