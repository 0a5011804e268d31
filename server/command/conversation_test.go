package command_test

import (
	"bytes"
	"net"
	"strings"
	"testing"
	"time"

	"slotbench/internal/peer"
	"slotbench/internal/resp"
)

// patience bounds a test that fails; nothing is ever waited for so long.
const patience = 20 * time.Second

// voice is one connection of a conversation between several clients. Unlike
// peer.Conn it sends without waiting, and reads what comes.
type voice struct {
	t      *testing.T
	conn   net.Conn
	reader resp.ReplyReader
	id     string // as CLIENT ID has it
	buf    []byte
}

func newVoice(t *testing.T, addr string) *voice {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return &voice{t: t, conn: conn}
}

func (v *voice) send(words ...[]byte) {
	v.t.Helper()
	if _, err := v.conn.Write(resp.AppendCommand(nil, words...)); err != nil {
		v.t.Fatalf("%q: %v", words, err)
	}
}

// hear is the next reply or push; "closed" if the connection has ended.
func (v *voice) hear() string {
	v.t.Helper()
	for {
		reply, size, err := v.reader.Next(v.buf)
		if err != nil {
			v.t.Fatal(err)
		}
		if size > 0 {
			value, err := resp.Decode(bytes.Clone(reply.Raw))
			if err != nil {
				v.t.Fatal(err)
			}
			v.buf = append(v.buf[:0], v.buf[size:]...)
			return draw(value)
		}
		chunk := make([]byte, 64<<10)
		n, err := v.conn.Read(chunk)
		if n == 0 && err != nil {
			if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
				v.t.Fatal("nothing comes")
			}
			return "closed"
		}
		v.buf = append(v.buf, chunk[:n]...)
	}
}

// scene is one side of a conversation between several clients.
type scene struct {
	t      *testing.T
	addr   string
	voices map[string]*voice
	stats  *peer.Conn // asks how many clients are blocked
}

func newScene(t *testing.T, addr string) *scene {
	return &scene{t, addr, map[string]*voice{}, peer.Dial(t, addr)}
}

func (s *scene) voice(name string) *voice {
	if s.voices[name] == nil {
		v := newVoice(s.t, s.addr)
		v.send([]byte("CLIENT"), []byte("ID"))
		v.id = strings.Trim(v.hear(), `:"`)
		s.voices[name] = v
	}
	return s.voices[name]
}

// play plays one line and returns what is heard, "" if it is not to be
// compared.
func (s *scene) play(line string) string {
	s.t.Helper()
	name, rest, _ := strings.Cut(line, " ")
	name, kind := name[:len(name)-1], name[len(name)-1]
	v := s.voice(name)
	if kind == '<' { // the next that comes
		return v.hear()
	}
	for other, v := range s.voices {
		rest = strings.ReplaceAll(rest, "#"+other, v.id)
	}
	words, ok := resp.SplitWords([]byte(rest), nil)
	if !ok {
		s.t.Fatalf("unbalanced quotes: %s", line)
	}
	switch kind {
	case ':': // sends, and hears the answer
		v.send(words...)
		return v.hear()
	case '>': // sends, and hears nothing yet
		v.send(words...)
		return ""
	case '!': // sends what blocks
		before := s.blocked()
		v.send(words...)
		for began := time.Now(); s.blocked() == before; { // each question takes a round trip
			if time.Since(began) > patience {
				s.t.Fatalf("%s: nobody blocks", line)
			}
		}
		return ""
	case '.': // hangs up
		v.conn.Close()
		delete(s.voices, name)
		return ""
	}
	s.t.Fatalf("what is %q?", line)
	return ""
}

func (s *scene) blocked() string {
	_, rest, _ := strings.Cut(s.stats.Text("INFO", "clients"), "blocked_clients:")
	count, _, _ := strings.Cut(rest, "\r\n")
	return count
}

// theatre plays a conversation between several clients with a real redis-server
// and with one of our nodes, and compares what each client hears. A line begins
// with the client's name and ":" to send and hear the answer, ">" to send only,
// "!" to send what blocks, "<" to hear what comes, "." to hang up; #a stands for a's id. What stands
// behind "~" is played, and its answer not compared.
func theatre(t *testing.T, cluster bool, conversation string) {
	t.Helper()
	options := []string{"--databases", "1"}
	if cluster {
		options = []string{"--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"}
	}
	theirs, ours := newScene(t, peer.Start(t, options...)), newScene(t, startNode(t, cluster))
	if cluster {
		for _, s := range []*scene{theirs, ours} {
			s.stats.Text("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
			for !strings.Contains(s.stats.Text("CLUSTER", "INFO"), "cluster_state:ok") { // each question takes a round trip
			}
		}
	}
	for line := range strings.Lines(conversation) {
		line, loose := strings.CutPrefix(strings.TrimSpace(line), "~")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		want, got := theirs.play(line), ours.play(line)
		if want != got && !loose {
			t.Errorf("%s\n     Redis: %s\n slotbench: %s", line, want, got)
		}
		if t.Failed() && (want == "closed") != (got == "closed") {
			return
		}
	}
}
