package listpack

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func bytesOf(texts []string) (all [][]byte) {
	for _, text := range texts {
		all = append(all, []byte(text))
	}
	return all
}

func TestAppendAll(t *testing.T) {
	one, all := AppendNew(nil), AppendNew(nil)
	for _, text := range texts {
		one = Append(one, []byte(text))
	}
	if all = AppendAll(AppendAll(all, bytesOf(texts[:7])), bytesOf(texts[7:])); !bytes.Equal(one, all) {
		t.Error("not as by Append")
	}
	many := AppendAll(AppendNew(nil), make([][]byte, manyElements+5))
	if Len(many) != manyElements+5 || Len(AppendAll(many, bytesOf(texts))) != manyElements+5+len(texts) {
		t.Error("wrong beyond what the header counts")
	}
}

// TestAppendUpdated replaces the values of some keys, which are every kind of
// text, in order and out of order.
func TestAppendUpdated(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		lp, want := AppendNew(nil), AppendNew(nil)
		var pairs [][]byte
		for _, key := range texts {
			before, after := texts[random.IntN(len(texts))], texts[random.IntN(len(texts))]
			lp = AppendAll(lp, bytesOf([]string{key, before}))
			if random.IntN(3) == 0 {
				pairs = append(pairs, []byte(key), []byte(after))
				before = after
			}
			want = AppendAll(want, bytesOf([]string{key, before}))
		}
		got, ok := AppendUpdated(nil, lp, pairs)
		if !ok || !bytes.Equal(got, want) {
			t.Fatal("not what it should be")
		}
		if err := Validate(got); err != nil {
			t.Fatal(err)
		}
		if len(pairs) >= 4 {
			pairs[0], pairs[2] = pairs[2], pairs[0]
			if _, ok := AppendUpdated(nil, lp, pairs); ok {
				t.Fatal("found keys out of order")
			}
		}
	}
	lp := AppendAll(AppendNew(nil), bytesOf([]string{"a", "b", "b", "c"}))
	for _, key := range []string{"c", "", "aa", "0", "-1"} {
		if _, ok := AppendUpdated(nil, lp, bytesOf([]string{key, "x"})); ok {
			t.Errorf("found %q", key)
		}
	}
}
