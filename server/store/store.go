// Package store is the data plane: hash slots, each with a lock, a table of
// keys and an account of what it holds and what it cost. It opens no socket,
// reads no clock and starts no goroutine: time is handed in with the lock.
//
// Store and Table are the contract; Arena fulfils it.
package store

import "slotbench/internal/slot"

// Type is what kind of value a key holds. None is the type of an absent key.
type Type uint8

// The types of value, as TYPE names them.
const (
	None Type = iota
	String
	List
	Set
	SortedSet
	Hash
	Stream
)

// String is the type's name as the TYPE command answers it.
func (t Type) String() string {
	return [...]string{"none", "string", "list", "set", "zset", "hash", "stream"}[t]
}

// MaxValueBytes is the largest value, 512 MiB as in Redis. A key is an argument
// of a command and no longer than resp.MaxBulk, which is as much.
const MaxValueBytes = 512 << 20

// Form is how an Entry's Value is laid out, where its type knows several ways.
type Form uint8

// The forms. A list, a set, a sorted set and a hash are listpacks (package
// internal/listpack) unless the form says otherwise or there is an Object:
// elements from head to tail; members in no order; member and score by
// ascending score, then member; field and value in order of their making.
const (
	// Plain is a String as it was SET, or a listpack.
	Plain Form = iota
	// Changed is a String that was changed in place, as by APPEND: Redis calls
	// it raw whatever its length.
	Changed
	// Intset is a Set whose members are all integers, as Redis's intset: the
	// width of a member in bytes (2, 4 or 8) and their number, each in 4 bytes,
	// then the members ascending; all little endian.
	Intset
	// Text is a String that Redis holds as text even if it reads as an integer,
	// as INCRBYFLOAT leaves it.
	Text
)

// MaxForm is the highest Form there may be: what a table has room for.
const MaxForm = 3

// Object is a collection that is too large for one piece of packed memory. The
// table that holds it owns it, and it changes under the slot's lock alone; who
// changes it calls Table.Changed.
type Object interface {
	// Bytes is the memory that it takes.
	Bytes() int64
}

// Watcher is told of changes of a key.
type Watcher interface {
	// Touch says that the key has changed. The slot is locked: Touch must not
	// use it, nor wait.
	Touch()
}

// Entry is what a key holds. It fits the registers in which Go returns values:
// a word more, and every look-up would copy it through memory.
type Entry struct {
	Type           Type
	Form           Form
	Value          []byte // a String itself, or a small collection; empty where there is an Object
	Object         Object // a large collection; nil: Value has it all
	ExpireAtMillis int64  // Unix time from which the key is gone; 0: never
}

// GroupSlots is how many neighbouring slots are counted together.
const GroupSlots = 64

// Store is a node's slots. Everything but the accounts needs the slot's lock, which
// Lock takes and Unlock gives back. Whoever locks several slots locks them in
// ascending order.
type Store interface {
	// Count is how many slots there are.
	Count() slot.Count
	// Lock takes a slot's lock and returns its table, in which it is nowMillis
	// (Unix time) until Unlock. The table must not be used after Unlock.
	Lock(s slot.Slot, nowMillis int64) Table
	// TryLock is Lock where nobody holds the lock; else it reports false at once.
	TryLock(s slot.Slot, nowMillis int64) (t Table, ok bool)
	// Unlock gives the lock back.
	Unlock(s slot.Slot)
	// Prefetch prepares for lookups of keys that will follow. It changes nothing
	// but the hints' own notes.
	Prefetch(hints []Hint)
	// GroupKeys is how many keys the slots from i*GroupSlots on hold, as many as
	// are a group. It takes no lock.
	GroupKeys(i int) int64
	// Account is what the slot holds and has cost. It takes no lock: the
	// figures are each right at some moment of the call.
	Account(s slot.Slot) Account
	// Expire deletes keys whose time has come, round robin over the slots,
	// looking at about limit keys: the chain in which the limit falls is looked
	// at to its end. It passes slots by that are locked, and returns how many
	// keys it deleted and whether more may be due.
	Expire(nowMillis int64, limit int) (deleted int, more bool)
	// Expired is how many keys were deleted because their time had come.
	Expired() int64
	// ResetUse sets every slot's Use to zero.
	ResetUse()
	// Full says whether a slot has no room left for a command that brings this
	// many bytes: commands that may need memory are refused then. It takes no
	// lock.
	Full(s slot.Slot, bytes int64) bool
	// Tidy moves at most about limit keys together where deletes and changes of
	// size have left holes, gives memory that is free back to the system, and
	// makes room ready for keys to come. It takes the locks that it needs, and
	// reports whether there is more to do.
	Tidy(nowMillis int64, limit int) (more bool)
}

