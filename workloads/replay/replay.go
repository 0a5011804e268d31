// Package replay reads recorded traffic and makes the requests of a load of
// it: cache traces as CSV (Twitter's, Meta's), libCacheSim's oracleGeneral,
// and what MONITOR prints; plain, gzip or zstd.
//
// A trace of any length takes the same memory: one goroutine reads ahead of
// the load as far as a bounded queue allows. The package opens no socket and
// reads no clock; a reader that is late shows in due times that are past.
package replay

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
)

// The limits of a replay.
const (
	MaxLineBytes   = 4 << 20   // of a line of text
	MaxKeyBytes    = 64 << 10  // of a key, prefix and padding included
	MaxValueBytes  = 512 << 20 // of a value, which is the most that Redis takes
	MaxArguments   = 1 << 16   // of one command of a MONITOR log
	MaxAmplify     = 1000
	MaxSpeed       = 1e6
	MaxOps         = 32   // operations that reports tell apart; further ones are "other"
	MaxRepeat      = 1000 // of one line that stands for several operations (Meta's op_count)
	DefaultMaxBad  = 1000
	MaxFaultsNamed = 5

	queuedRecords   = 1 << 17  // how far the reader is ahead, at most
	queuedBytes     = 32 << 20 // … and in bytes of commands without their values
	flushRecords    = 512      // dealt out together
	flushBytes      = 1 << 20
	maxTickRecords  = 1 << 16 // of one tick of a trace's clock that are spread over it together
	maxTickBytes    = 16 << 20
	maxCopyGapNanos = int64(1e9)     // over which the copies of an operation are spread, at most
	pollNanos       = int64(1e6)     // a stream asks again after this when the reader is behind it
	maxNanos        = int64(1) << 61 // of a trace's time: 73 years
	seenKeys        = 1 << 20        // remembered by hash, to fill or to remove once
)

// The formats of traces.
const (
	Auto    = "auto"    // by name and content
	Twitter = "twitter" // timestamp,key,key_size,value_size,client,op,TTL
	Meta    = "meta"    // op_time,key,key_size,op,op_count,size,cache_hits,ttl,…
	Oracle  = "oracle"  // libCacheSim's oracleGeneral
	Monitor = "monitor" // redis-cli MONITOR
)

// Formats is their names.
func Formats() []string { return []string{Auto, Twitter, Meta, Oracle, Monitor} }

// Options say what is replayed and how. Zero means the default that a field
// names.
type Options struct {
	Files   []string  // in the order of their time; "-" is Stdin
	Stdin   io.Reader // for "-"
	Format  string    // default Auto
	Speed   float64   // times as fast as recorded; 0: as fast as possible
	Amplify int       // copies of each operation under keys of their own; default 1
	Limit   int64     // operations of the trace, before amplification; 0: all
	MaxBad  int64     // bad lines before the replay is given up; default DefaultMaxBad, below 0: none
	Fill    bool      // write a key after the first time that it is read, as a cache does
	Even    bool      // spread operations of one tick evenly; else at random
	Prefix  string    // before every key; no braces
	Seed    uint64    // of values, and of times within a tick
}

// Validate names every fault.
func (o *Options) Validate() error {
	var faults []string
	add := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if len(o.Files) == 0 {
		add("no file to replay")
	}
	known := false
	for _, format := range Formats() {
		known = known || o.Format == format || o.Format == ""
	}
	if !known {
		add("format %q: want one of %s", o.Format, strings.Join(Formats(), ", "))
	}
	if !(o.Speed >= 0 && o.Speed <= MaxSpeed) {
		add("speed %g: want 0 (as fast as possible) to %g times the recorded", o.Speed, float64(MaxSpeed))
	}
	if o.Amplify < 0 || o.Amplify > MaxAmplify {
		add("amplify %d: want 1 to %d", o.Amplify, MaxAmplify)
	}
	if o.Limit < 0 {
		add("limit %d: want 0 (all) or more", o.Limit)
	}
	if strings.ContainsAny(o.Prefix, "{}") {
		add("prefix %q has a brace, which would make a hash tag", o.Prefix)
	}
	if len(faults) > 0 {
		return fmt.Errorf("replay: %s", strings.Join(faults, "; "))
	}
	return nil
}

