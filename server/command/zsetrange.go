package command

import "slotbench/server/collection"

func sortedSetRangeRows() []Command {
	row := func(name string, arity int, since, complexity, summary, syntax string, run func(*Context)) Command {
		return Command{Name: name, Arity: arity, Flags: ReadOnly, First: 1, Last: 1, Step: 1, KeySpec: "RO ACCESS", Run: run,
			Since: since, Complexity: complexity, Summary: summary, Syntax: syntax}
	}
	of := func(kind rangeKind, reverse bool) func(*Context) {
		return func(c *Context) { c.answerRange(rangeQuery{kind: kind, reverse: reverse, fixed: true}) }
	}
	remove := func(kind rangeKind) func(*Context) { return func(c *Context) { c.removeRange(kind) } }
	const n = "O(log N + M), M members answered"
	rows := []Command{
		row("zrange", -4, "1.2.0", n, "Members in a range of ranks, scores or bytes",
			"key start stop [BYSCORE|BYLEX] [REV] [LIMIT offset count] [WITHSCORES]", func(c *Context) { c.answerRange(rangeQuery{}) }),
		row("zrevrange", -4, "1.2.0", n, "Members in a range of ranks, from the last", "key start stop [WITHSCORES]", of(byRank, true)),
		row("zrangebyscore", -4, "1.0.5", n, "Members in a range of scores", "key min max [WITHSCORES] [LIMIT offset count]", of(byScore, false)),
		row("zrevrangebyscore", -4, "2.2.0", n, "Members in a range of scores, from the highest", "key max min [WITHSCORES] [LIMIT offset count]", of(byScore, true)),
		row("zrangebylex", -4, "2.8.9", n, "Members of equal scores in a range of bytes", "key min max [LIMIT offset count]", of(byLex, false)),
		row("zrevrangebylex", -4, "2.8.9", n, "Members of equal scores in a range of bytes, from the last", "key max min [LIMIT offset count]", of(byLex, true)),
		row("zcount", 4, "2.0.0", "O(log N)", "Count the members in a range of scores", "key min max", func(c *Context) { c.countRange(byScore) }),
		row("zlexcount", 4, "2.8.9", "O(log N)", "Count the members in a range of bytes", "key min max", func(c *Context) { c.countRange(byLex) }),
		row("zremrangebyrank", 4, "2.0.0", "O(log N + M), M members removed", "Remove the members in a range of ranks", "key start stop", remove(byRank)),
		row("zremrangebyscore", 4, "1.2.0", "O(log N + M), M members removed", "Remove the members in a range of scores", "key min max", remove(byScore)),
		row("zremrangebylex", 4, "2.8.9", "O(log N + M), M members removed", "Remove the members in a range of bytes", "key min max", remove(byLex)),
		row("zrangestore", -5, "6.2.0", "O(log N + M), M members stored", "Store the members in a range", "dst src min max [BYSCORE|BYLEX] [REV] [LIMIT offset count]", zRangeStore),
	}
	for i := range rows {
		switch cmd := &rows[i]; cmd.Name {
		case "zcount", "zlexcount":
			cmd.Flags |= Fast
		case "zremrangebyrank", "zremrangebyscore", "zremrangebylex":
			cmd.Flags, cmd.KeySpec = Write, "RW DELETE"
		case "zrangestore":
			cmd.Flags, cmd.KeySpec, cmd.Last = Write|DenyOOM, "OW UPDATE|RO ACCESS", 2
		}
	}
	return rows
}

// rangeKind is what the bounds of a range are.
type rangeKind uint8

const (
	byRank rangeKind = iota
	byScore
	byLex
)

// rangeQuery is a range of a sorted set and which part of it is wanted.
type rangeQuery struct {
	kind       rangeKind
	reverse    bool
	fixed      bool // the command's name says kind and reverse, no option does
	storing    bool
	withScores bool

	offset, count int64 // LIMIT; a negative count is all
	start, stop   int64
	scores        scoreRange
	members       lexRange
}

// zQuery reads a range: its bounds at an argument and the next, options behind
// them. When ok is false the error is already the reply.
func (c *Context) zQuery(q *rangeQuery, bounds int) bool {
	if !c.zRangeOptions(q, bounds+2) {
		return false
	}
	switch {
	case q.count != -1 && q.kind == byRank:
		c.Error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")
		return false
	case q.withScores && q.kind == byLex:
		c.Error("ERR syntax error, WITHSCORES not supported in combination with BYLEX")
		return false
	}
	return c.zBounds(q, bounds)
}

func (c *Context) zRangeOptions(q *rangeQuery, from int) bool {
	q.count = -1
	for at := from; at < len(c.Args); at++ {
		switch arg := c.Args[at]; {
		case !q.storing && isWord(arg, "withscores"):
			q.withScores = true
		case isWord(arg, "limit") && at+2 < len(c.Args):
			var ok bool
			if q.offset, ok = c.IntArg(at + 1); !ok {
				return false
			}
			if q.count, ok = c.IntArg(at + 2); !ok {
				return false
			}
			at += 2
		case !q.fixed && !q.reverse && isWord(arg, "rev"):
			q.reverse = true
		case !q.fixed && q.kind == byRank && isWord(arg, "bylex"):
			q.kind = byLex
		case !q.fixed && q.kind == byRank && isWord(arg, "byscore"):
			q.kind = byScore
		default:
			c.Error(errSyntax)
			return false
		}
	}
	return true
}

