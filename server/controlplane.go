package server

import "slotbench/server/command"

// ControlPlane decides which node owns which slot. Commands ask it where they
// run and hand it what an operator wants changed; how nodes agree is its own
// business. pushed is configured from outside; a plane that talks to its peers
// stands behind the same contract.
//
// Its topology is read without a lock at any time. Whoever changes a slot's
// route, an operator's command or a peer's message, does so under the slot's
// lock or takes it once afterwards, so that no command runs by the old route
// when the change has been answered.
type ControlPlane interface {
	command.Cluster
	// Close ends the plane's background work and waits for it. The topology
	// stays readable.
	Close() error
}
