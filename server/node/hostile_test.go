package node

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"slotbench/internal/resp"
	"slotbench/server"
)

// journal is a log that a test reads.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(line)
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// count is how many lines have a text.
func (j *journal) count(text string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.text.String(), text)
}

// flood is a client that never lets up. It sends until the server ends its
// connection; nothing that it is answered is read.
type flood struct {
	name   string
	change func(*server.Config)
	opens  []byte                 // sent first
	next   func(round int) []byte // then again and again
	// others does what other connections do meanwhile; nil: nothing.
	others func(c *client)
	figure string // of INFO: it counts who was closed for it
	reason string // the log says it
}

var floods = []flood{
	{
		name: "commands between MULTI and EXEC", change: limitQuery, opens: raw("MULTI"),
		next:   func(round int) []byte { return raw("SET", fmt.Sprint(round), strings.Repeat("x", 4<<10)) },
		figure: "client_query_buffer_limit_disconnections", reason: "client-query-buffer-limit",
	},
	{
		name: "many small commands between MULTI and EXEC", change: limitQuery, opens: raw("MULTI"),
		next:   func(int) []byte { return bytes.Repeat(raw("PING"), 50) },
		figure: "client_query_buffer_limit_disconnections", reason: "client-query-buffer-limit",
	},
	{
		name: "watched keys", change: limitQuery,
		next:   func(round int) []byte { return rawNames("WATCH", round, 50) },
		figure: "client_query_buffer_limit_disconnections", reason: "client-query-buffer-limit",
	},
	{
		name: "subscriptions", change: limitQuery,
		next:   func(round int) []byte { return rawNames("SUBSCRIBE", round, 50) },
		figure: "client_query_buffer_limit_disconnections", reason: "client-query-buffer-limit",
	},
	{
		name: "an inline command without an end", change: limitQuery,
		next:   func(int) []byte { return []byte(strings.Repeat("x", 1<<10)) },
		figure: "", reason: "too big inline request",
	},
	{
		name: "an argument beyond the limit", change: limitQuery, opens: []byte("*2\r\n$4\r\nECHO\r\n$100000000\r\n"),
		next:   func(int) []byte { return []byte(strings.Repeat("x", 64<<10)) },
		figure: "client_query_buffer_limit_disconnections", reason: "client-query-buffer-limit",
	},
	{
		name: "replies that it does not read", change: limitOutput, opens: raw("SET", "k", strings.Repeat("x", 100<<10)),
		next:   func(int) []byte { return bytes.Repeat(raw("GET", "k"), 10) },
		figure: "client_output_buffer_limit_disconnections", reason: "client-output-buffer-limit",
	},
	{
		name: "messages that it does not read", change: limitOutput, opens: raw("SUBSCRIBE", "c"),
		next:   func(int) []byte { return nil },
		others: func(c *client) { c.do("PUBLISH c " + strings.Repeat("x", 100<<10)) },
		figure: "client_output_buffer_limit_disconnections", reason: "client-output-buffer-limit",
	},
}

func limitQuery(c *server.Config)  { c.QueryLimitBytes = 1 << 20 }
func limitOutput(c *server.Config) { c.Output.HardBytes, c.PubsubOutput.HardBytes = 4<<20, 4<<20 }

// rawNames is a command with names that no other round has.
func rawNames(command string, round, n int) []byte {
	words := []string{command}
	for i := range n {
		words = append(words, fmt.Sprintf("name:%d:%d", round, i))
	}
	return raw(words...)
}

// testFloods has clients that do not know when to stop: others are served all
// along, the clients are closed, and the log says once why.
func testFloods(t *testing.T, start starter) {
	for _, f := range floods {
		t.Run(f.name, func(t *testing.T) {
			var log journal
			addr := start(t, f.change, log.logger())
			hostile, other := dial(t, "tcp", addr), dial(t, "tcp", addr)
			_, _ = hostile.conn.Write(f.opens)
			for round := 0; log.count(f.reason) == 0; round++ {
				_, _ = hostile.conn.Write(f.next(round)) // it fails when the server has closed
				if f.others != nil {
					f.others(other)
				}
				other.expect("PING", "+PONG\r\n")
			}
			eventually(t, "the client is closed", func() bool { return infoField(t, other, "connected_clients") == 1 })
			if f.figure != "" {
				if n := infoField(t, other, f.figure); n != 1 {
					t.Errorf("%s is %d, want 1", f.figure, n)
				}
			}
			other.expect("SET k v", "+OK\r\n")
			if n := log.count(f.reason); n != 1 {
				t.Errorf("the log says it %d times", n)
			}
		})
	}
}

