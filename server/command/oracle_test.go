package command_test

import (
	"context"
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"slotbench/internal/peer"
	"slotbench/internal/resp"
	"slotbench/server"
	"slotbench/server/node"
)

// startNode runs one of our nodes on a free port until the test ends.
func startNode(t testing.TB, cluster bool) (addr string) {
	t.Helper()
	config := server.DefaultConfig(2)
	config.Bind, config.Port, config.ClusterEnabled = []string{"127.0.0.1"}, 0, cluster
	n, err := node.New(node.Config{Server: config})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("node: %v", err)
		}
	})
	return n.Addr()
}

// oracle sends each line of a conversation to a real redis-server and to one
// of our nodes, and compares what they answer. ID stands for the node's own id
// and PORT for its port, on both sides. A line behind "~" is sent too, but its
// answers may differ; one behind "!" waits until CLUSTER INFO says so.
func oracle(t *testing.T, cluster bool, conversation string) {
	t.Helper()
	options := []string{"--databases", "1", "--enable-debug-command", "yes"}
	if cluster {
		options = []string{"--enable-debug-command", "yes", "--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"}
	}
	theirs := peer.Start(t, options...)
	a, b := newSide(t, theirs, cluster), newSide(t, startNode(t, cluster), cluster)
	for _, proto := range []string{"2", "3"} {
		a.conn.Value("HELLO", proto)
		b.conn.Value("HELLO", proto)
		for line := range strings.Lines(conversation) {
			line, loose := strings.CutPrefix(strings.TrimSpace(line), "~")
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			if state, waiting := strings.CutPrefix(line, "!"); waiting {
				a.await(state)
				b.await(state)
				continue
			}
			want, got := a.ask(t, line), b.ask(t, line)
			if want != got && !loose {
				t.Errorf("RESP%s %s\n     Redis: %s\n slotbench: %s", proto, line, want, got)
			}
		}
	}
}

// side is one of the two that are compared.
type side struct {
	conn *peer.Conn
	port string
	back *regexp.Regexp // this side's id and address -> words
	id   string
}

func newSide(t *testing.T, addr string, cluster bool) *side {
	t.Helper()
	s := &side{conn: peer.Dial(t, addr), id: strings.Repeat("0", 40)}
	if cluster {
		s.id = s.conn.Text("CLUSTER", "MYID")
	}
	_, port, _ := strings.Cut(addr, ":")
	s.port = port
	s.back = regexp.MustCompile(s.id)
	if cluster { // elsewhere no reply names the port, but some number may look like it
		s.back = regexp.MustCompile(`(?:127\.0\.0\.1)?:?\b` + port + `\b(?:@\d+)?|` + s.id)
	}
	return s
}

var placeholder = regexp.MustCompile(`\b(?:ID|PORT)\b`)

// own puts this side's id and port into a line.
func (s *side) own(line string) string {
	return placeholder.ReplaceAllStringFunc(line, func(word string) string {
		if word == "ID" {
			return s.id
		}
		return s.port
	})
}

// ask sends a line and draws the answer.
func (s *side) ask(t *testing.T, line string) string {
	t.Helper()
	words, ok := resp.SplitWords([]byte(s.own(line)), nil)
	if !ok {
		t.Fatalf("unbalanced quotes: %s", line)
	}
	args := make([]string, len(words))
	for i, word := range words {
		args[i] = string(word)
	}
	v, err := resp.Decode(s.conn.Do(args...))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return s.back.ReplaceAllStringFunc(draw(v), func(own string) string {
		if own == s.id {
			return "ID"
		}
		return "ADDR"
	})
}

// await asks until CLUSTER INFO says so: a real node takes a moment.
func (s *side) await(state string) {
	for !strings.Contains(s.conn.Text("CLUSTER", "INFO"), state) {
		runtime.Gosched()
	}
}

// draw is a reply in one line.
func draw(v resp.Value) string {
	if v.Elems == nil {
		return fmt.Sprintf("%c%q", v.Kind, v.Text)
	}
	parts := make([]string, len(v.Elems))
	for i, elem := range v.Elems {
		parts[i] = draw(elem)
	}
	return fmt.Sprintf("%c[%s]", v.Kind, strings.Join(parts, " "))
}
