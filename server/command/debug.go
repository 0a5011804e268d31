package command

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"slotbench/internal/slot"
	"slotbench/server/store"
)

// debugCommands is DEBUG. As in Redis it is one command, which tells COMMAND
// nothing of its subcommands.
func debugCommands() []Command {
	return []Command{{Name: "debug", Arity: -2, Flags: Admin | NoScript | Loading | Stale | AllSlots, Group: GroupServer, Run: debug,
		Since: "1.0.0", Complexity: "by subcommand", Summary: "Looks inside, for tests", Syntax: "subcommand [argument ...]"}}
}

// debugVerb is a subcommand of DEBUG.
type debugVerb struct {
	name, syntax, summary string
	args                  int // arguments with the names; -n: at least n
	run                   func(*Context)
}

// debugVerbs is every subcommand but HELP.
var debugVerbs = []debugVerb{
	{"DIGEST", "", "A digest of all keys and what they hold, as Redis computes it.", 2, debugDigest},
	{"DIGEST-VALUE", "<key> [<key> ...]", "A digest of what each key holds, as Redis computes it.", -2, debugDigestValue},
	{"ERROR", "<string>", "Answer this error.", 3, func(c *Context) { c.Error(string(c.Args[2])) }},
	{"OBJECT", "<key>", "How a key is stored.", 3, debugObject},
	{"SET-ACTIVE-EXPIRE", "<0|1>", "Whether keys expire that nobody looks at.", 3, debugActiveExpire},
	{"SLEEP", "<seconds>", "Stop the event loop.", 3, debugSleep},
}

// absentDebug says of subcommands of Redis why they are not here.
var absentDebug = map[string]string{
	"CHANGE-REPL-ID": "there is no replication",
	"REPLICATE":      "there is no replication",
	"RELOAD":         "nothing is kept on disk",
	"LOADAOF":        "nothing is kept on disk",
	"SEGFAULT":       "the server does not crash at will",
	"PANIC":          "the server does not crash at will",
	"OOM":            "the server does not crash at will",
	"JMAP":           "memory is not jemalloc's",
	"MALLCTL":        "memory is not jemalloc's",
	"MALLCTL-STR":    "memory is not jemalloc's",
	"RESTART":        "start the process anew instead",
	"HTSTATS":        "tables are laid out differently",
	"POPULATE":       "use a load generator",
}

func debug(c *Context) {
	if !c.debugAllowed() {
		c.Error("ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it " +
			"from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.")
		return
	}
	name := c.Args[1]
	if isWord(name, "help") && len(c.Args) == 2 {
		c.debugHelp()
		return
	}
	for _, verb := range debugVerbs {
		fits := len(c.Args) == verb.args || verb.args < 0 && len(c.Args) >= -verb.args
		if fits && strings.EqualFold(verb.name, string(name)) {
			verb.run(c)
			return
		}
	}
	if why, absent := absentDebug[strings.ToUpper(string(quoted(name, maxNameBytes)))]; absent {
		c.Errorf("ERR DEBUG %s is not supported: %s", strings.ToUpper(string(name)), why)
		return
	}
	c.Errorf("ERR unknown subcommand or wrong number of arguments for '%s'. Try DEBUG HELP.", quoted(name, maxQuotedBytes))
}

// debugAllowed says whether enable-debug-command lets this client in.
func (c *Context) debugAllowed() bool {
	switch who, _ := c.Node.Settings().Get("enable-debug-command"); who {
	case "yes":
		return true
	case "local":
		return strings.HasPrefix(c.Client.Addr, "127.") || strings.HasPrefix(c.Client.Addr, "[::1]")
	}
	return false
}

func (c *Context) debugHelp() {
	c.Array(3 + 2*len(debugVerbs))
	c.Simple("DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
	for _, verb := range debugVerbs {
		c.Simple(strings.TrimSpace(verb.name + " " + verb.syntax))
		c.Simple("    " + verb.summary)
	}
	c.Simple("HELP")
	c.Simple("    Prints this help.")
}

// debugSleep keeps the event loop from doing anything, which is what it is
// for, unless the server shuts down.
func debugSleep(c *Context) {
	seconds, err := strconv.ParseFloat(string(bytes.TrimSpace(c.Args[2])), 64)
	if err == nil && seconds > 0 {
		wait := time.Duration(min(seconds*float64(time.Second), math.MaxInt64/2))
		select {
		case <-time.After(wait):
		case <-c.Done:
		}
	}
	c.OK()
}

func debugActiveExpire(c *Context) {
	on := strings.TrimLeft(string(c.Args[2]), "+-0 ") // as C's atoi: anything but a number is 0
	c.Node.SetActiveExpire(on != "" && on[0] >= '1' && on[0] <= '9')
	c.OK()
}

// debugObject answers one line, with 0 for the address, of which there is none
// that would say anything.
func debugObject(c *Context) {
	key := c.Args[2]
	s := c.Store.Count().Of(key)
	defer c.Store.Unlock(s)
	table := c.Store.Lock(s, c.NowMillis)
	e, found := table.Peek(key)
	if !found {
		c.Error(errNoKey)
		return
	}
	usedAtMillis, _ := table.UsedAtMillis(key)
	c.Simple(fmt.Sprintf("Value at:0x0 refcount:1 encoding:%s serializedlength:%d lru:%d lru_seconds_idle:%d",
		encodings[e.Type](e, c.Node.Limits()), len(AppendDump(nil, e))-dumpFrameBytes, usedAtMillis/1000&maxLRUClock, max(0, c.NowMillis-usedAtMillis)/1000))
}

// dumpFrameBytes is what a DUMP payload has around the value: the type before
// it, the version and the checksum behind.
const dumpFrameBytes = 1 + 2 + 8

// maxLRUClock is the highest value of Redis's clock of uses, in seconds.
const maxLRUClock = 1<<24 - 1

// debugDigestValue answers, for every key, the digest that Redis computes, so
// that redis-cli can compare what two nodes of either make hold.
func debugDigestValue(c *Context) {
	c.Array(len(c.Args) - 2)
	for _, key := range c.Args[2:] {
		s := c.Store.Count().Of(key)
		table := c.Store.Lock(s, c.NowMillis)
		e, found := table.Peek(key)
		var d digest
		if found {
			d.add(e)
		}
		c.Store.Unlock(s)
		c.Simple(hex.EncodeToString(d[:]))
	}
}

// debugDigest takes one slot after the other: keys that change meanwhile may
// be seen before or after.
func debugDigest(c *Context) {
	var all digest
	for s := range int(c.Store.Count()) {
		if c.Store.Account(slot.Slot(s)).Keys == 0 {
			continue
		}
		t := c.Store.Lock(slot.Slot(s), c.NowMillis)
		seen := make(map[string]bool) // a scan may show a key twice
		for position, going := uint64(0), true; going; going = position != 0 {
			position = t.Scan(position, keysStep, func(key []byte, e store.Entry) {
				if seen[string(key)] {
					return
				}
				seen[string(key)] = true
				var d digest
				d.mix(key)
				d.add(e)
				all.addKey(d)
			})
		}
		c.Store.Unlock(slot.Slot(s))
	}
	c.Simple(hex.EncodeToString(all[:]))
}
