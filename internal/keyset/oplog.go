package keyset

import (
	"hash/maphash"
	"sync"
	"sync/atomic"

	"slotbench/internal/rdb"
	"slotbench/internal/slot"
)

// MaxTracked is how many different keys a log of operations may name for each
// to be known again. What comes for others counts as operations, and their keys
// do not count: the number of keys is a floor then.
const MaxTracked = 5 << 20

// oplog knows which keys a log of operations has named: 16 bytes for each, by
// a hash of 64 bits. Two keys in a million logs of a million keys share one.
type oplog struct {
	seed    maphash.Seed
	tracked atomic.Int64
	sized   atomic.Bool // the log tells bytes
	shards  [oplogShards]oplogShard
}

const (
	oplogShardBits = 6
	oplogShards    = 1 << oplogShardBits
)

type oplogShard struct {
	mu     sync.Mutex
	places []tracked // open addressing; free where the hash is 0
	used   int       // places with a hash, keys that are gone included
}

// tracked is a key that was named.
type tracked struct {
	hash  uint64
	state uint64 // crc 16 | kind 4 | database 8 | present 1 | bytes 35
}

const (
	trackedBytesBits = 35
	presentBit       = 1 << trackedBytesBits
	dbShift          = trackedBytesBits + 1
	maxTrackedDB     = 0xFF // databases from it on are flushed together
	kindShift        = dbShift + 8
	crcShift         = 48
	maxTrackedBytes  = presentBit - 1
)

// operation is what a log tells of one access to a key.
type operation struct {
	key      []byte
	db       int
	write    bool
	remove   bool
	replaces bool // bytes is all that the key holds then; otherwise they are added
	bytes    uint64
	kind     rdb.Kind // None: as it was
}

func newOplog() *oplog { return &oplog{seed: maphash.MakeSeed()} }

// hashOf is never 0.
func (l *oplog) hashOf(key []byte, db int) uint64 {
	return (maphash.Bytes(l.seed, key) + uint64(db)*0x9E3779B97F4A7C15) | 1
}

// note notes an operation, and says whether its key was named for the first
// time.
func (l *oplog) note(op *operation, crc uint16) (first bool) {
	hash := l.hashOf(op.key, op.db)
	shard := &l.shards[hash>>(64-oplogShardBits)]
	shard.mu.Lock()
	defer shard.mu.Unlock()
	place := shard.find(hash)
	if place == nil || place.hash == 0 {
		if op.remove || l.tracked.Load() >= MaxTracked {
			return false
		}
		l.tracked.Add(1)
		place = shard.insert(hash)
		place.state = uint64(crc)<<crcShift | uint64(min(op.db, maxTrackedDB))<<dbShift
		first = true
	}
	if op.remove {
		place.state &^= presentBit | maxTrackedBytes
		return false
	}
	bytes := place.state & maxTrackedBytes
	if op.replaces {
		bytes = 0
	}
	bytes = min(bytes+op.bytes, maxTrackedBytes)
	place.state = place.state&^maxTrackedBytes | presentBit | bytes
	if op.kind != rdb.None {
		place.state = place.state&^(0xF<<kindShift) | uint64(op.kind)<<kindShift
	}
	return first
}

// find is the place of a hash or the one where it would be, nil where there is
// none yet.
func (s *oplogShard) find(hash uint64) *tracked {
	if len(s.places) == 0 {
		return nil
	}
	mask := uint64(len(s.places) - 1)
	for at := hash >> 1 & mask; ; at = (at + 1) & mask {
		if p := &s.places[at]; p.hash == hash || p.hash == 0 {
			return p
		}
	}
}

// insert takes a place for a hash that has none.
func (s *oplogShard) insert(hash uint64) *tracked {
	if 4*(s.used+1) > 3*len(s.places) {
		old := s.places
		s.places = make([]tracked, max(2*len(old), 64))
		for _, t := range old {
			if t.hash != 0 {
				*s.find(t.hash) = t
			}
		}
	}
	s.used++
	place := s.find(hash)
	place.hash = hash
	return place
}

// allDatabases has forget forget the keys of each.
const allDatabases = -1

// forget forgets the keys of a database, as FLUSHDB does, or all as FLUSHALL.
func (l *oplog) forget(db int) {
	for i := range l.shards {
		s := &l.shards[i]
		s.mu.Lock()
		for at := range s.places {
			of := int(s.places[at].state >> dbShift & maxTrackedDB)
			if db == allDatabases || of == min(db, maxTrackedDB) {
				s.places[at].state &^= presentBit | maxTrackedBytes
			}
		}
		s.mu.Unlock()
	}
}

// count adds up the keys that are there at the end of the log.
func (l *oplog) count(w *worker) {
	hasBytes := l.sized.Load()
	w.sums.Untracked = w.sums.Untracked || l.tracked.Load() >= MaxTracked
	for i := range l.shards {
		for _, t := range l.shards[i].places {
			if t.hash == 0 || t.state&presentBit == 0 {
				continue
			}
			bytes, kind := t.state&maxTrackedBytes, rdb.Kind(t.state>>kindShift&0xF)
			w.account(uint16(t.state>>crcShift), bytes, 0)
			w.sums.Distinct++
			if hasBytes {
				w.sums.HasBytes = true
				w.sums.ByteSquares += float64(bytes) * float64(bytes)
			}
			if kind != rdb.None {
				w.sums.Values.HasKinds = true
				w.sums.Values.Kinds[kind][rdb.EncodingUnknown].add(bytes, 0)
			}
		}
	}
}

// operate adds up one access to a key.
func (w *worker) operate(op *operation) {
	hashed, tagged := slot.Tag(op.key)
	if !tagged {
		hashed = op.key
	}
	crc := slot.CRC16(hashed)
	first := w.log.note(op, crc)
	w.visitOperation(op, first)
	w.weights.operate(op.key)
	w.own().Ops[crc]++
	w.sums.HasOps = true
	w.sums.OpSquares++ // each operation is a draw of its own
	w.sums.LoggedOps++
	if op.write {
		w.sums.Writes++
	}
	if tagged {
		keys := uint64(0)
		if first {
			keys = 1
		}
		w.tagged(crc, hashed, keys, op.bytes, 1)
	}
}

// move adds up MOVE: the key is gone from one database and in another, where its
// bytes are not known.
func (w *worker) move(key []byte, from, to int, o *Options) {
	if o.wantsDB(from) {
		w.operate(&operation{key: key, db: from, write: true, remove: true})
	}
	if o.wantsDB(to) {
		w.operate(&operation{key: key, db: to, write: true})
	}
}

// command adds up the keys of a command, and says whether it is known. What it
// writes takes so many bytes, if that is told.
func (w *worker) command(args [][]byte, db int, writtenBytes uint64) bool {
	c := findCommand(args[0])
	if c == nil {
		return len(args) == 1 || keyless[string(appendLower(nil, args[0]))]
	}
	w.accesses = c.accesses(args, w.accesses[:0])
	if len(w.accesses) > 1 {
		writtenBytes /= uint64(len(w.accesses))
	}
	for _, a := range w.accesses {
		op := operation{key: args[a.arg], db: db, write: a.write, remove: a.remove, kind: c.kind, replaces: c.replaces}
		if a.write {
			op.bytes = writtenBytes
		}
		w.operate(&op)
	}
	return true
}
