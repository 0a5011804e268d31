package node

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"slotbench/internal/resp"
	"slotbench/server"
)

// raw is a raw command.
func raw(words ...string) []byte { return resp.AppendCommand(nil, words...) }

func repliesKeepTheirOrder(t *testing.T, start starter) {
	c := dial(t, "tcp", start(t, nil))
	// INFO, KEYS, CLIENT LIST and FLUSHALL run off the loop.
	c.send(bytes.Join([][]byte{
		raw("SET", "a", "1"), raw("INFO"), raw("GET", "a"), raw("KEYS", "*"), raw("INCR", "a"),
		raw("CLIENT", "LIST"), raw("FLUSHALL"), raw("GET", "a"), raw("PING"),
	}, nil))
	for i, want := range []string{"+OK\r\n", "$", "$1\r\n1\r\n", "*1\r\n$1\r\na\r\n", ":2\r\n", "$", "+OK\r\n", "$-1\r\n", "+PONG\r\n"} {
		if got := c.reply(); !strings.HasPrefix(got, want) {
			t.Fatalf("reply %d is %q, want %q", i, got, want)
		}
	}
}

func longPipeline(t *testing.T, start starter) {
	c := dial(t, "tcp", start(t, nil))
	const commands = 20_000
	var all []byte
	for i := range commands {
		n := strconv.Itoa(i)
		all = resp.AppendCommand(all, "SET", "key"+n, n)
		all = resp.AppendCommand(all, "GET", "key"+n)
		if i%1000 == 0 {
			all = resp.AppendCommand(all, "DBSIZE")
			all = append(all, "ping inline\r\n"...)
		}
	}
	go c.conn.Write(all) // the test fails by its deadline if this does
	for i := range commands {
		n := strconv.Itoa(i)
		want := []string{"+OK\r\n", bulk(n)}
		if i%1000 == 0 {
			want = append(want, fmt.Sprintf(":%d\r\n", i+1), bulk("inline"))
		}
		for _, w := range want {
			if got := c.reply(); got != w {
				t.Fatalf("command %d: %q, want %q", i, got, w)
			}
		}
	}
}

// largeRepliesInOnePipeline has a connection reach the end of its turn,
// again and again, in the midst of commands that were read together.
func largeRepliesInOnePipeline(t *testing.T, start starter) {
	c := dial(t, "tcp", start(t, nil))
	const commands = 40
	var all []byte
	value := func(i int) string { return strconv.Itoa(i) + strings.Repeat("v", 700<<10) }
	for i := range commands {
		key := "key" + strconv.Itoa(i)
		all = append(all, raw("SET", key, value(i))...)
	}
	for i := range commands {
		key := "key" + strconv.Itoa(i)
		all = append(append(all, raw("GET", key)...), raw("STRLEN", key)...)
		if i%7 == 0 {
			all = append(all, "ping inline\r\n"...)
		}
	}
	go c.conn.Write(all) // the test fails by its deadline if this does
	for i := range commands {
		if got := c.reply(); got != "+OK\r\n" {
			t.Fatalf("SET %d: %q", i, got)
		}
	}
	for i := range commands {
		want := []string{bulk(value(i)), fmt.Sprintf(":%d\r\n", len(value(i)))}
		if i%7 == 0 {
			want = append(want, bulk("inline"))
		}
		for _, w := range want {
			if got := c.reply(); got != w {
				t.Fatalf("GET %d: %d bytes, want %d", i, len(got), len(w))
			}
		}
	}
}

func byteAtATime(t *testing.T, start starter) {
	addr := start(t, nil)
	slow, other := dial(t, "tcp", addr), dial(t, "tcp", addr)
	for _, b := range append(raw("SET", "k", "a\r\nb"), "get k\r\n"...) {
		slow.send([]byte{b})
		other.expect("PING", "+PONG\r\n")
	}
	if a, b := slow.reply(), slow.reply(); a != "+OK\r\n" || b != bulk("a\r\nb") {
		t.Fatalf("replies %q and %q", a, b)
	}
}

// clientField is a field of this connection's line of CLIENT LIST.
func clientField(t *testing.T, line, name string) int {
	t.Helper()
	match := regexp.MustCompile(` ` + name + `=(-?\d+)`).FindStringSubmatch(line)
	if match == nil {
		t.Fatalf("no %s in %q", name, line)
	}
	n, _ := strconv.Atoi(match[1])
	return n
}

