// Package request holds the one type that a workload makes, a driver sends
// and a recorder counts: a request with its key, slot and due time, and what
// became of it. It opens no socket, reads no clock and starts no goroutine.
//
// All times are nanoseconds of one monotonic clock whose zero is the origin
// of the run; 0 in a time that could not be taken means "never".
package request

import (
	"context"
	"time"

	"slotbench/internal/slot"
)

// Op is the number of an operation in its workload's table of operations.
type Op uint8

// MaxOps is how many operations one workload may have.
const MaxOps = 256

// Request is one command and its timed outcome. It is reused: whoever holds
// it owns its memory until it is handed on.
type Request struct {
	// What to send, filled by a Source.
	Op     Op
	Write  bool      // changes its key if it succeeds
	Slot   slot.Slot // of Key, among slot.DefaultCount
	Stream int32     // the logical stream that made it
	Seq    uint64    // its number within the stream, from 1
	Frame  []byte    // the whole command in RESP
	KeyAt  int       // Frame[KeyAt:KeyAt+KeyLen] is the (first) key
	KeyLen int
	Form   *Form // nil: one command with one answer that is not looked into

	// When to send it, filled by the driver: the intended start.
	Due int64

	Outcome
}

// Key is the request's first key; it aliases Frame.
func (r *Request) Key() []byte { return r.Frame[r.KeyAt : r.KeyAt+r.KeyLen] }

// Status is how a request ended.
type Status uint8

// The ways in which a request ends.
const (
	OK       Status = iota // answered, with a value where it asked for one
	Miss                   // answered with null: the key is not there
	Failed                 // answered with an error, which Outcome.Err holds
	TimedOut               // no answer within the timeout
	Unknown                // the connection was lost after the write: it may have been carried out
	Unsent                 // due, but never written: no connection took it before the end
	CutOff                 // written, and out for less than the timeout at the end of the drain
)

// String is the status as reports name it.
func (s Status) String() string {
	return [...]string{"ok", "miss", "failed", "timeout", "unknown", "unsent", "cut-off"}[s]
}

// Succeeded says whether the request counts as throughput.
func (s Status) Succeeded() bool { return s == OK || s == Miss }

// Outcome is what became of a request.
type Outcome struct {
	Status    Status
	Node      int16  // which of the target's nodes answered in the end, -1: none
	Moved     uint8  // MOVED answers on the way
	Ask       uint8  // ASK answers
	TryAgain  uint8  // TRYAGAIN answers
	Err       string // the error's first word, "" without one; never a borrowed string
	Ready     int64  // the driver turned to it; Ready-Due is the driver's own lag
	Written   int64  // its (last) bytes were given to the kernel
	FirstByte int64  // the first byte of its answer was read
	Done      int64  // its answer was complete; or when it was given up
	BytesIn   int32  // of the answer
}

// Redirected says whether the request went elsewhere than where it was sent
// first, or was sent again.
func (o *Outcome) Redirected() bool { return o.Moved|o.Ask|o.TryAgain != 0 }

// ResponseNanos is the time from when the request was due to its end.
func (r *Request) ResponseNanos() int64 { return r.Done - r.Due }

// ServiceNanos is the time from when the request was (last) written to its
// end; 0 if it never was.
func (r *Request) ServiceNanos() int64 {
	if r.Written == 0 {
		return 0
	}
	return r.Done - r.Written
}

// Source makes the requests of one logical stream. The same seed makes the
// same requests, byte for byte.
type Source interface {
	// Next fills r's "what to send". It reuses r.Frame's memory and reports
	// false when the stream has ended. A request with an empty Frame is none
	// yet: the source waits for its own input. The driver then asks the
	// schedule again, whose time may lie before the last; without a schedule
	// it asks the source again a little later.
	Next(r *Request) bool
}

// Schedule says when the requests of one logical stream are due.
type Schedule interface {
	// Next is the due time of the next request, in nanoseconds since the
	// start of the phase; it never goes back, but after a request without a
	// frame.
	Next() int64
}

// Sink takes ended requests. Each worker calls it with its own number only,
// so an implementation needs no lock. The request is the worker's again when
// Record returns.
type Sink interface {
	Record(worker int, r *Request)
}

// Stream is one logical stream of a load: what it sends, and when. A nil
// Schedule means closed loop: the next as soon as the last was answered.
type Stream struct {
	Source   Source
	Schedule Schedule
}

// Load is what a driver is to send in one phase.
type Load struct {
	Streams     []Stream // closed loop: one a client; open loop: any fixed number
	Connections int      // logical clients in all; each holds at most one connection a node
	Pipeline    int      // requests in flight on one connection, at most
	Requests    int64    // end after so many; 0: no such limit
	Nanos       int64    // end after so long; 0: no such limit
	DrainNanos  int64    // how long to wait for the answers that are out at the end
	Slots       int      // how many slots the target has; 0: one node, no redirects
	Sink        Sink
	// Began, where not nil, is told of the moment from which the times of the
	// outcomes count, before anything is sent.
	Began func(origin time.Time)
}

// Tally is what a driver says of a phase that the outcomes do not.
type Tally struct {
	Origin     int64     // when the phase began: due times count from here
	End        int64     // when the last request was due, or was sent (closed loop)
	DrainEnd   int64     // when the last answer came or the drain gave up
	Sent       int64     // requests written, redirected ones once
	BusyShare  []float64 // by worker: the share of the time that it did not wait
	CPUNanos   []int64   // by worker: its thread's CPU time; nil where that can't be known
	Spinning   bool      // whether the pacing spun
	Aborted    string    // why the phase ended early, "" if it did not
	TargetGone bool      // every node became unreachable
}

// Driver sends loads at one target.
type Driver interface {
	// Workers is how many workers record outcomes: 0 … Workers()-1.
	Workers() int
	// Run sends one phase and returns when it is drained, or ctx ended it. The
	// error is only of a load that could not be begun at all; what went wrong
	// with requests is in their outcomes.
	Run(ctx context.Context, load Load) (Tally, error)
	// Close ends the connections.
	Close() error
}
