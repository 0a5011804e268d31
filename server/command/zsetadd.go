package command

import (
	"slotbench/internal/listpack"
	"slotbench/server/store"
)

const errScoreNaN = "ERR resulting score is not a number (NaN)"

// addOptions is under which conditions ZADD changes what.
type addOptions struct {
	onlyNew, onlyOld         bool // NX, XX
	onlyGreater, onlyLess    bool // GT, LT
	countChanged, increments bool // CH, INCR
}

// addOptions reads ZADD's options; pairs is where the scores begin.
func (c *Context) addOptions() (o addOptions, pairs int, ok bool) {
	pairs = 2
options:
	for ; pairs < len(c.Args); pairs++ {
		switch arg := c.Args[pairs]; {
		case len(arg) < 2 || len(arg) > 4 || arg[0] <= '9':
			break options
		case isWord(arg, "nx"):
			o.onlyNew = true
		case isWord(arg, "xx"):
			o.onlyOld = true
		case isWord(arg, "gt"):
			o.onlyGreater = true
		case isWord(arg, "lt"):
			o.onlyLess = true
		case isWord(arg, "ch"):
			o.countChanged = true
		case isWord(arg, "incr"):
			o.increments = true
		default:
			break options
		}
	}
	switch n := len(c.Args) - pairs; {
	case n == 0 || n%2 != 0:
		c.Error(errSyntax)
	case o.onlyNew && o.onlyOld:
		c.Error("ERR XX and NX options at the same time are not compatible")
	case o.onlyGreater && o.onlyNew || o.onlyLess && o.onlyNew || o.onlyGreater && o.onlyLess:
		c.Error("ERR GT, LT, and/or NX options at the same time are not compatible")
	case o.increments && n > 2:
		c.Error("ERR INCR option supports a single increment-element pair")
	default:
		return o, pairs, true
	}
	return o, pairs, false
}

func zAdd(c *Context) {
	if o, pairs, ok := c.addOptions(); ok {
		c.addScored(o, pairs)
	}
}

func zIncrBy(c *Context) { c.addScored(addOptions{increments: true}, 2) }

// addition is what became of one pair of ZADD.
type addition uint8

const (
	memberUnchanged addition = iota // its score was the same
	memberRefused                   // by an option
	memberAdded
	memberChanged
	scoreNaN
)

// addScored adds the pairs of score and member from an argument on.
func (c *Context) addScored(o addOptions, pairs int) {
	for at := pairs; at < len(c.Args); at += 2 {
		if _, ok := parseScore(c.Args[at]); !ok {
			c.Error(errNotFloat)
			return
		}
	}
	z, ok := c.zset(c.Args[1])
	if !ok {
		return
	}
	var counts [scoreNaN + 1]int64
	var score float64
	for at := pairs; at < len(c.Args); at += 2 {
		score, _ = parseScore(c.Args[at])
		var became addition
		became, score = c.addMember(&z, o, score, c.Args[at+1])
		counts[became]++
	}
	if z.large != nil && counts[memberAdded]+counts[memberChanged] > 0 {
		z.table.Changed(z.key)
	}
	switch {
	case counts[scoreNaN] > 0:
		c.Error(errScoreNaN)
	case o.increments && counts[memberRefused] > 0:
		c.Null()
	case o.increments:
		c.Score(score)
	case o.countChanged:
		c.Int(counts[memberAdded] + counts[memberChanged])
	default:
		c.Int(counts[memberAdded])
	}
}

// addMember adds a member or changes its score, as the options allow. It
// returns the score that it has then.
func (c *Context) addMember(z *zset, o addOptions, score float64, member []byte) (addition, float64) {
	at, found := -1, false
	var was float64
	switch {
	case z.large != nil:
		was, found = z.large.Score(member)
	case z.packed != nil:
		if at = listpack.Find(z.packed, listpack.First, member, 2); at >= 0 {
			at, found = listpack.Next(z.packed, at), true
			was, _ = packedScore(z.packed, at)
		}
	}
	if !found {
		if o.onlyOld {
			return memberRefused, 0
		}
		c.insertMember(z, score, member)
		return memberAdded, score
	}
	if o.onlyNew {
		return memberRefused, 0
	}
	if o.increments {
		score += was
	}
	switch {
	case score != score:
		return scoreNaN, 0
	case o.onlyGreater && score <= was || o.onlyLess && score >= was:
		return memberRefused, 0
	case score == was:
		return memberUnchanged, score
	case z.large != nil:
		z.large.Put(member, score)
	default:
		z.changePacked(at, score, member)
	}
	return memberChanged, score
}

