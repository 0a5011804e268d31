package command

import (
	"math"

	"slotbench/server/store"
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
	shape := memberBesideScore
	if len(c.Args) == 3 {
		shape = c.shapeOf(true)
	}
	c.beginMembers(n, shape)
	c.popScored(&z, n, last, shape)
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

// popScored answers n members that are there, each with its score, and removes
// them.
func (c *Context) popScored(z *zset, n int, last bool, shape memberShape) {
	s := rankSpan{0, n}
	if last {
		s.first = z.size() - n
	}
	c.answerSpan(z, s, last, shape)
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
	if ok && !c.popFirstOf(p.keys, p.count, p.last, memberInPair) {
		c.NullArray()
	}
}

func bzMPop(c *Context) {
	p, ok := c.zSeveralPop(c.Args[2:])
	if !ok {
		return
	}
	timeoutMillis, ok := c.TimeoutArg(1)
	if ok && !c.popFirstOf(c.Candidates(p.keys), p.count, p.last, memberInPair) && !c.Block(store.SortedSet, timeoutMillis, p.keys) {
		c.NullArray()
	}
}

// blockingPopScored is BZPOPMIN, or BZPOPMAX.
func (c *Context) blockingPopScored(last bool) {
	end := len(c.Args) - 1
	timeoutMillis, ok := c.TimeoutArg(end)
	if !ok {
		return
	}
	keys := c.Args[1:end]
	if !c.popFirstOf(c.Candidates(keys), 1, last, memberBesideScore) && !c.Block(store.SortedSet, timeoutMillis, keys) {
		c.NullArray()
	}
}

// popFirstOf pops up to count members from the first key that holds any, and
// answers the key and them: pairs in an array of their own, or one member
// beside the key. It reports false if no key does; then nothing is answered.
func (c *Context) popFirstOf(keys [][]byte, count int64, last bool, shape memberShape) bool {
	for _, key := range keys {
		z, ok := c.zset(key)
		if !ok {
			return true
		}
		if !z.exists() {
			continue
		}
		n := int(min(count, int64(z.size())))
		if shape == memberInPair {
			c.Array(2)
			c.Bulk(key)
			c.Array(n)
		} else {
			c.Array(3)
			c.Bulk(key)
		}
		c.popScored(&z, n, last, shape)
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
