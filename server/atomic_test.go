package server

import (
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"slotbench/server/command"
)

// ask sends an inline command and returns the lines of its answer.
func (c *talk) ask(line string, lines int) []string {
	c.t.Helper()
	c.send(line + "\r\n")
	got := make([]string, lines)
	for i := range got {
		text, err := c.in.ReadString('\n')
		if err != nil {
			c.t.Errorf("%s: %v", line, err)
			return got
		}
		got[i] = strings.TrimSuffix(text, "\r\n")
		if strings.HasPrefix(got[i], "*-1") || got[i] == "_" {
			return got[:i+1]
		}
	}
	return got
}

// spread makes n loops active and gives each its share of the connections.
func (s *Server) spread(n int) {
	for active := int(s.active.Load()); active < n; active++ {
		s.activate(active + 1)
	}
	s.EachClient(func(*command.Client) bool { return false })
}

// transactionsAreAtomic moves money between accounts in several slots, on
// several loops, by transactions, while others read all accounts in one
// transaction: no sum is ever torn. One of the readers runs off the loop.
func transactionsAreAtomic(t *testing.T, start starter) {
	s := start(t, 3, command.Config{})
	const accounts, writers, readers, rounds = 8, 4, 3, 60
	setup := s.talk(t)
	for i := range accounts {
		setup.ask(fmt.Sprintf("SET account:%d 1000", i), 1)
	}
	var talks []*talk
	for range writers + readers {
		talks = append(talks, s.talk(t))
		talks[len(talks)-1].ask("PING", 1)
	}
	s.spread(3)
	var working sync.WaitGroup
	for w, c := range talks[:writers] {
		random := rand.New(rand.NewPCG(uint64(w), 1))
		working.Go(func() {
			for range rounds {
				from, to, n := random.IntN(accounts), random.IntN(accounts), random.IntN(50)
				c.send(fmt.Sprintf("MULTI\r\nDECRBY account:%d %d\r\nINCRBY account:%d %d\r\nEXEC\r\n", from, n, to, n))
				c.ask("PING", 7) // OK, two QUEUED, the array's head and two numbers, PONG
			}
		})
	}
	for r, c := range talks[writers:] {
		working.Go(func() {
			for range rounds {
				c.send("MULTI\r\n")
				lines := 1 + accounts + 1 + 2*accounts
				for i := range accounts {
					c.send(fmt.Sprintf("GET account:%d\r\n", i))
				}
				if r == 0 {
					c.send("KEYS none\r\n")
					lines += 2
				}
				got := c.ask("EXEC", lines)
				sum := 0
				for i := range accounts {
					at := len(got) - 2*accounts + 2*i + 1
					if r == 0 {
						at--
					}
					n, err := strconv.Atoi(got[at])
					if err != nil {
						t.Errorf("line %d of %q is no number", at, got)
						return
					}
					sum += n
				}
				if sum != accounts*1000 {
					t.Errorf("a reader sees a sum of %d, want %d", sum, accounts*1000)
					return
				}
			}
		})
	}
	working.Wait()
}

// watchedIncrementsAreNotLost increments a counter by GET and SET under
// WATCH, on several connections and loops.
func watchedIncrementsAreNotLost(t *testing.T, start starter) {
	s := start(t, 3, command.Config{})
	const clients, rounds = 6, 60
	var talks []*talk
	for range clients {
		talks = append(talks, s.talk(t))
		talks[len(talks)-1].ask("PING", 1)
	}
	talks[0].ask("SET counter 0", 1)
	s.spread(3)
	var working sync.WaitGroup
	for _, c := range talks {
		working.Go(func() {
			for range rounds {
				for done := false; !done; {
					c.ask("WATCH counter", 1)
					n, _ := strconv.Atoi(c.ask("GET counter", 2)[1])
					c.ask("MULTI", 1)
					c.ask(fmt.Sprintf("SET counter %d", n+1), 1)
					done = len(c.ask("EXEC", 2)) == 2
				}
			}
		})
	}
	working.Wait()
	if got := talks[0].ask("GET counter", 2)[1]; got != strconv.Itoa(clients*rounds) {
		t.Errorf("the counter is %s, want %d", got, clients*rounds)
	}
}

