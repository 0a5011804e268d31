package results

import (
	"sync"
	"sync/atomic"
	"time"

	"slotbench/internal/request"
)

// Delivery is what one group of receivers got of what the load sent it.
type Delivery struct {
	Name        string  `json:"name"`
	Command     string  `json:"command"`     // SUBSCRIBE, SSUBSCRIBE or XREADGROUP
	Receivers   int     `json:"receivers"`   // subscribers or consumers
	Connections int64   `json:"connections"` // that they hold, to all nodes together
	Published   int64   `json:"published"`   // messages that the server accepted and somebody was to get
	Expected    int64   `json:"expected"`    // receipts that they should have led to
	Delivered   int64   `json:"delivered"`   // of those, in time: before the drain ended
	Lost        *int64  `json:"lost"`        // the rest that will never come; null: not known
	Extra       int64   `json:"extra"`       // receipts beyond the expected ones: twice, or of messages that the server did not acknowledge
	Untold      int64   `json:"untold"`      // further messages that were not followed: more than a million were under way
	PerSec      float64 `json:"per_sec"`     // Delivered by second
	Response    Latency `json:"response_us"` // from when the message was due until it had been read
	Delay       Latency `json:"delay_us"`    // from when it was written until it had been read
	ResponseHDR string  `json:"response_hdr"`
	DelayHDR    string  `json:"delay_hdr"`
	Reconnects  int64   `json:"reconnects"` // connections opened again in mid-run
	Moved       int64   `json:"moved"`      // channels and streams followed to another node
	Errors      int64   `json:"errors"`     // answers to receivers that were errors
	// Group is null of subscribers.
	Group *GroupDelivery `json:"group"`
}

// GroupDelivery is what a consumer group has beside its deliveries.
type GroupDelivery struct {
	Group        string `json:"group"`
	Acknowledged int64  `json:"acknowledged"` // by XACK, since the consumers began
	LagMax       int64  `json:"lag_max"`      // the most entries that were accepted and not delivered at one time
	LagEnd       *int64 `json:"lag_end"`      // entries that still waited in the streams at the end; null: the servers do not tell
}

// The limits of what is remembered of messages under way.
const (
	deliveryShards  = 8
	maxOpenMessages = 1 << 20 // of one reception
)

// Deliveries sets what was sent against what was received: as a sink it takes
// the requests, as receipts the messages, each known by the stamp of its value.
// Both may come first. It holds a message until everybody has it.
type Deliveries struct {
	origin     atomic.Int64 // of the phase's clock, in nanoseconds since base
	base       time.Time
	senders    [][]int // by operation: the receptions that get its messages
	receptions []*receipts
}

// receipts is what is known of one reception.
type receipts struct {
	in     request.Reception
	expect map[string]int32 // receivers by key
	open   atomic.Int64     // receipts that accepted messages still lack
	peak   atomic.Int64
	shards [deliveryShards]receiptShard
}

type receiptShard struct {
	mu       sync.Mutex
	messages map[messageID]*message
	sums     receiptSums
	response *dist
	delay    *dist
}

// receiptSums is what is counted.
type receiptSums struct {
	published, expected, delivered, extra int64
	untold                                int64 // messages beyond maxOpenMessages
}

func (s *receiptSums) merge(from *receiptSums) {
	s.published += from.published
	s.expected += from.expected
	s.delivered += from.delivered
	s.extra += from.extra
	s.untold += from.untold
}

// messageID names a message: the stream that made it and its number there.
type messageID struct {
	stream int32
	seq    uint64
}

// message is one under way.
type message struct {
	due, written int64   // since base; written is 0 until the server has accepted it
	lacks        int32   // receipts, of an accepted one
	early        []int64 // receipts that came before that was known
}

// NewDeliveries is for these receptions. commands names the command of each
// operation of the load; base is a moment before the load.
func NewDeliveries(receptions []request.Reception, commands []string, base time.Time) *Deliveries {
	d := &Deliveries{base: base, senders: make([][]int, len(commands))}
	for i := range receptions {
		r := &receipts{in: receptions[i], expect: map[string]int32{}}
		for _, keys := range r.in.Receivers {
			for _, key := range keys {
				if r.expect[key]++; r.in.Command == request.ReadGroup {
					r.expect[key] = 1 // one of the group gets it
				}
			}
		}
		d.receptions = append(d.receptions, r)
		for op, command := range commands {
			if command == request.SentBy(r.in.Command) {
				d.senders[op] = append(d.senders[op], i)
			}
		}
	}
	d.Reset()
	return d
}

// Begin says when the clock of the requests' times begins.
func (d *Deliveries) Begin(origin time.Time) { d.origin.Store(int64(origin.Sub(d.base))) }

