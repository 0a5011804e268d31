package collection

import (
	"bytes"
	"container/list"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"slotbench/internal/listpack"
)

// checkList compares a list with a slice, and its own books with what is there.
func checkList(l *List, model []string) error {
	if l.Len() != len(model) {
		return fmt.Errorf("Len %d, want %d", l.Len(), len(model))
	}
	held := int64(len(l.room))*listNodeBytes + int64(len(l.spare))
	count, number := 0, 0
	for i := range l.nodes() {
		n := &l.nodes()[i]
		held += int64(len(n.chunk))
		if i > 0 && n.first != number {
			return fmt.Errorf("node %d begins with %d, want %d", i, n.first, number)
		}
		number = n.first + n.elements()
		count += n.elements()
		if !n.plain {
			if err := listpack.Validate(n.text()); err != nil {
				return fmt.Errorf("node %d: %w", i, err)
			}
		}
		// Set, and Insert in a node that is full and therefore divided, do not
		// ask whether there is room.
		if n.elements() == 0 || !n.plain && l.fill.Exceeded(n.bytes()/4, n.elements()) {
			return fmt.Errorf("node %d has %d elements in %d bytes", i, n.elements(), n.bytes())
		}
	}
	if count > 0 && number != l.end || held != l.bytes {
		return fmt.Errorf("end %d, want %d; bytes %d, want %d", l.end, number, l.bytes, held)
	}
	if !l.split && len(l.nodes()) > 1 {
		return fmt.Errorf("%d nodes and not split", len(l.nodes()))
	}
	var got []string
	l.Each(func(text []byte) bool {
		got = append(got, string(text))
		return true
	})
	if !slices.Equal(got, model) {
		return fmt.Errorf("%.300q\nwant %.300q", got, model)
	}
	return nil
}

// listStep is one random change of both.
func listStep(rnd *rand.Rand, l *List, model []string, text func() string) ([]string, string) {
	n := len(model)
	texts := func() (all [][]byte, want []string) {
		for range 1 + rnd.IntN(4) {
			s := text()
			all, want = append(all, []byte(s)), append(want, s)
		}
		return all, want
	}
	op := rnd.IntN(13)
	if n == 0 {
		op %= 6
	}
	switch op {
	case 0, 1, 2:
		add, want := texts()
		l.PushTail(add...)
		return append(model, want...), "PushTail"
	case 3, 4, 5:
		add, want := texts()
		l.PushHead(add...)
		slices.Reverse(want)
		return append(want, model...), "PushHead"
	case 6:
		l.PopHead()
		return model[1:], "PopHead"
	case 7:
		l.PopTail()
		return model[:n-1], "PopTail"
	case 8, 9:
		at, behind, s := rnd.IntN(n), rnd.IntN(2), text()
		l.Insert(at, behind == 1, []byte(s))
		return slices.Insert(model, at+behind, s), fmt.Sprintf("Insert %d %d of %d bytes", at, behind, len(s))
	case 10:
		at, s := rnd.IntN(n), text()
		l.Set(at, []byte(s))
		model[at] = s
		return model, "Set"
	case 11:
		if rnd.IntN(10) > 0 {
			return model, "nothing"
		}
		from := rnd.IntN(n/4 + 1)
		to := n - rnd.IntN(n/4+1)
		l.Trim(from, max(to, from+1))
		return model[from:max(to, from+1)], "Trim"
	default:
		count, s := rnd.IntN(7)-3, model[rnd.IntN(n)]
		removed := l.Remove([]byte(s), count)
		left := removeFrom(model, s, count)
		if removed != n-len(left) {
			return left, fmt.Sprintf("Remove said %d, not %d", removed, n-len(left))
		}
		return left, "Remove"
	}
}

// removeFrom is LREM on a slice.
func removeFrom(model []string, s string, count int) []string {
	model = slices.Clone(model)
	backwards := count < 0
	if backwards {
		slices.Reverse(model)
		count = -count
	}
	if count == 0 {
		count = len(model)
	}
	model = slices.DeleteFunc(model, func(have string) bool {
		if have != s || count == 0 {
			return false
		}
		count--
		return true
	})
	if backwards {
		slices.Reverse(model)
	}
	return model
}

func TestListAsASlice(t *testing.T) {
	for _, fill := range []ListFill{-1, -2, -5, 1, 3, 128} {
		seed := rand.Uint64()
		rnd := rand.New(rand.NewPCG(seed, uint64(fill)))
		text := func() string {
			switch rnd.IntN(20) {
			case 0:
				return strings.Repeat("large", 400+rnd.IntN(2000))
			case 1:
				return strings.Repeat("x", rnd.IntN(700))
			case 2, 3:
				return strconv.FormatInt(rnd.Int64()-rnd.Int64(), 10)
			}
			return strconv.Itoa(rnd.IntN(30)) + strings.Repeat("y", rnd.IntN(2))
		}
		l, model := NewList(fill), []string{}
		for step := range 600 {
			var what string
			model, what = listStep(rnd, l, model, text)
			if err := checkList(l, model); err != nil {
				t.Fatalf("fill %d, seed %d, step %d, %s: %v", fill, seed, step, what, err)
			}
			if step%100 == 0 {
				if err := checkReads(rnd, l, model); err != nil {
					t.Fatalf("fill %d, seed %d, step %d: %v", fill, seed, step, err)
				}
			}
			if len(model) > 600 {
				l.Trim(200, 300)
				model = model[200:300]
			}
		}
	}
}

