package command

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"slotbench/internal/listpack"
	"slotbench/internal/peer"
	"slotbench/server/collection"
	"slotbench/server/store"
)

// limitedNode is a node that is only asked until when collections are packed.
type limitedNode struct {
	quietNode
	limits *Limits
}

func (n limitedNode) Limits() *Limits { return n.limits }

func sortedSetBench(t *testing.T, entries int) *bench {
	b := newBench(t, nil)
	b.Node = limitedNode{limits: &Limits{SortedSetEntries: entries, SortedSetValueBytes: 64, SetEntries: 128, SetValueBytes: 64}}
	return b
}

// sampleScores is numbers of every kind.
func sampleScores(rnd *rand.Rand, n int) []float64 {
	list := []float64{0, 1, -1, 0.1, 1.0 / 3, 1e-5, 1e-4, 0.00012, 1e15, 1e16, 1e17, 1e18, 1e20, 1e21, 1e22, 5e-324, 1e100,
		math.MaxFloat64, -math.MaxFloat64, math.Inf(1), math.Inf(-1), 1 << 52, 1<<52 + 1, 1 << 53, 1<<53 + 2, -1 << 53, 1 << 62, -1 << 63,
		99999999999999999, 123456789012345680, 0.30000000000000004, 1e-300, 2.5, 1e5 + 0.1, 1234567.125}
	for len(list) < n {
		switch rnd.IntN(4) {
		case 0:
			if f := math.Float64frombits(rnd.Uint64()); !math.IsNaN(f) {
				list = append(list, f)
			}
		case 1:
			list = append(list, math.Round(rnd.Float64()*1e6)/100)
		case 2:
			list = append(list, float64(rnd.Int64N(1<<62)-1<<61))
		default:
			list = append(list, rnd.NormFloat64()*math.Pow(10, float64(rnd.IntN(40)-20)))
		}
	}
	return list
}

// The texts of scores and the bytes of packed sets are those of a real Redis.
func TestScoresAndPackedBytesAsRedis(t *testing.T) {
	redis := peer.Dial(t, peer.Start(t))
	redis.Text("CONFIG", "SET", "zset-max-listpack-entries", "100000")
	redis.Text("CONFIG", "SET", "rdbcompression", "no")
	b := sortedSetBench(t, 100_000)
	const seed = 11
	rnd := rand.New(rand.NewPCG(seed, seed))
	args := []string{"ZADD", "k"}
	for i, f := range sampleScores(rnd, 1000) {
		args = append(args, strconv.FormatFloat(f, 'g', -1, 64), "m"+strconv.Itoa(rnd.IntN(5)*i))
	}
	redis.Do(args...)
	b.Args, b.Out = nil, nil
	for _, arg := range args {
		b.Args = append(b.Args, []byte(arg))
	}
	prepared, _, _ := b.Prepare(b.Args)
	b.Run(prepared, 0)
	for _, encoding := range []string{"listpack", "skiplist"} {
		want := redis.Do("ZRANGE", "k", "0", "-1", "WITHSCORES")
		if b.run("ZRANGE k 0 -1 WITHSCORES"); !bytes.Equal(b.Out, want) {
			t.Errorf("seed %d, %s: other texts than Redis's\n%s", seed, encoding, firstDifference(b.Out, want))
		}
		if got := redis.Text("OBJECT", "ENCODING", "k"); got != encoding {
			t.Errorf("redis has a %s, not a %s", got, encoding)
		}
		if encoding == "listpack" {
			comparePacked(t, b, []byte(redis.Text("DUMP", "k")))
		}
		long := string(bytes.Repeat([]byte("x"), 100))
		redis.Do("ZADD", "k", "1", long)
		b.run("ZADD k 1 " + long)
	}
}

// comparePacked compares a key's listpack with that of a DUMP payload: a type,
// a length of 32 bits, the text, and 10 bytes behind it.
func comparePacked(t *testing.T, b *bench, dump []byte) {
	t.Helper()
	if dump[0] != 17 || dump[1] != 0x80 {
		t.Fatalf("not the payload of a packed sorted set: % x", dump[:8])
	}
	s := b.Store.Count().Of([]byte("k"))
	e, _ := b.Store.Lock(s, b.NowMillis).Peek([]byte("k"))
	defer b.Store.Unlock(s)
	if want := dump[6 : len(dump)-10]; !bytes.Equal(e.Value, want) || uint32(len(want)) != binary.BigEndian.Uint32(dump[2:]) {
		t.Errorf("the packed set has other bytes than Redis's\n%s", firstDifference(e.Value[4:], want[4:]))
	}
}

func firstDifference(got, want []byte) string {
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	from := max(0, at-40)
	return fmt.Sprintf("got  %q\nwant %q", got[from:min(at+40, len(got))], want[from:min(at+40, len(want))])
}

