package server

import (
	"fmt"
	"testing"

	"slotbench/internal/resp"
	"slotbench/internal/slot"
	"slotbench/server/command"
	"slotbench/server/store"
)

// heavyRow is a command TLARGE key that is said to have much to do: it says
// that it has begun, and ends when it is told to.
func heavyRow(begun chan<- string, end <-chan bool) command.Command {
	return command.Command{Name: "tlarge", Arity: 2, Flags: command.Write, First: 1, Last: 1, Step: 1,
		Work: func(c *command.Context) int { return 1 << 30 },
		Run: func(c *command.Context) {
			begun <- string(c.Args[1])
			<-end
			c.TableOf(c.Args[1]).Set(c.Args[1], store.Entry{Type: store.String, Value: []byte("large")})
			c.OK()
		}}
}

func startHeavy(t *testing.T, loops int) (s *Server, begun chan string, end chan bool) {
	begun, end = make(chan string, 8), make(chan bool)
	st := store.NewArena(slot.DefaultCount, loops)
	return startServer(t, loops, command.Config{Store: st, Commands: []command.Command{heavyRow(begun, end)}}), begun, end
}

// TestLargeWorkLeavesOthersAlone has a command with much to do in the midst of
// a pipeline. Until it ends its slot waits; other slots, also on its own loop,
// do not; and the replies of its connection keep their order.
func TestLargeWorkLeavesOthersAlone(t *testing.T) {
	s, begun, end := startHeavy(t, 1)
	large, same, other := s.talk(t), s.talk(t), s.talk(t)
	large.send("SET {a}x 1\r\nTLARGE {a}y\r\nGET {a}y\r\nGET b\r\nINCR {a}x\r\n")
	if key := <-begun; key != "{a}y" {
		t.Fatalf("it began on %q", key)
	}
	same.send("GET {a}x\r\nGET {a}y\r\n")
	for round := range 100 {
		n := fmt.Sprint(round + 1)
		other.send("INCR b\r\nEXISTS c d\r\nEVAL \"return redis.call('GET', KEYS[1])\" 1 b\r\nMULTI\r\nGET c\r\nEXEC\r\n")
		if !other.expect(":"+n, ":0", fmt.Sprintf("$%d", len(n)), n, "+OK", "+QUEUED", "*1", "$-1") {
			t.FailNow()
		}
	}
	end <- true
	large.expect("+OK", "+OK", "$5", "large", "$3", "100", ":2")
	if line, err := same.in.ReadString('\n'); err != nil || line != "$1\r\n" {
		t.Fatalf("the other connection of the slot hears %q (%v)", line, err)
	}
	if value, _ := same.in.ReadString('\n'); value != "1\r\n" && value != "2\r\n" { // one of the two came first
		t.Errorf("it reads %q", value)
	}
	same.expect("$5", "large")
}

// TestLargeWorkInTransactions has a transaction with much to do run off the
// loop as a whole.
func TestLargeWorkInTransactions(t *testing.T) {
	s, begun, end := startHeavy(t, 1)
	large, other := s.talk(t), s.talk(t)
	large.send("MULTI\r\nINCR {a}n\r\nTLARGE {a}y\r\nINCR {a}n\r\nEXEC\r\nGET {a}n\r\n")
	<-begun
	other.send("PING\r\nINCR b\r\n")
	other.expect("+PONG", ":1")
	end <- true
	large.expect("+OK", "+QUEUED", "+QUEUED", "+QUEUED", "*3", ":1", "+OK", ":2", "$1", "2")
}

// TestLargeWorkInScripts has a script leave its loop before a command with much
// to do.
func TestLargeWorkInScripts(t *testing.T) {
	s, begun, end := startHeavy(t, 1)
	large, other := s.talk(t), s.talk(t)
	large.send("EVAL \"redis.call('TLARGE', KEYS[1]) return redis.call('GET', KEYS[1])\" 1 {a}y\r\nPING\r\n")
	<-begun
	other.send("PING\r\nINCR b\r\n")
	other.expect("+PONG", ":1")
	end <- true
	large.expect("$5", "large", "+PONG")
}

// TestLargeWorkWakes has what ran off the loop change watched keys and serve a
// client that is blocked.
func TestLargeWorkWakes(t *testing.T) {
	s, begun, end := startHeavy(t, 2)
	watching, large, blocked := s.talk(t), s.talk(t), s.talk(t)
	watching.send("WATCH {a}y\r\nGET {a}y\r\n")
	watching.expect("+OK", "$-1")
	large.send("TLARGE {a}y\r\nPING\r\n")
	<-begun
	watching.send("MULTI\r\nINCR {a}n\r\nEXEC\r\n")
	blocked.send("BLPOP {a}list 0\r\n")
	large.send("RPUSH {a}list v\r\n")
	end <- true
	large.expect("+OK", "+PONG", ":1")
	watching.expect("+OK", "+QUEUED", "*-1")
	blocked.expect("*2", "$7", "{a}list", "$1", "v")
}

// TestClientLeavesDuringLargeWork has the client vanish: the command ends all
// the same, and its slot is free.
func TestClientLeavesDuringLargeWork(t *testing.T) {
	s, begun, end := startHeavy(t, 1)
	for _, goes := range []func(*talk, *talk){
		func(large, _ *talk) { large.conn.Close() },
		func(_, other *talk) {
			other.send("CLIENT KILL TYPE normal SKIPME yes\r\n")
			other.expect(":1")
		},
	} {
		large, other := s.talk(t), s.talk(t)
		large.send("DEL {a}y\r\nTLARGE {a}y\r\nSET {a}y not\r\n")
		<-begun
		goes(large, other)
		other.send("PING\r\nGET {a}y\r\nDEL {a}y\r\n")
		other.expect("+PONG")
		end <- true
		other.expect("$5", "large", ":1")
		other.conn.Close()
	}
}

// TestManyWatchedKeys has a client watch more keys than a loop looks at in one
// command.
func TestManyWatchedKeys(t *testing.T) {
	s := startServer(t, 1, command.Config{})
	const keys = 20_000
	watch := []string{"WATCH"}
	for i := range keys {
		watch = append(watch, fmt.Sprintf("k%d", i))
	}
	many := string(resp.AppendCommand(nil, watch...))
	a, b := s.talk(t), s.talk(t)
	a.send(many)
	if !a.expect("+OK") {
		t.FailNow()
	}
	b.send(fmt.Sprintf("SET k%d v\r\n", keys-1))
	b.expect("+OK")
	a.send("MULTI\r\nPING\r\nEXEC\r\n" + many + "MULTI\r\nPING\r\nEXEC\r\nWATCH x\r\nUNWATCH\r\n")
	a.expect("+OK", "+QUEUED", "*-1", "+OK", "+OK", "+QUEUED", "*1", "+PONG", "+OK", "+OK")
}
