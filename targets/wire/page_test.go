package wire

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestPagesKeepFramesApart has flights of all lengths out at a time, and back
// in any order: no frame is written over, and memory does not grow with what
// was sent.
func TestPagesKeepFramesApart(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	h := hangar{}
	h.prepare(true)
	type sent struct {
		f    *flight
		want []byte
	}
	var out []sent
	for n := range 50_000 {
		f := h.take()
		size := random.IntN(200)
		if n%1000 == 0 {
			size = random.IntN(4 * pageBytes)
		}
		f.Frame = append(f.Frame, bytes.Repeat([]byte{byte(n)}, size)...)
		h.filled(f)
		out = append(out, sent{f, bytes.Repeat([]byte{byte(n)}, size)})
		for len(out) > random.IntN(300) {
			i := random.IntN(len(out))
			if !bytes.Equal(out[i].f.Frame, out[i].want) {
				t.Fatalf("after %d: a frame of %d bytes was written over", n, len(out[i].want))
			}
			h.put(out[i].f)
			out[i] = out[len(out)-1]
			out = out[:len(out)-1]
		}
	}
	for _, s := range out {
		h.put(s.f)
	}
	if held := h.pages.current.held; held != 0 || len(h.pages.idle) > keptPages {
		t.Errorf("%d frames are held with no flight out, %d pages idle", held, len(h.pages.idle))
	}
}
