// Package keyset reads dumps of keys and adds them up by the CRC16 of what the
// cluster hashes, which answers every slot count at once. It keeps no key: its
// memory is the same for a thousand keys and for a billion.
//
// It prints nothing, and opens only the inputs that it is told to. Keys that
// come twice are counted twice.
package keyset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Limits on an input. What goes over one is a bad line, not a failure.
const (
	MaxLineBytes = 1 << 20 // a line, or a CSV record, without its end, but for plain keys
	MaxKeyBytes  = 1 << 29 // a key, as Redis limits it; those above MaxLineBytes are not held in memory
	MaxTagBytes  = 256     // a longer hash tag counts in its slot, but is not ranked
	MaxAmount    = 1 << 53 // the bytes or operations of one key
)

// Defaults of Options.
const (
	DefaultTagCounters = 1 << 13
	DefaultBadLines    = 20
)

// chunkBytes is how much a worker takes at a time.
const chunkBytes = 1 << 20

// Options say how inputs are read. The zero Options are the defaults.
type Options struct {
	Format      Format
	Threads     int // 0: as many as Go runs at once
	TagCounters int // 0: DefaultTagCounters; the bound on what hash tags take, for each thread
	BadLines    int // 0: DefaultBadLines; how many bad lines are kept, of all that are counted
	RankTags    Measure
	Checksums   Checksums
	Sample      int  // 0: DefaultSample; of how many keys of a running server one is measured
	ClusterMode bool // dumps are of servers in cluster mode
	Replication bool // read running servers as their replica
	OneDB       bool // read database DB alone, of inputs that tell any; false: all
	DB          int
	Now         time.Time // that times to live are told from where the input tells no time itself; zero: the real one
	// Since are slot statistics that were taken before those of the inputs:
	// operations are what was counted in between.
	Since []string
	// Stdin is read for the input "-". A Read of it that blocks is waited for,
	// so it should end when ctx does.
	Stdin io.Reader
	// Visit, if any, is called once for every goroutine that reads, perhaps by
	// several at once; what it returns is then called by that one with each of
	// its keys. Slot statistics name no keys and are not visited.
	Visit func() func(*Key)
	// Progress, if any, is told how many bytes of the inputs were read.
	Progress *atomic.Int64

	chunkBytes, lineBytes int    // tests make them small
	keyBytes              uint64 // and this
	before                snapshot
}

