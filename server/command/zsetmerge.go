package command

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"slotbench/internal/listpack"
	"slotbench/server/collection"
	"slotbench/server/store"
)

func sortedSetSeveralRows() []Command {
	const (
		options = " [WEIGHTS weight ...] [AGGREGATE SUM|MIN|MAX]"
		sources = "numkeys key [key ...]"
	)
	answering := func(name, complexity, summary, syntax string, how zMerging) Command {
		return Command{Name: name, Arity: -3, Flags: ReadOnly | MovableKeys, KeySpec: "RO ACCESS", Complexity: complexity, Summary: summary,
			Since: "6.2.0", Syntax: syntax + " [WITHSCORES]", Run: func(c *Context) { c.zMerge(how, 1) },
			Keys: func(positions []int, args [][]byte) ([]int, bool) { return zNumberedKeys(positions, args, 1) }}
	}
	storing := func(name, since, complexity, summary, syntax string, how zMerging) Command {
		return Command{Name: name, Arity: -4, Flags: Write | DenyOOM | MovableKeys, First: 1, Last: 1, Step: 1, KeySpec: "OW UPDATE|RO ACCESS",
			Since: since, Complexity: complexity, Summary: summary, Syntax: "destination " + syntax, Run: func(c *Context) { c.zMerge(how, 2) },
			Keys: func(positions []int, args [][]byte) ([]int, bool) {
				return zNumberedKeys(append(positions, 1), args, 2)
			}}
	}
	blocking := func(name, summary string, last bool) Command {
		return Command{Name: name, Arity: -3, Flags: Write | NoScript | Blocking | Fast, First: 1, Last: -2, Step: 1, KeySpec: "RW ACCESS DELETE",
			Since: "5.0.0", Complexity: "O(log N)", Summary: summary, Syntax: "key [key ...] timeout", Run: func(c *Context) { c.blockingPopScored(last) }}
	}
	const (
		ofUnion = "O(N + M log M), N members of all sets, M of the result"
		ofInter = "O(N*K + M log M), N members of the smallest of K sets, M of the result"
		ofDiff  = "O(N*K + M log M), N members of the first of K sets, M of the result"
	)
	rows := []Command{
		answering("zunion", ofUnion, "The members of any of the sets", sources+options, zUnion),
		answering("zinter", ofInter, "The members that all sets have", sources+options, zIntersection),
		answering("zdiff", ofDiff, "The members that only the first set has", sources, zDifference),
		storing("zunionstore", "2.0.0", ofUnion, "Store the members of any of the sets", sources+options, zUnion),
		storing("zinterstore", "2.0.0", ofInter, "Store the members that all sets have", sources+options, zIntersection),
		storing("zdiffstore", "6.2.0", ofDiff, "Store the members that only the first set has", sources, zDifference),
		answering("zintercard", ofInter, "Count the members that all sets have", sources, zCardinality),
		{Name: "zmpop", Arity: -4, Flags: Write | MovableKeys, KeySpec: "RW ACCESS DELETE", Since: "7.0.0", Run: zMPop,
			Keys:       func(positions []int, args [][]byte) ([]int, bool) { return zNumberedKeys(positions, args, 1) },
			Complexity: "O(K + M log N), K keys, M members popped", Summary: "Remove and answer members of the first set that has any",
			Syntax: sources + " MIN|MAX [COUNT count]"},
		{Name: "bzmpop", Arity: -5, Flags: Write | Blocking | MovableKeys, KeySpec: "RW ACCESS DELETE", Since: "7.0.0", Run: bzMPop,
			Keys:       func(positions []int, args [][]byte) ([]int, bool) { return zNumberedKeys(positions, args, 2) },
			Complexity: "O(K + M log N), K keys, M members popped", Summary: "Remove and answer members of the first set that has any, when one has",
			Syntax: "timeout " + sources + " MIN|MAX [COUNT count]"},
		blocking("bzpopmin", "Remove and answer the first member of the first set that has any, when one has", false),
		blocking("bzpopmax", "Remove and answer the last member of the first set that has any, when one has", true),
	}
	rows[6].Since, rows[6].Syntax = "7.0.0", sources+" [LIMIT limit]"
	return rows
}