// insertMember adds a member that is not there, to a set that may not be.
func (c *Context) insertMember(z *zset, score float64, member []byte) {
	limits := c.Node.Limits()
	if z.large == nil && (z.size() >= limits.SortedSetEntries || len(member) > limits.SortedSetValueBytes ||
		len(z.packed)+len(member) > maxPackedBytes) {
		if z.packed == nil {
			z.packed = emptyPacked
		}
		z.enlarge()
	}
	if z.large != nil {
		z.large.Put(member, score)
		return
	}
	var scratch [scoreTextBytes]byte
	text := appendPackedScore(scratch[:0], score)
	if z.packed == nil {
		c.firstMember(z, member, text)
		return
	}
	at := packedPlace(z.packed, score, member)
	z.packed = edit(z.table, z.key, z.packed, listpack.Splice(z.packed, at, 0, member, text))
}

// emptyPacked is a packed set without members, which no key holds.
var emptyPacked = listpack.AppendNew(nil)

// firstMember makes a packed set of one member. It is put together in the free
// part of the reply's buffer, which is there already.
func (c *Context) firstMember(z *zset, member, score []byte) {
	lp := listpack.AppendNew(c.Out[len(c.Out):])
	lp = listpack.Append(listpack.Append(lp, member), score)
	z.table.Set(z.key, store.Entry{Type: store.SortedSet, Value: lp})
	e, _ := z.table.Peek(z.key)
	z.packed = e.Value
}

// changePacked gives the member whose score is at a position another one.
func (z *zset) changePacked(scoreAt int, score float64, member []byte) {
	var scratch [scoreTextBytes]byte
	text := appendPackedScore(scratch[:0], score)
	if staysBetween(z.packed, scoreAt, score) {
		z.packed = edit(z.table, z.key, z.packed, listpack.Splice(z.packed, scoreAt, 1, text))
		return
	}
	z.movePacked(listpack.Prev(z.packed, scoreAt), score, member, text)
}

// movePacked puts the pair at a position where its member is to stand with
// another score.
func (z *zset) movePacked(at int, score float64, member, text []byte) {
	before := len(z.packed)
	cut := listpack.Splice(z.packed, at, 2)
	after := before + cut.Grow() + listpack.ElementBytes(member) + listpack.ElementBytes(text)
	room := z.table.Resize(z.key, max(before, after), store.Plain)
	cut.Apply(room, before)
	left := room[:before+cut.Grow()]
	listpack.Splice(left, packedPlace(left, score, member), 0, member, text).Apply(room, len(left))
	if z.packed = room; after < before {
		z.packed = z.table.Resize(z.key, after, store.Plain)
	}
}

func zRem(c *Context) {
	z, ok := c.zset(c.Args[1])
	if !ok {
		return
	}
	n := int64(0)
	for _, member := range c.Args[2:] {
		if !z.exists() {
			break
		}
		if z.large != nil {
			if z.large.Remove(member) {
				n++
				z.removed()
			}
		} else if at := listpack.Find(z.packed, listpack.First, member, 2); at >= 0 {
			n++
			z.cutPacked(at, 1)
		}
	}
	if n > 0 && z.large != nil {
		z.table.Changed(z.key)
	}
	c.Int(n)
}

// removed deletes the key of a large set that has become empty.
func (z *zset) removed() {
	if z.large.Len() == 0 {
		z.table.Delete(z.key)
		z.large = nil
	}
}

// cutPacked removes pairs of a packed set, and the key if none are left.
func (z *zset) cutPacked(at, pairs int) {
	e := listpack.Splice(z.packed, at, 2*pairs)
	if len(z.packed)+e.Grow() == listpack.EmptyBytes {
		z.table.Delete(z.key)
		z.packed = nil
		return
	}
	z.packed = edit(z.table, z.key, z.packed, e)
}

// remove removes the members of a span, which are there.
func (z *zset) remove(s rankSpan) {
	switch {
	case s.n == 0:
	case s.n == z.size():
		z.table.Delete(z.key)
		z.packed, z.large = nil, nil
	case z.large != nil:
		z.large.RemoveRange(s.first, s.n)
		z.table.Changed(z.key)
	default:
		z.cutPacked(listpack.Seek(z.packed, 2*s.first), s.n)
	}
}
