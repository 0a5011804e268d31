package keyset

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"slotbench/internal/rdb"
)

// entry is one key and what an input tells of it.
type entry struct {
	key        []byte
	bytes, ops uint64
	writes     uint64 // of ops
	elements   uint64
	kind       rdb.Kind
	encoding   rdb.Encoding
	ttl        TTLClass
	hasBytes   bool
	hasOps     bool
	hasKind    bool
	hasTTL     bool

	guessedKind, guessedTTL bool // told to visitors alone
}

// TTLClass is how long a key has to live.
type TTLClass uint8

// The classes, by the time that is left.
const (
	NoTTL TTLClass = iota
	Expired
	TTLMinute // up to a minute
	TTLHour
	TTLDay
	TTLWeek
	TTLMonth // 30 days
	TTLLonger
	TTLClasses // how many there are
)

var ttlNames = [TTLClasses]string{"none", "expired", "≤ 1 min", "≤ 1 h", "≤ 1 day", "≤ 7 days", "≤ 30 days", "longer"}

// String is the class's name.
func (c TTLClass) String() string { return ttlNames[c] }

// ttlLimits are the longest times of the classes.
var ttlLimits = []struct {
	class TTLClass
	most  time.Duration
}{{Expired, 0}, {TTLMinute, time.Minute}, {TTLHour, time.Hour}, {TTLDay, 24 * time.Hour}, {TTLWeek, 7 * 24 * time.Hour}, {TTLMonth, 30 * 24 * time.Hour}}

func classOf(left time.Duration) TTLClass {
	for _, limit := range ttlLimits {
		if left <= limit.most {
			return limit.class
		}
	}
	return TTLLonger
}

// maxTTLMillis keeps a time within what time.Duration holds.
const maxTTLMillis = 1 << 53 / 1000

// classAt is the class of a key that expires at a time in Unix milliseconds, 0
// for never, seen from another.
func classAt(expireMillis, nowMillis int64) TTLClass {
	if expireMillis == 0 {
		return NoTTL
	}
	left := expireMillis - nowMillis
	return classOf(time.Duration(min(max(left, 0), maxTTLMillis)) * time.Millisecond)
}

// parseTTL reads seconds to live; below 0 and nothing are never.
func parseTTL(text []byte) (TTLClass, error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return NoTTL, nil
	}
	seconds, err := strconv.ParseFloat(string(text), 64)
	switch {
	case err != nil || seconds != seconds:
		return NoTTL, fmt.Errorf("ttl %s: want seconds, -1 for none", snippet(text))
	case seconds < 0:
		return NoTTL, nil
	}
	return classOf(time.Duration(min(seconds*1000, maxTTLMillis)) * time.Millisecond), nil
}

// expiryLayouts are how tools write the time at which a key expires.
var expiryLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999"}

// millisFrom is the number from which one that stands for a time is one of
// milliseconds.
const millisFrom = 1e11

// parseExpiry reads a time: as tools write it, or in Unix seconds or
// milliseconds.
func parseExpiry(text []byte, now time.Time) (TTLClass, error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return NoTTL, nil
	}
	if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		switch {
		case n <= 0:
			return NoTTL, nil
		case n < millisFrom:
			n *= 1000
		}
		return classAt(n, now.UnixMilli()), nil
	}
	for _, layout := range expiryLayouts {
		if at, err := time.Parse(layout, string(text)); err == nil {
			return classAt(max(at.UnixMilli(), 1), now.UnixMilli()), nil
		}
	}
	return NoTTL, fmt.Errorf("expiry %s: want a time such as 2030-12-31T23:59:59, or nothing", snippet(text))
}

// Total is what keys add up to.
type Total struct {
	Keys     uint64 `json:"keys"`
	Bytes    uint64 `json:"bytes"`
	Elements uint64 `json:"elements,omitempty"`
}

func (t *Total) add(bytes, elements uint64) {
	t.Keys++
	t.Bytes = addUp(t.Bytes, bytes)
	t.Elements = addUp(t.Elements, elements)
}

func (t *Total) join(other Total) {
	t.Keys += other.Keys
	t.Bytes = addUp(t.Bytes, other.Bytes)
	t.Elements = addUp(t.Elements, other.Elements)
}

// Values is what the inputs tell of the keys' values.
type Values struct {
	HasKinds, HasTTLs bool
	Kinds             [rdb.Kinds][rdb.Encodings]Total
	TTLs              [TTLClasses]Total
}

// Kind is what the keys of a kind add up to.
func (v *Values) Kind(k rdb.Kind) (sum Total) {
	for _, t := range v.Kinds[k] {
		sum.join(t)
	}
	return sum
}

func (v *Values) join(other *Values) {
	v.HasKinds = v.HasKinds || other.HasKinds
	v.HasTTLs = v.HasTTLs || other.HasTTLs
	for k := range v.Kinds {
		for e := range v.Kinds[k] {
			v.Kinds[k][e].join(other.Kinds[k][e])
		}
	}
	for c := range v.TTLs {
		v.TTLs[c].join(other.TTLs[c])
	}
}

// entry adds up one key with all that is told of it.
func (w *worker) entry(e *entry) {
	if e.hasBytes {
		w.sums.HasBytes = true
		w.sums.ByteSquares += float64(e.bytes) * float64(e.bytes)
	}
	if e.hasOps {
		w.sums.HasOps = true
		w.sums.OpSquares += float64(e.ops) * float64(e.ops)
		w.sums.Writes += e.writes
	}
	if e.hasKind {
		w.sums.Values.HasKinds = true
		w.sums.Values.Kinds[e.kind][e.encoding].add(e.bytes, e.elements)
	}
	if e.hasTTL {
		w.sums.Values.HasTTLs = true
		w.sums.Values.TTLs[e.ttl].add(e.bytes, 0)
	}
	w.weights.add(e)
	w.visitEntry(e)
	w.place(e.key, e.bytes, e.ops)
}
