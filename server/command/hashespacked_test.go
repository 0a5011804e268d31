package command

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"slotbench/internal/resp"
	"slotbench/server/store"
)

// words splits a line that needs no quotes.
func words(line string) (args [][]byte) {
	for _, word := range strings.Fields(line) {
		args = append(args, []byte(word))
	}
	return args
}

func fields(n int, value string) string {
	line := ""
	for i := range n {
		line += fmt.Sprintf(" field%d %s%d", i, value, i)
	}
	return line
}

// steady is what leaves small collections as they were, line by line or, behind
// semicolons, several lines together; it must allocate nothing.
var steady = []string{
	"HSET h field3 other" + strings.Repeat("x", 5),
	"HSET h field3 9; HSET h field3 1234567",
	"HSET h" + fields(10, "value"),
	"HSET h" + fields(10, "changed-value") + "; HSET h" + fields(10, "v"),
	"HINCRBY h number 5",
	"HSETNX h field1 x",
	"HGET h field7",
	"HGET h nope",
	"HMGET h field1 field2 nope",
	"HGETALL h",
	"HLEN h",
	"HEXISTS h field4",
	"HSTRLEN h field4",
	"HDEL h nope",
	"HSET h gone 1; HDEL h gone",
	"HSETNX h gone 1; HDEL h gone",
	"HSCAN h 0",
	"HRANDFIELD h",
	"SADD s a",
	"SADD s new; SREM s new",
	"SADD s n1 n2 n3; SREM s n1 n2 n3",
	"SISMEMBER s b",
	"SMISMEMBER s b nope",
	"SMEMBERS s",
	"SCARD s",
	"SRANDMEMBER s",
	"SRANDMEMBER i",
	"SPOP s; SADD s a b c d",
	"SPOP i; SADD i 1 2 3 4 5 70000",
	"SADD i 5",
	"SADD i 6; SREM i 6",
	"SADD i 40000; SREM i 40000",
	"SMOVE s other a; SMOVE other s a",
	"SISMEMBER i 5",
	"SMEMBERS i",
	"SADD big m7; SREM big m7",
	"SISMEMBER big m7",
	"SPOP big; SADD big" + strings.ReplaceAll(fields(200, ""), "field", "m"),
	"HSET large field7 new-value; HSET large field7 1",
	"HGET large field7",
	"HDEL large field7; HSET large field7 1",
}

func TestSmallCollectionsAllocateNothing(t *testing.T) {
	b := newBench(t, nil)
	b.run("HSET h number 1" + fields(10, "value"))
	b.run("SADD s a b c d")
	b.run("SADD i 1 2 3 4 5 70000")
	b.run("SADD big" + strings.ReplaceAll(fields(200, ""), "field", "m"))
	b.run("HSET large" + fields(600, "x"))
	b.run("SADD other x")
	out := make([]byte, 0, 64<<10)
	for _, line := range steady {
		var all [][][]byte
		for part := range strings.SplitSeq(line, ";") {
			all = append(all, words(part))
		}
		one := func() {
			for _, args := range all {
				b.Args, b.Out = args, out
				prepared, _, _ := b.Prepare(args)
				if b.Run(prepared, 150) != Done || b.Out[0] == '-' {
					t.Fatalf("%s: %q", line, b.Out)
				}
			}
		}
		one() // what it allocates once, such as room to grow, it may
		if n := testing.AllocsPerRun(50, one); n != 0 {
			t.Errorf("%.60s: %v allocations", line, n)
		}
	}
}

// touching is lines, what must have been done before them, and whether k is
// touched by them: where a key is named.
var touching = []struct{ before, line, key string }{
	{"HSET k a 1", "HSET k a 2", "k"},
	{"HSET k a 1", "HSET k a 1", "k"}, // as Redis
	{"HSET k a 1", "HSET k b 1", "k"},
	{"", "HSET k a 1", "k"},
	{"HSET k a 1", "HSETNX k b 1", "k"},
	{"HSET k a 1", "HINCRBY k a 0", "k"},
	{"HSET k a 1", "HINCRBYFLOAT k a 1.5", "k"},
	{"HSET k a 1 b 2", "HDEL k a", "k"},
	{"HSET k a 1", "HDEL k a", "k"},
	{"HSET k" + fields(600, "x"), "HDEL k field1", "k"},
	{"HSET k" + fields(600, "x"), "HSET k field1 x1", "k"},
	{"HSET k" + fields(512, "x"), "HSET k more x1", "k"},
	{"SADD k 1", "SADD k 2", "k"},
	{"SADD k 1", "SADD k a", "k"},
	{"SADD k a", "SADD k b", "k"},
	{"SADD k a b", "SREM k b", "k"},
	{"SADD k a", "SREM k a", "k"},
	{"SADD k a b", "SPOP k", "k"},
	{"SADD k a b", "SPOP k 1", "k"},
	{"SADD k a b", "SPOP k 2", "k"},
	{"SADD k 1 2", "SPOP k", "k"},
	{"SADD k" + fields(600, "x"), "SPOP k", "k"},
	{"SADD k" + fields(600, "x"), "SREM k field1", "k"},
	{"SADD k" + fields(600, "x"), "SADD k new", "k"},
	{"SADD k a", "SMOVE k other a", "k"},
	{"SADD from a", "SMOVE from k a", "k"},
	{"SADD from a", "SUNIONSTORE k from", "k"},
	{"SET k 1", "SINTERSTORE k nope", "k"},

	{"HSET k a 1", "HSETNX k a 2", ""},
	{"HSET k a 1", "HDEL k b", ""},
	{"HSET k a x", "HINCRBY k a 1", ""},
	{"HSET k a x", "HINCRBYFLOAT k a 1", ""},
	{"HSET k" + fields(600, "x"), "HDEL k nope", ""},
	{"HSET k a 1", "HGETALL k", ""},
	{"SADD k 1", "SADD k 1", ""},
	{"SADD k a 1", "SADD k 1 a", ""},
	{"SADD k a", "SREM k b", ""},
	{"SADD k 1", "SREM k b 2", ""},
	{"SADD k a", "SPOP k 0", ""},
	{"SADD k" + fields(600, "x"), "SADD k field1", ""},
	{"SADD k" + fields(600, "x"), "SREM k nope", ""},
	{"SADD k a", "SMOVE k other b", ""},
	{"SADD k a", "SMOVE k k a", ""},
	{"SADD k a", "SINTER k k", ""},
	{"", "SINTERSTORE k nope", ""},
	{"SET k x", "SADD k a", ""},
}

