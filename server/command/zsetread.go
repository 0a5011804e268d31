package command

import (
	"math"
	"strconv"

	"slotbench/internal/listpack"
	"slotbench/internal/resp"
)

func zCard(c *Context) {
	if z, ok := c.zset(c.Args[1]); ok {
		c.Int(int64(z.size()))
	}
}

func zScore(c *Context) {
	if z, ok := c.zset(c.Args[1]); ok {
		c.scoreOf(&z, c.Args[2])
	}
}

func zMScore(c *Context) {
	z, ok := c.zset(c.Args[1])
	if !ok {
		return
	}
	c.Array(len(c.Args) - 2)
	for _, member := range c.Args[2:] {
		c.scoreOf(&z, member)
	}
}

// scoreOf answers a member's score, or null.
func (c *Context) scoreOf(z *zset, member []byte) {
	if score, found := z.score(member); found {
		c.Score(score)
	} else {
		c.Null()
	}
}

// zRank answers how many members stand before the one that is asked for, or
// behind it.
func (c *Context) zRank(behind bool) {
	z, ok := c.zset(c.Args[1])
	if !ok {
		return
	}
	rank, found := z.rank(c.Args[2])
	switch {
	case !found:
		c.Null()
	case behind:
		c.Int(int64(z.size() - 1 - rank))
	default:
		c.Int(int64(rank))
	}
}

func (z *zset) rank(member []byte) (rank int, found bool) {
	if z.large != nil {
		return z.large.Rank(member)
	}
	if z.packed == nil {
		return 0, false
	}
	to := listpack.Find(z.packed, listpack.First, member, 2)
	for at := listpack.First; at < to; at = pairBehind(z.packed, at) {
		rank++
	}
	return rank, to >= 0
}

func zRandMember(c *Context) {
	if len(c.Args) == 2 {
		c.oneRandomMember()
		return
	}
	n, repeat, ok := c.randomCount(2)
	if !ok {
		return
	}
	withScores := len(c.Args) == 4 && isWord(c.Args[3], "withscores")
	switch {
	case len(c.Args) > 3 && !withScores:
		c.Error(errSyntax)
		return
	case withScores && n > math.MaxInt64/2:
		c.Error(errRange)
		return
	}
	z, ok := c.zset(c.Args[1])
	switch {
	case !ok:
		return
	case !z.exists():
		n = 0
	case !repeat:
		n = min(n, z.size())
	case n > maxRandomPicks:
		c.Error(errRange)
		return
	}
	shape := c.shapeOf(withScores)
	c.beginMembers(n, shape)
	switch size := z.size(); {
	case repeat:
		for range n {
			c.answerRank(&z, int(c.Random()%uint64(size)), shape)
		}
	case sparse(n, size):
		c.fewRandomMembers(&z, n, shape)
	default:
		c.manyRandomMembers(&z, n, shape)
	}
}

func (c *Context) oneRandomMember() {
	z, ok := c.zset(c.Args[1])
	switch {
	case !ok:
	case z.exists():
		c.answerRank(&z, int(c.Random()%uint64(z.size())), memberAlone)
	default:
		c.Null()
	}
}

// fewRandomMembers answers n different members, by Floyd's sample of ranks.
func (c *Context) fewRandomMembers(z *zset, n int, shape memberShape) {
	size := z.size()
	chosen := make(map[int]bool, n)
	for last := size - n; last < size; last++ {
		rank := int(c.Random() % uint64(last+1))
		if chosen[rank] {
			rank = last
		}
		chosen[rank] = true
		c.answerRank(z, rank, shape)
	}
}

// manyRandomMembers answers n different members by a look at all.
func (c *Context) manyRandomMembers(z *zset, n int, shape memberShape) {
	s := sampler{n, z.size(), c.Random}
	z.eachFrom(0, false, func(member []byte, score float64) bool {
		if s.want > 0 && s.take() {
			c.answerMember(member, score, shape)
		}
		return s.want > 0
	})
}

// answerRank answers the member of a rank.
func (c *Context) answerRank(z *zset, rank int, shape memberShape) {
	c.answerSpan(z, rankSpan{rank, 1}, false, shape)
}

// eachFrom visits the members from a rank on, until visit reports false.
func (z *zset) eachFrom(rank int, reverse bool, visit func(member []byte, score float64) bool) {
	if z.large != nil {
		z.large.EachFrom(rank, reverse, visit)
		return
	}
	if z.packed == nil || rank < 0 {
		return
	}
	step := pairBehind
	if reverse {
		step = pairBefore
	}
	var scratch [20]byte
	for at := listpack.Seek(z.packed, 2*rank); at >= 0 && at < listpack.End(z.packed); at = step(z.packed, at) {
		v, scoreAt := listpack.Read(z.packed, at)
		score, _ := packedScore(z.packed, scoreAt)
		if !visit(v.Bytes(scratch[:]), score) {
			return
		}
	}
}

func zScan(c *Context) {
	cursor, ok := parseCursor(c.Args[2])
	if !ok {
		c.Error("ERR invalid cursor")
		return
	}
	z, ok := c.zset(c.Args[1])
	if !ok {
		return
	}
	var pattern []byte
	count := defaultScanCount
	if z.exists() { // of an absent key the options are not looked at
		if pattern, count, ok = c.zScanOptions(3); !ok {
			return
		}
	}
	var found []byte // a reply behind its own head, which is not known before
	n := 0
	visit := func(member []byte, score float64) {
		if pattern == nil || matchGlob(pattern, member) {
			found = appendScanned(found, member, score)
			n += 2
		}
	}
	if z.large != nil {
		cursor = z.large.Scan(cursor, count, visit)
	} else {
		z.eachFrom(0, false, func(member []byte, score float64) bool { visit(member, score); return true })
		cursor = 0
	}
	c.Array(2)
	c.Bulk(strconv.AppendUint(c.scratch[:0], cursor, 10))
	c.Array(n)
	c.Out = append(c.Out, found...)
}

// zScanOptions reads what ZSCAN is to look for.
func (c *Context) zScanOptions(from int) (pattern []byte, count int, ok bool) {
	count = defaultScanCount
	for at := from; at < len(c.Args); at += 2 {
		more := at+1 < len(c.Args)
		switch arg := c.Args[at]; {
		case isWord(arg, "count") && more:
			n, ok := c.IntArg(at + 1)
			if !ok {
				return nil, 0, false
			}
			if n < 1 {
				c.Error(errSyntax)
				return nil, 0, false
			}
			count = int(min(n, maxScanCount))
		case isWord(arg, "match") && more:
			if pattern = c.Args[at+1]; len(pattern) > maxPatternBytes {
				c.Error(errLongPattern)
				return nil, 0, false
			}
		default:
			c.Error(errSyntax)
			return nil, 0, false
		}
	}
	return pattern, count, true
}

// appendScanned appends a member and its score as ZSCAN answers them: two bulk
// strings in either protocol.
func appendScanned(dst, member []byte, score float64) []byte {
	var scratch [scoreTextBytes]byte
	return resp.AppendBulk(resp.AppendBulk(dst, member), appendScoreText(scratch[:0], score))
}
