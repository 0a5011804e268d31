package command

import "strings"

// keySpec is where some of a command's keys stand, as Redis 7 specifies it:
// how to find the place where they begin, and how to go on from there.
type keySpec struct {
	flags  string // such as "RO ACCESS"
	search specPart
	find   specPart
}

// specPart is one half of a specification and its figures.
type specPart struct {
	kind    string // index, keyword, range, keynum or unknown
	fields  []specField
	keyword string // where kind is keyword
}

type specField struct {
	name string
	n    int
}

func atIndex(n int) specPart { return specPart{kind: "index", fields: []specField{{"index", n}}} }

// inRange is keys side by side, up to the last one: relative to the first, or
// to the end if negative.
func inRange(last, step int) specPart {
	return specPart{kind: "range", fields: []specField{{"lastkey", last}, {"keystep", step}, {"limit", 0}}}
}

// counted is keys behind their number.
var counted = specPart{kind: "keynum", fields: []specField{{"keynumidx", 0}, {"firstkey", 1}, {"keystep", 1}}}

var unknownPart = specPart{kind: "unknown"}

const (
	readSpec    = "RO ACCESS"
	replaceSpec = "OW UPDATE"
	changeSpec  = "RW ACCESS UPDATE"
	takeSpec    = "RW ACCESS DELETE"
)

// countedAt is one specification: keys behind their number at an argument.
func countedAt(flags string, index int) []keySpec { return []keySpec{{flags, atIndex(index), counted}} }

// storedCounted is a destination, and sources behind their number.
func storedCounted() []keySpec {
	return []keySpec{{replaceSpec, atIndex(1), inRange(0, 1)}, {readSpec, atIndex(2), counted}}
}

// byPattern is the keys that SORT finds by its elements.
var byPattern = keySpec{readSpec, unknownPart, unknownPart}

// specsByName is the specifications that First, Last and Step cannot say.
var specsByName = map[string][]keySpec{
	"eval":        countedAt(changeSpec, 2),
	"evalsha":     countedAt(changeSpec, 2),
	"eval_ro":     countedAt(readSpec, 2),
	"evalsha_ro":  countedAt(readSpec, 2),
	"sintercard":  countedAt(readSpec, 1),
	"zunion":      countedAt(readSpec, 1),
	"zinter":      countedAt(readSpec, 1),
	"zdiff":       countedAt(readSpec, 1),
	"zintercard":  countedAt(readSpec, 1),
	"lmpop":       countedAt(takeSpec, 1),
	"zmpop":       countedAt(takeSpec, 1),
	"blmpop":      countedAt(takeSpec, 2),
	"bzmpop":      countedAt(takeSpec, 2),
	"zunionstore": storedCounted(),
	"zinterstore": storedCounted(),
	"zdiffstore":  storedCounted(),
	"sort": {{readSpec, atIndex(1), inRange(0, 1)}, byPattern,
		{replaceSpec, unknownPart, unknownPart}},
	"sort_ro": {{readSpec, atIndex(1), inRange(0, 1)}, byPattern},
	"migrate": {{takeSpec, atIndex(3), inRange(0, 1)},
		{takeSpec + " INCOMPLETE", specPart{kind: "keyword", keyword: "KEYS", fields: []specField{{"startfrom", -2}}}, inRange(-1, 1)}},
}

// specs is where the command's keys stand. Of a KeySpec of several parts each
// is that of one key, but for the last, which is that of all that follow.
func (c *Command) specs() []keySpec {
	if specs, ok := specsByName[c.full]; ok {
		return specs
	}
	if c.First == 0 {
		return nil
	}
	var specs []keySpec
	parts := strings.Split(c.KeySpec, "|")
	at := c.First
	for ; len(specs) < len(parts)-1; at += c.Step {
		specs = append(specs, keySpec{parts[len(specs)], atIndex(at), inRange(0, 1)})
	}
	last := c.Last
	if last > 0 {
		last -= at
	}
	return append(specs, keySpec{parts[len(parts)-1], atIndex(at), inRange(last, c.Step)})
}

// keySpecs answers where the keys stand.
func (c *Context) keySpecs(cmd *Command) {
	specs := cmd.specs()
	c.Set(len(specs))
	for _, spec := range specs {
		c.Map(3)
		c.BulkString("flags")
		c.statuses(keySpecWords(spec.flags))
		c.BulkString("begin_search")
		c.specPart(spec.search)
		c.BulkString("find_keys")
		c.specPart(spec.find)
	}
}

func (c *Context) specPart(p specPart) {
	n := len(p.fields)
	if p.keyword != "" {
		n++
	}
	c.Map(2)
	c.BulkString("type")
	c.BulkString(p.kind)
	c.BulkString("spec")
	c.Map(n)
	if p.keyword != "" {
		c.BulkString("keyword")
		c.BulkString(p.keyword)
	}
	for _, field := range p.fields {
		c.BulkString(field.name)
		c.Int(int64(field.n))
	}
}

// keySpecWords is the flags of one key, in the case that Redis has them.
func keySpecWords(spec string) []string {
	words := strings.Fields(spec)
	for i, word := range words {
		if len(word) > 2 { // not RO, RW, OW, RM
			words[i] = strings.ToLower(word)
		}
	}
	return words
}

// keysOptional is the commands that may come without a key.
var keysOptional = map[string]bool{"eval": true, "evalsha": true, "eval_ro": true, "evalsha_ro": true}

// flagsOfKeys is what a command with these arguments does to its keys, one
// after the other; the last holds for all that follow.
func (c *Command) flagsOfKeys(args [][]byte) []string {
	var flags []string
	switch specs := c.specs(); {
	case c.full == "set": // GET reads
		flags = []string{replaceSpec}
		for _, arg := range args[3:] {
			if isWord(arg, "get") {
				flags[0] = changeSpec
			}
		}
	case c.full == "bitfield": // GET alone does not write
		flags = []string{readSpec}
		for _, arg := range args[2:] {
			if isWord(arg, "set") || isWord(arg, "incrby") {
				flags[0] = changeSpec
			}
		}
	default:
		for _, spec := range specs {
			if spec.search.kind != "unknown" || spec.flags == replaceSpec {
				flags = append(flags, strings.TrimSuffix(spec.flags, " INCOMPLETE"))
			}
		}
	}
	if len(flags) == 0 {
		return []string{c.KeySpec}
	}
	return flags
}