// checkReads compares what does not change a list.
func checkReads(rnd *rand.Rand, l *List, model []string) error {
	if err := checkList(l.Clone(), model); err != nil {
		return fmt.Errorf("the clone: %w", err)
	}
	for range 20 {
		at := rnd.IntN(len(model)+2) - 1
		v, ok := l.At(at)
		if inside := at >= 0 && at < len(model); ok != inside || ok && string(v.Append(nil)) != model[at] {
			return fmt.Errorf("At(%d): %v", at, ok)
		}
	}
	n := len(model)
	if n == 0 {
		return nil
	}
	from := rnd.IntN(n)
	count := rnd.IntN(n - from + 1)
	var there, back []string
	l.Range(from, count, false, func(v listpack.Value) bool {
		there = append(there, string(v.Append(nil)))
		return true
	})
	if !slices.Equal(there, model[from:from+count]) {
		return fmt.Errorf("Range %d of %d", from, count)
	}
	l.Range(from, min(count, from+1), true, func(v listpack.Value) bool {
		back = append(back, string(v.Append(nil)))
		return true
	})
	slices.Reverse(back)
	if !slices.Equal(back, model[from+1-min(count, from+1):from+1]) {
		return fmt.Errorf("Range to the head %d of %d", from, count)
	}
	for _, toHead := range []bool{false, true} {
		s, most := model[rnd.IntN(n)], rnd.IntN(n+2)
		var got, want []int
		l.Search([]byte(s), toHead, most, func(i int) bool { got = append(got, i); return true })
		for i := range min(most, n) {
			if toHead {
				i = n - 1 - i
			}
			if model[i] == s {
				want = append(want, i)
			}
		}
		if !slices.Equal(got, want) {
			return fmt.Errorf("Search %q toHead %v most %d: %v, want %v", s, toHead, most, got, want)
		}
	}
	return nil
}

// Nodes go round: memory stays what it was while a queue runs through it.
func TestListAsAQueueIsSteady(t *testing.T) {
	l := NewList(-2)
	text := [][]byte{bytes.Repeat([]byte("q"), 100)}
	for range 1000 {
		l.PushHead(text...)
	}
	turn := func() {
		l.PushHead(text...)
		l.PopTail()
	}
	for range 5000 {
		turn()
	}
	before := l.Bytes()
	if n := testing.AllocsPerRun(20000, turn); n != 0 {
		t.Errorf("%v allocations a turn", n)
	}
	if after := l.Bytes(); after > before+before/4 {
		t.Errorf("%d bytes, then %d", before, after)
	}
	for l.PopTail() {
	}
	if l.Len() != 0 || l.Bytes() > 1<<10 {
		t.Errorf("empty it takes %d bytes", l.Bytes())
	}
}

// The overhead of a long list of short texts is small.
func TestListBytes(t *testing.T) {
	l, payload := NewList(-2), 0
	for i := range 100_000 {
		text := []byte(fmt.Sprintf("element:%07d", i))
		payload += len(text)
		l.PushTail(text)
	}
	if over := float64(l.Bytes())/float64(payload) - 1; over > 0.16 { // 2 of 15 bytes are the listpack's
		t.Errorf("%.0f %% more than the payload", over*100)
	}
	if c := l.Clone().Bytes(); c > l.Bytes() {
		t.Errorf("the clone takes %d bytes, it %d", c, l.Bytes())
	}
	for range 99_990 {
		l.PopHead()
	}
	if l.Bytes() > 20<<10 {
		t.Errorf("10 texts take %d bytes", l.Bytes())
	}
}

// When a list is split and when it is whole again, as Redis 7.2 has it.
func TestListSplit(t *testing.T) {
	text := bytes.Repeat([]byte("s"), 100) // 103 bytes as an element: 79 fit into 8 KiB
	l := NewList(-2)
	for i := 1; !l.Split(); i++ {
		l.PushTail(text)
		if i > 80 {
			t.Fatal("never split")
		}
	}
	if l.Len() != 80 {
		t.Errorf("split at %d", l.Len())
	}
	for l.Split() {
		if !l.PopHead() {
			t.Fatal("never whole again")
		}
	}
	if l.Len() != 1 { // the second node, which one push began
		t.Errorf("whole again at %d", l.Len())
	}
	if lp, ok := l.Packed(); !ok || listpack.Len(lp) != 1 {
		t.Error("not packed")
	}
}

func BenchmarkListQueue(b *testing.B) {
	l, text := NewList(-2), [][]byte{bytes.Repeat([]byte("q"), 32)}
	for range 10_000 {
		l.PushHead(text...)
	}
	b.ReportAllocs()
	for b.Loop() {
		l.PushHead(text...)
		l.PopTail()
	}
}

func BenchmarkGoListQueue(b *testing.B) {
	l, text := list.New(), bytes.Repeat([]byte("q"), 32)
	for range 10_000 {
		l.PushFront(bytes.Clone(text))
	}
	b.ReportAllocs()
	for b.Loop() {
		l.PushFront(bytes.Clone(text))
		l.Remove(l.Back())
	}
}

func BenchmarkListAt(b *testing.B) {
	l := NewList(-2)
	for i := range 1_000_000 {
		l.PushTail(strconv.AppendInt(nil, int64(i), 10))
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	for b.Loop() {
		at := rnd.IntN(1_000_000)
		if v, _ := l.At(at); v.Int != int64(at) {
			b.Fatal("not the element")
		}
	}
}

func BenchmarkGoListAt(b *testing.B) {
	l := list.New()
	for i := range 1_000_000 {
		l.PushBack(i)
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	for b.Loop() {
		e := l.Front()
		for range rnd.IntN(1_000_000) {
			e = e.Next()
		}
	}
}
