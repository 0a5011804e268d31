package keyset

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"slotbench/internal/clustermap"
	"slotbench/internal/rdb"
	"slotbench/internal/slot"
)

// Reading a running server.
const (
	// DefaultSample is of how many keys one is measured.
	DefaultSample = 10
	scanCount     = 1000
	liveTimeout   = 30 * time.Second // of one answer
)

// IsLive says whether an input is a running server: a redis:// or rediss:// URL.
func IsLive(name string) bool {
	return strings.HasPrefix(name, "redis://") || strings.HasPrefix(name, "rediss://")
}

// Redacted is a URL without user and password; other names are as they are.
func Redacted(name string) string {
	scheme, rest, found := strings.Cut(name, "://")
	if at := strings.LastIndexByte(rest, '@'); found && IsLive(name) && at >= 0 {
		return scheme + "://" + rest[at+1:]
	}
	return name
}

// Topology asks the server at a URL for its cluster's; one that is alone owns
// all slots.
func Topology(ctx context.Context, url string) (*slot.Topology, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, err
	}
	client := newClient(options)
	defer client.Close()
	text, err := client.ClusterNodes(ctx).Result()
	var answer redis.Error
	switch {
	case errors.As(err, &answer) && !strings.HasPrefix(err.Error(), "NOAUTH") && !strings.HasPrefix(err.Error(), "NOPERM"):
		host, port, err := net.SplitHostPort(options.Addr)
		if err != nil {
			return nil, err
		}
		n := slot.Node{Host: host}
		if _, err := fmt.Sscan(port, &n.Port); err != nil {
			return nil, fmt.Errorf("port %s: %w", port, err)
		}
		return slot.Even(slot.DefaultCount, []slot.Node{n}), nil
	case err != nil:
		return nil, err
	}
	t, _, err := clustermap.Parse([]byte(text))
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(options.Addr)
	for i := range t.Nodes {
		if t.Nodes[i].Host == "" { // a node that does not know its own address yet
			t.Nodes[i].Host = host
		}
	}
	return t, err
}

// silence keeps the client library from writing on stderr what is returned as
// an error as well.
var silence = sync.OnceFunc(func() { redis.SetLogger(discard{}) })

type discard struct{}

func (discard) Printf(context.Context, string, ...any) {}

func newClient(options *redis.Options) *redis.Client {
	silence()
	o := *options
	o.DisableIdentity = true
	o.MaxRetries = -1
	o.ReadTimeout, o.DialTimeout = liveTimeout, liveTimeout
	return redis.NewClient(&o)
}

// readLive reads all primaries of the cluster at a URL at once. It returns a
// worker for each.
func readLive(ctx context.Context, url string, o *Options) (workers []*worker, note Note, err error) {
	note = Note{Name: Redacted(url), Format: Live}
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, note, err
	}
	if o, err = o.pickedDB(url); err != nil {
		return nil, note, err
	}
	t, err := Topology(ctx, url)
	if err != nil {
		return nil, note, err
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	var failures []error
	for i, n := range t.Nodes {
		if t.Slots(i) == 0 && len(t.Nodes) > 1 {
			continue
		}
		w := newWorker(o)
		workers = append(workers, w)
		own := *options
		own.Addr = n.Addr()
		group.Go(func() {
			read := (*worker).scan
			if o.Replication {
				read = (*worker).replicate
			}
			seen, err := read(w, ctx, &own, o)
			mu.Lock()
			defer mu.Unlock()
			note.Lines += seen.Lines
			note.Dump = seen.Dump
			note.Checksum = seen.Checksum
			for _, d := range seen.DBs {
				note.inDB(d.DB, d.Keys)
			}
			if err != nil {
				failures = append(failures, fmt.Errorf("%s: %w", own.Addr, err))
			}
		})
	}
	group.Wait()
	return workers, note, errors.Join(failures...)
}

// scan reads a server's keys by SCAN, database by database.
func (w *worker) scan(ctx context.Context, options *redis.Options, o *Options) (note Note, err error) {
	own := *options
	own.DB = 0
	dbs, err := databases(ctx, &own, o)
	for _, db := range dbs {
		own.DB = db
		keys, err := w.scanDB(ctx, &own, o)
		note.Lines += keys
		note.inDB(db, keys)
		if err != nil {
			return note, err
		}
	}
	return note, err
}