func bigValuesAndTheirBuffers(t *testing.T, start starter) {
	c := dial(t, "tcp", start(t, nil))
	big := strings.Repeat("x", 20<<20)
	c.send(raw("SET", "big", big))
	if got := c.reply(); got != "+OK\r\n" {
		t.Fatalf("SET: %q", got)
	}
	if got := c.do("GET big"); got != bulk(big) {
		t.Fatalf("GET answers %d bytes", len(got))
	}
	line := c.do("CLIENT LIST")
	if kept := clientField(t, line, "tot-mem"); kept > 200<<10 {
		t.Errorf("the connection keeps %d bytes of buffers", kept)
	}
}

func announcedLengthTakesNoMemory(t *testing.T, start starter) {
	addr := start(t, nil)
	c, watcher := dial(t, "tcp", addr), dial(t, "tcp", addr)
	c.expect("PING", "+PONG\r\n")
	c.send([]byte("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nabc"))
	c2 := dial(t, "tcp", addr)
	c2.send([]byte("*1000000\r\n$3\r\nDEL\r\n"))
	for _, line := range strings.Split(watcher.do("CLIENT LIST"), "\n") {
		if strings.HasPrefix(line, "id=") && clientField(t, line, "tot-mem") > 2<<20 {
			t.Errorf("an announcement took memory: %s", line)
		}
	}
	watcher.expect("PING", "+PONG\r\n")
}

// infoField is a figure of INFO.
func infoField(t *testing.T, c *client, name string) int {
	t.Helper()
	match := regexp.MustCompile(`\r\n` + name + `:(\d+)\r\n`).FindStringSubmatch(c.do("INFO everything"))
	if match == nil {
		t.Fatalf("no %s in INFO", name)
	}
	n, _ := strconv.Atoi(match[1])
	return n
}

// eventually waits until check holds; the deadline of the client bounds it.
func eventually(t *testing.T, what string, check func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !check(); {
		if time.Now().After(deadline) {
			t.Fatalf("it never came that %s", what)
		}
	}
}

func clientThatDoesNotRead(t *testing.T, start starter) {
	addr := start(t, func(c *server.Config) { c.Output.HardBytes = 8 << 20 })
	c, other := dial(t, "tcp", addr), dial(t, "tcp", addr)
	c.send(raw("SET", "k", strings.Repeat("x", 100<<10)))
	if got := c.reply(); got != "+OK\r\n" {
		t.Fatal(got)
	}
	var gets []byte
	for range 1000 { // 100 MB of replies
		gets = resp.AppendCommand(gets, "GET", "k")
	}
	c.send(gets)
	eventually(t, "the client is closed", func() bool {
		return infoField(t, other, "client_output_buffer_limit_disconnections") == 1
	})
	if n, err := io.Copy(io.Discard, c.conn); n > 90<<20 {
		t.Errorf("the client got %d bytes (%v) beyond the limit", n, err)
	}
	if n := infoField(t, other, "connected_clients"); n != 1 {
		t.Errorf("%d clients are connected, want 1", n)
	}
}

func queryBufferLimit(t *testing.T, start starter) {
	addr := start(t, func(c *server.Config) { c.QueryLimitBytes = 1 << 20 })
	c, other := dial(t, "tcp", addr), dial(t, "tcp", addr)
	_, _ = c.conn.Write(raw("SET", "k", strings.Repeat("x", 8<<20))) // fails when the server closes
	eventually(t, "the client is closed", func() bool {
		return infoField(t, other, "client_query_buffer_limit_disconnections") == 1
	})
}

func maxBulkIsConfigured(t *testing.T, start starter) {
	c := dial(t, "tcp", start(t, func(c *server.Config) { c.MaxBulkBytes = 1 << 20 }))
	c.send([]byte("*2\r\n$3\r\nGET\r\n$1048577\r\n"))
	if got := c.reply(); got != "-ERR Protocol error: invalid bulk length\r\n" {
		t.Errorf("beyond proto-max-bulk-len: %q", got)
	}
	if got := c.reply(); got != "" {
		t.Errorf("after a protocol error: %q", got)
	}
}

func maxClients(t *testing.T, start starter) {
	addr := start(t, func(c *server.Config) { c.MaxClients = 2 })
	a, b := dial(t, "tcp", addr), dial(t, "tcp", addr)
	a.expect("PING", "+PONG\r\n")
	b.expect("PING", "+PONG\r\n")
	c := dial(t, "tcp", addr)
	if got := c.reply(); got != "-ERR max number of clients reached\r\n" {
		t.Errorf("one client too many: %q", got)
	}
	if got := c.reply(); got != "" {
		t.Errorf("after the refusal: %q", got)
	}
	a.expect("CONFIG SET maxclients 3", "+OK\r\n")
	dial(t, "tcp", addr).expect("PING", "+PONG\r\n")
	if n := infoField(t, a, "rejected_connections"); n != 1 {
		t.Errorf("%d connections were rejected, want 1", n)
	}
}

