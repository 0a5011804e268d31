package command

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"

	"slotbench/internal/listpack"
	"slotbench/internal/slot"
	"slotbench/server/collection"
	"slotbench/server/store"
)

// sortJob is one SORT under way.
type sortJob struct {
	*Context
	options sortOptions
	items   []sortItem
	texts   []byte // memory of the elements
	name    []byte // of a key that a pattern leads to
}

// sortItem is one element and what it is sorted by.
type sortItem struct {
	element []byte
	by      []byte // nil: nothing
	score   float64
}

// eachElement visits a list's, set's or sorted set's elements in the order in
// which they stand. What visit gets is borrowed until it returns.
func eachElement(e store.Entry, visit func(element []byte) bool) {
	switch o := e.Object.(type) {
	case *collection.List:
		o.Each(visit)
		return
	case *collection.Set:
		o.Each(visit)
		return
	case *collection.SortedSet:
		o.Each(func(member []byte, _ float64) bool { return visit(member) })
		return
	}
	var scratch [32]byte
	switch {
	case len(e.Value) == 0: // an absent key
	case e.Form == store.Intset && e.Type == store.Set:
		for i := range collection.IntsetLen(e.Value) {
			if !visit(strconv.AppendInt(scratch[:0], collection.IntsetAt(e.Value, i), 10)) {
				return
			}
		}
	case e.Type == store.SortedSet:
		eachPair(e.Value, func(member, _ []byte) bool { return visit(member) })
	default:
		for at := listpack.First; at < listpack.End(e.Value); {
			v, next := listpack.Read(e.Value, at)
			if !visit(v.Bytes(scratch[:])) {
				return
			}
			at = next
		}
	}
}

// eachPair visits the elements of a listpack two at a time.
func eachPair(lp []byte, visit func(first, second []byte) bool) {
	var one, two [32]byte
	for at := listpack.First; at < listpack.End(lp); {
		first, next := listpack.Read(lp, at)
		second, behind := listpack.Read(lp, next)
		if !visit(first.Bytes(one[:]), second.Bytes(two[:])) {
			return
		}
		at = behind
	}
}

// maxReachTries is how often SORT looks for the keys that its elements name
// before it locks every slot.
const maxReachTries = 3

// read copies the elements, and sees to it that the slots of all keys that
// they lead to are held. It reports false if the key has become something
// else meanwhile; the error is then the reply.
func (j *sortJob) read(e store.Entry) bool {
	j.load(e)
	if !sortReaches(j.Args) {
		return true
	}
	for try := 0; ; try++ {
		missing := j.missingSlots()
		if len(missing) == 0 {
			return true
		}
		if try == maxReachTries {
			missing = j.everySlot()
		}
		j.lockMore(missing)
		if o := j.options; o.store != nil && j.Flights.Await(o.store, func() {}) {
			j.Error("TRYAGAIN Multiple keys request during rehashing of slot")
			return false
		}
		e, _ = j.TableOf(j.Args[1]).Peek(j.Args[1]) // it may have changed while nothing was held
		switch e.Type {
		case store.None, store.List, store.Set, store.SortedSet:
		default:
			j.WrongType()
			return false
		}
		j.load(e)
	}
}

// load copies the elements, all of them or as many as LIMIT leaves where
// nothing is sorted.
func (j *sortJob) load(e store.Entry) {
	j.items, j.texts = j.items[:0], []byte{} // an empty element is not nil
	o := j.options
	most := int64(math.MaxInt64)
	backward := o.unsorted && o.desc && e.Type != store.Set
	if o.unsorted && !backward && o.count >= 0 && o.count < math.MaxInt64-max(o.offset, 0) {
		most = max(o.offset, 0) + o.count
	}
	eachElement(e, func(element []byte) bool {
		if int64(len(j.items)) >= most {
			return false
		}
		at := len(j.texts)
		j.texts = append(j.texts, element...)
		j.items = append(j.items, sortItem{element: nonNil(j.texts[at:len(j.texts):len(j.texts)])})
		return true
	})
	if backward {
		slices.Reverse(j.items)
	}
}

// target is the key, and the hash's field, that a pattern leads to for an
// element. It is not ok without a star.
func (j *sortJob) target(pattern, element []byte) (key, field []byte, ok bool) {
	star := bytes.IndexByte(pattern, '*')
	if star < 0 {
		return nil, nil, false
	}
	rest := pattern[star+1:]
	if arrow := bytes.Index(rest, []byte("->")); arrow >= 0 && arrow+2 < len(rest) {
		rest, field = rest[:arrow], rest[arrow+2:]
	}
	j.name = append(append(append(j.name[:0], pattern[:star]...), element...), rest...)
	return j.name, field, true
}

// follow is the value that a pattern leads to: the element itself for "#", a
// String, or a field of a hash. It is borrowed.
func (j *sortJob) follow(pattern, element []byte) (value []byte, found bool) {
	if len(pattern) == 1 && pattern[0] == '#' {
		return element, true
	}
	key, field, ok := j.target(pattern, element)
	if !ok {
		return nil, false
	}
	e, found := j.tableOf(j.Store.Count().Of(key)).Get(key)
	switch {
	case !found:
		return nil, false
	case field != nil && e.Type == store.Hash:
		return fieldOf(e, field)
	case field == nil && e.Type == store.String:
		return nonNil(e.Value), true
	}
	return nil, false
}

// nonNil tells an empty value from none.
func nonNil(value []byte) []byte {
	if value == nil {
		return []byte{}
	}
	return value
}

// fieldOf is a hash's field.
func fieldOf(e store.Entry, field []byte) (value []byte, found bool) {
	if large, ok := e.Object.(*collection.Hash); ok {
		value, found = large.Get(field)
		return nonNil(value), found
	}
	at := listpack.Find(e.Value, listpack.First, field, 2)
	if at < 0 {
		return nil, false
	}
	v, _ := listpack.Read(e.Value, listpack.Next(e.Value, at))
	return nonNil(v.Append(nil)), true
}

// missingSlots is the slots of the keys that the elements lead to and that
// are not held.
func (j *sortJob) missingSlots() (missing []slot.Slot) {
	seen := make(map[slot.Slot]bool)
	for _, pattern := range append([][]byte{j.options.by}, j.options.get...) {
		for _, item := range j.items {
			key, _, ok := j.target(pattern, item.element)
			if !ok {
				break
			}
			if s := j.Store.Count().Of(key); !seen[s] && !j.holds(s) {
				seen[s] = true
				missing = append(missing, s)
			}
		}
	}
	return missing
}

func (j *sortJob) everySlot() []slot.Slot {
	var all []slot.Slot
	for s := range int(j.Store.Count()) {
		if !j.holds(slot.Slot(s)) {
			all = append(all, slot.Slot(s))
		}
	}
	return all
}

// parseSortScore reads a number as C's strtod does, which takes "" for 0, and
// as SORT does, up to the first zero byte.
func parseSortScore(text []byte) (float64, bool) {
	if n, ok := parseInt(text); ok {
		return float64(n), true
	}
	if zero := bytes.IndexByte(text, 0); zero >= 0 {
		text = text[:zero]
	}
	if len(text) == 0 {
		return 0, true
	}
	digits := strings.ToLower(strings.TrimLeft(string(text), " \t\n\v\f\r"))
	if strings.Contains(digits, "_") {
		return 0, false
	}
	if strings.Contains(digits, "0x") && !strings.Contains(digits, "p") {
		digits += "p0"
	}
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil || math.IsNaN(f) {
		return 0, false
	}
	return f, true
}
