package command

import (
	"math"

	"slotbench/internal/listpack"
	"slotbench/server/collection"
	"slotbench/server/store"
)

// maxRandomPicks bounds a count of random elements that may repeat: Redis
// answers as many as its memory can hold.
const maxRandomPicks = 1 << 24

// sampler chooses `want` of `left` elements that are looked at one after the
// other, each choice as likely as any other.
type sampler struct {
	want, left int
	random     func() uint64
}

// take says whether the next element is of the sample.
func (s *sampler) take() bool {
	taken := s.random()%uint64(s.left) < uint64(s.want)
	s.left--
	if taken {
		s.want--
	}
	return taken
}

// sparse says whether so few of so many elements are asked for that drawing
// them, and those anew that were drawn before, is less work than a look at all.
func sparse(want, of int) bool { return want*3 < of }

// randomCount reads a count of random elements: negative ones may repeat. When
// ok is false the error is already the reply.
func (c *Context) randomCount(at int) (n int, repeat, ok bool) {
	count, ok := c.IntArg(at)
	switch {
	case !ok:
		return 0, false, false
	case count == math.MinInt64:
		c.Errorf("ERR value is out of range, value must between %d and %d", -math.MaxInt64, math.MaxInt64)
		return 0, false, false
	case count < 0:
		return int(-count), true, true
	}
	return int(count), false, true
}

func hRandField(c *Context) {
	if len(c.Args) == 2 {
		c.oneRandomField()
		return
	}
	n, repeat, ok := c.randomCount(2)
	if !ok {
		return
	}
	withValues := len(c.Args) == 4 && isWord(c.Args[3], "withvalues")
	switch {
	case len(c.Args) > 3 && !withValues:
		c.Error(errSyntax)
		return
	case withValues && n > math.MaxInt64/2:
		c.Error(errRange)
		return
	}
	e, found, ok := c.collection(c.Args[1], store.Hash)
	switch {
	case !ok:
		return
	case !found:
		n = 0
	case !repeat:
		n = min(n, hashLen(e))
	case n > maxRandomPicks:
		c.Error(errRange)
		return
	}
	flat := withValues && c.Client.Proto < 3
	if flat {
		c.Array(2 * n)
	} else {
		c.Array(n)
	}
	c.randomFields(e, n, repeat, func(field, value listpack.Value) {
		if withValues && !flat {
			c.Array(2)
		}
		c.element(field)
		if withValues {
			c.element(value)
		}
	})
}

func (c *Context) oneRandomField() {
	e, found, ok := c.collection(c.Args[1], store.Hash)
	switch {
	case !ok:
	case !found:
		c.Null()
	default:
		c.randomFields(e, 1, true, func(field, _ listpack.Value) { c.element(field) })
	}
}

// randomFields visits n random fields of a hash; unless they may repeat, it
// has so many.
func (c *Context) randomFields(e store.Entry, n int, repeat bool, visit func(field, value listpack.Value)) {
	h, large := e.Object.(*collection.Hash)
	switch {
	case n == 0:
	case repeat && large:
		for range n {
			field, value := h.Random(c.Random())
			visit(listpack.Value{Text: field}, listpack.Value{Text: value})
		}
	case repeat:
		randomElements(e.Value, n, 2, c.Random, func(at int) {
			field, next := listpack.Read(e.Value, at)
			value, _ := listpack.Read(e.Value, next)
			visit(field, value)
		})
	case large && sparse(n, h.Len()):
		for drawn := make(map[string]bool, n); len(drawn) < n; {
			field, value := h.Random(c.Random())
			if !drawn[string(field)] {
				drawn[string(field)] = true
				visit(listpack.Value{Text: field}, listpack.Value{Text: value})
			}
		}
	default:
		chosen := sampler{n, hashLen(e), c.Random}
		eachField(e, func(field, value listpack.Value) {
			if chosen.take() {
				visit(field, value)
			}
		})
	}
}

// randomElements visits the positions of n random elements of a listpack out
// of every step-th one; they may repeat.
func randomElements(lp []byte, n, step int, random func() uint64, visit func(at int)) {
	count := uint64(listpack.Len(lp) / step)
	if n == 1 {
		visit(listpack.Seek(lp, step*int(random()%count)))
		return
	}
	positions := make([]int, 0, count)
	for at := listpack.First; at < listpack.End(lp); {
		positions = append(positions, at)
		for range step {
			at = listpack.Next(lp, at)
		}
	}
	for range n {
		visit(positions[random()%count])
	}
}
