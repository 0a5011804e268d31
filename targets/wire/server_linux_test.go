package wire

import (
	"bufio"
	"bytes"
	"net"
	"strconv"
	"sync"
	"testing"

	"slotbench/internal/request"
	"slotbench/internal/resp"
	"slotbench/internal/slot"
	"slotbench/targets"
)

// scripted is a server on a free loopback port that answers as it is told.
type scripted struct {
	listener net.Listener
	addr     string
	wait     sync.WaitGroup
	mu       sync.Mutex
	conns    map[net.Conn]bool
	accepted int
}

// answerer says what to answer to one command of one connection; state is the
// connection's own. hangup closes it after the answer.
type answerer func(state map[string]string, command []string) (answer []byte, hangup bool)

func ok(map[string]string, []string) ([]byte, bool) { return []byte("+OK\r\n"), false }

// serveScript starts a server that ends with the test.
func serveScript(t testing.TB, answer answerer) *scripted {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &scripted{listener: listener, addr: listener.Addr().String(), conns: make(map[net.Conn]bool)}
	s.wait.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns[conn] = true
			s.accepted++
			s.mu.Unlock()
			s.wait.Go(func() { s.serve(conn, answer) })
		}
	})
	t.Cleanup(s.stop)
	return s
}

func (s *scripted) serve(conn net.Conn, answer answerer) {
	defer conn.Close()
	state := make(map[string]string)
	var reader resp.CommandReader
	var buf []byte
	var args [][]byte
	in := make([]byte, 64<<10)
	out := bufio.NewWriter(conn)
	for {
		n, err := conn.Read(in)
		if err != nil {
			return
		}
		buf = append(buf, in[:n]...)
		for {
			var size int
			if args, size, err = reader.Next(buf, args[:0]); err != nil {
				return
			}
			if size == 0 {
				break
			}
			command := make([]string, len(args))
			for i, arg := range args {
				command[i] = string(arg)
			}
			buf = buf[size:]
			reply, hangup := answer(state, command)
			_, _ = out.Write(reply)
			if hangup {
				_ = out.Flush()
				return
			}
		}
		if out.Flush() != nil {
			return
		}
		if len(buf) < cap(buf)/2 {
			buf = bytes.Clone(buf)
		}
	}
}

// hangUp ends all connections.
func (s *scripted) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		conn.Close()
		delete(s.conns, conn)
	}
}

// stop ends the server for good.
func (s *scripted) stop() {
	s.listener.Close()
	s.hangUp()
	s.wait.Wait()
}

func (s *scripted) access() targets.Access { return targets.Access{Addrs: []string{s.addr}} }

func (s *scripted) node() slot.Node {
	host, port, _ := net.SplitHostPort(s.addr)
	number, _ := strconv.Atoi(port)
	return slot.Node{Host: host, Port: number}
}

// drive makes a driver that is closed with the test.
func drive(t testing.TB, access targets.Access, topology *slot.Topology, o Options) *Driver {
	t.Helper()
	o.Portable = o.Portable || portableByDefault
	d, err := New(access, topology, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// ledger is a sink for several workers that keeps what ended.
type ledger struct {
	mu    sync.Mutex
	ended []request.Request
}

func (l *ledger) Record(_ int, r *request.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := *r
	kept.Frame = bytes.Clone(r.Frame)
	l.ended = append(l.ended, kept)
}

func (l *ledger) statuses() map[request.Status]int {
	s := sim{ended: l.ended}
	return s.statuses()
}
