package command

import (
	"math"

	"slotbench/server/collection"
)

// workRows says what commands are about to touch, and what a piece of it costs.
// Where an exact answer is dear, it is an upper bound.
func workRows() []workRow {
	return []workRow{
		{"hgetall", 8, wholeOf(1)},
		{"hkeys hvals", 4, wholeOf(1)},
		{"smembers", 2, wholeOf(1)},
		{"hrandfield srandmember zrandmember", 6, randomPicks},
		{"spop zpopmin zpopmax", 8, atMost(2)},

		{"lpop rpop", 2, atMost(2)},
		{"lmpop", 2, poppedOfFirst},
		{"zmpop", 8, poppedOfFirst},
		{"lrange", 2, indexSpan},
		{"ltrim", 1, dropped},
		{"lrem lpos linsert", 1, scannedList},

		{"sunion", 12, sumFrom(0)},
		{"sdiff", 4, sumFrom(0)},
		{"sinter sintercard", 3, leastFrom(0)},
		{"sunionstore", 12, sumFrom(1)},
		{"sdiffstore", 6, sumFrom(1)},
		{"sinterstore", 4, leastFrom(1)},

		{"zunion zdiff", 8, sumFrom(0)},
		{"zinter zintercard", 4, leastFrom(0)},
		{"zunionstore zdiffstore", 8, sumFrom(1)},
		{"zinterstore", 6, leastFrom(1)},
		{"zrange", 1, ranged(rangeQuery{}, 1)},
		{"zrevrange", 1, ranged(rangeQuery{reverse: true, fixed: true}, 1)},
		{"zrangebyscore", 1, ranged(rangeQuery{kind: byScore, fixed: true}, 1)},
		{"zrevrangebyscore", 1, ranged(rangeQuery{kind: byScore, reverse: true, fixed: true}, 1)},
		{"zrangebylex", 1, ranged(rangeQuery{kind: byLex, fixed: true}, 1)},
		{"zrevrangebylex", 1, ranged(rangeQuery{kind: byLex, reverse: true, fixed: true}, 1)},
		{"zrangestore", 6, ranged(rangeQuery{storing: true}, 2)},
		{"zremrangebyrank", 6, ranged(rangeQuery{fixed: true}, 1)},
		{"zremrangebyscore", 6, ranged(rangeQuery{kind: byScore, fixed: true}, 1)},
		{"zremrangebylex", 6, ranged(rangeQuery{kind: byLex, fixed: true}, 1)},

		{"sort sort_ro", 20, wholeOf(1)},
		{"dump", 8, inSteps(1)},
		{"copy", 1, inSteps(1)},
		{"restore", 4, textOf(3)},

		{"getrange substr", 1, substring},
		{"append", 1, inSteps(1)},
		{"setrange setbit", 1, written},
		{"bitcount bitpos", 1, scanned},
		{"bitop", 2, stepsOfSources},
		{"lcs", 1, cells},
	}
}

// wholeOf is all elements of the collection of a key.
func wholeOf(at int) func(*Context) int {
	return func(c *Context) int { return elements(c.entry(at)) }
}

// inSteps is the memory that a key's value takes, in steps.
func inSteps(at int) func(*Context) int {
	return func(c *Context) int {
		e := c.entry(at)
		if e.Object != nil {
			return int(e.Object.Bytes() / stepBytes)
		}
		return len(e.Value) / stepBytes
	}
}

// scannedBytes is how many bytes bit counting goes through in a step.
const scannedBytes = 8 * stepBytes

func scanned(c *Context) int { return len(c.entry(1).Value) / scannedBytes }

// textOf is the length of an argument in packed elements.
func textOf(at int) func(*Context) int {
	return func(c *Context) int { return len(c.Args[at]) / packedElementBytes }
}

// atMost is the elements that a key has, up to the count that an argument may
// be.
func atMost(at int) func(*Context) int {
	return func(c *Context) int {
		if len(c.Args) <= at {
			return 1
		}
		n, _ := parseInt(c.Args[at])
		return min(elements(c.entry(1)), int(max(n, 0)))
	}
}

