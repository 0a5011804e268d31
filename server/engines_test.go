package server

import (
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"slotbench/server/command"
)

// starter starts a server on the engine that is being tested.
type starter func(t *testing.T, loops int, commands command.Config) *Server

// conformance is what holds within a server whatever the engine is; what a
// client sees of it is tested in package node.
var conformance = []struct {
	name string
	test func(*testing.T, starter)
}{
	{"ConnectionsChangeLoops", connectionsChangeLoops},
	{"ParkedConnection", parkedConnection},
	{"TransactionsAreAtomic", transactionsAreAtomic},
	{"WatchedIncrementsAreNotLost", watchedIncrementsAreNotLost},
	{"QueuesBetweenLoops", queuesBetweenLoops},
	{"BlockedClientsHangUp", blockedClientsHangUp},
	{"SubscriberThatNeverReads", subscriberThatNeverReads},
	{"QueuedCommandsAreBounded", queuedCommandsAreBounded},
	{"LargeWorkLeavesOthersAlone", largeWorkLeavesOthersAlone},
	{"LargeWorkInTransactions", largeWorkInTransactions},
	{"LargeWorkInScripts", largeWorkInScripts},
	{"LargeWorkWakes", largeWorkWakes},
	{"ClientLeavesDuringLargeWork", clientLeavesDuringLargeWork},
	{"ManyWatchedKeys", manyWatchedKeys},
	{"EndsWithItsGoroutines", endsWithItsGoroutines},
}

// allStacks is what every goroutine of this process does.
func allStacks() string {
	text := make([]byte, 1<<20)
	return string(text[:runtime.Stack(text, true)])
}

// endsWithItsGoroutines ends a server in the midst of what connections can be
// in the midst of.
func endsWithItsGoroutines(t *testing.T, start starter) {
	t.Run("server", func(t *testing.T) { // its end stops the server
		s := start(t, 2, command.Config{})
		s.talk(t).send("GET k")
		s.talk(t).send("BLPOP k 0\r\nPING\r\n")
		s.talk(t).send("SUBSCRIBE c\r\n")
		greedy := s.talk(t)
		greedy.send("SETRANGE big 2000000 x\r\n" + strings.Repeat("GET big\r\n", 20))
		other := s.talk(t)
		for other.ask("EXISTS big", 1)[0] != ":1" {
		}
	})
	for _, owned := range []string{"server.(*pipe)", "server.(*portable", "server.(*loop)"} {
		// One whose end has been waited for may still be on its last step.
		deadline := time.Now().Add(patience)
		for stacks := allStacks(); strings.Contains(stacks, owned); stacks = allStacks() {
			if time.Now().After(deadline) {
				t.Fatalf("a goroutine of %s is left over:\n%s", owned, stacks)
			}
		}
	}
}

func TestEngineIsChosen(t *testing.T) {
	config := DefaultConfig(1)
	config.Bind, config.Port, config.Engine = []string{"127.0.0.1"}, 0, "kqueue"
	if err := config.Validate(); err == nil || !strings.Contains(err.Error(), "io-engine: argument must be one of auto, epoll,") {
		t.Errorf("an engine that there is not: %v", err)
	}
	s := startServer(t, 1, command.Config{})
	if s.engine != Engines()[0] {
		t.Errorf("auto chooses %s, not %s", s.engine, Engines()[0])
	}
}

// TestRefusedEngine has the system refuse the first choice.
func TestRefusedEngine(t *testing.T) {
	defer func(before []system) { systems = before }(systems)
	refuse := func() error { return errors.New("operation not permitted") }
	systems = []system{{"epoll", refuse, nil, true}, {"portable", probePortable, openPortable, true}}
	if s := startServer(t, 1, command.Config{}); s.engine != "portable" {
		t.Errorf("auto chooses %s", s.engine)
	}
	for engine, want := range map[string]string{
		"epoll":    "--io-engine epoll: the system refuses it: operation not permitted",
		"io_uring": "--io-engine io_uring: there is none on this system (" + runtime.GOOS + "), there is portable",
	} {
		config := DefaultConfig(1)
		config.Engine = engine
		if s, err := Listen(config, slog.New(slog.DiscardHandler)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, %v; want %q", engine, s, err, want)
		}
	}
}

func TestEngines(t *testing.T) {
	for _, engine := range Engines() {
		start := func(t *testing.T, loops int, commands command.Config) *Server {
			t.Helper()
			return startOn(t, engine, loops, commands)
		}
		t.Run(engine, func(t *testing.T) {
			for _, row := range conformance {
				t.Run(row.name, func(t *testing.T) { row.test(t, start) })
			}
		})
	}
}