// zMerging is how several sets become one.
type zMerging uint8

const (
	zUnion zMerging = iota
	zIntersection
	zDifference
	zCardinality // of the intersection
)

// aggregate is how the scores of one member become one.
type aggregate uint8

const (
	sumOfScores aggregate = iota
	leastScore
	greatestScore
)

func (a aggregate) of(x, y float64) float64 {
	switch {
	case a == sumOfScores:
		return scoreOrZero(x + y)
	case a == leastScore && y < x, a == greatestScore && y > x:
		return y
	}
	return x
}

// scoreOrZero is a score, or 0 for what is not a number: the sum of both
// infinities, or 0 times one.
func scoreOrZero(score float64) float64 {
	if math.IsNaN(score) {
		return 0
	}
	return score
}

// mergeOptions is what stands behind the keys.
type mergeOptions struct {
	aggregate  aggregate
	withScores bool
	limit      int64 // of ZINTERCARD; 0: none
}

// zMerge carries out the commands that make one set of several. The number of
// keys stands at an argument; behind a destination, if there is one.
func (c *Context) zMerge(how zMerging, at int) {
	n, ok := c.IntArg(at)
	switch {
	case !ok:
		return
	case n < 1:
		c.Errorf("ERR at least 1 input key is needed for '%s' command", c.Command.full)
		return
	case n > int64(len(c.Args)-at-1):
		c.Error(errSyntax)
		return
	}
	for _, key := range c.Args[at+1 : at+1+int(n)] {
		c.TableOf(key).Peek(key) // one whose time has come goes now, not while others are borrowed
	}
	sources := make([]mergeSource, n)
	for i := range sources {
		if !c.mergeSource(&sources[i], c.Args[at+1+i]) {
			return
		}
	}
	o, ok := c.mergeOptions(how, sources, at+1+int(n), at == 2)
	if !ok {
		return
	}
	if how != zDifference { // the sums of floats are as Redis adds them
		slices.SortStableFunc(sources, func(a, b mergeSource) int { return cmp.Compare(a.size(), b.size()) })
	}
	switch {
	case how == zCardinality:
		c.Int(countCommon(sources, o.limit))
	case at == 2:
		c.storeSortedSet(c.Args[1], mergeSets(how, sources, o.aggregate))
	default:
		result := mergeSets(how, sources, o.aggregate)
		shape := c.shapeOf(o.withScores)
		c.beginMembers(result.Len(), shape)
		result.Each(func(member []byte, score float64) bool {
			c.answerMember(member, score, shape)
			return true
		})
	}
}

func (c *Context) mergeOptions(how zMerging, sources []mergeSource, at int, storing bool) (o mergeOptions, ok bool) {
	for at < len(c.Args) {
		left := len(c.Args) - at
		switch arg := c.Args[at]; {
		case (how == zUnion || how == zIntersection) && left > len(sources) && isWord(arg, "weights"):
			for i := range sources {
				if sources[i].weight, ok = parseScore(c.Args[at+1+i]); !ok {
					c.Error("ERR weight value is not a float")
					return o, false
				}
			}
			at += 1 + len(sources)
		case (how == zUnion || how == zIntersection) && left >= 2 && isWord(arg, "aggregate"):
			words := []string{"sum", "min", "max"}
			i := slices.IndexFunc(words, func(word string) bool { return isWord(c.Args[at+1], word) })
			if i < 0 {
				c.Error(errSyntax)
				return o, false
			}
			o.aggregate = aggregate(i)
			at += 2
		case how != zCardinality && !storing && isWord(arg, "withscores"):
			o.withScores = true
			at++
		case how == zCardinality && left >= 2 && isWord(arg, "limit"):
			if o.limit, ok = parseInt(c.Args[at+1]); !ok || o.limit < 0 {
				c.Error("ERR LIMIT can't be negative")
				return o, false
			}
			at += 2
		default:
			c.Error(errSyntax)
			return o, false
		}
	}
	return o, true
}