// randomPicks is the elements that are picked; some may be picked twice if the
// count is negative.
func randomPicks(c *Context) int {
	if len(c.Args) < 3 {
		return 1
	}
	n, _ := parseInt(c.Args[2])
	if n < 0 {
		return int(min(-max(n, -math.MaxInt64), maxRandomPicks))
	}
	size := elements(c.entry(1))
	if sparse(int(min(n, int64(size))), size) {
		return int(n)
	}
	return size // one pass over all
}

// poppedOfFirst is the elements that a command takes off the first of its keys
// that has any; the count is its last argument.
func poppedOfFirst(c *Context) int {
	last := len(c.Args) - 1
	if !isWord(c.Args[last-1], "count") {
		return 1
	}
	n, _ := parseInt(c.Args[last])
	most := 0
	for _, at := range c.positions {
		most = max(most, elements(c.entry(at)))
	}
	return min(most, int(max(n, 0)))
}

// sumFrom is the elements of all keys, from one of them on.
func sumFrom(first int) func(*Context) int {
	return func(c *Context) (sum int) {
		for _, at := range c.positions[min(first, len(c.positions)):] {
			sum += elements(c.entry(at))
		}
		return sum
	}
}

// leastFrom is the elements of the smallest collection, once for each key.
func leastFrom(first int) func(*Context) int {
	return func(c *Context) int {
		keys := c.positions[min(first, len(c.positions)):]
		least := math.MaxInt32
		for _, at := range keys {
			least = min(least, elements(c.entry(at)))
		}
		return least * len(keys)
	}
}

// indexes is the length of a list and the indexes of it that two arguments
// name; of a short list, all.
func (c *Context) indexes() (n, from, to int) {
	l := list{length: elements(c.entry(1))}
	if l.length <= loopWork {
		return l.length, 0, l.length
	}
	start, _ := parseInt(c.Args[2])
	stop, _ := parseInt(c.Args[3])
	from, to = l.span(start, stop)
	return l.length, from, to
}

func indexSpan(c *Context) int {
	_, from, to := c.indexes()
	return to - from
}

// scannedTogether is how many elements of a list are looked at in a step.
const scannedTogether = 8

func scannedList(c *Context) int { return elements(c.entry(1)) / scannedTogether }

// droppedTogether is how many elements LTRIM drops at the cost of a step: they
// go a node at a time.
const droppedTogether = 16

func dropped(c *Context) int {
	n, from, to := c.indexes()
	return (n - (to - from)) / droppedTogether
}

// ranged is the members in the range of a sorted set that stands at an
// argument, its bounds behind it. A small set is not looked into.
func ranged(q rangeQuery, at int) func(*Context) int {
	q.count = -1
	return func(c *Context) (n int) {
		e := c.entry(at)
		n = elements(e)
		large, ok := e.Object.(*collection.SortedSet)
		if !ok || n < loopWork/8 {
			return n
		}
		c.unsaid(func() {
			n = 0
			query := q
			if c.zQuery(&query, at+1) {
				z := zset{large: large}
				n = z.find(&query).n
			}
		})
		return n
	}
}

// substring is what GETRANGE answers, in steps.
func substring(c *Context) int {
	return len(c.entry(1).Value) / stepBytes
}

// written is what a write at an offset may have to move, and the zeroes that
// it adds, in steps. The offset may be one of bits.
func written(c *Context) int {
	n, _ := parseInt(c.Args[2])
	if c.Command.Name == "setbit" {
		n /= 8
	}
	size := int64(len(c.entry(1).Value))
	if end := n + int64(len(c.Args[3])); end > size {
		return int(min(end, 1<<40) / stepBytes)
	}
	return 0
}

// stepsOfSources is the strings of all keys but the first, in steps.
func stepsOfSources(c *Context) (steps int) {
	for _, at := range c.positions[1:] {
		steps += len(c.entry(at).Value) / stepBytes
	}
	return steps
}

// cellsAStep is how many cells of LCS's table are one step.
const cellsAStep = 1 << 11

// cells is the table that LCS makes of two strings, in steps.
func cells(c *Context) int {
	a, b := len(c.entry(1).Value), len(c.entry(2).Value)
	return a*b/cellsAStep + (a+b)/stepBytes
}