// queuesBetweenLoops passes elements through blocked clients on several
// loops: each is got once.
func queuesBetweenLoops(t *testing.T, start starter) {
	s := start(t, 3, command.Config{})
	const consumers, producers, each = 5, 3, 100
	var talks []*talk
	for range consumers + producers {
		talks = append(talks, s.talk(t))
		talks[len(talks)-1].ask("PING", 1)
	}
	s.spread(3)
	var mu sync.Mutex
	seen := map[string]int{}
	var producing, consuming sync.WaitGroup
	for _, c := range talks[:consumers] {
		consuming.Go(func() {
			for {
				got := c.ask("BLPOP queue other 0", 5)
				if got[4] == "end" || got[4] == "" {
					return
				}
				mu.Lock()
				seen[got[4]]++
				mu.Unlock()
			}
		})
	}
	for p, c := range talks[consumers:] {
		producing.Go(func() {
			for i := range each {
				c.ask(fmt.Sprintf("RPUSH %s %d-%d", []string{"queue", "other"}[i%2], p, i), 1)
			}
		})
	}
	producing.Wait()
	for range consumers {
		talks[consumers].ask("RPUSH other end", 1) // what everybody takes last
	}
	consuming.Wait()
	if len(seen) != producers*each {
		t.Errorf("%d elements were got, want %d", len(seen), producers*each)
	}
	for element, times := range seen {
		if times != 1 {
			t.Errorf("%s was got %d times", element, times)
		}
	}
}

// blockedClientsHangUp closes many connections that wait for keys.
func blockedClientsHangUp(t *testing.T, start starter) {
	s := start(t, 2, command.Config{})
	const clients = 1000
	control := s.talk(t)
	var conns []net.Conn
	for i := range clients {
		c := s.talk(t)
		c.send(fmt.Sprintf("BLPOP all own:%d 0\r\n", i))
		conns = append(conns, c.conn)
	}
	blocked := func() string {
		control.ask("INFO clients", 1)
		for {
			line, err := control.in.ReadString('\n')
			if err != nil || strings.HasPrefix(line, "blocked_clients:") {
				for end := ""; end != "\r\n"; end, err = control.in.ReadString('\n') {
					if err != nil {
						t.Fatal(err)
					}
				}
				return strings.TrimSpace(strings.TrimPrefix(line, "blocked_clients:"))
			}
		}
	}
	for blocked() != strconv.Itoa(clients) {
		runtime.Gosched()
	}
	for _, c := range conns {
		c.Close()
	}
	for blocked() != "0" || s.clients.Load() != 1 {
		runtime.Gosched()
	}
	if got := control.ask("RPUSH all x", 1)[0]; got != ":1" {
		t.Errorf("RPUSH: %s", got)
	}
	if got := control.ask("LLEN all", 1)[0]; got != ":1" {
		t.Errorf("somebody who is gone took the element: LLEN %s", got)
	}
}

// subscriberThatNeverReads is closed when too much waits for it; others
// hear all in order.
func subscriberThatNeverReads(t *testing.T, start starter) {
	s := start(t, 2, command.Config{})
	control := s.talk(t)
	control.ask(`CONFIG SET client-output-buffer-limit "pubsub 1mb 0 0"`, 1)
	deaf, listener, publisher := s.talk(t), s.talk(t), s.talk(t)
	deaf.ask("SUBSCRIBE c", 6)
	listener.ask("SUBSCRIBE c", 6)
	if tcp, ok := deaf.conn.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(4096)
	}
	s.spread(2)
	payload := strings.Repeat("x", 8000)
	heard := 0
	for n := 0; s.outputCut.Load() == 0; n++ {
		if n == 20_000 {
			t.Fatal("a subscriber that never reads is not closed")
		}
		publisher.ask(fmt.Sprintf("PUBLISH c %d-%s", n, payload), 1)
		got := listener.ask("", 7)
		if !strings.HasPrefix(got[6], fmt.Sprintf("%d-", n)) {
			t.Fatalf("message %d is %.20q", n, got[6])
		}
		heard++
	}
	if got := publisher.ask("PUBLISH c last", 1)[0]; got != ":1" && got != ":2" {
		t.Errorf("PUBLISH: %s", got)
	}
	if n := s.outputCut.Load(); n != 1 || heard == 0 {
		t.Errorf("%d clients were closed after %d messages, want one", n, heard)
	}
}

// queuedCommandsAreBounded closes a client whose transaction grows without
// end.
func queuedCommandsAreBounded(t *testing.T, start starter) {
	s := start(t, 1, command.Config{})
	c := s.talk(t)
	c.ask("CONFIG SET client-query-buffer-limit 1mb", 1)
	c.ask("MULTI", 1)
	line := "SET k " + strings.Repeat("x", 60_000) + "\r\n"
	_ = c.conn.SetWriteDeadline(time.Now().Add(patience))
	for range 1000 {
		if _, err := c.conn.Write([]byte(line)); err != nil {
			break
		}
	}
	for s.clients.Load() != 0 {
		runtime.Gosched()
	}
	if n := s.queryCut.Load(); n != 1 {
		t.Errorf("%d clients were cut, want 1", n)
	}
}
