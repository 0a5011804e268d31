package command

import (
	"slotbench/internal/rdb"
	"slotbench/server/store"
)

// dumpCommands is how a key leaves and comes as bytes.
func dumpCommands() []Command {
	restoring := func(name string, group Group, since, summary string, flags Flags) Command {
		return Command{Name: name, Arity: -4, Flags: Write | DenyOOM | flags, First: 1, Last: 1, Step: 1, KeySpec: "OW UPDATE",
			Run: restore, Group: group, Categories: "keyspace", Since: since, Complexity: "O(N) in the value", Summary: summary,
			Syntax: "key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]"}
	}
	return []Command{
		{Name: "dump", Arity: 2, Flags: ReadOnly, First: 1, Last: 1, Step: 1, KeySpec: "RO ACCESS", Run: dump,
			Group: GroupGeneric, Since: "2.6.0", Complexity: "O(N) in the value", Summary: "What a key holds, for RESTORE", Syntax: "key"},
		restoring("restore", GroupGeneric, "2.6.0", "Make a key from what DUMP answered", Dangerous),
		restoring("restore-asking", GroupServer, "3.0.0", "RESTORE into a slot that is being imported", Dangerous|Asking),
	}
}

func dump(c *Context) {
	e, found := c.Lookup(c.Args[1])
	if !found {
		c.Null()
		return
	}
	c.Bulk(AppendDump(make([]byte, 0, dumpRoom(e)), e))
}

// dumpRoom is about how many bytes an entry takes as a DUMP payload.
func dumpRoom(e store.Entry) int {
	room := rdb.DumpSize(e.Value)
	if e.Object != nil {
		room += int(e.Object.Bytes())
	}
	return room
}

// restoreOptions is what stands behind RESTORE's payload. Idle time and
// frequency are checked and left: nothing is evicted by them.
type restoreOptions struct {
	replace, absolute bool
}

// maxFreq is the highest LFU frequency.
const maxFreq = 255

func (c *Context) restoreOptions() (o restoreOptions, ok bool) {
	idle, freq := false, false
	for at := 4; at < len(c.Args); at++ {
		more := at+1 < len(c.Args)
		switch arg := c.Args[at]; {
		case isWord(arg, "replace"):
			o.replace = true
		case isWord(arg, "absttl"):
			o.absolute = true
		case isWord(arg, "idletime") && more && !freq:
			at++
			n, ok := c.IntArg(at)
			if !ok {
				return o, false
			}
			if n < 0 {
				c.Error("ERR Invalid IDLETIME value, must be >= 0")
				return o, false
			}
			idle = true
		case isWord(arg, "freq") && more && !idle:
			at++
			n, ok := c.IntArg(at)
			if !ok {
				return o, false
			}
			if n < 0 || n > maxFreq {
				c.Error("ERR Invalid FREQ value, must be >= 0 and <= 255")
				return o, false
			}
			freq = true
		default:
			c.Error(errSyntax)
			return o, false
		}
	}
	return o, true
}

func restore(c *Context) {
	options, ok := c.restoreOptions()
	if !ok {
		return
	}
	key := c.Args[1]
	t := c.TableOf(key)
	if _, taken := t.Peek(key); taken && !options.replace {
		c.Error("BUSYKEY Target key name already exists.")
		return
	}
	ttl, ok := c.IntArg(2)
	if !ok {
		return
	}
	if ttl < 0 {
		c.Error("ERR Invalid TTL value, must be >= 0")
		return
	}
	e, err := readDump(c.Args[3], c.Node.Limits())
	if err != nil {
		c.Error("ERR " + err.Error())
		return
	}
	at := ttl
	if ttl > 0 && !options.absolute {
		at += c.NowMillis // beyond 64 bits it wraps: Redis has such a key expired
	}
	if at != 0 && at <= c.NowMillis { // it has expired on the way
		t.Delete(key)
	} else {
		e.ExpireAtMillis = at
		t.Set(key, e)
	}
	c.OK()
}