func (o *Options) setDefaults() {
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.TagCounters == 0 {
		o.TagCounters = DefaultTagCounters
	}
	if o.BadLines == 0 {
		o.BadLines = DefaultBadLines
	}
	if o.Sample <= 0 {
		o.Sample = DefaultSample
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	if o.Progress == nil {
		o.Progress = new(atomic.Int64)
	}
	if o.chunkBytes == 0 {
		o.chunkBytes = chunkBytes
	}
	if o.lineBytes == 0 {
		o.lineBytes = MaxLineBytes
	}
	if o.keyBytes == 0 {
		o.keyBytes = MaxKeyBytes
	}
}

// BadLine is a line that is no key, and where it stands.
type BadLine struct {
	Input  string `json:"input"`
	Line   int64  `json:"line"`   // 1 is the first; with --input nul, the number of the key
	Offset int64  `json:"offset"` // bytes before the line, after decompression
	Reason string `json:"reason"`
	Text   string `json:"text"` // how the line begins, quoted
}

// Summary is what the inputs hold.
type Summary struct {
	Bins  Bins
	Keys  uint64
	Bytes uint64 // of the values where the input tells, or else of the keys themselves; saturates
	Ops   uint64 // saturates

	// ByteSquares and OpSquares are sums of squares over the keys, for the
	// keys' effective number. They hold what CSV tells.
	ByteSquares, OpSquares float64
	HasBytes, HasOps       bool // some CSV record told bytes, operations

	Lines       int64 // all of them, header, blank and bad ones included
	BlankLines  int64
	QuotedLines int64 // lines in double quotes, read as redis-cli writes them
	BadLines    int64
	Bad         []BadLine // the first of them

	Inputs []Note // what was read, in order
	Values Values // what is told of the keys' values

	// Of logs of operations, the keys that they name and leave behind, and
	// those of the operations that write. Untracked says that there were more
	// keys than were kept, so that keys are a floor.
	LoggedOps, Writes uint64
	Distinct          uint64
	Untracked         bool
	UnknownCommands   int64 // logged, and not known to have keys
	// SlotsOnly says that some input tells of slots and not of keys;
	// OpsAreMicros that their operations are microseconds of processor time.
	SlotsOnly, OpsAreMicros bool
	// ResetSlots are slots that had counted more in the snapshot before: what is
	// told of their operations is a floor.
	ResetSlots int
	Measured   uint64 // keys of running servers that were measured
	Sampled    bool   // and not all were: bytes, types and times to live are estimates
	// BytesVariance is that of the estimate of Bytes, as far as the measured
	// keys tell: 1.96 times its root is the half of a 95 % interval.
	BytesVariance float64

	TaggedKeys uint64 // keys with a hash tag that counts
	LongTags   uint64 // of those, with one above MaxTagBytes
	Tags       *Tags
	Heavy      Heavy // the heaviest keys by bytes and by operations, where they are told
	Partial    bool  // reading ended before the inputs did
}

// Read reads the inputs one after another, each in parallel where it can be.
// "-" is standard input; a folder is one of append-only files. The summary holds
// what was read also when an error says that this was not everything: an input
// that could not be read to its end does not keep the next ones from being
// read, but the end of ctx does. Bad lines are no error; the summary counts
// them.
func Read(ctx context.Context, inputs []string, o Options) (*Summary, error) {
	o.setDefaults()
	s := &Summary{Tags: newTags(&o)}
	workers := make([]*worker, o.Threads)
	for i := range workers {
		workers[i] = newWorker(&o)
	}
	var failures []error
	var err error
	if o.before, err = readSnapshot(ctx, o.Since, &o); err != nil {
		return s, fmt.Errorf("the snapshot before: %w", err)
	}
	for _, name := range inputs {
		if ctx.Err() != nil {
			break
		}
		if IsLive(name) {
			own, note, err := readLive(ctx, name, &o)
			workers = append(workers, own...)
			s.Inputs = append(s.Inputs, note)
			s.Lines += note.Lines
			if err != nil && ctx.Err() == nil {
				failures = append(failures, fmt.Errorf("%s: %w", Redacted(name), err))
			}
			continue
		}
		parts, err := partsOf(name)
		for _, p := range parts {
			if err == nil && ctx.Err() == nil {
				err = s.readPart(ctx, p, &o, workers)
				if err != nil && p.name != name {
					err = fmt.Errorf("%s: %w", filepath.Base(p.name), err)
				}
			}
		}
		if len(parts) > 0 && parts[0].log != nil {
			parts[0].log.count(workers[0])
		}
		if err != nil && ctx.Err() == nil {
			failures = append(failures, fmt.Errorf("%s: %w", inputName(name), err))
		}
	}
	if ctx.Err() != nil {
		failures = append(failures, context.Cause(ctx))
	}
	s.ResetSlots = o.before.left()
	s.join(workers)
	if len(o.Since) > 0 && !s.SlotsOnly && len(failures) == 0 {
		failures = append(failures, errors.New("there is a snapshot before, and the inputs are no slot statistics to compare with it"))
	}
	s.Partial = len(failures) > 0
	return s, errors.Join(failures...)
}

// readPart reads a file and notes what it was.
func (s *Summary) readPart(ctx context.Context, p part, o *Options, workers []*worker) error {
	book := &ledger{input: p.name, limit: o.BadLines - len(s.Bad)}
	note, err := readInput(ctx, p, o, workers, book)
	if note == nil {
		return err
	}
	note.Lines += book.line
	s.Lines += note.Lines
	s.Bad = append(s.Bad, book.bad...)
	s.Inputs = append(s.Inputs, *note)
	return err
}

// join adds up what the workers counted.
func (s *Summary) join(workers []*worker) {
	for _, w := range workers {
		w.addTo(s)
	}
	s.Heavy = heaviestOf(workers)
	for crc := range s.Bins.Keys {
		s.Keys += s.Bins.Keys[crc]
		s.Bytes = addUp(s.Bytes, s.Bins.Bytes[crc])
		s.Ops = addUp(s.Ops, s.Bins.Ops[crc])
	}
}

// inputName is how messages call an input.
func inputName(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}

// readInput opens one input and lets the workers empty it.
func readInput(ctx context.Context, p part, o *Options, workers []*worker, book *ledger) (*Note, error) {
	in, err := open(ctx, p, o)
	if err != nil {
		return nil, err
	}
	defer in.close()
	if o.OneDB && !in.note.Format.withDBs() {
		return nil, fmt.Errorf("%s: %w", in.note.Format, errNoDBs)
	}
	book.line = in.headerLines
	for _, w := range workers {
		w.log = in.log
	}
	if in.sequential != nil {
		err = in.sequential(in, ctx, o, workers)
	} else {
		err = in.share(ctx, o, workers, book)
	}
	if in.unpacker != nil {
		in.note.UnpackBusy = in.unpacker.busy()
	}
	if in.log != nil && p.log == nil {
		in.log.count(workers[0])
	}
	return &in.note, err
}

// share lets all workers take blocks of the input.
func (in *input) share(ctx context.Context, o *Options, workers []*worker, book *ledger) (err error) {
	var group sync.WaitGroup
	var failed sync.Once
	for _, w := range workers {
		group.Go(func() {
			if failure := w.empty(ctx, in, book, o.Progress); failure != nil {
				failed.Do(func() { err = failure })
				in.stop.Store(true)
			}
		})
	}
	group.Wait()
	return err
}

// addUp saturates: a sum that would overflow stays at the largest number.
func addUp(a, b uint64) uint64 {
	if a+b < a {
		return math.MaxUint64
	}
	return a + b
}
