package command_test

import (
	"regexp"
	"strings"
	"testing"

	"slotbench/internal/peer"
)

func TestClientCommandsAnswerAsRedis(t *testing.T) {
	oracle(t, false, `
		CLIENT PAUSE x
		CLIENT PAUSE -1
		CLIENT PAUSE 1.5
		CLIENT PAUSE 1 foo
		CLIENT PAUSE 0
		CLIENT PAUSE 0 write
		CLIENT UNPAUSE
		CLIENT UNBLOCK x
		CLIENT UNBLOCK 555 foo
		CLIENT UNBLOCK 555
		CLIENT UNBLOCK 555 ERROR
		CLIENT LIST ID
		CLIENT LIST ID x
		CLIENT LIST ID 55555
		CLIENT LIST TYPE foo
		CLIENT LIST TYPE pubsub
		CLIENT LIST TYPE replica
		CLIENT LIST foo
		CLIENT KILL foo
		CLIENT KILL ID x
		CLIENT KILL ID 0
		CLIENT KILL ID 55555
		CLIENT KILL TYPE x
		CLIENT KILL TYPE pubsub
		CLIENT KILL USER x
		CLIENT KILL SKIPME foo
		CLIENT KILL MAXAGE 5
		CLIENT KILL ADDR x:1 LADDR y:2 SKIPME no
		CLIENT REPLY x
		CLIENT NO-EVICT on
		CLIENT NO-EVICT off
		CLIENT NO-EVICT x
		CLIENT SETNAME a
		CLIENT GETNAME
		RESET
		~HELLO 3
		CLIENT GETNAME
		SLOWLOG GET x
		SLOWLOG GET -2
		SLOWLOG GET 1 2
		SLOWLOG NOSUCH
		SLOWLOG RESET
		SLOWLOG LEN
		SLOWLOG GET
		SHUTDOWN ABORT
		SHUTDOWN ABORT NOSAVE
		SHUTDOWN SAVE NOSAVE
		SHUTDOWN x
		CONFIG GET slowlog-log-slower-than
		CONFIG GET slowlog-max-len
	`)
}

// TestSlowLogAsRedis logs every command: what is kept of its arguments.
func TestSlowLogAsRedis(t *testing.T) {
	long := strings.Repeat("x", 200)
	many := strings.Repeat("a b ", 20)
	var got [2]string
	for i, addr := range []string{peer.Start(t, "--databases", "1"), startNode(t, false)} {
		c := peer.Dial(t, addr)
		for _, line := range []string{"CONFIG SET slowlog-log-slower-than 0", "SLOWLOG RESET", "CLIENT SETNAME n",
			"SET k " + long, "MSET " + many, "AUTH secret", "MULTI", "SET in transaction", "EXEC", "GET a b", "NOSUCH",
			"CONFIG SET slowlog-log-slower-than -1 slowlog-max-len 6", "GET unseen"} {
			c.Do(strings.Fields(line)...)
		}
		reply := draw(c.Value("SLOWLOG", "GET", "-1"))
		reply = regexp.MustCompile(`(:"\d+") :"\d+" :"\d+" \*`).ReplaceAllString(reply, "$1 *")
		got[i] = regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(reply, "ADDR") + draw(c.Value("SLOWLOG", "LEN"))
	}
	if got[0] != got[1] {
		t.Errorf("\n     Redis: %s\n slotbench: %s", got[0], got[1])
	}
}