// zBounds reads a range's bounds, which are at an argument and the next.
func (c *Context) zBounds(q *rangeQuery, at int) (ok bool) {
	lower, upper := c.Args[at], c.Args[at+1]
	if q.reverse {
		lower, upper = upper, lower
	}
	switch q.kind {
	case byScore:
		if q.scores, ok = parseScoreRange(lower, upper); !ok {
			c.Error(errNotScoreRange)
		}
	case byLex:
		if q.members, ok = parseLexRange(lower, upper); !ok {
			c.Error(errNotLexRange)
		}
	default:
		if q.start, ok = c.IntArg(at); ok {
			q.stop, ok = c.IntArg(at + 1)
		}
	}
	return ok
}

// find is the members that a query is for.
func (z *zset) find(q *rangeQuery) rankSpan {
	var s rankSpan
	switch {
	case !z.exists():
		return rankSpan{}
	case q.kind == byRank:
		return spanOfRanks(z.size(), q.start, q.stop, q.reverse)
	case q.kind == byScore:
		s = z.scoreSpan(&q.scores)
	default:
		s = z.lexSpan(&q.members, q.reverse)
	}
	return s.limit(q.offset, q.count, q.reverse)
}

// spanOfRanks is the ranks from start to stop, which count from the end when
// negative, and from the other end in reverse.
func spanOfRanks(size int, start, stop int64, reverse bool) rankSpan {
	n := int64(size)
	if start < 0 {
		start = max(0, n+start)
	}
	if stop < 0 {
		stop += n
	}
	stop = min(stop, n-1)
	if start > stop {
		return rankSpan{}
	}
	if reverse {
		start, stop = n-1-stop, n-1-start
	}
	return rankSpan{int(start), int(stop - start + 1)}
}

func (z *zset) scoreSpan(r *scoreRange) rankSpan {
	switch {
	case r.empty():
		return rankSpan{}
	case z.large != nil:
		first := z.large.RankOfScore(r.min, r.minOpen)
		return rankSpan{first, max(0, z.large.RankOfScore(r.max, !r.maxOpen)-first)}
	}
	return packedScoreSpan(z.packed, r)
}

func (z *zset) lexSpan(r *lexRange, reverse bool) rankSpan {
	switch {
	case r.empty():
		return rankSpan{}
	case z.large == nil:
		return packedLexSpan(z.packed, r, reverse)
	}
	first, end := 0, z.large.Len()
	if r.min.infinite == 0 {
		first = z.large.RankOfMember(r.min.text, r.min.open)
	}
	if r.max.infinite == 0 {
		end = z.large.RankOfMember(r.max.text, !r.max.open)
	}
	return rankSpan{first, max(0, end-first)}
}

// limit is a span without its first offset members, and no more than count of
// the others unless that is negative. A negative offset leaves nothing.
func (s rankSpan) limit(offset, count int64, reverse bool) rankSpan {
	if offset < 0 || offset >= int64(s.n) {
		return rankSpan{}
	}
	s.n -= int(offset)
	if !reverse {
		s.first += int(offset)
	}
	if count < 0 || count >= int64(s.n) {
		return s
	}
	if reverse {
		s.first += s.n - int(count)
	}
	s.n = int(count)
	return s
}

func (c *Context) answerRange(q rangeQuery) {
	if !c.zQuery(&q, 2) {
		return
	}
	z, ok := c.zset(c.Args[1])
	if !ok {
		return
	}
	s := z.find(&q)
	shape := c.shapeOf(q.withScores)
	c.beginMembers(s.n, shape)
	c.answerSpan(&z, s, q.reverse, shape)
}

func (c *Context) countRange(kind rangeKind) {
	q := rangeQuery{kind: kind, count: -1}
	if !c.zBounds(&q, 2) {
		return
	}
	if z, ok := c.zset(c.Args[1]); ok {
		c.Int(int64(z.find(&q).n))
	}
}

func (c *Context) removeRange(kind rangeKind) {
	q := rangeQuery{kind: kind, count: -1}
	if !c.zBounds(&q, 2) {
		return
	}
	z, ok := c.zset(c.Args[1])
	if !ok {
		return
	}
	s := z.find(&q)
	z.remove(s)
	c.Int(int64(s.n))
}

func zRangeStore(c *Context) {
	q := rangeQuery{storing: true}
	if !c.zQuery(&q, 3) {
		return
	}
	z, ok := c.zset(c.Args[2])
	if !ok {
		return
	}
	result, packed, limits := collection.NewSortedSet(), true, c.Node.Limits()
	if s := z.find(&q); s.n > 0 {
		z.eachFrom(s.first, false, func(member []byte, score float64) bool {
			packed = packed && result.Len() < limits.SortedSetEntries && len(member) <= limits.SortedSetValueBytes
			if packed && score == 0 {
				score = 0 // and not -0, which Redis loses while the set is packed
			}
			result.Put(member, score)
			return result.Len() < s.n
		})
	}
	c.storeSortedSet(c.Args[1], result)
}
