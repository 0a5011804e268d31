package command

import (
	"slices"
	"strconv"

	"slotbench/internal/resp"
	"slotbench/internal/slot"
	"slotbench/server/store"
)

// scanCommands is how keys are found.
func scanCommands() []Command {
	return []Command{
		{Name: "keys", Arity: 2, Flags: ReadOnly | Dangerous | OffLoop | AllSlots, Run: keys, Group: GroupGeneric,
			Since: "1.0.0", Complexity: "O(N) in the keys of the node", Summary: "All keys that match a pattern", Syntax: "pattern"},
		{Name: "scan", Arity: -2, Flags: ReadOnly | AllSlots, Run: scan, Group: GroupGeneric,
			Since: "2.8.0", Complexity: "O(N) in COUNT", Summary: "Some of the node's keys, and where to go on",
			Syntax: "cursor [MATCH pattern] [COUNT count] [TYPE type]"},
	}
}

const (
	// keysStep is how many keys KEYS looks at between letting go of a slot.
	keysStep = 1024

	// defaultScanCount and maxScanCount are the keys that a SCAN looks at.
	// COUNT is a hint: asked for more, it answers so many and a cursor, so
	// that no SCAN keeps the loop for long.
	defaultScanCount = 10
	maxScanCount     = 10_000
)

// keys visits every slot, off the loop, and lets go of a large slot now and
// then. Its reply is as large as its keys are, as in Redis.
func keys(c *Context) {
	pattern := c.Args[1]
	if len(pattern) > maxPatternBytes {
		c.Error(errLongPattern)
		return
	}
	var found []byte
	n := 0
	for s := range int(c.Store.Count()) {
		if c.Store.Account(slot.Slot(s)).Keys > 0 {
			c.slotKeys(slot.Slot(s), keysStep, func(key []byte) bool {
				if matchGlob(pattern, key) {
					found = resp.AppendBulk(found, key)
					n++
				}
				return true
			})
		}
	}
	c.Array(n)
	c.Out = append(c.Out, found...)
}

// slotKeys visits each of a slot's keys once, under its lock, until visit
// reports false. It takes the lock anew every step keys; keys that come or go
// meanwhile may be missed.
func (c *Context) slotKeys(s slot.Slot, step int, visit func(key []byte) bool) {
	seen := make(map[string]struct{}) // a table that changes may show a key twice
	for position, going := uint64(0), true; going; going = going && position != 0 {
		t := c.Store.Lock(s, c.NowMillis)
		position = t.Scan(position, step, func(key []byte, _ store.Entry) {
			if _, twice := seen[string(key)]; going && !twice {
				seen[string(key)] = struct{}{}
				going = visit(key)
			}
		})
		c.Store.Unlock(s)
	}
}

// scanOptions is what SCAN is to look for.
type scanOptions struct {
	pattern []byte // nil: every key
	kind    string // "": every type
	count   int
}

func (c *Context) scanOptions() (o scanOptions, ok bool) {
	o.count = defaultScanCount
	for at := 2; at < len(c.Args); at += 2 {
		more := at+1 < len(c.Args)
		switch arg := c.Args[at]; {
		case isWord(arg, "count") && more:
			n, ok := c.IntArg(at + 1)
			if !ok {
				return o, false
			}
			if n < 1 {
				c.Error(errSyntax)
				return o, false
			}
			o.count = int(min(n, maxScanCount))
		case isWord(arg, "match") && more:
			if len(c.Args[at+1]) > maxPatternBytes {
				c.Error(errLongPattern)
				return o, false
			}
			o.pattern = c.Args[at+1]
		case isWord(arg, "type") && more:
			o.kind = string(c.Args[at+1])
		default:
			c.Error(errSyntax)
			return o, false
		}
	}
	return o, true
}

func scan(c *Context) {
	cursor, ok := parseCursor(c.Args[1])
	if !ok {
		c.Error("ERR invalid cursor")
		return
	}
	options, ok := c.scanOptions()
	if !ok {
		return
	}
	var found [][]byte
	next := store.Scan(c.Store, cursor, c.NowMillis, options.count, func(key []byte, e store.Entry) {
		if options.kind != "" && !isWord([]byte(options.kind), e.Type.String()) {
			return
		}
		if options.pattern == nil || matchGlob(options.pattern, key) {
			found = append(found, slices.Clone(key))
		}
	})
	c.Array(2)
	c.Bulk(strconv.AppendUint(nil, next, 10))
	c.Array(len(found))
	for _, key := range found {
		c.Bulk(key)
	}
}