// TestOnlyChangesTouch: WATCH sees every change, and nothing else.
func TestOnlyChangesTouch(t *testing.T) {
	for _, test := range touching {
		b := newBench(t, scriptedRouter{})
		tagged := func(line string) string { // one slot for all keys
			args := strings.Fields(line)
			for i, arg := range args {
				if slices.Contains([]string{"k", "from", "other", "nope"}, arg) {
					args[i] += "{k}"
				}
			}
			return strings.Join(args, " ")
		}
		if test.before != "" {
			b.run(tagged(test.before))
		}
		key, seen := []byte("k{k}"), new(touches)
		s := b.Store.Count().Of(key)
		b.Store.Lock(s, b.NowMillis).Watch(key, seen)
		b.Store.Unlock(s)
		b.run(tagged(test.line))
		if (*seen > 0) != (test.key != "") {
			t.Errorf("%.40s, %s: %d touches; %q", test.before, test.line, *seen, b.Out)
		}
	}
}

// TestPopsTakeEach pops a set of each form empty, one and several at a time:
// each member comes once, and the account ends at nothing.
func TestPopsTakeEach(t *testing.T) {
	for _, kind := range []string{"%d", "m%d", "a-member-that-is-much-too-long-for-a-listpack-of-sixty-four-bytes-%d"} {
		for _, size := range []int{1, 50, 2000} {
			for _, pop := range []string{"SPOP k", "SPOP k 7"} {
				b := newBench(t, nil)
				for i := range size {
					b.run("SADD k " + fmt.Sprintf(kind, i))
				}
				popped := map[string]bool{}
				for {
					b.run(pop)
					v, err := resp.Decode(b.Out)
					if err != nil {
						t.Fatal(err)
					}
					if v.Elems == nil {
						v.Elems = []resp.Value{v}
					}
					if len(v.Elems) == 0 || strings.HasPrefix(string(b.Out), "$-1") || strings.HasPrefix(string(b.Out), "*0") {
						break
					}
					for _, member := range v.Elems {
						if popped[member.Text] {
							t.Fatalf("%q came twice", member.Text)
						}
						popped[member.Text] = true
					}
				}
				if len(popped) != size {
					t.Errorf("%s of %d members like %s: %d came", pop, size, kind, len(popped))
				}
				if a := store.Total(b.Store); a.Keys != 0 || a.Bytes != 0 {
					t.Errorf("%d keys and %d bytes are left", a.Keys, a.Bytes)
				}
			}
		}
	}
}

// TestSamplesDiffer: counts of random elements answer so many, all different
// where they must be, and over many calls each of them.
func TestSamplesDiffer(t *testing.T) {
	for _, size := range []int{5, 100, 1000} {
		b := newBench(t, nil)
		b.run("SADD s" + strings.ReplaceAll(fields(size, ""), " ", " x"))
		b.run("HSET h" + fields(size, "v"))
		members := 2 * size
		for _, test := range []struct {
			line             string
			n, of            int
			repeat, withPair bool
		}{
			{"SRANDMEMBER s 3", 3, members, false, false},
			{fmt.Sprintf("SRANDMEMBER s %d", members-1), members - 1, members, false, false},
			{"SRANDMEMBER s -20", 20, members, true, false},
			{"HRANDFIELD h 3", 3, size, false, false},
			{fmt.Sprintf("HRANDFIELD h %d", size-1), size - 1, size, false, false},
			{"HRANDFIELD h -20", 20, size, true, false},
			{"HRANDFIELD h -20 WITHVALUES", 20, size, true, true},
			{"HRANDFIELD h 4 WITHVALUES", 4, size, false, true},
		} {
			all := map[string]bool{}
			for range 40 * test.of / test.n {
				b.run(test.line)
				v, err := resp.Decode(b.Out)
				if err != nil {
					t.Fatal(err)
				}
				step := 1
				if test.withPair {
					step = 2
				}
				once := map[string]bool{}
				for i := 0; i < len(v.Elems); i += step {
					text := v.Elems[i].Text
					all[text], once[text] = true, true
					if test.withPair && v.Elems[i+1].Text != strings.Replace(text, "field", "v", 1) {
						t.Fatalf("%q with %q", text, v.Elems[i+1].Text)
					}
				}
				if len(v.Elems) != test.n*step || !test.repeat && len(once) != test.n {
					t.Fatalf("%s of %d: %d elements, %d different", test.line, size, len(v.Elems), len(once))
				}
			}
			if len(all) != test.of {
				t.Errorf("%s of %d: only %d ever came", test.line, size, len(all))
			}
		}
	}
}