func TestPackedSortedSetsAllocateNothing(t *testing.T) {
	b := sortedSetBench(t, 128)
	for i := range 20 {
		b.run(fmt.Sprintf("ZADD key %d.5 member%d", i, i))
	}
	for _, lines := range [][]string{
		{"ZADD key 7 member3", "ZADD key 3 member3"},
		{"ZADD key 2.25 new 2.5 newer", "ZREM key new newer"},
		{"ZADD key CH GT 2 member1", "ZINCRBY key -0.1 member1"},
		{"ZRANGE key 0 9", "ZRANGE key 0 9 WITHSCORES", "ZREVRANGE key 0 9", "ZRANGEBYSCORE key 3 (8.5 LIMIT 1 3"},
		{"ZSCORE key member7", "ZMSCORE key member1 none", "ZRANK key member5", "ZREVRANK key none", "ZCARD key", "ZCOUNT key 2 7"},
		{"ZADD key 1000 a 1001 b", "ZREMRANGEBYSCORE key 1000 +inf", "ZREMRANGEBYSCORE key -inf 0", "ZADD key 1000 a", "ZREMRANGEBYRANK key -1 -1"},
		{"ZADD key -1 first", "ZPOPMIN key", "ZADD key 1e9 last", "ZPOPMAX key 1"},
		{"ZRANDMEMBER key", "ZRANDMEMBER key 3"},
		{"ZRANGEBYLEX key [a [z", "ZLEXCOUNT key - +"},
	} {
		checkAllocations(t, b, lines)
	}
}

// checkAllocations runs commands that leave the keys as they were, and counts
// what they allocate.
func checkAllocations(t *testing.T, b *bench, lines []string) {
	t.Helper()
	var commands [][][]byte
	for _, line := range lines {
		b.run(line)
		if b.Out[0] == '-' {
			t.Errorf("%s: %q", line, b.Out)
		}
		commands = append(commands, b.Args)
	}
	out := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() {
		for _, args := range commands {
			b.Args, b.Out = args, out
			prepared, _, _ := b.Prepare(args)
			b.Run(prepared, 0)
		}
	}); n != 0 {
		t.Errorf("%q: %v allocations", lines, n)
	}
}

// Sets are merged as if every member had the score 1, however they are kept.
func TestMergingSets(t *testing.T) {
	b := sortedSetBench(t, 128)
	put := func(key string, e store.Entry) {
		s := b.Store.Count().Of([]byte(key))
		e.Type = store.Set
		b.Store.Lock(s, b.NowMillis).Set([]byte(key), e)
		b.Store.Unlock(s)
	}
	ints := collection.IntsetNew(nil)
	for _, n := range []int64{-70000, 3, 5} {
		ints, _ = collection.IntsetAdd(ints, n)
	}
	large := collection.NewSet()
	large.Add([]byte("3"))
	large.Add([]byte("x"))
	put("ints", store.Entry{Form: store.Intset, Value: ints})
	put("packed", store.Entry{Value: listpack.Append(listpack.Append(listpack.AppendNew(nil), []byte("x")), []byte("5"))})
	put("large", store.Entry{Object: large})
	b.expect("ZADD z 2 3 4 x 8 5", ":3\r\n")
	b.expect("ZINTER 2 ints z WITHSCORES", "*4\r\n$1\r\n3\r\n$1\r\n3\r\n$1\r\n5\r\n$1\r\n9\r\n")
	b.expect("ZINTER 2 z packed", "*2\r\n$1\r\nx\r\n$1\r\n5\r\n")
	b.expect("ZINTER 2 large z", "*2\r\n$1\r\n3\r\n$1\r\nx\r\n")
	b.expect("ZUNION 3 ints packed large WITHSCORES",
		"*8\r\n$6\r\n-70000\r\n$1\r\n1\r\n$1\r\n3\r\n$1\r\n2\r\n$1\r\n5\r\n$1\r\n2\r\n$1\r\nx\r\n$1\r\n2\r\n")
	b.expect("ZDIFF 2 ints packed", "*2\r\n$6\r\n-70000\r\n$1\r\n3\r\n")
	b.expect("ZDIFF 3 large packed ints", "*0\r\n")
	b.expect("ZINTERCARD 3 large packed z", ":1\r\n")
}

// touchCounter is a watcher that counts.
type touchCounter struct{ touches int }

func (c *touchCounter) Touch() { c.touches++ }

