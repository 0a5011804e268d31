package node

import (
	"os"
	"strings"
	"testing"

	"slotbench/internal/resp"
)

// TestRepliesAsRedis sends the commands of testdata/replies.txt to a real
// server and to ours and compares the raw replies. A line is a command; "--"
// empties both and begins anew in RESP2, "-- 3" in RESP3.
func TestRepliesAsRedis(t *testing.T) {
	text, err := os.ReadFile("testdata/replies.txt")
	if err != nil {
		t.Fatal(err)
	}
	real := dial(t, "unix", startRedis(t))
	ours := dial(t, "tcp", startNode(t, nil))
	for number, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
			continue
		case line == "--" || line == "-- 3":
			proto := max("2", strings.TrimPrefix(line, "-- "))[:1]
			if proto != "3" {
				proto = "2"
			}
			for _, c := range []*client{real, ours} {
				if reply := c.do("FLUSHALL"); reply != "+OK\r\n" {
					t.Fatalf("FLUSHALL: %q", reply)
				}
				c.do("HELLO " + proto)
			}
			continue
		}
		want, got := real.do(line), ours.do(line)
		if got != want {
			t.Errorf("testdata/replies.txt:%d: %s\n ours %q\nredis %q", number+1, line, got, want)
		}
	}
}

// protocolErrorsAsRedis sends bytes that are no commands. The server
// answers and closes.
func protocolErrorsAsRedis(t *testing.T, start starter) {
	socket := startRedis(t)
	addr := start(t, nil)
	for _, raw := range []string{
		"*x\r\n", "*1\r\n:1\r\n", "*1\r\n$-1\r\n", "*1\r\n$x\r\n", "*99999999999\r\n", "*1\r\n$9999999999\r\n",
		"SET \"a\r\n", "get 'a'b\r\n", "PING\r\n*-5\r\nPING\r\n*1\r\n$00\r\n",
		"\r\n\r\n*0\r\nPING\r\n*3\r\nx\r\n", strings.Repeat("a", 70_000), "*1\r\n$4\r\nPING\r\n$",
		"*" + strings.Repeat("1", 70_000), "*1\r\n$" + strings.Repeat("1", 70_000),
	} {
		real, ours := dial(t, "unix", socket), dial(t, "tcp", addr)
		for _, c := range []*client{real, ours} {
			c.send([]byte(raw))
			c.closeWrite()
		}
		for {
			want, got := real.reply(), ours.reply()
			if got != want {
				t.Errorf("%.60q: ours %q, redis %q", raw, got, want)
			}
			if want == "" || got == "" {
				break
			}
		}
	}
}

// TestCommandTableAsRedis compares what COMMAND INFO says of our commands.
func TestCommandTableAsRedis(t *testing.T) {
	real := dial(t, "unix", startRedis(t))
	ours := dial(t, "tcp", startNode(t, nil))
	list, err := resp.Decode([]byte(ours.do("COMMAND LIST")))
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, name := range list.Elems {
		want, errReal := resp.Decode([]byte(real.do("COMMAND INFO " + name.Text)))
		got, errOurs := resp.Decode([]byte(ours.do("COMMAND INFO " + name.Text)))
		if errReal != nil || errOurs != nil {
			t.Fatalf("COMMAND INFO %s: %v, %v", name.Text, errReal, errOurs)
		}
		if want.Elems[0].Kind == resp.Null {
			continue // of a newer Redis, or of Dragonfly
		}
		compared++
		for i, field := range []string{"name", "arity", "flags", "first", "last", "step", "categories"} {
			if a, b := render(got.Elems[0].Elems[i]), render(want.Elems[0].Elems[i]); a != b {
				t.Errorf("%s: %s is %s, redis has %s", name.Text, field, a, b)
			}
		}
	}
	if compared < 80 {
		t.Errorf("only %d commands were compared", compared)
	}
}

func render(v resp.Value) string {
	if len(v.Elems) == 0 {
		return v.Text
	}
	var words []string
	for _, e := range v.Elems {
		words = append(words, render(e))
	}
	return strings.Join(words, " ")
}
