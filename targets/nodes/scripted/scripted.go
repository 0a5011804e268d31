// Package scripted is nodes for tests whose every answer is the test's: what
// products say that cannot be had here. It holds no key and knows no command.
package scripted

import (
	"bytes"
	"net"
	"strings"
	"sync"
	"testing"

	"slotbench/internal/resp"
	"slotbench/internal/slot"
)

// Answer is the raw reply to a command. Its name and subcommand are in upper
// case, the other words as they were sent. It is called by one goroutine at a
// time.
type Answer func(node int, words []string) []byte

// Cluster is listening nodes.
type Cluster struct {
	Nodes []slot.Node

	mu     sync.Mutex
	answer Answer
	conns  map[net.Conn]struct{}
}

// Start listens on so many ports of the loopback interface, until the test
// ends. Nodes get the ids "node-0", "node-1" …
func Start(t testing.TB, nodes int, answer Answer) *Cluster {
	t.Helper()
	c := &Cluster{answer: answer, conns: map[net.Conn]struct{}{}}
	for i := range nodes {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr := listener.Addr().(*net.TCPAddr)
		c.Nodes = append(c.Nodes, slot.Node{ID: "node-" + string(rune('0'+i)), Host: "127.0.0.1", Port: addr.Port})
		t.Cleanup(func() { _ = listener.Close() })
		go c.accept(listener, i)
	}
	t.Cleanup(c.stop)
	return c
}

// Answers sets who answers from now on.
func (c *Cluster) Answers(answer Answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer = answer
}

// stop ends the connections and takes no more.
func (c *Cluster) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.conns {
		_ = conn.Close()
	}
	c.conns = nil
}

func (c *Cluster) accept(listener net.Listener, node int) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		c.mu.Lock()
		if c.conns == nil {
			c.mu.Unlock()
			_ = conn.Close()
			return
		}
		c.conns[conn] = struct{}{}
		c.mu.Unlock()
		go c.serve(conn, node)
	}
}

// serve answers one connection's commands in order.
func (c *Cluster) serve(conn net.Conn, node int) {
	defer conn.Close()
	var reader resp.CommandReader
	var buf []byte
	chunk := make([]byte, 16<<10)
	for {
		args, size, err := reader.Next(buf, nil)
		if err != nil {
			return
		}
		if size > 0 {
			words := make([]string, len(args))
			for i, arg := range args {
				words[i] = string(arg)
			}
			buf = bytes.Clone(buf[size:])
			for i := range words[:min(2, len(words))] {
				words[i] = strings.ToUpper(words[i])
			}
			c.mu.Lock()
			reply := c.answer(node, words)
			c.mu.Unlock()
			if _, err := conn.Write(reply); err != nil {
				return
			}
			continue
		}
		n, err := conn.Read(chunk)
		if err != nil {
			return
		}
		buf = append(buf, chunk[:n]...)
	}
}

// Unknown is what a server says to a command that it does not have.
func Unknown(words []string) []byte {
	return resp.AppendError(nil, "ERR unknown command or subcommand '"+strings.Join(words[:min(2, len(words))], " ")+"'")
}

// OK is +OK.
func OK() []byte { return resp.AppendSimple(nil, "OK") }

// List is an array of raw replies.
func List(replies ...[]byte) []byte {
	list := resp.AppendArray(nil, len(replies))
	for _, reply := range replies {
		list = append(list, reply...)
	}
	return list
}

// Fields is an array of bulk strings: names and values.
func Fields(texts ...string) []byte {
	list := resp.AppendArray(nil, len(texts))
	for _, text := range texts {
		list = resp.AppendBulk(list, text)
	}
	return list
}
