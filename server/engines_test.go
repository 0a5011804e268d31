package server

import (
	"testing"

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
