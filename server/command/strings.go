package command

import (
	"math"

	"slotbench/server/store"
)

// stringCommands is the string group but for numbers and ranges.
func stringCommands() []Command {
	rows := []Command{
		{Name: "get", Arity: 2, Flags: ReadOnly | Fast, First: 1, Last: 1, Step: 1, KeySpec: "RO ACCESS", Run: get,
			Since: "1.0.0", Complexity: "O(1)", Summary: "The value of a key", Syntax: "key"},
		{Name: "set", Arity: -3, Flags: Write | DenyOOM, First: 1, Last: 1, Step: 1, KeySpec: "RW ACCESS UPDATE VARIABLE_FLAGS", Run: set,
			Since: "1.0.0", Complexity: "O(1)", Summary: "Set a key to a value, under conditions and with an expiry if asked",
			Syntax: "key value [NX|XX] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL]"},
		{Name: "setnx", Arity: 3, Flags: Write | DenyOOM | Fast, First: 1, Last: 1, Step: 1, KeySpec: "OW INSERT", Run: setNX,
			Since: "1.0.0", Complexity: "O(1)", Summary: "Set a key that does not exist", Syntax: "key value"},
		{Name: "setex", Arity: 4, Flags: Write | DenyOOM, First: 1, Last: 1, Step: 1, KeySpec: "OW UPDATE", Run: setEX,
			Since: "2.0.0", Complexity: "O(1)", Summary: "Set a key for some seconds", Syntax: "key seconds value"},
		{Name: "psetex", Arity: 4, Flags: Write | DenyOOM, First: 1, Last: 1, Step: 1, KeySpec: "OW UPDATE", Run: pSetEX,
			Since: "2.6.0", Complexity: "O(1)", Summary: "Set a key for some milliseconds", Syntax: "key milliseconds value"},
		{Name: "getset", Arity: 3, Flags: Write | DenyOOM | Fast, First: 1, Last: 1, Step: 1, KeySpec: "RW ACCESS UPDATE", Run: getSet,
			Since: "1.0.0", Complexity: "O(1)", Summary: "Set a key and answer what it held", Syntax: "key value"},
		{Name: "getdel", Arity: 2, Flags: Write | Fast, First: 1, Last: 1, Step: 1, KeySpec: "RW ACCESS DELETE", Run: getDel,
			Since: "6.2.0", Complexity: "O(1)", Summary: "Delete a key and answer what it held", Syntax: "key"},
		{Name: "getex", Arity: -2, Flags: Write | Fast, First: 1, Last: 1, Step: 1, KeySpec: "RW ACCESS UPDATE", Run: getEX,
			Since: "6.2.0", Complexity: "O(1)", Summary: "The value of a key, whose expiry is changed",
			Syntax: "key [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|PERSIST]"},
		{Name: "mget", Arity: -2, Flags: ReadOnly | Fast, First: 1, Last: -1, Step: 1, KeySpec: "RO ACCESS", Run: mGet,
			Since: "1.0.0", Complexity: "O(N) in the keys", Summary: "The values of keys", Syntax: "key [key ...]"},
		{Name: "mset", Arity: -3, Flags: Write | DenyOOM, First: 1, Last: -1, Step: 2, KeySpec: "OW UPDATE", Run: mSet,
			Since: "1.0.1", Complexity: "O(N) in the keys", Summary: "Set several keys at once", Syntax: "key value [key value ...]"},
		{Name: "msetnx", Arity: -3, Flags: Write | DenyOOM, First: 1, Last: -1, Step: 2, KeySpec: "OW INSERT", Run: mSetNX,
			Since: "1.0.1", Complexity: "O(N) in the keys", Summary: "Set several keys at once if none of them exists", Syntax: "key value [key value ...]"},
		{Name: "strlen", Arity: 2, Flags: ReadOnly | Fast, First: 1, Last: 1, Step: 1, KeySpec: "RO", Run: strLen,
			Since: "2.2.0", Complexity: "O(1)", Summary: "The length of a value in bytes", Syntax: "key"},
	}
	for i := range rows {
		rows[i].Group = GroupString
	}
	return rows
}

func get(c *Context) { c.answerString(c.Args[1]) }

// answerString answers a String or null. It reports false if the key holds
// another type.
func (c *Context) answerString(key []byte) bool {
	value, found, ok := c.String(key)
	switch {
	case !ok:
		return false
	case found:
		c.Bulk(value)
	default:
		c.Null()
	}
	return true
}

// put sets a key to a String.
func (c *Context) put(key, value []byte, expireAtMillis int64) {
	c.TableOf(key).Set(key, store.Entry{Type: store.String, Value: value, ExpireAtMillis: expireAtMillis})
}

func set(c *Context) {
	if len(c.Args) == 3 { // by far the most frequent
		c.put(c.Args[1], c.Args[2], 0)
		c.OK()
		return
	}
	options, ok := c.stringOptions(3, true)
	if !ok {
		return
	}
	expireAt, ok := c.expiry(options)
	if !ok {
		return
	}
	key := c.Args[1]
	table := c.TableOf(key)
	old, found := table.Get(key)
	if options.get {
		switch {
		case found && old.Type != store.String:
			c.WrongType()
			return
		case found:
			c.Bulk(old.Value)
		default:
			c.Null()
		}
	}
	if options.ifAbsent && found || options.ifPresent && !found {
		if !options.get {
			c.Null()
		}
		return
	}
	if options.keepTTL {
		expireAt = old.ExpireAtMillis
	}
	c.put(key, c.Args[2], expireAt)
	if !options.get {
		c.OK()
	}
}

