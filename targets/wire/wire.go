// Package wire is the measuring client: it sends a load at a Redis-compatible
// server or cluster over its own event loops and says of every request when
// it was due, when the driver turned to it, when it was written, when its
// answer began and when it was complete.
//
// Deciding is apart from doing. A core (core.go and the files around it) is a
// step machine: events with times go in, bytes to write and connections to
// open or close come out; it opens no socket, reads no clock and starts no
// goroutine, so a test can play a stalled server to it in virtual time. A loop
// (loop_linux.go) is a thread with an epoll set around a core. Where there is no
// epoll, and over TLS, a netLoop (netloop.go) stands in its place, with two
// goroutines a connection: the same decisions, at more cost a request, and
// times that the Go scheduler has a part in.
//
// A key goes to the node that owns its slot, never to a connection that suits
// the driver. The driver never drops, reorders within a stream, or silently
// repeats a request: each ends in exactly one recorded outcome.
//
// # Processors
//
// Each worker keeps one thread, and blocks it in a raw system call of at most
// ten milliseconds, which spares the Go scheduler two hand-overs a wait. That
// is only done while GOMAXPROCS is greater than the number of workers, so
// that the rest of the program always has a processor to run on; a program
// that wants it on a machine with as many processors as workers raises
// GOMAXPROCS by one.
package wire

import (
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"slotbench/internal/slot"
	"slotbench/targets"
)

// The defaults of Options, and the limits of a driver.
const (
	DefaultQueueBytes = 512 << 20

	MaxThreads = 1024
	MaxHops    = 5 // redirects that a request follows

	// TryAgainDelay is how long a request waits after TRYAGAIN.
	TryAgainDelay = 2 * time.Millisecond
	// NodeFailAfter is how long a node must have been unreachable before the
	// requests that wait for it fail.
	NodeFailAfter = time.Second
	// SpinNanos is the last stretch before a due time that a spinning worker
	// does not sleep through: about what a timer is late.
	SpinNanos = 60_000

	firstBackoffNanos = 1_000_000   // before the second attempt to reach a node
	maxBackoffNanos   = 100_000_000 // between later attempts
	maxCheckNanos     = 50_000_000  // between two looks at what is overdue
	gatherBytes       = 128 << 10   // given to the kernel at once
	issueBatch        = 1024        // overdue requests made before the sockets get their turn
)

// Options is how a driver works; the zero value is ready to use.
type Options struct {
	Threads        int           // workers, each one thread with its own event loop; 0: 1
	CPUs           []int         // worker i is pinned to CPUs[i%len]; nil: not pinned
	Spin           bool          // spin the last SpinNanos before a due time: only where a core is free
	Timeout        time.Duration // from a request's write to its answer; 0: targets.DefaultTimeout
	ConnectTimeout time.Duration // of opening a connection, greeting included; 0: targets.DefaultConnectTimeout
	GoneAfter      time.Duration // every node unreachable for so long ends the phase; 0: targets.DefaultGoneAfter
	QueueBytes     int64         // memory for requests that are due and not yet sent; 0: DefaultQueueBytes
	Protocol       int           // 3: HELLO 3 on every connection; 0 or 2: RESP2
	Portable       bool          // two goroutines a connection instead of epoll; elsewhere than on Linux always so
}

// Validate names everything that is wrong with the options.
func (o Options) Validate() error {
	var faults []error
	if o.Threads < 0 || o.Threads > MaxThreads {
		faults = append(faults, fmt.Errorf("%d threads: must be 1 to %d", o.Threads, MaxThreads))
	}
	for _, cpu := range o.CPUs {
		if cpu < 0 {
			faults = append(faults, fmt.Errorf("CPU %d: must not be negative", cpu))
		}
	}
	if o.Timeout < 0 || o.ConnectTimeout < 0 || o.GoneAfter < 0 {
		faults = append(faults, errors.New("a time limit is negative"))
	}
	if o.QueueBytes < 0 {
		faults = append(faults, fmt.Errorf("%d bytes of queue: must not be negative", o.QueueBytes))
	}
	if o.Protocol != 0 && o.Protocol != 2 && o.Protocol != 3 {
		faults = append(faults, fmt.Errorf("protocol %d: must be 2 or 3", o.Protocol))
	}
	return errors.Join(faults...)
}

func (o Options) withDefaults() Options {
	o.Threads = max(o.Threads, 1)
	if o.Timeout == 0 {
		o.Timeout = targets.DefaultTimeout
	}
	if o.ConnectTimeout == 0 {
		o.ConnectTimeout = targets.DefaultConnectTimeout
	}
	if o.GoneAfter == 0 {
		o.GoneAfter = targets.DefaultGoneAfter
	}
	if o.QueueBytes == 0 {
		o.QueueBytes = DefaultQueueBytes
	}
	return o
}

// target is what New makes of an access and a topology.
type target struct {
	addrs    []string
	topology *slot.Topology // nil: standalone
	primary  func() string  // of a server alone: where it is by now; nil: where it was
	greeting greeting
	tls      *tls.Config // nil: plain
}

// checkTarget says what the driver is to connect to. A topology of one node
// that is not a cluster is a server alone, whose slots play no part.
func checkTarget(access targets.Access, topology *slot.Topology, o Options) (target, error) {
	t := target{greeting: newGreeting(access.Username, access.Password, o.Protocol), tls: access.TLS, primary: access.Primary}
	switch {
	case access.Cluster && (topology == nil || topology.Count() == 0):
		return target{}, errors.New("wire: a cluster needs a topology")
	case topology != nil && len(topology.Nodes) > 0:
		for _, node := range topology.Nodes {
			t.addrs = append(t.addrs, node.Addr())
		}
		if access.Cluster {
			t.topology = topology.Clone()
		}
	case len(access.Addrs) > 0:
		t.addrs = access.Addrs[:1]
	default:
		return target{}, errors.New("wire: no address to connect to")
	}
	if len(t.addrs) > targets.MaxNodes {
		return target{}, fmt.Errorf("wire: %d nodes: at most %d", len(t.addrs), targets.MaxNodes)
	}
	if t.topology != nil {
		if err := t.topology.Count().Validate(); err != nil {
			return target{}, fmt.Errorf("wire: %w", err)
		}
	}
	return t, nil
}
