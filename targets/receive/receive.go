// Package receive is the receiving side of messages: subscribers of channels
// and consumers of stream groups, on connections of their own beside a load's.
// It hands on what came with the moment when it had been read, follows channels
// and streams to other nodes, and judges nothing.
//
// A receiver holds one connection to each node that its channels need, a
// consumer one to each slot that its streams lie in: a read that blocks names
// keys of one slot only. A goroutine reads each connection.
package receive

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"slotbench/internal/request"
	"slotbench/internal/slot"
	"slotbench/targets"
)

// The limits of receiving.
const (
	OpenTimeout = 30 * time.Second // until everybody listens
	maxDials    = 64               // connections that are opened at once
	retryAfter  = 50 * time.Millisecond
	writeLimit  = 5 * time.Second // for a server to take a command
	startBuffer = 4 << 10         // bytes; it grows to the longest message
)

// Counts is what one reception did beside receiving.
type Counts struct {
	Connections int64 // that stand
	Reconnects  int64 // connections that had to be opened again
	Moved       int64 // channels and streams that were followed to another node
	Errors      int64 // answers that were errors
	Acked       int64 // entries that XACK acknowledged
}

// Since is what was done since an earlier count; connections stand as they do.
func (c Counts) Since(before Counts) Counts {
	return Counts{
		Connections: c.Connections, Reconnects: c.Reconnects - before.Reconnects, Moved: c.Moved - before.Moved,
		Errors: c.Errors - before.Errors, Acked: c.Acked - before.Acked,
	}
}

// Receivers is everybody who listens.
type Receivers struct {
	access   targets.Access
	addrs    []string
	topology *slot.Topology // nil: one server
	sink     request.Receipts
	ctx      context.Context // ends with Close: what it bounds outlives the call that made it
	end      context.CancelFunc
	reading  sync.WaitGroup
	dials    chan struct{}
	counts   []counts
	unacked  atomic.Int64  // entries that consumers have read, and whose XACK is not answered yet
	waiting  atomic.Int64  // channels and consumers that do not listen yet
	ready    chan struct{} // closed when none waits
	failed   chan error    // the first refusal before that

	mu   sync.Mutex
	term context.Context // of the present primary, where there is one to follow: its connections end with it
}

// counts is Counts under way.
type counts struct{ connections, reconnects, moved, errors, acked atomic.Int64 }

// Open lets every receiver listen, and returns when all do: what is sent from
// then on is received. The receptions are numbered for the sink as they stand.
// An error is of a server that could not be reached or refused to let one
// listen; nobody listens then.
func Open(ctx context.Context, access targets.Access, t *slot.Topology, receptions []request.Reception, sink request.Receipts) (*Receivers, error) {
	r := &Receivers{
		access: access, sink: sink, dials: make(chan struct{}, maxDials), counts: make([]counts, len(receptions)),
		ready: make(chan struct{}), failed: make(chan error, 1),
	}
	for _, node := range t.Nodes {
		r.addrs = append(r.addrs, node.Addr())
	}
	if access.Cluster {
		r.topology = t.Clone()
	}
	r.ctx, r.end = context.WithCancel(context.WithoutCancel(ctx))
	r.term = r.ctx
	if access.Primary != nil {
		r.followPrimary()
	}
	r.waiting.Store(1) // this function's own
	for i := range receptions {
		r.begin(i, &receptions[i])
	}
	r.listens()
	limit := time.NewTimer(OpenTimeout)
	defer limit.Stop()
	var err error
	select {
	case <-r.ready:
		return r, nil
	case err = <-r.failed:
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-limit.C:
		err = fmt.Errorf("%d channels or consumers did not listen within %s", r.waiting.Load(), OpenTimeout)
	}
	r.Close()
	return nil, err
}

// begin starts the receivers of one reception.
func (r *Receivers) begin(number int, in *request.Reception) {
	for i, keys := range in.Receivers {
		if in.Command == request.ReadGroup {
			for _, streams := range r.bySlot(keys) {
				r.waiting.Add(1)
				c := &consumer{all: r, number: number, in: in, name: fmt.Sprintf("c%d", i), streams: streams, addr: r.owner(streams[0])}
				r.reading.Go(c.run)
			}
			continue
		}
		r.waiting.Add(int64(len(keys)))
		s := &subscriber{all: r, number: number, command: in.Command, links: map[string]*link{}, heard: map[string]bool{}}
		for _, channel := range keys {
			addr := r.addrs[i%len(r.addrs)]
			if !in.AnyNode {
				addr = r.owner(channel)
			}
			s.home(channel, addr)
		}
	}
}

