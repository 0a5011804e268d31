package command_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"slotbench/internal/peer"
)

// encodings is a conversation of ours alone: lines, and what OBJECT ENCODING
// of l tells after them.
type encodings struct {
	lines, want string
}

// Where Redis 7.2 turns a listpack into a quicklist and back; the figures are
// what a real one does.
func TestListEncodingThresholds(t *testing.T) {
	t.Parallel()
	conn := peer.Dial(t, startNode(t, false))
	text := strings.Repeat("s", 100) // 103 bytes as an element
	push := func(n int) string { return "RPUSH l" + strings.Repeat(" "+text, n) }
	for _, test := range []struct {
		size  string
		steps []encodings
	}{
		{"-2", []encodings{
			{push(79), "listpack"}, {push(1), "quicklist"},
			{"RPOP l 1", "quicklist"}, // one node again, but more than half
			{"LTRIM l 0 39", "quicklist"}, {"LTRIM l 0 38", "listpack"}, {push(1), "listpack"},
			{"LSET l 0 " + strings.Repeat("L", 9000), "quicklist"}, {"LSET l 0 x", "listpack"},
		}},
		{"-1", []encodings{{push(39), "listpack"}, {push(1), "quicklist"}}},
		{"3", []encodings{
			{push(3), "listpack"}, {push(1), "quicklist"}, {"LPOP l 3", "listpack"}, {push(2), "listpack"},
			{"LINSERT l BEFORE " + text + " x", "quicklist"}, {"LREM l 0 " + text, "listpack"},
		}},
		{"100000", []encodings{{push(79), "listpack"}, {push(1), "quicklist"}}}, // 8 KiB in any case
		{"0", []encodings{{push(1), "listpack"}, {push(1), "quicklist"}, {"LPOP l", "quicklist"}}},
	} {
		conn.Do("FLUSHALL")
		conn.Do("CONFIG", "SET", "list-max-listpack-size", test.size)
		for i, step := range test.steps {
			conn.Do(strings.Fields(step.lines)...)
			conn.Do("CONFIG", "SET", "object-encoding-names", "7.2")
			got := conn.Text("OBJECT", "ENCODING", "l")
			conn.Do("CONFIG", "SET", "object-encoding-names", "7.0")
			if old := conn.Text("OBJECT", "ENCODING", "l"); got != step.want || old != "quicklist" {
				t.Errorf("size %s, step %d: %s and %s, want %s", test.size, i, got, old, step.want)
			}
		}
	}
}

// Random commands, with the encoding after each, by the names of the Redis that
// is there: before 7.2 every list is a quicklist.
func TestListEncodingsAsRedis(t *testing.T) {
	t.Parallel()
	info := peer.Dial(t, peer.Start(t)).Text("INFO", "server")
	names := "7.2"
	if regexp.MustCompile(`redis_version:([0-6]\.|7\.[01]\.)`).MatchString(info) {
		names = "7.0"
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	var b strings.Builder
	for range 4000 {
		key := fmt.Sprintf("l%d", rnd.IntN(3))
		element := strings.Repeat("e", []int{1, 10, 100, 1000}[rnd.IntN(4)]+rnd.IntN(20))
		switch rnd.IntN(10) {
		case 0, 1, 2:
			fmt.Fprintln(&b, "RPUSH", key, element, rnd.Int32(), element)
		case 3, 4:
			fmt.Fprintln(&b, "LPUSH", key, element)
		case 5, 6:
			fmt.Fprintln(&b, []string{"LPOP", "RPOP"}[rnd.IntN(2)], key, rnd.IntN(4))
		case 7:
			fmt.Fprintln(&b, "LSET", key, -rnd.IntN(2), rnd.IntN(100)) // a Redis converts even where the index is outside
		case 8:
			fmt.Fprintln(&b, "LMOVE", key, "l0 LEFT RIGHT")
		case 9:
			switch rnd.IntN(20) {
			case 0:
				fmt.Fprintln(&b, "LTRIM", key, 0, rnd.IntN(10))
			case 1:
				fmt.Fprintln(&b, "LTRIM", key, -rnd.IntN(10), -1)
			case 2:
				fmt.Fprintln(&b, "DEL", key)
			}
		}
		fmt.Fprintln(&b, "OBJECT ENCODING", key)
	}
	size := []string{"-2", "-1", "4", "100"}[rnd.IntN(4)]
	oracle(t, false, "~CONFIG SET object-encoding-names "+names+"\nCONFIG SET list-max-listpack-size "+size+"\nFLUSHALL\n"+b.String())
}