// mergeSource is one of the sets that are merged: a sorted set, or a set, whose
// members all have the score 1.
type mergeSource struct {
	weight float64
	sorted zset
	packed []byte // a set's listpack; nil: none
	ints   []byte // an intset
	large  *collection.Set
}

// mergeSource looks up a source. It reports false if the key holds neither kind
// of set; the error is already the reply.
func (c *Context) mergeSource(s *mergeSource, key []byte) bool {
	s.weight = 1
	e, found := c.Lookup(key)
	switch {
	case !found:
	case e.Type == store.SortedSet:
		s.sorted.hold(e)
	case e.Type != store.Set:
		c.WrongType()
		return false
	case e.Object != nil:
		s.large = e.Object.(*collection.Set)
	case e.Form == store.Intset:
		s.ints = e.Value
	default:
		s.packed = e.Value
	}
	return true
}

func (s *mergeSource) size() int {
	switch {
	case s.large != nil:
		return s.large.Len()
	case s.packed != nil:
		return listpack.Len(s.packed)
	case s.ints != nil:
		return collection.IntsetLen(s.ints)
	}
	return s.sorted.size()
}

// score is a member's score, not weighted.
func (s *mergeSource) score(member []byte) (score float64, found bool) {
	switch {
	case s.large != nil:
		return 1, s.large.Has(member)
	case s.packed != nil:
		return 1, listpack.Find(s.packed, listpack.First, member, 1) >= 0
	case s.ints != nil:
		n, isInt := parseInt(member)
		return 1, isInt && collection.IntsetHas(s.ints, n)
	}
	return s.sorted.score(member)
}

// each visits the members with their scores, not weighted, until visit reports
// false.
func (s *mergeSource) each(visit func(member []byte, score float64) bool) {
	var scratch [20]byte
	switch {
	case s.large != nil:
		s.large.Each(func(member []byte) bool { return visit(member, 1) })
	case s.packed != nil:
		for at := listpack.First; at < listpack.End(s.packed); {
			var v listpack.Value
			v, at = listpack.Read(s.packed, at)
			if !visit(v.Bytes(scratch[:]), 1) {
				return
			}
		}
	case s.ints != nil:
		for i := range s.size() {
			if !visit(strconv.AppendInt(scratch[:0], collection.IntsetAt(s.ints, i), 10), 1) {
				return
			}
		}
	default:
		s.sorted.eachFrom(0, false, visit)
	}
}

// mergeSets is the union, intersection or difference of sources.
func mergeSets(how zMerging, sources []mergeSource, a aggregate) *collection.SortedSet {
	result := collection.NewSortedSet()
	switch how {
	case zUnion:
		for i := range sources {
			s := &sources[i]
			s.each(func(member []byte, score float64) bool {
				score = scoreOrZero(s.weight * score)
				if was, found := result.Score(member); found {
					if score = a.of(was, score); score == 0 && was == 0 {
						result.Remove(member) // Put would leave 0 and -0 as they are
					}
				}
				result.Put(member, score)
				return true
			})
		}
	case zIntersection:
		eachCommonScored(sources, a, func(member []byte, score float64) bool {
			result.Put(member, score)
			return true
		})
	default:
		sources[0].each(func(member []byte, score float64) bool {
			for i := range sources[1:] {
				if _, found := sources[1+i].score(member); found {
					return true
				}
			}
			result.Put(member, score)
			return true
		})
	}
	return result
}

// eachCommonScored visits the members that all sources have, until visit reports
// false.
func eachCommonScored(sources []mergeSource, a aggregate, visit func(member []byte, score float64) bool) {
	if sources[0].size() == 0 {
		return
	}
	sources[0].each(func(member []byte, score float64) bool {
		score = scoreOrZero(sources[0].weight * score)
		for i := range sources[1:] {
			s := &sources[1+i]
			other, found := s.score(member)
			if !found {
				return true
			}
			score = a.of(score, s.weight*other)
		}
		return visit(member, score)
	})
}

// countCommon is how many members all sources have, up to a limit.
func countCommon(sources []mergeSource, limit int64) (n int64) {
	eachCommonScored(sources, sumOfScores, func([]byte, float64) bool {
		n++
		return n != limit
	})
	return n
}