// Counts is what became of a trace so far.
type Counts struct {
	Format     string           // as recognised
	Read       int64            // operations of the trace, skipped ones too
	Dealt      int64            // requests made of them: copies and fills too
	Skipped    map[string]int64 // operations that are not replayed, by kind
	Bad        int64            // lines that could not be read
	Faults     []string         // the first of them: file, line, reason
	OutOfOrder int64            // operations with a time before their predecessor's, sent at that one's
	Crowded    int64            // ticks with more operations than can be spread evenly
	Late       int64            // requests that were read after they were due
	LateNanos  int64            // by how much, at most; a lower bound
	SpanNanos  int64            // from the first operation to the last, as recorded
	Ended      bool             // the trace is at its end, or its limit
}

// Trace is a trace that is read while a load sends it.
type Trace struct {
	options Options
	cluster bool
	removal bool // makes deletions of what the trace writes
	streams []*Stream
	started bool

	quit  chan struct{}
	done  sync.WaitGroup
	room  chan struct{} // one entry: a stream has used up a batch
	full  atomic.Bool   // the first batches are dealt, or the trace has ended
	ready chan struct{} // closed then

	queued      atomic.Int64 // records in the streams' queues
	queuedBytes atomic.Int64
	horizon     atomic.Int64 // everything that is due before is dealt
	ended       atomic.Bool  // nothing more will be dealt
	late        atomic.Int64
	lateNanos   atomic.Int64
	free        sync.Pool // of *batch
	pool        []byte    // what values are cut from

	mu     sync.Mutex // guards what follows
	counts Counts
	ops    []string
	byName map[string]uint8
	err    error // why the reading ended before the trace did
}

// New is a trace that was not begun to be read. Its options must be valid.
func New(o Options) *Trace {
	if o.Amplify == 0 {
		o.Amplify = 1
	}
	if o.Format == "" {
		o.Format = Auto
	}
	if o.MaxBad == 0 {
		o.MaxBad = DefaultMaxBad
	}
	return &Trace{
		options: o, quit: make(chan struct{}), room: make(chan struct{}, 1), ready: make(chan struct{}),
		counts: Counts{Format: o.Format, Skipped: map[string]int64{}}, byName: map[string]uint8{},
	}
}

// Options is what the trace was made with, defaults filled in.
func (t *Trace) Options() Options { return t.options }

// Closed says whether the trace is replayed as fast as possible, without times
// of its own.
func (t *Trace) Closed() bool { return t.options.Speed == 0 }

// Start begins to read, for so many streams, and returns when as much is
// ready as the queue holds. On a cluster, commands with keys in several slots
// are skipped. An error is of the first file: it cannot be opened, or nothing
// tells its format; or ctx has ended before. Stop follows, whatever Start says.
func (t *Trace) Start(ctx context.Context, streams int, cluster bool) error {
	if t.started {
		panic("replay: started twice")
	}
	t.started, t.cluster = true, cluster
	t.pool = newPool(t.options.Seed)
	for i := range streams {
		t.streams = append(t.streams, &Stream{trace: t, number: int32(i)})
	}
	t.done.Go(t.read)
	select {
	case <-t.ready:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts.Read == 0 {
		return t.err
	}
	return nil
}

// Stop ends the reading and waits for it.
func (t *Trace) Stop() {
	if t.started {
		select {
		case <-t.quit:
		default:
			close(t.quit)
		}
		t.done.Wait()
	}
}

// Streams is the logical streams: operations are dealt to them by slot, so
// that those of one key are sent in their order.
func (t *Trace) Streams() []*Stream { return t.streams }

// Removal is a trace that deletes every key that this one writes, as fast as
// possible, each at least once. Its files are read again.
func (t *Trace) Removal() *Trace {
	o := t.options
	o.Speed, o.MaxBad, o.Stdin = 0, -1, nil
	r := New(o)
	r.removal = true
	return r
}

// Ops is the names of the operations by request.Op, as far as they were met.
func (t *Trace) Ops() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string{}, t.ops...)
}

// Counts is what became of the trace so far, and why reading ended early.
func (t *Trace) Counts() (Counts, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.counts
	c.Skipped = map[string]int64{}
	for kind, n := range t.counts.Skipped {
		c.Skipped[kind] = n
	}
	c.Faults = append([]string{}, t.counts.Faults...)
	c.Late, c.LateNanos, c.Ended = t.late.Load(), t.lateNanos.Load(), t.ended.Load()
	return c, t.err
}

// otherOps is the name of the operations beyond MaxOps.
const otherOps = "other"

// op is an operation's number.
func (t *Trace) op(name string) uint8 {
	if n, ok := t.byName[name]; ok { // only the reader writes it
		return n
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.ops) == MaxOps {
		return MaxOps - 1
	}
	if len(t.ops) == MaxOps-1 {
		name = otherOps
	}
	t.byName[name] = uint8(len(t.ops))
	t.ops = append(t.ops, name)
	return t.byName[name]
}
