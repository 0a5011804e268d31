package command

import "math"

// expireCommands is when keys end.
func expireCommands() []Command {
	set := func(name, since, syntax, summary string, run func(*Context)) Command {
		return Command{Name: name, Arity: -3, Flags: Write | Fast, First: 1, Last: 1, Step: 1, KeySpec: "RW UPDATE", Run: run,
			Group: GroupGeneric, Since: since, Complexity: "O(1)", Summary: summary, Syntax: "key " + syntax + " [NX|XX|GT|LT]"}
	}
	get := func(name, since, summary string, run func(*Context)) Command {
		return Command{Name: name, Arity: 2, Flags: ReadOnly | Fast, First: 1, Last: 1, Step: 1, KeySpec: "RO ACCESS", Run: run,
			Group: GroupGeneric, Since: since, Complexity: "O(1)", Summary: summary, Syntax: "key"}
	}
	return []Command{
		set("expire", "1.0.0", "seconds", "Have a key expire after seconds", func(c *Context) { expire(c, 1000, true) }),
		set("pexpire", "2.6.0", "milliseconds", "Have a key expire after milliseconds", func(c *Context) { expire(c, 1, true) }),
		set("expireat", "1.2.0", "unix-time-seconds", "Have a key expire at a time", func(c *Context) { expire(c, 1000, false) }),
		set("pexpireat", "2.6.0", "unix-time-milliseconds", "Have a key expire at a time", func(c *Context) { expire(c, 1, false) }),
		get("ttl", "1.0.0", "Seconds until a key expires", func(c *Context) { expiry(c, 1000, true) }),
		get("pttl", "2.6.0", "Milliseconds until a key expires", func(c *Context) { expiry(c, 1, true) }),
		get("expiretime", "7.0.0", "When a key expires, in Unix seconds", func(c *Context) { expiry(c, 1000, false) }),
		get("pexpiretime", "7.0.0", "When a key expires, in Unix milliseconds", func(c *Context) { expiry(c, 1, false) }),
		{Name: "persist", Arity: 2, Flags: Write | Fast, First: 1, Last: 1, Step: 1, KeySpec: "RW UPDATE", Run: persist,
			Group: GroupGeneric, Since: "2.2.0", Complexity: "O(1)", Summary: "Have a key never expire", Syntax: "key"},
	}
}

// expireOptions is the conditions of EXPIRE and its kin.
type expireOptions struct{ nx, xx, gt, lt bool }

func (c *Context) expireOptions(args [][]byte) (o expireOptions, ok bool) {
	for _, arg := range args {
		switch {
		case isWord(arg, "nx"):
			o.nx = true
		case isWord(arg, "xx"):
			o.xx = true
		case isWord(arg, "gt"):
			o.gt = true
		case isWord(arg, "lt"):
			o.lt = true
		default:
			c.Errorf("ERR Unsupported option %s", quoted(arg, maxQuotedBytes))
			return o, false
		}
	}
	switch {
	case o.nx && (o.xx || o.gt || o.lt):
		c.Error("ERR NX and XX, GT or LT options at the same time are not compatible")
	case o.gt && o.lt:
		c.Error("ERR GT and LT options at the same time are not compatible")
	default:
		return o, true
	}
	return o, false
}

// allow says whether an expiry may replace the current one, 0 for none: no
// expiry is later than any.
func (o expireOptions) allow(current, next int64) bool {
	switch {
	case o.nx && current != 0, o.xx && current == 0:
		return false
	case o.gt && (current == 0 || next <= current):
		return false
	case o.lt && current != 0 && next >= current:
		return false
	}
	return true
}

// expiryMillis is the Unix time of n units of unitMillis, after nowMillis if
// relative. It is not ok beyond 64 bits; no time before 1970 is.
func expiryMillis(n, unitMillis, nowMillis int64, relative bool) (at int64, ok bool) {
	if n > math.MaxInt64/unitMillis || n < math.MinInt64/unitMillis {
		return 0, false
	}
	at = n * unitMillis
	if relative {
		if at > math.MaxInt64-nowMillis {
			return 0, false
		}
		at += nowMillis
	}
	return at, true
}

func expire(c *Context, unitMillis int64, relative bool) {
	options, ok := c.expireOptions(c.Args[3:])
	if !ok {
		return
	}
	n, ok := c.IntArg(2)
	if !ok {
		return
	}
	at, ok := expiryMillis(n, unitMillis, c.NowMillis, relative)
	if !ok {
		c.Errorf("ERR invalid expire time in '%s' command", c.Command.Name)
		return
	}
	key := c.Args[1]
	t := c.TableOf(key)
	e, found := t.Peek(key)
	switch {
	case !found || !options.allow(e.ExpireAtMillis, at):
		c.Int(0)
	case at <= c.NowMillis:
		t.Delete(key)
		c.Int(1)
	default:
		t.SetExpiry(key, at)
		c.Int(1)
	}
}

// What TTL and its kin answer where there is no time.
const (
	ttlNoKey    = -2
	ttlNoExpiry = -1
)

func expiry(c *Context, unitMillis int64, relative bool) {
	key := c.Args[1]
	e, found := c.TableOf(key).Peek(key)
	c.seen(e, found)
	switch {
	case !found:
		c.Int(ttlNoKey)
	case e.ExpireAtMillis == 0:
		c.Int(ttlNoExpiry)
	case relative:
		c.Int(rounded(max(0, e.ExpireAtMillis-c.NowMillis), unitMillis))
	default:
		c.Int(rounded(e.ExpireAtMillis, unitMillis))
	}
}

// rounded is millis in units, half a unit up.
func rounded(millis, unitMillis int64) int64 {
	units, rest := millis/unitMillis, millis%unitMillis
	if 2*rest >= unitMillis {
		units++
	}
	return units
}

func persist(c *Context) {
	key := c.Args[1]
	t := c.TableOf(key)
	if e, found := t.Peek(key); !found || e.ExpireAtMillis == 0 {
		c.Int(0)
		return
	}
	t.SetExpiry(key, 0)
	c.Int(1)
}
