package server

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"slotbench/internal/peer"
	"slotbench/server/command"
)

// The conversations of this file run on three loops. What one connection does
// in one step others must see whole or not at all.
const (
	atomicLoops   = 3
	atomicClients = 6
	atomicRounds  = 120
	total         = 1000 // of the two accounts together
)

// startAtomic runs a server all of whose loops are active.
func startAtomic(t *testing.T) (addr string) {
	s := startServer(t, atomicLoops, command.Config{})
	for active := 2; active <= atomicLoops; active++ {
		s.activate(active)
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port()))
}

// step sends a transaction and returns what EXEC answers.
func step(c *peer.Conn, lines ...string) (reply string) {
	commands := [][]string{{"MULTI"}}
	for _, line := range lines {
		commands = append(commands, strings.Fields(line))
	}
	c.Send(append(commands, []string{"EXEC"})...)
	for range len(lines) + 2 {
		reply = string(c.Receive())
	}
	return reply
}

// mover moves money between two accounts of one slot.
type mover struct {
	name string
	move func(c *peer.Conn, from, to, amount string) (reply string)
	torn bool // planted: it is not one step
}

const moveText = "redis.call('DECRBY', KEYS[1], ARGV[1]) for i = 1, tonumber(ARGV[2]) do end redis.call('INCRBY', KEYS[2], ARGV[1])"

var movers = []mover{
	{name: "EVAL", move: func(c *peer.Conn, from, to, amount string) string {
		return string(c.Do("EVAL", moveText, "2", from, to, amount, "0"))
	}},
	{name: "an EVAL that leaves its loop", move: func(c *peer.Conn, from, to, amount string) string {
		return string(c.Do("EVAL", moveText, "2", from, to, amount, "30000"))
	}},
	{name: "MULTI", move: func(c *peer.Conn, from, to, amount string) string {
		return step(c, "DECRBY "+from+" "+amount, "INCRBY "+to+" "+amount)
	}},
	{name: "MULTI off the loop", move: func(c *peer.Conn, from, to, amount string) string {
		return step(c, "DECRBY "+from+" "+amount, "EVAL return 1 "+from, "INCRBY "+to+" "+amount)
	}},
	{name: "WATCH", move: func(c *peer.Conn, from, to, amount string) string {
		for n, _ := strconv.Atoi(amount); ; {
			c.Do("WATCH", from, to)
			a, b := balance(c, from), balance(c, to)
			if reply := step(c, fmt.Sprintf("MSET %s %d %s %d", from, a-n, to, b+n)); reply != "*-1\r\n" {
				return reply
			}
		}
	}},
	{name: "two commands", torn: true, move: func(c *peer.Conn, from, to, amount string) string {
		c.Do("DECRBY", from, amount)
		return string(c.Do("INCRBY", to, amount))
	}},
}

// balance is what a key holds.
func balance(c *peer.Conn, key string) int {
	n, _ := strconv.Atoi(c.Text("GET", key))
	return n
}

// sum reads both accounts in one step, each round in another way.
func sum(c *peer.Conn, round int, a, b string) (sum int) {
	var reply string
	switch round % 3 {
	case 0:
		reply = string(c.Do("MGET", a, b))
	case 1:
		reply = string(c.Do("EVAL", "return {redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2])}", "2", a, b))
	default:
		reply = step(c, "GET "+a, "GET "+b)
	}
	for i, part := range strings.Split(reply, "\r\n") {
		if i == 2 || i == 4 { // the two texts of the array
			n, _ := strconv.Atoi(part)
			sum += n
		}
	}
	return sum
}

// transfers has clients move money by all of those at once, and returns how
// many sums that readers saw meanwhile were wrong.
func transfers(t *testing.T, use []mover) (wrong int) {
	addr := startAtomic(t)
	setup := peer.Dial(t, addr)
	setup.Do("MSET", "{k}a", strconv.Itoa(total), "{k}b", "0")
	var moving, reading sync.WaitGroup
	done := make(chan struct{})
	for i := range atomicClients {
		m, c := use[i%len(use)], peer.Dial(t, addr)
		moving.Go(func() {
			for round := range atomicRounds {
				from, to := "{k}a", "{k}b"
				if (i+round)%2 == 0 {
					from, to = to, from
				}
				if reply := m.move(c, from, to, strconv.Itoa(round%7+1)); strings.Contains(reply, "-ERR") || reply == "" {
					t.Errorf("%s answers %q", m.name, reply)
					return
				}
			}
		})
	}
	seen := make([]int, 3)
	for i := range seen {
		c := peer.Dial(t, addr)
		reading.Go(func() {
			for round := i; ; round++ {
				if sum(c, round, "{k}a", "{k}b") != total {
					seen[i]++
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	moving.Wait()
	close(done)
	reading.Wait()
	if n := sum(setup, 0, "{k}a", "{k}b"); n != total {
		t.Errorf("in the end there is %d, want %d", n, total)
	}
	return seen[0] + seen[1] + seen[2]
}

func TestTransfersAreAtomic(t *testing.T) {
	var whole []mover
	for _, m := range movers {
		if !m.torn {
			whole = append(whole, m)
		}
	}
	if wrong := transfers(t, whole); wrong > 0 {
		t.Errorf("%d torn sums were seen", wrong)
	}
}

// TestTornTransfersAreSeen plants what the test above is to find.
func TestTornTransfersAreSeen(t *testing.T) {
	for range 10 {
		if transfers(t, movers[len(movers)-1:]) > 0 {
			return
		}
	}
	t.Error("transfers in two steps are taken for whole")
}

// TestWatchedIncrementsLoseNothing counts up by WATCH, GET and MULTI SET from
// many connections, while scripts and plain commands count the same key.
func TestWatchedIncrementsLoseNothing(t *testing.T) {
	addr := startAtomic(t)
	if n := countUp(t, addr, true); n != atomicClients*atomicRounds {
		t.Errorf("counted to %d, want %d", n, atomicClients*atomicRounds)
	}
}

// TestUnwatchedIncrementsAreLost plants what the test above is to find.
func TestUnwatchedIncrementsAreLost(t *testing.T) {
	addr := startAtomic(t)
	for range 10 {
		if countUp(t, addr, false) < atomicClients*atomicRounds {
			return
		}
	}
	t.Error("nothing is lost without WATCH: the test above shows nothing")
}

func countUp(t *testing.T, addr string, watches bool) int {
	setup := peer.Dial(t, addr)
	setup.Do("SET", "n", "0")
	var counting sync.WaitGroup
	for i := range atomicClients {
		c := peer.Dial(t, addr)
		counting.Go(func() {
			for round := range atomicRounds {
				switch {
				case !watches || (i+round)%3 == 0:
					countWatched(c, watches)
				case (i+round)%3 == 1:
					c.Do("EVAL", "return redis.call('SET', KEYS[1], redis.call('GET', KEYS[1]) + 1)", "1", "n")
				default:
					c.Do("INCR", "n")
				}
			}
		})
	}
	counting.Wait()
	return balance(setup, "n")
}

// countWatched counts up by one, again and again until nobody was faster.
func countWatched(c *peer.Conn, watches bool) {
	for {
		if watches {
			c.Do("WATCH", "n")
		}
		if step(c, fmt.Sprintf("SET n %d", balance(c, "n")+1)) != "*-1\r\n" {
			return
		}
	}
}