// bombs is scripts that would take all memory, all stack or all time.
var bombs = []struct{ text, want string }{
	{"local t = {} for i = 1, 100000 do t = {t} end return cjson.encode(t)", "-ERR"},
	{"return cjson.decode(string.rep('[', 1000000))", "-ERR"},
	{"local t = {} for i = 1, 100000 do t = {t} end return #cmsgpack.pack(t)", ""},
	{"return cmsgpack.unpack(string.rep('\\145', 1000000))", ""},
	{"local t = {} for i = 1, 100000 do t = {t} end return t", ""},
	{"local function f() return 1 + f() end return f()", "-"},
	{"return #string.rep('x', 1e10)", "-"},
	{"local s = 'x' while true do s = s .. s end", "-"},
	{"return string.format('%1000000000d', 1)", "-"},
	{"local t = {} for i = 1, 1e9 do t[i] = t end", "-"},
	{"while true do end", "-ERR Script killed by user"},
	{"return string.find(string.rep('a', 100000), string.rep('a*', 50) .. 'b')", "-"},
}

// TestScriptBombs runs them beside a client that goes on being served; those
// that do not end by themselves are killed.
func TestScriptBombs(t *testing.T) {
	addr := startNode(t, nil)
	for _, bomb := range bombs {
		runner, other := dial(t, "tcp", addr), dial(t, "tcp", addr)
		runner.send(raw("EVAL", bomb.text, "0"))
		replied := make(chan string, 1)
		go func() { replied <- runner.reply() }()
		var got string
		for round := 0; got == ""; round++ {
			other.expect("SET other v", "+OK\r\n")
			if round > 200 { // it has had its time
				other.do("SCRIPT KILL")
			}
			select {
			case got = <-replied:
			default:
			}
		}
		if !strings.HasPrefix(got, bomb.want) {
			t.Errorf("%s: %.100q", bomb.text, got)
		}
		runner.conn.Close()
		other.conn.Close()
	}
}

// TestMillionArguments sends commands of as many arguments as there may be
// about; others are served until the reply comes.
func TestMillionArguments(t *testing.T) {
	for _, cluster := range []bool{false, true} {
		addr := startNode(t, func(c *server.Config) { c.ClusterEnabled = cluster })
		giant, other := dial(t, "tcp", addr), dial(t, "tcp", addr)
		tag, keys := "", 250_000
		if cluster {
			other.expect("CLUSTER ADDSLOTSRANGE 0 16383", "+OK\r\n")
			tag, keys = "{t}", 50_000
		}
		mset, del, watch := []string{"MSET"}, []string{"DEL"}, []string{"WATCH"}
		for i := range keys {
			key := fmt.Sprintf("%sk%d", tag, i)
			mset = append(mset, key, "v")
			del = append(del, key, key+"x", key, key)
			watch = append(watch, key)
		}
		for _, step := range []struct {
			words []string
			want  string
		}{{mset, "+OK\r\n"}, {watch, "+OK\r\n"}, {del, fmt.Sprintf(":%d\r\n", keys)}} {
			command := resp.AppendCommand(nil, step.words...)
			go func() { _, _ = giant.conn.Write(command) }()
			replied := make(chan string, 1)
			go func() { replied <- giant.reply() }()
			for got := ""; got == ""; {
				other.expect("SET other v", "+OK\r\n")
				select {
				case got = <-replied:
				default:
				}
				if got != "" && got != step.want {
					t.Errorf("%s of %d arguments: %.100q", step.words[0], len(step.words), got)
				}
			}
		}
		giant.expect("MULTI", "+OK\r\n")
		giant.expect("PING", "+QUEUED\r\n")
		giant.expect("EXEC", "*-1\r\n")
	}
}