// Reset forgets everything. Nobody sends meanwhile; what is received
// meanwhile is of before or after.
func (d *Deliveries) Reset() {
	for _, r := range d.receptions {
		r.open.Store(0)
		r.peak.Store(0)
		for i := range r.shards {
			s := &r.shards[i]
			s.mu.Lock()
			s.messages, s.sums = map[messageID]*message{}, receiptSums{}
			s.response, s.delay = newDist(), newDist()
			s.mu.Unlock()
		}
	}
}

// Record takes an ended request.
func (d *Deliveries) Record(_ int, r *request.Request) {
	if int(r.Op) >= len(d.senders) {
		return
	}
	for _, i := range d.senders[r.Op] {
		d.receptions[i].sent(r, d.origin.Load())
	}
}

// Received takes a message. What carries no stamp of its key is not ours.
func (d *Deliveries) Received(reception int, key, value []byte, at time.Time) {
	stream, seq, ok := request.ReadStamp(value, key)
	if !ok {
		return
	}
	d.receptions[reception].received(messageID{stream, seq}, int64(at.Sub(d.base)))
}

func (r *receipts) shard(id messageID) *receiptShard {
	return &r.shards[(uint64(uint32(id.stream))*31+id.seq)%deliveryShards]
}

// sent is a request that was to be received. One that the server did not
// accept for certain is nobody's loss.
func (r *receipts) sent(q *request.Request, origin int64) {
	expected := r.expect[string(q.Key())]
	if expected == 0 {
		return
	}
	id := messageID{q.Stream, q.Seq}
	s := r.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.messages[id]
	switch {
	case q.Status != request.OK:
		if m != nil {
			s.sums.extra += int64(len(m.early))
			delete(s.messages, id)
		}
		return
	case m == nil && len(s.messages) >= maxOpenMessages/deliveryShards:
		s.sums.untold++
		return
	case m == nil:
		m = &message{}
		s.messages[id] = m
	}
	s.sums.published++
	s.sums.expected += int64(expected)
	m.due, m.written, m.lacks = origin+q.Due, origin+q.Written, expected
	r.opened(int64(expected))
	for _, at := range m.early {
		r.count(s, id, m, at)
	}
	m.early = nil
}

// opened counts receipts that are to come.
func (r *receipts) opened(n int64) {
	open := r.open.Add(n)
	for peak := r.peak.Load(); open > peak && !r.peak.CompareAndSwap(peak, open); peak = r.peak.Load() {
	}
}

func (r *receipts) received(id messageID, at int64) {
	s := r.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.messages[id]
	switch {
	case m == nil && len(s.messages) >= maxOpenMessages/deliveryShards:
	case m == nil:
		s.messages[id] = &message{early: []int64{at}}
	case m.written == 0:
		m.early = append(m.early, at)
	default:
		r.count(s, id, m, at)
	}
}

// count is one receipt of an accepted message; the shard is locked.
func (r *receipts) count(s *receiptShard, id messageID, m *message, at int64) {
	if m.lacks == 0 {
		s.sums.extra++
		return
	}
	m.lacks--
	r.open.Add(-1)
	s.sums.delivered++
	s.response.record(at-m.due, 1)
	s.delay.record(at-m.written, 1)
	if m.lacks == 0 {
		delete(s.messages, id)
	}
}

// Outstanding is how many receipts are still to come.
func (d *Deliveries) Outstanding() (open int64) {
	for _, r := range d.receptions {
		open += r.open.Load()
	}
	return open
}

// Results is what was delivered in so many seconds. What the connections did
// is the caller's to fill in. Of subscribers everything that is still lacking
// is lost; of a group that is not known.
func (d *Deliveries) Results(seconds float64) ([]Delivery, error) {
	var all []Delivery
	for _, r := range d.receptions {
		var sums receiptSums
		response, delay := newDist(), newDist()
		for i := range r.shards {
			s := &r.shards[i]
			s.mu.Lock()
			sums.merge(&s.sums)
			for _, m := range s.messages {
				sums.extra += int64(len(m.early)) // nobody sent them, or they came a second time
			}
			response.merge(s.response)
			delay.merge(s.delay)
			s.mu.Unlock()
		}
		one := Delivery{
			Name: r.in.Name, Command: r.in.Command, Receivers: len(r.in.Receivers),
			Published: sums.published, Expected: sums.expected, Delivered: sums.delivered, Extra: sums.extra, Untold: sums.untold,
			Response: response.latency(), Delay: delay.latency(),
		}
		if seconds > 0 {
			one.PerSec = float64(sums.delivered) / seconds
		}
		var err error
		if one.ResponseHDR, err = response.encoded(); err != nil {
			return nil, err
		}
		if one.DelayHDR, err = delay.encoded(); err != nil {
			return nil, err
		}
		if r.in.Command == request.ReadGroup {
			one.Group = &GroupDelivery{Group: r.in.Group, LagMax: r.peak.Load()}
		} else {
			lost := sums.expected - sums.delivered
			one.Lost = &lost
		}
		all = append(all, one)
	}
	return all, nil
}