// scanDB reads the keys of one database, and measures one in o.Sample.
func (w *worker) scanDB(ctx context.Context, options *redis.Options, o *Options) (seen int64, err error) {
	client := newClient(options)
	defer client.Close()
	s := scanning{w: w, client: client, sample: o.Sample, now: o.Now}
	defer func() { w.sums.BytesVariance += s.variance() }()
	for cursor := uint64(0); ; {
		keys, next, err := client.Scan(ctx, cursor, "", scanCount).Result()
		if err != nil {
			return seen, err
		}
		if err := s.measure(ctx, keys); err != nil {
			return seen, err
		}
		seen += int64(len(keys))
		size := 0
		for _, key := range keys {
			s.add([]byte(key))
			size += len(key)
		}
		o.Progress.Add(int64(size))
		if cursor = next; cursor == 0 {
			return seen, nil
		}
	}
}

// scanning adds up keys of which some are measured: one that is not takes as
// much as the measured ones do on average, and stands for the type and time to
// live of the last that was.
type scanning struct {
	w      *worker
	client *redis.Client
	sample int
	now    time.Time

	at       int // how many keys came
	measured []entry
	last     entry
	sum      uint64
	many     uint64
	squares  float64 // of the measured
}

// variance is that of the estimated sum of bytes: of a simple random sample
// without replacement, which the order of SCAN makes it.
func (s *scanning) variance() float64 {
	n, all := float64(s.many), float64(s.at)
	if n < 2 || n >= all {
		return 0
	}
	mean := float64(s.sum) / n
	return all * (all - n) / n * max(0, s.squares-n*mean*mean) / (n - 1)
}

// measure asks for what is to be measured of a batch of keys.
func (s *scanning) measure(ctx context.Context, keys []string) error {
	pipe := s.client.Pipeline()
	var bytes []*redis.IntCmd
	var kinds []*redis.StatusCmd
	var ttls []*redis.DurationCmd
	for i, key := range keys {
		if (s.at+i)%s.sample == 0 {
			bytes = append(bytes, pipe.MemoryUsage(ctx, key))
			kinds = append(kinds, pipe.Type(ctx, key))
			ttls = append(ttls, pipe.PTTL(ctx, key))
		}
	}
	s.measured = s.measured[:0]
	if len(bytes) == 0 {
		return nil
	}
	if _, err := pipe.Exec(ctx); err != nil {
		var answer redis.Error
		if !errors.As(err, &answer) {
			return err
		}
	}
	for i := range bytes {
		e := entry{hasKind: kinds[i].Err() == nil, kind: rdb.ParseKind(kinds[i].Val())}
		if e.hasBytes = bytes[i].Err() == nil; e.hasBytes {
			e.bytes = uint64(bytes[i].Val())
		}
		if e.hasTTL = ttls[i].Err() == nil; e.hasTTL && ttls[i].Val() >= 0 {
			e.ttl = classOf(ttls[i].Val())
		}
		s.measured = append(s.measured, e)
	}
	return nil
}

// add adds up the next key.
func (s *scanning) add(key []byte) {
	w := s.w
	if s.at%s.sample == 0 {
		s.last, s.measured = s.measured[0], s.measured[1:]
		if s.last.hasBytes {
			s.sum += s.last.bytes
			s.squares += float64(s.last.bytes) * float64(s.last.bytes)
			s.many++
		}
		w.sums.Measured++
	}
	s.at++
	e := s.last
	e.key = key
	if e.hasKind {
		w.sums.Values.HasKinds = true
		w.sums.Values.Kinds[e.kind][e.encoding].add(e.bytes, 0)
		e.hasKind, e.guessedKind = false, true
	}
	if e.hasTTL {
		w.sums.Values.HasTTLs = true
		w.sums.Values.TTLs[e.ttl].add(e.bytes, 0)
		e.hasTTL, e.guessedTTL = false, true
	}
	if s.sample > 1 && s.many > 0 {
		w.sums.Sampled = true
		if (s.at-1)%s.sample != 0 {
			e.bytes, e.hasBytes = s.sum/s.many, true
		}
	}
	w.entry(&e)
}

// dial opens a connection to a server and says who we are.
func dial(ctx context.Context, options *redis.Options) (net.Conn, error) {
	dialer := net.Dialer{Timeout: liveTimeout}
	if options.TLSConfig != nil {
		return (&tls.Dialer{NetDialer: &dialer, Config: options.TLSConfig}).DialContext(ctx, "tcp", options.Addr)
	}
	return dialer.DialContext(ctx, "tcp", options.Addr)
}