func setNX(c *Context) {
	if _, found := c.TableOf(c.Args[1]).Get(c.Args[1]); found {
		c.Int(0)
		return
	}
	c.put(c.Args[1], c.Args[2], 0)
	c.Int(1)
}

func setEX(c *Context)  { c.setWithExpiry(1000) }
func pSetEX(c *Context) { c.setWithExpiry(1) }

func (c *Context) setWithExpiry(unitMillis int64) {
	expireAt, ok := c.expiry(stringOptions{unitMillis: unitMillis, expireArg: 2})
	if !ok {
		return
	}
	c.put(c.Args[1], c.Args[3], expireAt)
	c.OK()
}

func getSet(c *Context) {
	if c.answerString(c.Args[1]) {
		c.put(c.Args[1], c.Args[2], 0)
	}
}

func getDel(c *Context) {
	if c.answerString(c.Args[1]) {
		c.TableOf(c.Args[1]).Delete(c.Args[1])
	}
}

func getEX(c *Context) {
	options, ok := c.stringOptions(2, false)
	if !ok {
		return
	}
	key := c.Args[1]
	value, found, ok := c.String(key)
	if !ok {
		return
	}
	if !found {
		c.Null()
		return
	}
	expireAt, ok := c.expiry(options)
	if !ok {
		return
	}
	c.Bulk(value)
	if options.persist || expireAt != 0 {
		c.TableOf(key).SetExpiry(key, expireAt)
	}
}

func mGet(c *Context) {
	c.Array(len(c.Args) - 1)
	for _, key := range c.Args[1:] {
		if e, found := c.Lookup(key); found && e.Type == store.String {
			c.Bulk(e.Value)
		} else {
			c.Null()
		}
	}
}

// pairs checks that keys and values alternate.
func (c *Context) pairs() bool {
	if len(c.Args)%2 == 0 {
		c.Errorf("ERR wrong number of arguments for '%s' command", c.Command.full)
		return false
	}
	return true
}

func mSet(c *Context) {
	if !c.pairs() {
		return
	}
	for i := 1; i < len(c.Args); i += 2 {
		c.put(c.Args[i], c.Args[i+1], 0)
	}
	c.OK()
}

func mSetNX(c *Context) {
	if !c.pairs() {
		return
	}
	for i := 1; i < len(c.Args); i += 2 {
		if _, found := c.TableOf(c.Args[i]).Peek(c.Args[i]); found {
			c.Int(0)
			return
		}
	}
	for i := 1; i < len(c.Args); i += 2 {
		c.put(c.Args[i], c.Args[i+1], 0)
	}
	c.Int(1)
}

func strLen(c *Context) {
	if value, _, ok := c.String(c.Args[1]); ok {
		c.Int(int64(len(value)))
	}
}

// stringOptions is what may stand behind the operands of SET and GETEX.
type stringOptions struct {
	ifAbsent, ifPresent, get, keepTTL, persist bool

	expireArg  int   // position of the expiry's number; 0: none
	unitMillis int64 // of that number
	absolute   bool  // it is a Unix time
}

// stringOptions reads the options from an argument on; those of SET or those
// of GETEX. When ok is false the error is already the reply.
func (c *Context) stringOptions(from int, isSet bool) (o stringOptions, ok bool) {
	for at := from; at < len(c.Args); at++ {
		word := c.Args[at]
		switch {
		case isSet && isWord(word, "nx") && !o.ifPresent:
			o.ifAbsent = true
		case isSet && isWord(word, "xx") && !o.ifAbsent:
			o.ifPresent = true
		case isSet && isWord(word, "get"):
			o.get = true
		case isSet && isWord(word, "keepttl") && o.expireArg == 0:
			o.keepTTL = true
		case !isSet && isWord(word, "persist") && o.expireArg == 0:
			o.persist = true
		default:
			unitMillis, absolute := expiryUnit(word)
			again := o.expireArg != 0 && (unitMillis != o.unitMillis || absolute != o.absolute)
			if unitMillis == 0 || again || o.keepTTL || o.persist || at+1 == len(c.Args) {
				c.Error(errSyntax)
				return o, false
			}
			at++
			o.expireArg, o.unitMillis, o.absolute = at, unitMillis, absolute
		}
	}
	return o, true
}

// expiryUnit is what EX, PX, EXAT and PXAT mean; unit 0: another word.
func expiryUnit(word []byte) (unitMillis int64, absolute bool) {
	switch {
	case isWord(word, "ex"):
		return 1000, false
	case isWord(word, "px"):
		return 1, false
	case isWord(word, "exat"):
		return 1000, true
	case isWord(word, "pxat"):
		return 1, true
	}
	return 0, false
}

// expiry is the Unix time in milliseconds that the options ask for, 0 without
// one. When ok is false the error is already the reply.
func (c *Context) expiry(o stringOptions) (atMillis int64, ok bool) {
	if o.expireArg == 0 {
		return 0, true
	}
	n, ok := c.IntArg(o.expireArg)
	if !ok {
		return 0, false
	}
	base := c.NowMillis
	if o.absolute {
		base = 0
	}
	if n <= 0 || n > math.MaxInt64/o.unitMillis || n*o.unitMillis > math.MaxInt64-base {
		c.Errorf("ERR invalid expire time in '%s' command", c.Command.full)
		return 0, false
	}
	return base + n*o.unitMillis, true
}
