package null

import (
	"bytes"
	"strings"
	"testing"

	"slotbench/internal/resp"
)

func TestRepliesHaveTheRightType(t *testing.T) {
	for command, want := range map[string]string{
		"SET k v":       "+OK\r\n",
		"get k":         "$3\r\nvvv\r\n",
		"INCR k":        ":1\r\n",
		"ZSCORE k m":    "$1\r\n1\r\n",
		"MGET a b":      "*2\r\n$3\r\nvvv\r\n$3\r\nvvv\r\n",
		"HMGET h a":     "*1\r\n$3\r\nvvv\r\n",
		"SCAN 0":        "*2\r\n$1\r\n0\r\n*0\r\n",
		"PING":          "+PONG\r\n",
		"HELLO":         "*4\r\n$6\r\nserver\r\n$4\r\nnull\r\n$5\r\nproto\r\n:2\r\n",
		"HELLO 3":       "%2\r\n$6\r\nserver\r\n$4\r\nnull\r\n$5\r\nproto\r\n:3\r\n",
		"NOSUCHCOMMAND": "+OK\r\n",
	} {
		out, taken, err := newResponder(3).serve(nil, resp.AppendCommand(nil, strings.Fields(command)...))
		if string(out) != want || err != nil || taken == 0 {
			t.Errorf("%s: %q, %v, want %q", command, out, err, want)
		}
	}
}

// A transaction, in a pipeline that arrives byte by byte.
func TestTransactionInPieces(t *testing.T) {
	var frames []byte
	for _, command := range []string{"MULTI", "GET a", "SET a b", "EXEC", "PING"} {
		frames = resp.AppendCommand(frames, strings.Fields(command)...)
	}
	r := newResponder(3)
	var out, pending []byte
	for _, b := range frames {
		pending = append(pending, b)
		var taken int
		var err error
		if out, taken, err = r.serve(out, pending); err != nil {
			t.Fatal(err)
		}
		pending = pending[taken:]
	}
	if want := "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n+OK\r\n+PONG\r\n"; string(out) != want {
		t.Errorf("%q, want %q", out, want)
	}
}

func TestNamesFit(t *testing.T) {
	for name := range kinds {
		if len(name) > longestName {
			t.Errorf("%s is %d long", name, len(name))
		}
	}
}

func TestAnsweringAllocatesNothing(t *testing.T) {
	r := newResponder(100)
	frame := resp.AppendCommand(nil, "GET", "key")
	out := make([]byte, 0, 1024)
	if _, _, err := r.serve(out, frame); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { _, _, _ = r.serve(out[:0], frame) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzServe(f *testing.F) {
	f.Add([]byte("*1\r\n$5\r\nMULTI\r\n*1\r\n$4\r\nEXEC\r\n"))
	f.Add([]byte("PING\r\n*2\r\n$5\r\nHMGET\r\n$1\r\nk\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		out, taken, err := newResponder(3).serve(nil, bytes.Clone(data))
		if taken > len(data) || err != nil && len(out) == 0 {
			t.Errorf("%q: took %d, %v", data, taken, err)
		}
	})
}
