package command_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// generator makes commands of forms.
type generator struct {
	*rand.Rand
	startMillis int64    // Unix time
	keys        []string // of the command that is being made
	kind        string   // of the last of them
}

// chance is true so many times of a hundred.
func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func (g *generator) one(words ...string) string { return words[g.IntN(len(words))] }

// keysOfKind is what the keys of each kind are called. A form that wants a kind
// mostly gets one of its own keys.
var keysOfKind = map[string][]string{
	"string": {"s:1", "s:2", "s:3", "\x00\xff\r\n", ""},
	"bits":   {"b:1", "b:2", "b:3"},
	"list":   {"l:1", "l:2", "l:3", "l:4"},
	"set":    {"e:1", "e:2", "e:3", "e:4"},
	"zset":   {"z:1", "z:2", "z:3", "z:4"},
	"hash":   {"h:1", "h:2", "h:3", "h:" + strings.Repeat("long", 20)},
	"none":   {"n:1"},
}

// kindNames is the keys' kinds in an order.
var kindNames = []string{"string", "bits", "list", "set", "zset", "hash", "none"}

func (g *generator) key(kind string) []string {
	if kind == "" || g.chance(8) {
		kind = g.one(kindNames...)
	}
	g.kind = kind
	key := g.one(keysOfKind[kind]...)
	g.keys = append(g.keys, key)
	return []string{key}
}

// counted is a number and so many of something.
func counted(one func(g *generator) []string) func(*generator) []string {
	return func(g *generator) []string {
		n := 1 + g.IntN(3)
		words := []string{strconv.Itoa(n)}
		if g.chance(3) {
			words[0] = g.one("0", "-1", "9", "x")
		}
		for range n {
			words = append(words, one(g)...)
		}
		return words
	}
}

// many is so many of something, to make a large collection.
func many(one func(g *generator) []string) func(*generator) []string {
	return func(g *generator) (words []string) {
		for range 20 + g.IntN(180) {
			words = append(words, one(g)...)
		}
		return words
	}
}

// of is a hole that has one of these; before "|" comes what it mostly has.
func of(words string) func(*generator) []string {
	usual, edge, _ := strings.Cut(words, " | ")
	usuals, edges := strings.Split(usual, " "), strings.Split(edge, " ")
	return func(g *generator) []string {
		if edge != "" && g.chance(8) {
			return []string{g.one(edges...)}
		}
		return []string{g.one(usuals...)}
	}
}

// text is a value: numbers, words, long ones, bytes.
func text(g *generator) []string {
	switch g.IntN(8) {
	case 0, 1:
		return []string{strconv.Itoa(g.IntN(200) - 50)}
	case 2:
		return []string{g.one("", "0", "-0", "01", "+1", " 1", "1.5", "-3.25", "1e3", "9223372036854775807", "-9223372036854775808",
			"9223372036854775808", "inf", "nan", "\x00", "\xff\xfe\r\n\x00", "ünïcode")}
	case 3:
		return []string{strings.Repeat(g.one("a", "xyz", "\x00"), 1+g.IntN(90))}
	}
	return []string{fmt.Sprint("word", g.IntN(30))}
}

// member is an element that others are likely to be too.
func member(g *generator) []string {
	switch g.IntN(10) {
	case 0:
		return text(g)
	case 1, 2, 3:
		return []string{strconv.Itoa(g.IntN(30) - 5)}
	}
	return []string{g.one("m", "n", "f") + strconv.Itoa(g.IntN(20))}
}

// number is a member of a set of integers.
func number(g *generator) []string {
	if g.chance(4) {
		return []string{g.one("70000", "-40000", "3000000000", "-9223372036854775808", "9223372036854775807")}
	}
	return []string{strconv.Itoa(g.IntN(300) - 100)}
}

// spread is between any two times to live that differ, so that none is about
// as long as another set a moment earlier or later.
const spread = 1000 * time.Second

