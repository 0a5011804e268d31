package store

import (
	"sync/atomic"
	"unsafe"
)

// figure is a number that is written under its slot's lock, and read at any
// time. An ordinary addition is enough: words do not tear on the processors
// that have 64 bits, and an atomic one would cost more than most of what a
// command does with its account.
type figure struct{ n int64 }

const tornFigures = raceEnabled || unsafe.Sizeof(uintptr(0)) < 8

func (f *figure) add(n int64) {
	if tornFigures {
		atomic.AddInt64(&f.n, n)
	} else {
		f.n += n
	}
}

func (f *figure) set(n int64) { atomic.StoreInt64(&f.n, n) }
func (f *figure) load() int64 { return atomic.LoadInt64(&f.n) }

// account is a slot's Account: one cache line.
type account struct {
	reads, writes, cpuNanos, bytesIn, bytesOut figure
	keys, bytes, expiring                      figure
}

func (a *account) read() Account {
	return Account{
		Keys: a.keys.load(), Bytes: a.bytes.load(), Expiring: a.expiring.load(),
		Use: Use{
			Reads: a.reads.load(), Writes: a.writes.load(), CPUNanos: a.cpuNanos.load(),
			BytesIn: a.bytesIn.load(), BytesOut: a.bytesOut.load(),
		},
	}
}

func (a *account) resetUse() {
	for _, f := range []*figure{&a.reads, &a.writes, &a.cpuNanos, &a.bytesIn, &a.bytesOut} {
		f.set(0)
	}
}

// group is what GroupSlots neighbouring slots hold, so that nobody need ask
// them all: a cache line, which several processors may write to.
type group struct {
	keys, expiring atomic.Int64
	_              [cacheLineBytes - 16]byte
}

// addKeys counts keys that have come, or gone.
func (t *table) addKeys(n int64) {
	t.account.keys.add(n)
	t.group.keys.Add(n)
}

// addExpiring counts keys that have got an expiry, or lost it.
func (t *table) addExpiring(n int64) {
	if n != 0 {
		t.account.expiring.add(n)
		t.group.expiring.Add(n)
	}
}

// Charge adds to the slot's account.
func (t *table) Charge(u Use) {
	t.account.reads.add(u.Reads)
	t.account.writes.add(u.Writes)
	t.account.cpuNanos.add(u.CPUNanos)
	t.account.bytesIn.add(u.BytesIn)
	t.account.bytesOut.add(u.BytesOut)
}
