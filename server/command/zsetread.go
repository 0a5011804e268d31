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

// maxRandomScores is the most that ZRANDMEMBER takes with WITHSCORES.
const maxRandomScores = math.MaxInt64 / 2

func zRandMember(c *Context) {
	withScores := len(c.Args) >= 4 && isWord(c.Args[3], "withscores")
	count := int64(1)
	if len(c.Args) > 2 {
		var ok bool
		if count, ok = c.IntArg(2); !ok {
			return
		}
		switch {
		case len(c.Args) > 4 || len(c.Args) == 4 && !withScores:
			c.Error(errSyntax)
			return
		case count == math.MinInt64:
			c.Errorf("ERR value is out of range, value must between %d and %d", -math.MaxInt64, math.MaxInt64)
			return
		case withScores && (count > maxRandomScores || count < -maxRandomScores):
			c.Error(errRange)
			return
		}
	}
	z, ok := c.zset(c.Args[1])
	switch {
	case !ok:
	case len(c.Args) == 2 && !z.exists():
		c.Null()
	case len(c.Args) == 2:
		c.answerRank(&z, int(c.Random()%uint64(z.size())), false)
	case !z.exists() || count == 0:
		c.Array(0)
	case count < 0:
		c.beginMembers(int(-count), withScores)
		for range -count {
			c.answerRank(&z, int(c.Random()%uint64(z.size())), withScores)
		}
	default:
		c.zRandomSample(&z, int(min(count, int64(z.size()))), withScores)
	}
}

// zRandomSample answers n different members, each as likely as any.
func (c *Context) zRandomSample(z *zset, n int, withScores bool) {
	c.beginMembers(n, withScores)
	size := z.size()
	if n*3 < size { // Floyd's sample: few of many
		chosen := make(map[int]bool, n)
		for last := size - n; last < size; last++ {
			rank := int(c.Random() % uint64(last+1))
			if chosen[rank] {
				rank = last
			}
			chosen[rank] = true
			c.answerRank(z, rank, withScores)
		}
		return
	}
	rank, left := 0, n
	z.eachFrom(0, false, func(member []byte, score float64) bool {
		if c.Random()%uint64(size-rank) < uint64(left) {
			c.answerMember(member, score, withScores)
			left--
		}
		rank++
		return left > 0
	})
}

// answerRank answers the member of a rank.
func (c *Context) answerRank(z *zset, rank int, withScores bool) {
	c.answerSpan(z, rankSpan{rank, 1}, false, withScores)
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
	cursor, ok := parseMemberCursor(c.Args[2])
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

// parseMemberCursor reads a cursor as C's strtoul does, which takes a sign, and
// nothing for 0.
func parseMemberCursor(text []byte) (uint64, bool) {
	if len(text) == 0 {
		return 0, true
	}
	digits := text
	negative := text[0] == '-'
	if text[0] == '-' || text[0] == '+' {
		digits = text[1:]
	}
	cursor, err := strconv.ParseUint(string(digits), 10, 64)
	if negative {
		cursor = -cursor
	}
	return cursor, err == nil
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
	return resp.AppendBulk(resp.AppendBulk(dst, member), appendScore(scratch[:0], score))
}
