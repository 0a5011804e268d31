package command_test

import (
	"strings"
	"testing"

	"slotbench/internal/peer"
	"slotbench/internal/resp"
)

// commandFields is the elements of COMMAND INFO before the subcommands.
var commandFields = []string{"name", "arity", "flags", "first", "last", "step", "categories", "tips", "key specs"}

// described is every command and subcommand that a server tells of.
func described(t *testing.T, addr, proto string) map[string][]resp.Value {
	t.Helper()
	conn := peer.Dial(t, addr)
	conn.Value("HELLO", proto)
	all := make(map[string][]resp.Value)
	var walk func(v resp.Value)
	walk = func(v resp.Value) {
		all[v.Elems[0].Text] = v.Elems
		for _, sub := range v.Elems[len(commandFields)].Elems {
			walk(sub)
		}
	}
	for _, v := range conn.Value("COMMAND").Elems {
		walk(v)
	}
	return all
}

// withoutNotes draws a field without the remarks that Redis makes on some
// keys.
func withoutNotes(v resp.Value) string {
	for i, spec := range v.Elems {
		if len(spec.Elems) > 1 && spec.Elems[0].Text == "notes" {
			v.Elems[i].Elems = spec.Elems[2:]
		}
	}
	return draw(v)
}

// TestCommandInfoAsRedis compares what COMMAND tells of every command that we
// have with what Redis 7.0 tells of it.
func TestCommandInfoAsRedis(t *testing.T) {
	t.Parallel()
	theirAddr, ourAddr := peer.Start(t, "--databases", "1"), startNode(t, false)
	for _, proto := range []string{"2", "3"} {
		theirs, ours := described(t, theirAddr, proto), described(t, ourAddr, proto)
		compared := 0
		for name, fields := range ours {
			want, known := theirs[name]
			if !known {
				continue // newer than 7.0
			}
			compared++
			if subs := len(commandFields); want[subs].Kind != fields[subs].Kind {
				t.Errorf("RESP%s %s: the subcommands are %c, want %c", proto, name, fields[subs].Kind, want[subs].Kind)
			}
			for i, field := range commandFields {
				if withoutNotes(want[i]) != withoutNotes(fields[i]) {
					t.Errorf("RESP%s %s: %s\n     Redis: %s\n slotbench: %s", proto, name, field,
						strings.ReplaceAll(withoutNotes(want[i]), `"`, ""), strings.ReplaceAll(withoutNotes(fields[i]), `"`, ""))
				}
			}
		}
		if compared < 50 {
			t.Errorf("only %d commands are known to both", compared)
		}
	}
}

func TestCommandAsRedis(t *testing.T) {
	t.Parallel()
	oracle(t, false, `
		COMMAND INFO nope get GETBIT nope|nope
		COMMAND INFO object|encoding command|count
		COMMAND INFO bitop migrate|x rename
		COMMAND DOCS nope
		COMMAND LIST FILTERBY
		COMMAND LIST FOO BAR BAZ
		COMMAND LIST FILTERBY FOO bar
		COMMAND LIST FILTERBY MODULE nope
		COMMAND LIST FILTERBY ACLCAT nope
		COMMAND LIST FILTERBY ACLCAT bitmap x
		COMMAND LIST FILTERBY PATTERN setbi*
		COMMAND LIST FILTERBY PATTERN SETBI?
		COMMAND LIST filterby pattern nope*
		COMMAND COUNT x
		COMMAND FOO
		COMMAND GETKEYS
		COMMAND GETKEYS get
		COMMAND GETKEYS get a
		COMMAND GETKEYS get a b
		COMMAND GETKEYS nope a b
		COMMAND GETKEYS mset a 1 b 2 c 3
		COMMAND GETKEYS bitop and r a b
		COMMAND GETKEYS ping x
		COMMAND GETKEYS time 0
		COMMAND GETKEYS command count
		COMMAND GETKEYS object encoding k
		COMMAND GETKEYS memory usage k
		COMMAND GETKEYS sort a by w* get # store b
		COMMAND GETKEYS sort a limit 0 store store b
		COMMAND GETKEYS migrate h 1 "" 0 1 KEYS a b
		COMMAND GETKEYS migrate h 1 c 0 1
		COMMAND GETKEYSANDFLAGS set k v
		COMMAND GETKEYSANDFLAGS set k v GET
		COMMAND GETKEYSANDFLAGS rename a b
		COMMAND GETKEYSANDFLAGS copy a b REPLACE
		COMMAND GETKEYSANDFLAGS bitop and r a b
		COMMAND GETKEYSANDFLAGS bitfield k GET u1 0
		COMMAND GETKEYSANDFLAGS bitfield k SET u1 0 0
		COMMAND GETKEYSANDFLAGS sort a by w* get # store b
		COMMAND GETKEYSANDFLAGS migrate h 1 "" 0 1 KEYS a b
		COMMAND GETKEYSANDFLAGS migrate h 1 c 0 1
		COMMAND GETKEYSANDFLAGS mget a b c
		COMMAND GETKEYSANDFLAGS del a b c
	`)
}

// documented is what COMMAND DOCS tells of every command and subcommand.
func documented(t *testing.T, addr string) map[string]map[string]string {
	t.Helper()
	conn := peer.Dial(t, addr)
	all := make(map[string]map[string]string)
	var walk func(docs resp.Value)
	walk = func(docs resp.Value) {
		for i := 0; i+1 < len(docs.Elems); i += 2 {
			fields := make(map[string]string)
			for at, of := 0, docs.Elems[i+1].Elems; at+1 < len(of); at += 2 {
				fields[of[at].Text] = draw(of[at+1])
				if of[at].Text == "subcommands" {
					walk(of[at+1])
				}
			}
			all[docs.Elems[i].Text] = fields
		}
	}
	walk(conn.Value("COMMAND", "DOCS"))
	return all
}

// TestCommandDocsAsRedis compares the facts of COMMAND DOCS; the words are our
// own.
func TestCommandDocsAsRedis(t *testing.T) {
	t.Parallel()
	theirs, ours := documented(t, peer.Start(t)), documented(t, startNode(t, false))
	for name, fields := range ours {
		want, known := theirs[name]
		if !known {
			continue // newer than 7.0
		}
		for _, fact := range []string{"since", "group", "doc_flags", "deprecated_since"} {
			if fields[fact] != want[fact] {
				t.Errorf("%s: %s is %s, want %s", name, fact, fields[fact], want[fact])
			}
		}
	}
}
