package command

import "math"

// listReadCommands is what changes nothing.
func listReadCommands() []Command {
	return []Command{
		{Name: "llen", Arity: 2, Flags: ReadOnly | Fast, First: 1, Last: 1, Step: 1, KeySpec: "RO", Run: lLen,
			Since: "1.0.0", Complexity: "O(1)", Summary: "How many elements a list has", Syntax: "key"},
		{Name: "lindex", Arity: 3, Flags: ReadOnly, First: 1, Last: 1, Step: 1, KeySpec: "RO ACCESS", Run: lIndex,
			Since: "1.0.0", Complexity: "O(log N) in the list's nodes", Summary: "The element of an index", Syntax: "key index"},
		{Name: "lrange", Arity: 4, Flags: ReadOnly, First: 1, Last: 1, Step: 1, KeySpec: "RO ACCESS", Run: lRange,
			Since: "1.0.0", Complexity: "O(log S+N) in the list's nodes and the elements answered",
			Summary: "The elements from one index to another", Syntax: "key start stop"},
		{Name: "lpos", Arity: -3, Flags: ReadOnly, First: 1, Last: 1, Step: 1, KeySpec: "RO ACCESS", Run: lPos,
			Since: "6.0.6", Complexity: "O(N) in the elements looked at", Summary: "The indexes of elements that are a text",
			Syntax: "key element [RANK rank] [COUNT num-matches] [MAXLEN len]"},
	}
}

func lLen(c *Context) {
	if l, ok := c.list(c.Args[1]); ok {
		c.Int(int64(l.length))
	}
}

// index is where an index that may count from the end lies; false: outside.
func (l *list) index(at int64) (int, bool) {
	if at < 0 {
		at += int64(l.length)
	}
	return int(at), at >= 0 && at < int64(l.length)
}

// span is the indexes from one up to another, which may count from the end and
// lie outside; from == to if there are none.
func (l *list) span(start, stop int64) (from, to int) {
	n := int64(l.length)
	if start < 0 {
		start = max(0, start+n)
	}
	if stop < 0 {
		stop += n
	}
	stop = min(stop, n-1)
	if start > stop {
		return 0, 0
	}
	return int(start), int(stop) + 1
}

func lIndex(c *Context) {
	l, ok := c.list(c.Args[1])
	if !ok {
		return
	}
	if l.length == 0 {
		c.Null()
		return
	}
	n, ok := c.IntArg(2)
	if !ok {
		return
	}
	if at, inside := l.index(n); inside {
		l.each(at, 1, false, c.element)
	} else {
		c.Null()
	}
}

// spanArgs reads the two indexes of LRANGE and LTRIM.
func (c *Context) spanArgs() (start, stop int64, ok bool) {
	if start, ok = c.IntArg(2); ok {
		stop, ok = c.IntArg(3)
	}
	return start, stop, ok
}

func lRange(c *Context) {
	start, stop, ok := c.spanArgs()
	if !ok {
		return
	}
	if l, ok := c.list(c.Args[1]); ok {
		from, to := l.span(start, stop)
		c.elements(&l, from, to-from, false)
	}
}

// positionQuery is LPOS's options.
type positionQuery struct {
	rank    int64 // the first match that counts, from 1 on
	toHead  bool
	count   int64 // matches to answer, 0: all; -1: one, and not as an array
	maxScan int64 // elements to look at
}

func (c *Context) positionQuery() (q positionQuery, ok bool) {
	q = positionQuery{rank: 1, count: -1, maxScan: math.MaxInt}
	for at := 3; at < len(c.Args); at += 2 {
		word := c.Args[at]
		if at+1 == len(c.Args) {
			c.Error(errSyntax)
			return q, false
		}
		n, isInt := parseInt(c.Args[at+1])
		switch {
		case isWord(word, "rank") && !isInt:
			c.Error(errNotInt)
		case isWord(word, "rank") && n == 0:
			c.Error("ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... " +
				"or use negative to start from the end of the list")
		case isWord(word, "rank"):
			q.rank, q.toHead = max(n, -n), n < 0
			continue
		case isWord(word, "count") && (!isInt || n < 0):
			c.Error("ERR COUNT can't be negative")
		case isWord(word, "count"):
			q.count = n
			continue
		case isWord(word, "maxlen") && (!isInt || n < 0):
			c.Error("ERR MAXLEN can't be negative")
		case isWord(word, "maxlen"):
			q.maxScan = n
			if n == 0 {
				q.maxScan = math.MaxInt
			}
			continue
		default:
			c.Error(errSyntax)
		}
		return q, false
	}
	return q, true
}

func lPos(c *Context) {
	q, ok := c.positionQuery()
	if !ok {
		return
	}
	l, ok := c.list(c.Args[1])
	if !ok {
		return
	}
	if q.count < 0 {
		c.firstPosition(&l, q)
		return
	}
	var found []int
	left := q.rank
	l.search(c.Args[2], q.toHead, int(q.maxScan), func(index int) bool {
		if left--; left <= 0 {
			found = append(found, index)
		}
		return q.count == 0 || int64(len(found)) < q.count
	})
	c.Array(len(found))
	for _, index := range found {
		c.Int(int64(index))
	}
}

// firstPosition answers one index, or null.
func (c *Context) firstPosition(l *list, q positionQuery) {
	at := -1
	l.search(c.Args[2], q.toHead, int(q.maxScan), func(index int) bool {
		if q.rank--; q.rank <= 0 {
			at = index
		}
		return at < 0
	})
	if at < 0 {
		c.Null()
	} else {
		c.Int(int64(at))
	}
}