func password(t *testing.T, start starter) {
	addr := start(t, func(c *server.Config) { c.Password = "secret" })
	c := dial(t, "tcp", addr)
	c.send(bytes.Join([][]byte{
		raw("PING"), raw("AUTH", "secret"), raw("SET", "k", strings.Repeat("x", 20<<10)), raw("STRLEN", "k"),
	}, nil))
	for _, want := range []string{"-NOAUTH Authentication required.\r\n", "+OK\r\n", "+OK\r\n", ":20480\r\n"} {
		if got := c.reply(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	stranger := dial(t, "tcp", addr)
	stranger.send(raw("SET", "k", strings.Repeat("x", 20<<10)))
	if got := stranger.reply(); got != "-ERR Protocol error: unauthenticated bulk length\r\n" {
		t.Errorf("a large argument before AUTH: %q", got)
	}
}

func clientListAndKill(t *testing.T, start starter) {
	addr := start(t, func(c *server.Config) { c.Loops = 3 })
	a, b := dial(t, "tcp", addr), dial(t, "tcp", addr)
	a.expect("CLIENT SETNAME first", "+OK\r\n")
	b.expect("CLIENT SETNAME second", "+OK\r\n")
	list := a.do("CLIENT LIST")
	if strings.Count(list, "\nid=") != 2 || !strings.Contains(list, "name=first") || !strings.Contains(list, "name=second") ||
		!strings.Contains(list, "cmd=client|list") || !strings.Contains(list, "cmd=client|setname") {
		t.Errorf("CLIENT LIST: %s", list)
	}
	id := regexp.MustCompile(`id=(\d+) [^\n]*name=second`).FindStringSubmatch(list)[1]
	a.expect("CLIENT KILL ID "+id, ":1\r\n")
	if got := b.reply(); got != "" {
		t.Errorf("the killed client got %q", got)
	}
	a.expect("CLIENT KILL TYPE normal SKIPME yes", ":0\r\n")
	a.expect("CLIENT KILL TYPE normal SKIPME no", ":1\r\n")
	if got := a.reply(); got != "" {
		t.Errorf("a client that killed itself got %q", got)
	}
}

func halfOpenAndVanishedClients(t *testing.T, start starter) {
	addr := start(t, nil)
	for _, text := range []string{"", "*", "*2\r\n$3\r\nGET\r\n$100\r\nab", "PIN", "*2\r\n$4\r\nKEYS\r\n$1\r\n*\r\n", "QUIT\r\nPING\r\n"} {
		gone := dial(t, "tcp", addr)
		gone.send([]byte(text))
		if strings.HasPrefix(text, "QUIT") {
			if a, b := gone.reply(), gone.reply(); a != "+OK\r\n" || b != "" {
				t.Errorf("QUIT: %q, then %q", a, b)
			}
		}
		gone.conn.Close()
	}
	c := dial(t, "tcp", addr)
	eventually(t, "the vanished clients are forgotten", func() bool { return infoField(t, c, "connected_clients") == 1 })
}

func idleClientIsClosed(t *testing.T, start starter) {
	c := dial(t, "tcp", start(t, func(c *server.Config) { c.TimeoutSeconds = 1 }))
	c.expect("PING", "+PONG\r\n")
	if got := c.reply(); got != "" { // blocks until the server closes
		t.Errorf("an idle client got %q", got)
	}
}

func keysExpireUnasked(t *testing.T, start starter) {
	c := dial(t, "tcp", start(t, func(c *server.Config) { c.Hz = 100 }))
	for i := range 200 {
		c.expect(fmt.Sprintf("SET k%d v PX 20", i), "+OK\r\n")
	}
	c.expect("SET stays v", "+OK\r\n")
	eventually(t, "only one key is left", func() bool { return c.do("DBSIZE") == ":1\r\n" })
	if n := infoField(t, c, "expired_keys"); n != 200 {
		t.Errorf("%d keys are counted as expired, want 200", n)
	}
}

func servingAllocatesNothing(t *testing.T, start starter) {
	c := dial(t, "tcp", start(t, nil))
	var round []byte
	for i := range 32 {
		round = resp.AppendCommand(round, "SET", fmt.Sprintf("key%d", i), strings.Repeat("v", 100))
		round = resp.AppendCommand(round, "GET", fmt.Sprintf("key%d", i))
	}
	reply := make([]byte, 32*(len("+OK\r\n")+len(bulk(strings.Repeat("v", 100)))))
	serve := func() {
		if _, err := c.conn.Write(round); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(c.conn, reply); err != nil {
			t.Fatal(err)
		}
	}
	serve()
	if n := testing.AllocsPerRun(50, serve); n > 0.5 { // 64 commands; the clock's tick may allocate
		t.Errorf("%v allocations for 64 commands", n)
	}
}
