// Package launch runs server processes of which nothing outlives the program
// that launched them, however that ends.
//
// Each server has a guard: this same program again, run with GuardArg. The
// guard makes the server's working folder, starts the server in a process
// group of its own, and waits on a pipe from its launcher. When the pipe
// closes, and it closes also when the launcher is killed, the guard kills the
// server and removes the folder. So a server need not know of any of this, and
// it ends even when it is stopped by a signal. Should the guard itself be
// killed, Linux kills the server with it; its folder then stays.
//
//	launcher ──orders──▶ guard ──starts, signals──▶ server
//	         ◀─reports──       ◀──────ends─────────
//	         ◀───────────── output ────────────────
//
// A server's output is kept in a bounded tail, which explains a failed start.
// The package opens no connection to what it launches.
package launch

import (
	"syscall"
	"time"
)

// GuardArg is the argument with which a guard is this program run again. A
// main function that launches servers begins with
//
//	if len(os.Args) > 1 && os.Args[1] == launch.GuardArg {
//		os.Exit(launch.Guard())
//	}
const GuardArg = "guard-a-launched-server"

// The limits of launching.
const (
	// DefaultGrace is how long a server may take to end by itself.
	DefaultGrace = 3 * time.Second
	// guardPatience is how long a guard may take to answer an order.
	guardPatience = 10 * time.Second
	// portTries is how often a start whose port was taken meanwhile is tried
	// again on another port.
	portTries = 8
)

// The descriptors of a guard's pipes: the first ones behind standard error.
const (
	ordersFD  = 3
	reportsFD = 4
)

// Spec is a server to launch.
type Spec struct {
	Guard []string      // how to run a guard; nil: this program with GuardArg
	Path  string        // the server's binary: a path, or a name to look up in PATH
	Args  []string      // its arguments
	CPUs  []int         // the CPUs that it may run on; nil: any
	Grace time.Duration // from SIGTERM to SIGKILL when it is ended; 0: DefaultGrace
}

func (s Spec) grace() time.Duration {
	if s.Grace > 0 {
		return s.Grace
	}
	return DefaultGrace
}

// order is what a launcher asks of a guard: to start the server, or to send it
// a signal.
type order struct {
	Path   string         `json:"path,omitempty"` // not "": start
	Args   []string       `json:"args,omitempty"`
	CPUs   []int          `json:"cpus,omitempty"`
	Signal syscall.Signal `json:"signal,omitempty"` // not 0: signal
}

// report is what a guard says: the answer to an order, or that the server
// ended.
type report struct {
	Ended bool   `json:"ended,omitempty"`
	PID   int    `json:"pid,omitempty"`   // of the server that was started
	Text  string `json:"text,omitempty"`  // how it ended
	Error string `json:"error,omitempty"` // why an order was not carried out
}