// bySlot parts keys by slot; of a server alone they stay together.
func (r *Receivers) bySlot(keys []string) [][]string {
	if r.topology == nil {
		return [][]string{keys}
	}
	at := map[slot.Slot]int{}
	var parts [][]string
	for _, key := range keys {
		s := slot.Of([]byte(key))
		if _, known := at[s]; !known {
			at[s] = len(parts)
			parts = append(parts, nil)
		}
		parts[at[s]] = append(parts[at[s]], key)
	}
	return parts
}

// owner is the address of the node that owned a key's slot at the start.
func (r *Receivers) owner(key string) string {
	if r.topology != nil {
		if owner := r.topology.Owner(slot.Of([]byte(key)) % slot.Slot(r.topology.Count())); owner >= 0 {
			return r.addrs[owner]
		}
	}
	return r.addrs[0]
}

// next is the node to try after one that did not answer.
func (r *Receivers) next(addr string) string {
	for i, known := range r.addrs {
		if known == addr {
			return r.addrs[(i+1)%len(r.addrs)]
		}
	}
	return r.addrs[0]
}

// listens says that one more listens.
func (r *Receivers) listens() {
	if r.waiting.Add(-1) == 0 {
		close(r.ready)
	}
}

// refuse says that one will never listen, unless all do already.
func (r *Receivers) refuse(err error) {
	select {
	case <-r.ready:
	default:
		select {
		case r.failed <- err:
		default: // it is not the first
		}
	}
}

// pause waits a little before another attempt; false when all ends.
func (r *Receivers) pause() bool {
	timer := time.NewTimer(retryAfter)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.ctx.Done():
		return false
	}
}

// followPrimary ends all connections when another server becomes the primary:
// the old one would keep them, and say nothing any more.
func (r *Receivers) followPrimary() {
	current := r.access.Primary()
	term, end := context.WithCancel(r.ctx)
	r.term = term
	r.reading.Go(func() {
		ticks := time.NewTicker(retryAfter)
		defer ticks.Stop()
		for {
			select {
			case <-ticks.C:
			case <-r.ctx.Done():
				end()
				return
			}
			if now := r.access.Primary(); now != current {
				r.mu.Lock()
				end()
				current = now
				r.term, end = context.WithCancel(r.ctx)
				r.mu.Unlock()
			}
		}
	})
}

// present is the term of the present primary.
func (r *Receivers) present() context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.term
}

// Counts is what each reception did so far.
func (r *Receivers) Counts() []Counts {
	all := make([]Counts, len(r.counts))
	for i := range r.counts {
		c := &r.counts[i]
		all[i] = Counts{c.connections.Load(), c.reconnects.Load(), c.moved.Load(), c.errors.Load(), c.acked.Load()}
	}
	return all
}

// Unacknowledged is how many entries consumers have read whose acknowledgement
// is still on its way: Counts does not have it yet.
func (r *Receivers) Unacknowledged() int64 { return r.unacked.Load() }

// Close ends all connections and waits for their readers.
func (r *Receivers) Close() {
	r.end()
	r.reading.Wait()
}

// Links is how many connections the receptions need, for who must know before.
func Links(t *slot.Topology, isCluster bool, receptions []request.Reception) int {
	r := &Receivers{}
	if isCluster {
		r.topology = t
	}
	links := 0
	for i := range receptions {
		in := &receptions[i]
		for _, keys := range in.Receivers {
			switch {
			case in.AnyNode || !isCluster:
				links++
			case in.Command == request.ReadGroup:
				links += len(r.bySlot(keys))
			default:
				links += min(len(keys), len(t.Nodes))
			}
		}
	}
	return links
}

// errNotRESP is an answer of another kind than the protocol has there.
var errNotRESP = errors.New("an answer that the command does not have")
