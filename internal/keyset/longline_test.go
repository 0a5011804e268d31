package keyset

import (
	"context"
	"fmt"
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

// Keys of any length come in the Redis protocol too.
func TestLongKeyOfRESP(t *testing.T) {
	key := strings.Repeat("k", 3<<20) + "{tag}" + strings.Repeat("}", MaxLineBytes)
	text := fmt.Sprintf("*3\r\n$1\r\na\r\n$%d\r\n%s\r\n$5\r\n{tag}\r\n", len(key), key)
	s := readString(t, text, Options{Format: RESP})
	if crc := slot.CRC16([]byte("tag")); s.Keys != 3 || s.Bins.Keys[crc] != 2 || s.Bins.Bytes[crc] != uint64(len(key)+5) || s.TaggedKeys != 2 || s.Lines != 3 {
		t.Errorf("%d keys, %d tagged, %d and %d bytes in the tag's", s.Keys, s.TaggedKeys, s.Bins.Keys[crc], s.Bins.Bytes[crc])
	}
	for cut, want := range map[int]string{len(text) - 30: "the input ends in the middle", len(text) - 13: "the input ends in the middle"} {
		_, err := Read(context.Background(), []string{"-"}, Options{Format: RESP, Stdin: strings.NewReader(text[:cut])})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("cut at %d of %d: %v", cut, len(text), err)
		}
	}
	o := Options{Format: RESP, Stdin: strings.NewReader(text), Visit: func() func(*Key) { return func(*Key) {} }}
	if _, err := Read(context.Background(), []string{"-"}, o); err == nil || !strings.Contains(err.Error(), "longer than 1048576 bytes") {
		t.Errorf("visited: %v", err)
	}
}
