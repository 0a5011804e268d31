package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"slotbench/internal/slot"
	"slotbench/server/command"
	"slotbench/server/store"
)

const patience = 20 * time.Second

// startServer runs a server on loopback until the test ends.
func startServer(t *testing.T, loops int, commands command.Config) *Server {
	t.Helper()
	return startOn(t, EngineAuto, loops, commands)
}

// startOn is startServer on an engine.
func startOn(t *testing.T, engine string, loops int, commands command.Config) *Server {
	t.Helper()
	config := DefaultConfig(1)
	config.Engine = engine
	config.Bind, config.Port, config.Loops = []string{"127.0.0.1"}, 0, loops
	s, err := Listen(config, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if commands.Store == nil {
		commands.Store = store.NewArena(slot.DefaultCount, 1)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, commands) }()
	for s.active.Load() == 0 { // its loops are there when one is active
		runtime.Gosched()
	}
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("the server ended with %v", err)
			}
		case <-time.After(patience):
			t.Error("the server does not end")
		}
	})
	return s
}

// talk is a connection that sends inline commands.
type talk struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func (s *Server) talk(t *testing.T) *talk {
	t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port())))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return &talk{t, conn, bufio.NewReader(conn)}
}

func (c *talk) send(text string) {
	if _, err := io.WriteString(c.conn, text); err != nil {
		c.t.Errorf("write: %v", err)
	}
}

func (c *talk) expect(lines ...string) (ok bool) {
	c.t.Helper()
	for _, want := range lines {
		got, err := c.in.ReadString('\n')
		if err != nil || got != want+"\r\n" {
			c.t.Errorf("%q (%v), want %q", got, err, want)
			return false
		}
	}
	return true
}

// connectionsChangeLoops hands connections to and fro while they work: no
// reply is lost, doubled or misplaced.
func connectionsChangeLoops(t *testing.T, start starter) {
	s := start(t, 3, command.Config{})
	const clients, rounds = 12, 100
	var working sync.WaitGroup
	for i := range clients {
		c := s.talk(t)
		working.Go(func() {
			for round := range rounds {
				key := fmt.Sprintf("k%d", i)
				c.send(fmt.Sprintf("SET %s %d\r\nINCR %s\r\nCLIENT GETNAME\r\nGET %s\r\n", key, round, key, key))
				n := strconv.Itoa(round + 1)
				if !c.expect("+OK", ":"+n, "$-1", "$"+strconv.Itoa(len(n)), n) {
					t.Errorf("client %d stopped in round %d", i, round)
					return
				}
			}
		})
	}
	stop := make(chan struct{})
	moved := make(chan struct{})
	go func() {
		defer close(moved)
		for active := 1; ; active = active%3 + 1 {
			select {
			case <-stop:
				return
			default:
			}
			for s.active.Load() != int32(active) { // activate goes step by step
				if step := int(s.active.Load()); step < active {
					s.activate(step + 1)
				} else {
					s.activate(step - 1)
				}
			}
			s.EachClient(func(*command.Client) bool { return false }) // all loops have gone round
		}
	}()
	working.Wait()
	close(stop)
	<-moved
	if n := s.clients.Load(); n != clients {
		t.Errorf("%d connections are counted, want %d", n, clients)
	}
}

// parkedConnection holds a key in flight: a write to it waits with all that
// its connection sent behind it; reads and other connections go on.
func parkedConnection(t *testing.T, start starter) {
	flights := new(command.Flights)
	s := start(t, 1, command.Config{Flights: flights})
	writer, reader := s.talk(t), s.talk(t)
	writer.send("SET k 1\r\n")
	writer.expect("+OK")
	keys := [][]byte{[]byte("k")}
	flights.Begin(keys)
	writer.send("GET k\r\nINCR k\r\nGET k\r\nset \"x\\x41\" 5\r\nPING\r\n")
	writer.expect("$1", "1") // the read goes on
	for s.waiting.Load() != 1 {
		reader.send("GET k\r\n")
		reader.expect("$1", "1")
	}
	writer.send("PING again\r\n")
	reader.send("SET other 1\r\nGET k\r\n")
	reader.expect("+OK", "$1", "1")
	flights.End(keys)
	writer.expect(":2", "$1", "2", "+OK", "+PONG", "$5", "again")
	reader.send("GET xA\r\n")
	reader.expect("$1", "5")

	// A second flight that nobody lands before the client is gone.
	flights.Begin(keys)
	writer.send("INCR k\r\n")
	for s.waiting.Load() != 1 {
		reader.send("PING\r\n")
		reader.expect("+PONG")
	}
	writer.conn.Close()
	flights.End(keys)
	for s.clients.Load() != 1 {
		reader.send("PING\r\n")
		reader.expect("+PONG")
	}
}

func TestWrittenGivesMemoryBack(t *testing.T) {
	c := &conn{out: make([]byte, 1<<20)}
	c.written(600 << 10)
	if c.pending() != 424<<10 || c.sent != 0 {
		t.Errorf("after most was written, %d bytes are pending behind %d", c.pending(), c.sent)
	}
	c.written(c.pending())
	if c.out != nil {
		t.Errorf("an empty buffer keeps %d bytes", cap(c.out))
	}
}

func TestSoftOutputLimit(t *testing.T) {
	limit := OutputLimit{HardBytes: 100, SoftBytes: 10, SoftSeconds: 2}
	c := &conn{out: make([]byte, 50)}
	for _, step := range []struct {
		nowMillis int64
		bytes     int
		want      bool
	}{{1000, 50, false}, {3000, 50, false}, {3001, 50, true}, {4000, 5, false}, {5000, 50, false}, {7000, 50, false}, {7001, 50, true}, {7002, 101, true}} {
		c.out = make([]byte, step.bytes)
		if got := c.tooSlow(limit, step.nowMillis); got != step.want {
			t.Errorf("%d bytes at %d ms: %v", step.bytes, step.nowMillis, got)
		}
	}
}
