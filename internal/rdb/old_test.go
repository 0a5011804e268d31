package rdb

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"slotbench/internal/peer"
)

// Encodings that no server writes any more, put together by their
// description; redis-server 7.0, which still reads them, is asked whether they
// are right.

// zl is a ziplist. An entry is an integer, a string, or its bytes as they are.
func zl(entries ...any) string {
	p := make([]byte, zipHeadBytes)
	before, last := 0, zipHeadBytes
	for _, e := range entries {
		last = len(p)
		if before < zipLongBefore {
			p = append(p, byte(before))
		} else {
			p = binary.LittleEndian.AppendUint32(append(p, zipLongBefore), uint32(before))
		}
		p = append(p, zipBody(e)...)
		before = len(p) - last
	}
	p = append(p, zipMark)
	binary.LittleEndian.PutUint32(p, uint32(len(p)))
	binary.LittleEndian.PutUint32(p[4:], uint32(last))
	binary.LittleEndian.PutUint16(p[8:], uint16(len(entries)))
	return string(p)
}

func zipBody(e any) []byte {
	switch e := e.(type) {
	case string:
		switch {
		case len(e) < 1<<6:
			return append([]byte{byte(len(e))}, e...)
		case len(e) < 1<<14:
			return append([]byte{zipString14 | byte(len(e)>>8), byte(len(e))}, e...)
		}
		return append(binary.BigEndian.AppendUint32([]byte{zipString32}, uint32(len(e))), e...)
	case int8:
		return []byte{0xFE, byte(e)}
	case int16:
		return binary.LittleEndian.AppendUint16([]byte{0xC0}, uint16(e))
	case int32:
		return binary.LittleEndian.AppendUint32([]byte{0xD0}, uint32(e))
	case int64:
		return binary.LittleEndian.AppendUint64([]byte{0xE0}, uint64(e))
	case []byte:
		return e
	}
	panic(fmt.Sprintf("no entry: %T", e))
}

func text(s string) string { return string(append(AppendLength(nil, uint64(len(s))), s...)) }

var long, longer = strings.Repeat("l", 300), strings.Repeat("m", 20000)

// oldSamples are payloads' bodies and what they hold.
var oldSamples = []struct {
	of   Type
	body string
	want []string
}{
	{TypeList, "\x03" + text("a") + "\xc0\x05" + text(""), []string{"a", "5", ""}},
	{TypeListZiplist, text(zl("a", int8(-5), int16(-300), int32(70000), int64(-1<<40), []byte{0xF1}, []byte{0xFD}, []byte{0xF0, 1, 0, 0x80}, long, "b", longer, "c", "")),
		[]string{"a", "-5", "-300", "70000", "-1099511627776", "0", "12", "-8388607", long, "b", longer, "c", ""}},
	{TypeListZiplists, "\x02" + text(zl("a", "b")) + text(zl(int8(100))), []string{"a", "b", "100"}},
	{TypeListZiplists, "\x02" + text(zl("a", "b")) + text(zl()), []string{"a", "b"}},
	{TypeHashZiplist, text(zl("f", "v", int8(7), "")), []string{"7", "", "f", "v"}},
	{TypeSortedSetZiplist, text(zl("a", []byte{0xF2}, "b", "1.5", "c", "inf")), []string{"a", "1", "b", "1.5", "c", "+Inf"}},
	{TypeHashZipmap, text("\x02\x01f\x01\x02v..\x00\x02\x00gg\xff"), []string{"", "gg", "f", "v"}},
	{TypeHashZipmap, text("\xfe\xfe\x2c\x01\x00\x00" + long + "\xfe\x2c\x01\x00\x00\x00" + long + "\xff"), []string{long, long}},
	{TypeSortedSetText, "\x04\x01a\x011\x01b\x042e-3\x01c\xfe\x01d\xff", []string{"d", "-Inf", "b", "0.002", "a", "1", "c", "+Inf"}},
}

func TestOldEncodings(t *testing.T) {
	for _, s := range oldSamples {
		var v Value
		err := v.ReadDump(seal(append([]byte{byte(s.of)}, s.body...), oldestVersion))
		if err != nil || !slices.Equal(holds(&v), s.want) {
			t.Errorf("type %d: %.300q, %v\nwant %.300q", s.of, holds(&v), err, s.want)
		}
	}
}

// TestOldEncodingsByRedis asks the real server what the same payloads hold.
func TestOldEncodingsByRedis(t *testing.T) {
	real := peer.Dial(t, peer.Start(t))
	for _, s := range oldSamples {
		body := append([]byte{byte(s.of)}, s.body...)
		if got := real.Text("RESTORE", "k", "0", string(seal(body, oldestVersion)), "REPLACE"); got != "OK" {
			t.Fatalf("type %d: %s", s.of, got)
		}
		var v, again Value
		if err := v.ReadDump(seal(body, oldestVersion)); err != nil {
			t.Fatal(err)
		}
		if err := again.ReadDump([]byte(real.Text("DUMP", "k"))); err != nil || !slices.Equal(holds(&again), holds(&v)) {
			t.Errorf("type %d: Redis has %.300q, %v\nwe %.300q", s.of, holds(&again), err, holds(&v))
		}
	}
}

// TestDamagedOldEncodings changes each byte of each payload: whatever comes of
// it, it is read to the end or refused.
func TestDamagedOldEncodings(t *testing.T) {
	refused := 0
	for _, s := range oldSamples {
		body := append([]byte{byte(s.of)}, s.body...)
		for at := 1; at < min(len(body), 64); at++ {
			for _, b := range []byte{0, 1, 0x7F, 0x80, 0xC0, 0xFE, 0xFF, body[at] + 1, body[at] - 1} {
				damaged := bytes.Clone(body)
				damaged[at] = b
				var v Value
				if v.ReadDump(seal(damaged, oldestVersion)) != nil {
					refused++
				}
			}
		}
	}
	if refused < 1000 {
		t.Errorf("%d damaged payloads were refused", refused)
	}
	for name, p := range map[string]string{
		"a length before that is wrong": strings.Replace(zl("a", "b"), "\x03\x01b", "\x02\x01b", 1),
		"a wrong number of entries":     "\x0e\x00\x00\x00\x0a\x00\x00\x00\x02\x00\x00\x01a\xff",
		"a last entry elsewhere":        "\x0e\x00\x00\x00\x0b\x00\x00\x00\x01\x00\x00\x01a\xff",
		"an integer of no known size":   zl([]byte{0xC1, 0, 0}),
	} {
		var v Value
		if err := v.ReadDump(seal([]byte("\x0a"+text(p)), oldestVersion)); err != ErrFormat {
			t.Errorf("%s: %v, %q", name, err, holds(&v))
		}
	}
}