// What changes nothing must not be seen by WATCH, what does must be.
func TestSortedSetsTouchWhatTheyChange(t *testing.T) {
	for _, entries := range []int{128, 0} {
		b := sortedSetBench(t, entries)
		b.run("ZADD k 1 a 2 b 3 c")
		w := new(touchCounter)
		s := b.Store.Count().Of([]byte("k"))
		b.Store.Lock(s, b.NowMillis).Watch([]byte("k"), w)
		b.Store.Unlock(s)
		for _, line := range []string{
			"ZADD k 1 a", "ZADD k NX 5 a", "ZADD k XX 5 z", "ZADD k GT 0 a", "ZINCRBY k 0 a", "ZREM k z", "ZREMRANGEBYSCORE k 9 10",
			"ZREMRANGEBYRANK k 9 10", "ZREMRANGEBYLEX k [x [y", "ZPOPMIN k 0", "ZRANGE k 0 -1", "ZRANDMEMBER k", "ZADD k 1 x y z",
		} {
			if b.run(line); w.touches != 0 {
				t.Fatalf("%d: %s touched the key", entries, line)
			}
		}
		for _, line := range []string{
			"ZADD k 2 a", "ZADD k 1 d", "ZINCRBY k 1 a", "ZREM k d", "ZREMRANGEBYRANK k 0 0", "ZADD k 1 d", "ZPOPMAX k",
			"ZMPOP 1 k MIN", "ZUNIONSTORE k 1 k", "ZREMRANGEBYSCORE k -inf inf", "ZRANGESTORE k k 0 -1", "ZADD k 1 a",
		} {
			w.touches = 0
			b.run(line)
			if there := line != "ZRANGESTORE k k 0 -1"; (w.touches > 0) != there {
				t.Fatalf("%d: %s: touched %d times", entries, line, w.touches)
			}
		}
	}
}

func FuzzScoreBounds(f *testing.F) {
	for _, text := range []string{"", "(", "1", "(1.5", "-inf", "+INFINITY", "nan", "nan(x)", "0x1p3", "0x", " 1", "1 ", "1e400", "1\x00x", "(-", "1_0", "0x_1", "1e5_0"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		score, okScore := parseScore(text)
		bound, open, ok := parseScoreBound(text)
		if okScore && (math.IsNaN(score) || !ok || open || bound != score) {
			t.Errorf("%q is the score %v, and the bound %v %v %v", text, score, bound, open, ok)
		}
		if ok && (math.IsNaN(bound) || open != (len(text) > 0 && text[0] == '(')) {
			t.Errorf("%q: bound %v, open %v", text, bound, open)
		}
		if okScore {
			if again, ok := parseScore(appendScoreText(nil, score)); !ok || again != score {
				t.Errorf("%q: written %s, read %v", text, appendScoreText(nil, score), again)
			}
		}
	})
}

func FuzzLexBounds(f *testing.F) {
	for _, text := range []string{"-", "+", "[a", "(a", "[", "", "-x", "a"} {
		f.Add([]byte(text), []byte("+"), []byte("a"))
	}
	f.Fuzz(func(t *testing.T, lower, upper, member []byte) {
		r, ok := parseLexRange(lower, upper)
		if ok && r.empty() && !r.below(member) && !r.above(member) {
			t.Errorf("%q … %q is empty and has %q", lower, upper, member)
		}
	})
}

// Clients that wait for a sorted set get what is added, in the order in which
// they came, and nothing while the key holds another type.
func TestBlockedForSortedSets(t *testing.T) {
	w := newCrowd(t, nil)
	w.Node = limitedNode{limits: &Limits{SortedSetEntries: 4, SortedSetValueBytes: 64}}
	w.say("a", "BZPOPMIN k 0", "")
	w.say("b", "BZMPOP 0 2 other k MAX COUNT 2", "")
	w.say("p", "SET k x", "+OK\r\n")
	w.say("p", "DEL k", ":1\r\n")
	w.hears("a", "")
	w.say("p", "ZADD k 1 x 2 y 3 z 4 q", ":4\r\n")
	w.hears("a", "*3\r\n$1\r\nk\r\n$1\r\nx\r\n$1\r\n1\r\n")
	w.hears("b", "*2\r\n$1\r\nk\r\n*2\r\n*2\r\n$1\r\nq\r\n$1\r\n4\r\n*2\r\n$1\r\nz\r\n$1\r\n3\r\n")
	w.say("p", "ZRANGE k 0 -1", "*1\r\n$1\r\ny\r\n")
	w.say("a", "BZPOPMAX none 0", "")
	w.say("p", "ZUNIONSTORE none 1 k WEIGHTS 0.5", ":1\r\n")
	w.hears("a", "*3\r\n$4\r\nnone\r\n$1\r\ny\r\n$1\r\n1\r\n")
	w.say("a", "BZPOPMIN none 0", "")
	w.say("p", "ZADD none 1 1 2 2 3 3 4 4 5 5 6 6", ":6\r\n")
	w.hears("a", "*3\r\n$4\r\nnone\r\n$1\r\n1\r\n$1\r\n1\r\n")
	w.quiet()
}

// A source whose time has come is as absent as one that never was.
func TestMergingExpiredSets(t *testing.T) {
	b := sortedSetBench(t, 128)
	b.expect("ZADD {k}1 1 a 2 b", ":2\r\n")
	b.expect("ZADD {k}2 1 a 2 c", ":2\r\n")
	b.expect("PEXPIRE {k}2 10", ":1\r\n")
	b.expect("ZADD {k}3 5 b", ":1\r\n")
	b.NowMillis += 10
	b.expect("ZUNION 3 {k}1 {k}2 {k}3 WITHSCORES", "*4\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n7\r\n")
	b.expect("ZDIFFSTORE {k}d 2 {k}1 {k}2", ":2\r\n")
}
