package node

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slotbench/internal/resp"
	"slotbench/server"
)

// patience is how long a test waits for what must come. It bounds a failure,
// it is never waited for in a success.
const patience = time.Minute

// startNode runs a node in this process until the test ends and returns its
// address. change edits its configuration.
func startNode(t *testing.T, change func(*server.Config)) string {
	t.Helper()
	return startLogged(t, change, nil)
}

// startLogged is startNode with a log.
func startLogged(t *testing.T, change func(*server.Config), log *slog.Logger) string {
	t.Helper()
	config := server.DefaultConfig(1)
	config.Bind, config.Port = []string{"127.0.0.1"}, 0
	if change != nil {
		change(&config)
	}
	n, err := New(Config{Server: config, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("the node ended with %v", err)
			}
		case <-time.After(patience):
			t.Error("the node does not end")
		}
	})
	return n.Addr()
}

// client is one connection of a test.
type client struct {
	t      *testing.T
	conn   net.Conn
	reader resp.ReplyReader
	buf    []byte
}

func dial(t *testing.T, network, addr string) *client {
	t.Helper()
	conn, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &client{t: t, conn: conn}
}

// closeWrite says that no more commands come.
func (c *client) closeWrite() {
	if half, ok := c.conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

func (c *client) send(raw []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(raw); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

// reply reads one whole reply as it came; "" if the server has closed.
func (c *client) reply() string {
	c.t.Helper()
	for {
		reply, size, err := c.reader.Next(c.buf)
		if err != nil {
			c.t.Fatalf("reply %q: %v", c.buf, err)
		}
		if size > 0 {
			raw := string(reply.Raw)
			c.buf = c.buf[size:]
			return raw
		}
		more := make([]byte, 32<<10)
		n, err := c.conn.Read(more)
		if n == 0 && err != nil {
			if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
				c.t.Fatalf("no reply: %v", err)
			}
			return ""
		}
		c.buf = append(c.buf, more[:n]...)
	}
}

// do sends a command as one line of words and returns the raw reply.
func (c *client) do(line string) string {
	c.t.Helper()
	words, ok := resp.SplitWords([]byte(line), nil)
	if !ok {
		c.t.Fatalf("unbalanced quotes: %s", line)
	}
	c.send(resp.AppendCommand(nil, words...))
	return c.reply()
}

// expect does a command and fails unless the reply is as given.
func (c *client) expect(line, want string) {
	c.t.Helper()
	if got := c.do(line); got != want {
		c.t.Fatalf("%s: %q, want %q", line, got, want)
	}
}

// redisBinary is the real server that ours is compared with.
func redisBinary(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("REDIS_SERVER"); path != "" {
		return path
	}
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server not found: set REDIS_SERVER or put it on PATH")
	}
	return path
}

// startRedis runs a real server until the test ends and returns its socket.
func startRedis(t *testing.T, args ...string) (socket string) {
	t.Helper()
	binary := redisBinary(t)
	dir, err := os.MkdirTemp("", "redis") // t.TempDir is too long for a socket's name
	if err != nil {
		t.Fatal(err)
	}
	socket = filepath.Join(dir, "s")
	cmd := exec.Command(binary, append([]string{"--port", "0", "--unixsocket", socket, "--save", "", "--dir", dir,
		"--enable-debug-command", "yes"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = os.RemoveAll(dir)
	})
	ready := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if strings.Contains(strings.ToLower(lines.Text()), "ready to accept connections") {
				ready <- true
			}
		}
		close(ready)
	}()
	select {
	case ok := <-ready:
		if !ok {
			t.Fatal("redis-server ended before it was ready")
		}
	case <-time.After(patience):
		t.Fatal("redis-server does not get ready")
	}
	return socket
}

// bulk is a bulk string reply.
func bulk(s string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(s), s) }
