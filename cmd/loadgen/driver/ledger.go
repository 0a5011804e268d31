package driver

import (
	"fmt"
	"slices"

	"slotbench/internal/request"
	"slotbench/internal/slot"
)

// The ledger's limits. A key beyond maxLedgerKeys is counted and not checked;
// a key with more than maxVersions writes in the air at once is checked for
// presence only.
const (
	maxLedgerKeys = 1 << 20
	maxVersions   = 64
)

// version names one write: the stream that made it and its number there.
type version struct {
	stream int32
	seq    uint64
}

// candidate is a version that a key may hold in the end.
type candidate struct {
	version
	done int64 // when its write was answered; never, for an unknown outcome
}

// never is later than every time of a run.
const never = 1<<63 - 1

// account is what the ledger knows of one key. A write that was sent after
// another was answered supersedes it; writes that overlap leave it open which
// came last. So a key may hold every acknowledged version that was answered
// no earlier than the newest acknowledged write was sent, and every version
// whose outcome is unknown.
type account struct {
	newest     int64 // when the latest acknowledged write was sent
	candidates []candidate
	acked      bool // some write was acknowledged: the key must be there
	unstamped  bool // some write leaves no version: presence alone is checked
	unknown    bool // the outcome of some write is unknown
	exempt     bool // some write may have removed it, or lets it expire
	crowded    bool // more than maxVersions at once
}

// ledger keeps an account of every key that the load wrote in the watched
// slots. Its Record is fed by workers, each with its own number, so it takes
// no lock.
//
// Each phase of a driver may count its time from its own beginning. What a
// phase sends comes after everything of the phase before, which was drained:
// the ledger's own time goes on from one to the next.
type ledger struct {
	watched []bool // by slot
	shards  []ledgerShard
	base    int64 // what the phase's times are behind the ledger's
}

type ledgerShard struct {
	keys    map[string]*account
	last    int64 // the latest end of a write, in the ledger's time
	limit   int
	dropped int64 // writes to keys beyond the limit
	written []written
	args    [][]byte
	_       [64]byte // workers write side by side
}

// newLedger watches the slots for so many workers.
func newLedger(slots []slot.Slot, workers int) *ledger {
	l := &ledger{watched: make([]bool, slot.MaxCount), shards: make([]ledgerShard, workers)}
	for _, s := range slots {
		l.watched[s] = true
	}
	for i := range l.shards {
		l.shards[i].keys = make(map[string]*account)
		l.shards[i].limit = maxLedgerKeys / workers
	}
	return l
}

// nextPhase is called between phases, while nobody records.
func (l *ledger) nextPhase() {
	for i := range l.shards {
		l.base = max(l.base, l.shards[i].last+1)
	}
}

// Record notes an ended request if it is a write to a watched slot that was
// carried out or may have been.
func (l *ledger) Record(worker int, r *request.Request) {
	if !r.Write || !l.watched[r.Slot] {
		return
	}
	unknown := false
	switch r.Status {
	case request.OK, request.Miss:
	case request.TimedOut, request.CutOff, request.Unknown:
		if r.Written == 0 {
			return
		}
		unknown = true
	default:
		return
	}
	shard := &l.shards[worker]
	sent, done := l.base+r.Written, l.base+r.Done
	shard.last = max(shard.last, sent, done)
	if unknown {
		done = never
	}
	shard.written = appendWritten(shard.written[:0], r, &shard.args)
	for _, w := range shard.written {
		if w.effect != effectNone {
			shard.note(w, sent, done)
		}
	}
}

// note takes in one key of a write; done is never where its outcome is unknown.
func (s *ledgerShard) note(w written, sent, done int64) {
	unknown := done == never
	a := s.keys[string(w.key)]
	if a == nil {
		if len(s.keys) >= s.limit {
			s.dropped++
			return
		}
		a = &account{}
		s.keys[string(w.key)] = a
	}
	a.unknown = a.unknown || unknown
	switch w.effect {
	case effectExempt:
		a.exempt = true
		return
	case effectPresent:
		a.unstamped = true
	case effectValue:
		stream, seq, ok := request.ReadStamp(w.value, w.key)
		if !ok {
			a.unstamped = true
			break
		}
		a.add(candidate{version{stream, seq}, done})
	}
	if !unknown {
		a.acked = true
		a.supersede(sent)
	}
}

// add takes in a candidate, unless an acknowledged write has superseded it.
func (a *account) add(c candidate) {
	if c.done < a.newest {
		return
	}
	if len(a.candidates) >= maxVersions {
		a.crowded = true
		return
	}
	a.candidates = append(a.candidates, c)
}

// supersede drops the versions that were answered before an acknowledged
// write was sent.
func (a *account) supersede(sent int64) {
	if sent <= a.newest {
		return
	}
	a.newest = sent
	a.candidates = slices.DeleteFunc(a.candidates, func(c candidate) bool { return c.done < sent })
}

// merge joins what another worker knows of the same key.
func (a *account) merge(b *account) {
	a.acked = a.acked || b.acked
	a.unstamped = a.unstamped || b.unstamped
	a.unknown = a.unknown || b.unknown
	a.exempt = a.exempt || b.exempt
	a.crowded = a.crowded || b.crowded
	a.supersede(b.newest)
	for _, c := range b.candidates {
		a.add(c)
	}
}

// accounts is everything that was recorded, by key, and how many writes were
// not. It may be asked for once no worker records any more.
func (l *ledger) accounts() (keys map[string]*account, dropped int64) {
	keys = make(map[string]*account)
	for i := range l.shards {
		dropped += l.shards[i].dropped
		for key, b := range l.shards[i].keys {
			a := keys[key]
			if a == nil {
				a = &account{}
				keys[key] = a
			}
			a.merge(b)
		}
	}
	return keys, dropped
}

// finding is what reading a key back showed.
type finding uint8

const (
	foundVersion  finding = iota // a version that may stand there
	foundPresent                 // it is there; which version can't be told
	foundLost                    // an acknowledged version is absent
	foundUnknown                 // a write's outcome is unknown and nothing contradicts it
	foundExempt                  // it may be gone by rights
	foundUnjudged                // no write to it was ever acknowledged
)

// judge says what it means that the key's owner answered with this value, or
// with none.
func (a *account) judge(key string, value []byte, present bool) (finding, string) {
	switch {
	case a.exempt:
		return foundExempt, ""
	case !a.acked && a.unknown:
		return foundUnknown, ""
	case !a.acked:
		return foundUnjudged, ""
	case !present:
		return foundLost, fmt.Sprintf("%s: absent", printableKey(key))
	}
	stream, seq, ok := request.ReadStamp(value, []byte(key))
	stands := ok && slices.ContainsFunc(a.candidates, func(c candidate) bool {
		return c.version == version{stream, seq}
	})
	switch {
	case a.unknown && (stands || a.unstamped || a.crowded):
		return foundUnknown, ""
	case a.unstamped || a.crowded:
		return foundPresent, ""
	case stands:
		return foundVersion, ""
	case !ok:
		return foundLost, fmt.Sprintf("%s: holds %d bytes that no write left", printableKey(key), len(value))
	}
	return foundLost, fmt.Sprintf("%s: holds write %d of stream %d, which a later acknowledged one superseded",
		printableKey(key), seq, stream)
}

// printableKey is a key as a report shows it.
func printableKey(key string) string {
	const most = 80
	if len(key) > most {
		return fmt.Sprintf("%q…", key[:most])
	}
	return fmt.Sprintf("%q", key)
}