func TestClientsAsRedisSeesThem(t *testing.T) {
	conversation := `
		a: CLIENT SETNAME subscriber
		a: SUBSCRIBE x
		a: PSUBSCRIBE y*
		b: CLIENT SETNAME transaction
		b: WATCH k
		b: MULTI
		b: GET k
		c: SET k 1
		d: CLIENT SETNAME monitor
		d: MONITOR
		c: CLIENT SETNAME observer
	`
	flags := regexp.MustCompile(`name=(\w+) .* flags=(\w+) db=0 (sub=.* multi=-?\d+) `)
	seen := func(addr, command string) (lines []string) {
		s := newScene(t, addr)
		for line := range strings.Lines(conversation) {
			if line = strings.TrimSpace(line); line != "" {
				s.play(line)
			}
		}
		words := strings.Fields(command)
		for _, m := range flags.FindAllStringSubmatch(peer.Dial(t, addr).Text(words...), -1) {
			lines = append(lines, strings.Join(m[1:], " "))
		}
		return lines
	}
	for _, command := range []string{"CLIENT LIST", "CLIENT LIST TYPE pubsub"} {
		want := seen(peer.Start(t, "--databases", "1"), command)
		got := seen(startNode(t, false), command)
		if strings.Join(got, "\n") != strings.Join(want, "\n") || len(want) == 0 {
			t.Errorf("%s\n     Redis: %q\n slotbench: %q", command, want, got)
		}
	}
}

func TestMonitorAsRedis(t *testing.T) {
	monitored := func(addr string) string {
		watched, quiet := peer.Dial(t, addr), newVoice(t, addr)
		quiet.send([]byte("MONITOR"))
		text := quiet.hear()
		for _, line := range []string{"PING", "SET k 1", "MULTI", "GET k", "INCR k", "EXEC", "AUTH x", "AUTH a b", "HELLO 3 AUTH u p",
			"CONFIG GET hz", "GET", "NOSUCH", "CLIENT LIST", "CLIENT GETNAME", "WATCH a b", "MULTI", "NOSUCH", "EXEC", "PUBLISH c x"} {
			watched.Do(strings.Fields(line)...)
		}
		watched.Do("SET", "bin", "\x00\"\n\xff")
		for text = text + "\n"; !strings.Contains(text, "xff"); {
			text += quiet.hear() + "\n"
		}
		quiet.send([]byte("RESET"))
		for last := ""; last != `+"RESET"`; {
			last = quiet.hear()
		}
		watched.Do("PING")
		quiet.send([]byte("ECHO"), []byte("end"))
		text += quiet.hear()
		return regexp.MustCompile(`\d+\.\d{6} \[0 127\.0\.0\.1:\d+\]`).ReplaceAllString(text, "WHEN WHO")
	}
	want, got := monitored(peer.Start(t, "--databases", "1")), monitored(startNode(t, false))
	if want != got {
		t.Errorf("\nRedis:\n%s\nslotbench:\n%s", want, got)
	}
}

// TestClientsInsideTransactions lists clients in a transaction: alone it runs,
// beside commands that hold slots it says that it cannot.
func TestClientsInsideTransactions(t *testing.T) {
	c := peer.Dial(t, startNode(t, false))
	c.Text("MULTI")
	c.Text("CLIENT", "LIST")
	c.Text("INFO", "server")
	if got := c.Value("EXEC"); len(got.Elems) != 2 || !strings.Contains(got.Elems[0].Text, "flags=x") {
		t.Errorf("EXEC: %s", draw(got))
	}
	c.Text("MULTI")
	c.Text("SET", "k", "1")
	c.Text("CLIENT", "LIST")
	c.Text("GET", "k")
	want := `*[+"OK" -"ERR client|list cannot run together with commands that have keys, in one transaction or script" $"1"]`
	if got := draw(c.Value("EXEC")); got != want {
		t.Errorf("EXEC: %s, want %s", got, want)
	}
}

func TestPausesKillsAndResets(t *testing.T) {
	theatre(t, false, `
		a: CLIENT PAUSE 100000 WRITE
		b: GET k
		b! SET k 1
		a: GET k
		a: CLIENT UNPAUSE
		b<
		a: GET k
		a: CLIENT PAUSE 100000 WRITE
		b! PUBLISH c 1
		c: MULTI
		c: GET k
		c: EXEC
		a: CLIENT UNPAUSE
		b<
		a: CLIENT PAUSE 50 ALL
		b> GET k
		b<
		a: GET k
		c: CLIENT KILL TYPE pubsub
		b: SUBSCRIBE x
		c: CLIENT KILL TYPE pubsub
		b<
		c: PUBSUB CHANNELS
		c: CLIENT KILL TYPE normal SKIPME no
		c<
	`)
}