// Table is one locked slot's keys. A key whose time has come is absent to
// every method. Keys and values that are returned are borrowed: they are valid
// until the table next changes or is unlocked, and must not be written to
// unless the method says so. Keys and values that are handed in are copied; they may be
// borrowed from a table themselves.
type Table interface {
	// Len is how many keys there are, those included whose time has come but
	// that are not yet deleted.
	Len() int
	// Get is what a key holds, and counts as a use of the key.
	Get(key []byte) (Entry, bool)
	// GetString is Get of a key that mostly is a String: its value, without the
	// rest. The value of another Type is nil.
	GetString(key []byte) (value []byte, t Type, found bool)
	// UsedAtMillis is the Unix time of a key's last use, to the second.
	UsedAtMillis(key []byte) (atMillis int64, found bool)
	// Peek is Get that does not count as a use.
	Peek(key []byte) (Entry, bool)
	// Set replaces all that a key holds.
	Set(key []byte, e Entry)
	// Resize makes a key's Value exactly n bytes long, of a form, and returns it
	// to be written to: what it held stays, what is added is zero. The key's
	// expiry stays. An absent key is made, a String. The key must not hold an
	// Object.
	Resize(key []byte, n int, form Form) []byte
	// Changed says that a key's Object was changed in place. It must be called
	// before Unlock for each command that did so.
	Changed(key []byte)
	// Watch has w told whenever the key changes by whatever means, its expiry,
	// Clear and the deletion of a key that has expired included, until Unwatch.
	// An absent key can be watched. w must be comparable.
	Watch(key []byte, w Watcher)
	// Unwatch takes one Watch back.
	Unwatch(key []byte, w Watcher)
	// SetExpiry makes a key expire at a Unix time, or never (0). It reports
	// false if the key is absent.
	SetExpiry(key []byte, atMillis int64) bool
	// Delete removes a key and reports whether it was there.
	Delete(key []byte) bool
	// Usage is the bytes of memory that a key is accounted for: key, value and
	// what the table needs to hold them.
	Usage(key []byte) (bytes int64, ok bool)
	// Scan visits a part of the table, about want keys, and returns the
	// position to go on from, 0 after the last part. Begun at 0, it visits
	// every key that is there throughout at least once, however the table
	// changes between the calls. visit must not change the table.
	Scan(position uint64, want int, visit func(key []byte, e Entry)) (next uint64)
	// Random is the key that a uniformly random pick falls on; ok is false in
	// a table without keys, or where many picks fell on keys whose time has come.
	Random(pick uint64) (key []byte, ok bool)
	// Clear removes every key.
	Clear()
	// Charge adds to the slot's account.
	Charge(u Use)
}

// Use is what commands did to a slot.
type Use struct {
	Reads    int64 // keys that were read
	Writes   int64 // keys that were written
	CPUNanos int64 // time spent in commands, estimated from a sample
	BytesIn  int64 // of the commands as they came
	BytesOut int64 // of the replies as they went
}

// Account is what a slot holds and what it has cost since it was made, or
// since ResetUse.
type Account struct {
	Keys     int64
	Bytes    int64 // the sum of Usage over its keys
	Expiring int64 // keys that have an expiry
	Use
}

// Total is the sum of every slot's account.
func Total(st Store) Account {
	var sum Account
	for s := range int(st.Count()) {
		a := st.Account(slot.Slot(s))
		sum.Keys += a.Keys
		sum.Bytes += a.Bytes
		sum.Expiring += a.Expiring
		sum.Reads += a.Reads
		sum.Writes += a.Writes
		sum.CPUNanos += a.CPUNanos
		sum.BytesIn += a.BytesIn
		sum.BytesOut += a.BytesOut
	}
	return sum
}
