package command

import (
	"math"
)

// zPop removes and answers the first members of a set, or the last.
func (c *Context) zPop(last bool) {
	if len(c.Args) > 3 {
		c.Error(errSyntax)
		return
	}
	count := int64(1)
	if len(c.Args) == 3 {
		var ok bool
		if count, ok = c.zCountArg(2); !ok {
			return
		}
	}
	z, ok := c.zset(c.Args[1])
	if !ok {
		return
	}
	n := int(min(count, int64(z.size())))
	nested := len(c.Args) == 3 && c.Client.Proto >= 3
	switch {
	case n == 0:
		c.Array(0)
	case nested:
		c.Array(n)
		c.popScored(&z, n, last, true)
	default:
		c.Array(2 * n)
		c.popScored(&z, n, last, false)
	}
}

// zCountArg reads a count that must not be negative.
func (c *Context) zCountArg(at int) (int64, bool) {
	n, ok := parseInt(c.Args[at])
	if !ok || n < 0 {
		c.Error(errNotPositive)
		return 0, false
	}
	return n, true
}

// popScored answers n members that are there, each with its score, and
// removes them.
func (c *Context) popScored(z *zset, n int, last, nested bool) {
	s, from := rankSpan{0, n}, 0
	if last {
		s.first = z.size() - n
		from = z.size() - 1
	}
	left := n
	z.eachFrom(from, last, func(member []byte, score float64) bool {
		if nested {
			c.Array(2)
		}
		c.Bulk(member)
		c.Score(score)
		left--
		return left > 0
	})
	z.remove(s)
}

// zSeveralPop is the arguments of ZMPOP and BZMPOP.
type zSeveralPop struct {
	keys  [][]byte
	last  bool
	count int64
}

// zSeveralPop reads: numkeys key … MIN|MAX [COUNT count].
func (c *Context) zSeveralPop(args [][]byte) (p zSeveralPop, ok bool) {
	n, ok := parseInt(args[0])
	if !ok || n < 1 {
		c.Error("ERR numkeys should be greater than 0")
		return p, false
	}
	if n >= int64(len(args)-1) {
		c.Error(errSyntax)
		return p, false
	}
	p.keys, args = args[1:1+n], args[1+n:]
	switch {
	case isWord(args[0], "max"):
		p.last = true
	case !isWord(args[0], "min"):
		c.Error(errSyntax)
		return p, false
	}
	p.count = -1
	for args = args[1:]; len(args) > 0; args = args[2:] {
		if p.count != -1 || !isWord(args[0], "count") || len(args) < 2 {
			c.Error(errSyntax)
			return p, false
		}
		if p.count, ok = parseInt(args[1]); !ok || p.count < 1 {
			c.Error("ERR count should be greater than 0")
			return p, false
		}
	}
	p.count = max(1, p.count)
	return p, true
}

func zMPop(c *Context) {
	p, ok := c.zSeveralPop(c.Args[1:])
	if ok && !c.popFirstOf(p) {
		c.NullArray()
	}
}

// popFirstOf pops from the first key that holds members. It reports false if
// none does; then nothing is answered.
func (c *Context) popFirstOf(p zSeveralPop) bool {
	for _, key := range p.keys {
		z, ok := c.zset(key)
		if !ok {
			return true
		}
		if !z.exists() {
			continue
		}
		n := int(min(p.count, int64(z.size())))
		c.Array(2)
		c.Bulk(key)
		c.Array(n)
		c.popScored(&z, n, p.last, true)
		return true
	}
	return false
}

// zNumberedKeys appends the positions of the keys that follow their number,
// which stands at an argument.
func zNumberedKeys(positions []int, args [][]byte, at int) ([]int, bool) {
	if at >= len(args) {
		return positions, false
	}
	n, ok := parseInt(args[at])
	if !ok || n < 1 || n > math.MaxInt32 || int(n) > len(args)-at-1 {
		return positions, false
	}
	for i := range int(n) {
		positions = append(positions, at+1+i)
	}
	return positions, true
}
