package keyset

import "slotbench/internal/rdb"

// Key is one key as a visitor is told of it, or one operation on it where the
// input is a log.
type Key struct {
	Text   []byte // only for as long as the visit lasts
	Logged bool   // an operation
	// Count is 1, or 0 for an operation on a key that was told before. What a log
	// deletes in the end was told none the less.
	Count                             uint64
	Bytes, Ops, Writes, Elements      uint64
	Kind                              rdb.Kind
	Encoding                          rdb.Encoding
	TTL                               TTLClass
	HasBytes, HasOps, HasKind, HasTTL bool
}

// visitEntry shows a key with all that is told of it.
func (w *worker) visitEntry(e *entry) {
	if w.visit == nil {
		return
	}
	w.seen = Key{
		Text: e.key, Count: 1, Bytes: e.bytes, Ops: e.ops, Writes: e.writes, Elements: e.elements,
		Kind: e.kind, Encoding: e.encoding, TTL: e.ttl,
		HasBytes: e.hasBytes, HasOps: e.hasOps, HasKind: e.hasKind || e.guessedKind, HasTTL: e.hasTTL || e.guessedTTL,
	}
	w.visit(&w.seen)
}

// visitPlain shows a key of which nothing else is told.
func (w *worker) visitPlain(key []byte) {
	if w.visit == nil {
		return
	}
	w.seen = Key{Text: key, Count: 1, Bytes: uint64(len(key))}
	w.visit(&w.seen)
}

// visitOperation shows an operation of a log.
func (w *worker) visitOperation(op *operation, first bool) {
	if w.visit == nil {
		return
	}
	w.seen = Key{Text: op.key, Logged: true, Ops: 1, HasOps: true, Kind: op.kind, HasKind: op.kind != rdb.None}
	if first {
		w.seen.Count, w.seen.Bytes, w.seen.HasBytes = 1, op.bytes, op.bytes > 0
	}
	if op.write {
		w.seen.Writes = 1
	}
	w.visit(&w.seen)
}