// lifetime is a time to live: one that lasts, none, or a bad one.
func lifetime(unit time.Duration, since bool) func(*generator) []string {
	return func(g *generator) []string {
		switch {
		case g.chance(6) && !since:
			return []string{g.one("0", "-1", "-1000")}
		case g.chance(6):
			return []string{g.one("0", "-1", "1", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1.5", "x", "")}
		}
		after := time.Duration(1+g.IntN(100_000)) * spread
		if since {
			after += spread/2 + time.Duration(g.startMillis)*time.Millisecond
		}
		return []string{strconv.FormatInt(int64(after/unit), 10)}
	}
}

func lasting(unit time.Duration) func(*generator) []string {
	bad := lifetime(unit, false)
	return func(g *generator) []string {
		for {
			if words := bad(g); words[0] != "1" { // which would end at any moment
				return words
			}
		}
	}
}

// holes is what stands for a word or some in a form.
var holes map[string]func(*generator) []string

func init() {
	key := func(kind string) func(*generator) []string {
		return func(g *generator) []string { return g.key(kind) }
	}
	pair := func(a, b func(*generator) []string) func(*generator) []string {
		return func(g *generator) []string { return append(a(g), b(g)...) }
	}
	score := of("0 1 2 3 4 5 10 -1 -2 1.5 2.5 -0.5 0.1 1e3 3.0 100 | inf -inf +inf 1e300 -1e-300 nan x 1.5.2 12345678901234567890 -0 0x10")
	holes = map[string]func(*generator) []string{
		"key": key(""), "string": key("string"), "bits": key("bits"), "list": key("list"), "set": key("set"), "zset": key("zset"), "hash": key("hash"),
		"akin":  func(g *generator) []string { return g.key(g.kind) }, // of the kind of the key before
		"lists": counted(key("list")), "sets": counted(key("set")), "zsets": counted(key("zset")),
		"value": text, "member": member, "field": member, "number": number,
		"values": many(text), "members": many(member), "numbers": many(number),
		"pairs": many(pair(member, text)), "scoredmembers": many(pair(score, member)),
		"score": score,
		// Sorted sets whose scores are all the same: of others, no range by member
		// is defined. No other form knows them.
		"lex":      of("lex:1 lex:2 lex:3"),
		"zeros":    many(pair(of("0"), member)),
		"int":      of("0 1 -1 2 5 7 10 -10 100 1000000 | 9223372036854775807 -9223372036854775808 9223372036854775808 1.5 x 01 +1"),
		"float":    of("0 1 -1 0.1 0.5 -2.25 3.0e2 1e10 100 | inf -inf nan 1e308 x 1e-10"),
		"index":    of("0 1 2 3 4 5 -1 -2 -3 -4 10 | 100 -100 9223372036854775807 -9223372036854775808 x 1.0"),
		"offset":   of("0 1 2 3 5 10 20 40 | -1 100 9223372036854775807 536870912 x"),
		"bit":      of("0 1 2 7 8 9 15 16 31 63 100 | -1 4294967296 x 9223372036854775807"),
		"count":    of("0 1 2 3 4 5 10 | 100 -1 -2 9223372036854775807 x"),
		"some":     of("1 2 3 5 -1 -2 -3 -5 0 | 100 -100 x"), // how many random ones
		"least":    of("0 1 2 3 -1 (1 (2 1.5 -inf 5 | (x +inf inf ( nan"),
		"most":     of("3 4 5 10 (5 (3 2.5 +inf inf 2 | (x -inf ( nan"),
		"lexleast": of("- [m (m [n5 (f [ ( | + x [zz"), "lexmost": of("+ [n (n [m9 (z [zz | - x ["),
		"pattern": of("* m* *1 [mn]? ?1 s:* \\* | [ [^m]* m** nomatch"),
		"seconds": lasting(time.Second), "millis": lasting(time.Millisecond),
		"atseconds": lifetime(time.Second, true), "atmillis": lifetime(time.Millisecond, true),
		"freq": of("0 5 255 | 256 -1 x"), "idle": of("0 5 1000 | -1 x"),
		"bitfield": of("u8 i5 u1 i8 u16 i16 u32 i64 u63 | u64 i65 u0 x8 i"), "bitoffset": of("0 1 3 8 10 17 #0 #1 #2 #3 | -1 # x #-1"),
		"payload": func(g *generator) []string { return []string{g.one(payloads...)} },
	}
}

// edges replace an argument now and then, whatever it was. None of them makes
// a key that ends soon, a value that is huge, or a loop without an end.
var edges = []string{"", "x", "-1", "0", "9223372036854775807", "9223372036854775808", "1.5", "nan", "\x00"}

// command makes a command of a form.
func (g *generator) command(f *form) []string {
	words := f.parsed.append(nil, g)
	if len(words) < 2 || f.strict || f.name() == "RESTORE" || !g.chance(2) {
		return words
	}
	switch at := 1 + g.IntN(len(words)-1); g.IntN(3) {
	case 0:
		words = words[:at]
	case 1:
		words = append(words, words[at])
	default:
		words[at] = g.one(edges...)
	}
	return words
}
