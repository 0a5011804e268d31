// Package peer lets tests talk to a real redis-server: the judge of what a
// server answers. Where there is none it skips the test, and says so.
package peer

import (
	"bufio"
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"slotbench/internal/resp"
)

// startLimit is how long a server may take to start, on a busy machine.
const startLimit = 30 * time.Second

// Binary is a real redis-server: REDIS_SERVER, or the one in PATH.
func Binary(t testing.TB) string {
	t.Helper()
	name := os.Getenv("REDIS_SERVER")
	if name == "" {
		name = "redis-server"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("redis-server not found: %v; install it with scripts/peers or set REDIS_SERVER", err)
	}
	return path
}

// CLI is a real redis-cli: the one beside redis-server, or in PATH.
func CLI(t testing.TB) string {
	t.Helper()
	beside := filepath.Join(filepath.Dir(Binary(t)), "redis-cli")
	if _, err := os.Stat(beside); err == nil {
		return beside
	}
	path, err := exec.LookPath("redis-cli")
	if err != nil {
		t.Skipf("redis-cli not found: %v; install it with scripts/peers", err)
	}
	return path
}

// Start runs a redis-server with these options on a free port of 127.0.0.1 and
// returns its address. It ends with the test.
func Start(t testing.TB, args ...string) (addr string) {
	t.Helper()
	binary := Binary(t)
	for range 5 { // another process may take the port before the server does
		port := freePort(t)
		addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		own := []string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir()}
		cmd := exec.Command(binary, append(own, args...)...)
		var output bytes.Buffer
		cmd.Stdout, cmd.Stderr = &output, &output
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() {
			_ = cmd.Wait() // how it ends is not judged
			close(ended)
		}()
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			<-ended
		})
		if awaitListening(addr, ended) {
			return addr
		}
		t.Logf("%s on port %d: %s", binary, port, output.String())
	}
	t.Fatalf("%s does not start", binary)
	return ""
}

// freePort is a port that nobody listens on, below the ephemeral ones by
// 10000, since a cluster node takes that one too for its bus.
func freePort(t testing.TB) int {
	for {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		_ = l.Close()
		if port -= 10000; port > 1024 {
			if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
				_ = l.Close()
				return port
			}
		}
	}
}

// awaitListening waits until the server takes connections, or has ended.
func awaitListening(addr string, ended <-chan struct{}) bool {
	limit := time.After(startLimit)
	for {
		if conn, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
			_ = conn.Close()
			return true
		}
		select {
		case <-ended:
			return false
		case <-limit:
			return false
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Conn is a connection to a server.
type Conn struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
	d    resp.ReplyReader
	buf  []byte

	frames []byte
	last   []string // of the commands sent
}

// Dial connects to a server, until the test ends.
func Dial(t testing.TB, addr string) *Conn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, startLimit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &Conn{t: t, conn: conn, r: bufio.NewReader(conn)}
}

// Do sends a command and returns its raw reply.
func (c *Conn) Do(args ...string) []byte {
	c.t.Helper()
	c.Send(args)
	return c.Receive()
}

// Send sends commands. Each wants a Receive.
func (c *Conn) Send(commands ...[]string) {
	c.t.Helper()
	if err := c.conn.SetDeadline(time.Now().Add(startLimit)); err != nil {
		c.t.Fatal(err)
	}
	c.frames = c.frames[:0]
	for _, args := range commands {
		c.frames = resp.AppendCommand(c.frames, args...)
	}
	c.last = commands[len(commands)-1]
	if _, err := c.conn.Write(c.frames); err != nil {
		c.t.Fatalf("%q: %v", c.last, err)
	}
}

// Receive is the raw reply to the first command that has none yet.
func (c *Conn) Receive() []byte {
	c.t.Helper()
	for {
		reply, size, err := c.d.Next(c.buf)
		if err != nil {
			c.t.Fatalf("up to %q: %v", c.last, err)
		}
		if size > 0 {
			raw := bytes.Clone(reply.Raw)
			c.buf = append(c.buf[:0], c.buf[size:]...)
			return raw
		}
		chunk := make([]byte, 64<<10)
		n, err := c.r.Read(chunk)
		if err != nil {
			c.t.Fatalf("up to %q: %v", c.last, err)
		}
		c.buf = append(c.buf, chunk[:n]...)
	}
}

// Value sends a command and returns its reply as a tree.
func (c *Conn) Value(args ...string) resp.Value {
	c.t.Helper()
	v, err := resp.Decode(c.Do(args...))
	if err != nil {
		c.t.Fatalf("%q: %v", args, err)
	}
	return v
}

// Text is Value's text; an error reply fails the test.
func (c *Conn) Text(args ...string) string {
	c.t.Helper()
	v := c.Value(args...)
	if err := v.Err(); err != nil {
		c.t.Fatalf("%q: %v", args, err)
	}
	return v.Text
}
