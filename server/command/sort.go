package command

import (
	"bytes"
	"slices"

	"slotbench/server/store"
)

// sortCommands is SORT, which reads a list, a set or a sorted set in an order
// of its own.
func sortCommands() []Command {
	return []Command{
		{Name: "sort", Arity: -2, Flags: Write | DenyOOM | MovableKeys, First: 1, Last: 1, Step: 1, KeySpec: "RO ACCESS|OW UPDATE",
			Keys: sortKeys, Reaches: sortReaches, Run: sortKey, Group: GroupGeneric, Categories: "set sortedset list dangerous",
			Since: "1.0.0", Complexity: "O(N+M*log(M)) of N elements, M of them answered", Summary: "The elements of a list, set or sorted set in order, or store them",
			Syntax: "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC|DESC] [ALPHA] [STORE destination]"},
		{Name: "sort_ro", Arity: -2, Flags: ReadOnly | MovableKeys, First: 1, Last: 1, Step: 1, KeySpec: "RO ACCESS",
			Reaches: sortReaches, Run: sortKey, Group: GroupGeneric, Categories: "set sortedset list dangerous",
			Since: "7.0.0", Complexity: "O(N+M*log(M)) of N elements, M of them answered", Summary: "The elements of a list, set or sorted set in order",
			Syntax: "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC|DESC] [ALPHA]"},
	}
}

// sortKeys is the key that is sorted, and where the result is stored.
func sortKeys(positions []int, args [][]byte) ([]int, bool) {
	stored := 0
	for at := 2; at < len(args); at++ {
		switch {
		case isWord(args[at], "limit"):
			at += 2
		case isWord(args[at], "get"), isWord(args[at], "by"):
			at++
		case isWord(args[at], "store") && at+1 < len(args):
			at++
			stored = at
		}
	}
	positions = append(positions, 1)
	if stored > 0 {
		positions = append(positions, stored)
	}
	return positions, true
}

// sortReaches says whether elements name further keys, which may lie in any
// slot.
func sortReaches(args [][]byte) bool {
	for at := 2; at+1 < len(args); at++ {
		if (isWord(args[at], "by") || isWord(args[at], "get")) && bytes.IndexByte(args[at+1], '*') >= 0 {
			return true
		}
	}
	return false
}

// sortOptions is what SORT is to do.
type sortOptions struct {
	by            []byte   // pattern; nil: the elements themselves
	get           [][]byte // patterns; none: the elements themselves
	store         []byte   // nil: answer
	offset, count int64    // count -1: all
	unsorted      bool     // BY without a star
	desc, alpha   bool
}

func (c *Context) sortOptions() (o sortOptions, ok bool) {
	o.count = -1
	for at := 2; at < len(c.Args); at++ {
		left := len(c.Args) - at - 1
		switch word := c.Args[at]; {
		case isWord(word, "asc"):
			o.desc = false
		case isWord(word, "desc"):
			o.desc = true
		case isWord(word, "alpha"):
			o.alpha = true
		case isWord(word, "limit") && left >= 2:
			if o.offset, ok = c.IntArg(at + 1); !ok {
				return o, false
			}
			if o.count, ok = c.IntArg(at + 2); !ok {
				return o, false
			}
			at += 2
		case isWord(word, "store") && left >= 1 && c.Command.Flags&Write != 0:
			at++
			o.store = c.Args[at]
		case isWord(word, "by") && left >= 1:
			at++
			o.by = c.Args[at]
			switch hasStar := bytes.IndexByte(o.by, '*') >= 0; {
			case !hasStar:
				o.unsorted = true
			case c.Router != nil:
				c.Error("ERR BY option of SORT denied in Cluster mode.")
				return o, false
			}
		case isWord(word, "get") && left >= 1:
			at++
			if c.Router != nil {
				c.Error("ERR GET option of SORT denied in Cluster mode.")
				return o, false
			}
			o.get = append(o.get, c.Args[at])
		default:
			c.Error(errSyntax)
			return o, false
		}
	}
	return o, true
}

// bounds is the elements of n that LIMIT leaves: from start, up to end.
func (o sortOptions) bounds(n int) (start, end int) {
	from := min(max(o.offset, 0), int64(n))
	count := min(o.count, int64(n))
	if count < 0 {
		count = int64(n)
	}
	return int(from), int(min(from+count, int64(n)))
}

func sortKey(c *Context) {
	o, ok := c.sortOptions()
	if !ok {
		return
	}
	e, found := c.Lookup(c.Args[1])
	if found && e.Type != store.List && e.Type != store.Set && e.Type != store.SortedSet {
		c.WrongType()
		return
	}
	if o.unsorted && e.Type == store.Set && (o.store != nil || c.mode == InScript || c.mode == InReadOnlyScript) {
		// what is stored or used by scripts does not depend on a set's layout
		o.unsorted, o.alpha, o.by = false, true, nil
	}
	job := sortJob{Context: c, options: o}
	if !job.read(e) {
		return
	}
	if !o.unsorted && !job.order() {
		c.Error("ERR One or more scores can't be converted into double")
		return
	}
	start, end := o.bounds(len(job.items))
	job.items = job.items[start:end]
	if o.store != nil {
		job.store()
		return
	}
	job.answer()
}

// order sorts the elements. It reports false if some cannot be sorted by.
func (j *sortJob) order() bool {
	o := j.options
	for i := range j.items {
		item := &j.items[i]
		item.by = item.element
		if o.by != nil {
			var found bool
			if item.by, found = j.follow(o.by, item.element); !found {
				item.by = nil
				continue
			}
		}
		if o.alpha {
			continue
		}
		var ok bool
		if item.score, ok = parseSortScore(item.by); !ok {
			return false
		}
	}
	slices.SortStableFunc(j.items, func(a, b sortItem) int {
		n := a.compare(b, o.alpha)
		if o.desc {
			return -n
		}
		return n
	})
	return true
}

// compare says which of two elements comes first, as bytes.Compare does.
func (a sortItem) compare(b sortItem, alpha bool) int {
	switch {
	case alpha && (a.by == nil || b.by == nil):
		return presence(a.by) - presence(b.by)
	case alpha:
		return bytes.Compare(a.by, b.by)
	case a.score < b.score:
		return -1
	case a.score > b.score:
		return 1
	}
	return bytes.Compare(a.element, b.element)
}

// presence is 1 for a value that is there.
func presence(value []byte) int {
	if value == nil {
		return 0
	}
	return 1
}

// each visits what is answered or stored, in order; nil where GET finds
// nothing.
func (j *sortJob) each(visit func(value []byte)) {
	for _, item := range j.items {
		if len(j.options.get) == 0 {
			visit(item.element)
		}
		for _, pattern := range j.options.get {
			value, found := j.follow(pattern, item.element)
			if !found {
				value = nil
			}
			visit(value)
		}
	}
}

func (j *sortJob) results() int { return len(j.items) * max(1, len(j.options.get)) }

func (j *sortJob) answer() {
	j.Array(j.results())
	j.each(func(value []byte) {
		if value == nil {
			j.Null()
			return
		}
		j.Bulk(value)
	})
}

func (j *sortJob) store() {
	texts := make([][]byte, 0, j.results())
	j.each(func(value []byte) { texts = append(texts, slices.Clone(value)) })
	key := j.options.store
	if len(texts) == 0 {
		j.TableOf(key).Delete(key)
	} else {
		made := j.listOf(key, store.Entry{}, false) // whatever the key held
		j.push(&made, texts, false)
	}
	j.Int(int64(len(texts)))
}
