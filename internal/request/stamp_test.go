package request

import (
	"bytes"
	"fmt"
	"math"
	"testing"
)

func TestStampRoundTrip(t *testing.T) {
	for _, key := range []string{"", "k", "1234567", "12345678", "123456789", "user:{000017}:cart:3", "\x00\xff{}"} {
		for _, stream := range []int32{PreloadStream, 0, 49, math.MaxInt32} {
			for _, seq := range []uint64{0, 1, 1 << 40, math.MaxUint64} {
				value := bytes.Repeat([]byte{'v'}, StampBytes+5)
				PutStamp(value, []byte(key), stream, seq)
				gotStream, gotSeq, ok := ReadStamp(value, []byte(key))
				if !ok || gotStream != stream || gotSeq != seq {
					t.Fatalf("key %q: read %d, %d, %v; want %d, %d", key, gotStream, gotSeq, ok, stream, seq)
				}
				if !bytes.Equal(value[StampBytes:], []byte("vvvvv")) {
					t.Fatalf("the stamp wrote past its %d bytes: %q", StampBytes, value)
				}
			}
		}
	}
}

func TestStampRefusesWhatIsNotItsOwn(t *testing.T) {
	key := []byte("user:{17}")
	stamp := make([]byte, StampBytes)
	PutStamp(stamp, key, 3, 99)
	for bit := range StampBytes * 8 {
		torn := bytes.Clone(stamp)
		torn[bit/8] ^= 1 << (bit % 8)
		if _, _, ok := ReadStamp(torn, key); ok {
			t.Errorf("passes with bit %d flipped", bit)
		}
	}
	for _, other := range []string{"user:{18}", "user:{17", "user:{17}\x00", ""} {
		if _, _, ok := ReadStamp(stamp, []byte(other)); ok {
			t.Errorf("passes as the value of %q", other)
		}
	}
	for _, value := range [][]byte{nil, stamp[:StampBytes-1], bytes.Repeat([]byte("x"), 100), make([]byte, 100)} {
		if _, _, ok := ReadStamp(value, key); ok {
			t.Errorf("a foreign value passes: %q", value)
		}
	}
}

// TestStampBytes holds the layout still: values outlive the process.
func TestStampBytes(t *testing.T) {
	stamp := make([]byte, StampBytes)
	PutStamp(stamp, []byte("user:{17}:cart"), 7, 258)
	const want = "b5627401070000000201000000000000"
	if got := fmt.Sprintf("%x", stamp[:16]); got != want {
		t.Errorf("layout %s, want %s", got, want)
	}
	if got := fmt.Sprintf("%x", stamp[16:]); got != stampGolden {
		t.Errorf("check %s, want %s", got, stampGolden)
	}
}

const stampGolden = "76ddb909dcf26da7"

func TestStampChecksDiffer(t *testing.T) {
	seen := map[uint64]string{}
	for k := range 200 {
		key := fmt.Appendf(nil, "key:%d", k)
		for stream := int32(-1); stream < 20; stream++ {
			for seq := range uint64(20) {
				name := fmt.Sprint(k, stream, seq)
				check := stampCheck(key, stream, seq)
				if other, taken := seen[check]; taken {
					t.Fatalf("%s and %s share check %x", name, other, check)
				}
				seen[check] = name
			}
		}
	}
}

func TestStampAllocatesNothing(t *testing.T) {
	value, key := make([]byte, 100), []byte("user:{17}")
	if n := testing.AllocsPerRun(100, func() {
		PutStamp(value, key, 1, 2)
		if _, _, ok := ReadStamp(value, key); !ok {
			t.Fatal("not read back")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPutStamp(b *testing.B) {
	value, key := make([]byte, 100), []byte("user:{000017}:profile")
	for i := range b.N {
		PutStamp(value, key, 1, uint64(i))
	}
}
