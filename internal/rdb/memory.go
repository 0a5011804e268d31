package rdb

import (
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// What values take in a server's memory, as its MEMORY USAGE counts: the
// structures of the server that wrote the file, each rounded up to what
// jemalloc gives for it. Keys of 64 bits are assumed throughout.
//
// What a value went through is told by no file: it is taken to have been made
// by one command after another and not changed since (grown.go).

// Sizes of structures that all servers have, in bytes.
const (
	objectBytes      = 16
	pointerBytes     = 8
	quicklistBytes   = 40
	quicklistNode    = 40
	zsetBytes        = 16
	skiplistBytes    = 32
	skiplistLevels   = 32
	skiplistLevel    = 16
	streamNACKBytes  = 24
	streamGroupBytes = 40
	consumerBytes    = 24
	radixNodeBytes   = 4 + 30*8 // as MEMORY USAGE guesses it in Redis
	radixTreeBytes   = 40       // of an empty tree, and of a node, in Valkey 9.1, which
	radixTreeNode    = 27       // measures; nodes differ
	moduleValueBytes = 16
	embeddedString   = 4 // header and zero byte of a string in an object
	smallestTable    = 4

	quicklistNodeBytes = 8 << 10 // of a full node: list-max-listpack-size -2
	streamNodeBytes    = 4096    // what a stream's node that still grows has at least
)

// allocated is what jemalloc gives for n bytes: multiples of 16 up to 128, then
// four sizes to each doubling.
func allocated(n uint64) uint64 {
	switch {
	case n <= 8:
		return 8
	case n <= 128:
		return (n + 15) &^ 15
	}
	step := uint64(1) << (bits.Len64(n-1) - 3)
	return (n + step - 1) &^ (step - 1)
}

// sdsBytes is a string of that length with the shortest header that can say it,
// and its zero byte.
func sdsBytes(length uint64) uint64 {
	switch {
	case length < 1<<5:
		return length + 2
	case length < 1<<8:
		return length + 4
	case length < 1<<16:
		return length + 6
	case length < 1<<32:
		return length + 10
	}
	return length + 18
}

// model is what the structures of one version of a server take.
type model struct {
	// keyInObject: the key stands in its value's object, and so does when it
	// expires (Valkey 8.1, Redis 8.2).
	keyInObject bool
	// embeddedBytes is the largest object that a key and its string are kept
	// within; headBytes is what the object has beside them.
	embeddedBytes, headBytes uint64
	// entryBytes is what the database's table takes for a key.
	entryBytes uint64
	// smallLists: a list of one node is a listpack (7.2).
	smallLists bool
	// tables: Valkey's tables of buckets, in place of chained entries.
	tables bool
	// dictBytes is the head of a chained table, memberEntryBytes what a set's
	// table takes for a member.
	dictBytes, memberEntryBytes, fieldEntryBytes uint64
	streamBytes, consumerBytes                   uint64
	growth
}

// Versions at which structures changed, as 10000·major + 100·minor.
const (
	version72       = 70200
	version74       = 70400
	version81       = 80100
	version82       = 80200
	version90       = 90000
	formatOfRedis72 = 11
	formatOfRedis74 = 12
	formatOfRedis86 = 13
)

func newModel(info *Info, cluster bool) model {
	version := parseVersion(info.Server)
	if version == 0 {
		version = impliedVersion(info)
	}
	m := model{
		entryBytes: 24, dictBytes: 56, memberEntryBytes: 24, fieldEntryBytes: 24, streamBytes: 80, consumerBytes: consumerBytes,
		embeddedBytes: 64, headBytes: objectBytes, smallLists: version >= version72,
	}
	if info.Valkey(version) && version >= version81 || info.Product == Redis && version >= version82 {
		m.keyInObject, m.entryBytes = true, 0
	}
	if version >= version72 {
		m.consumerBytes += millisBytes // when it was active
	}
	if info.Product == Valkey { // 9.0: without the pointer to the string
		m.embeddedBytes, m.headBytes = 128, objectBytes-pointerBytes
	}
	if cluster && version < version74 {
		m.entryBytes += 2 * pointerBytes // to the next and the last key of the slot
	}
	m.tables = info.Valkey(version) && version >= version81
	m.growth = newGrowth(info, version, m.tables)
	return m
}

// Valkey says whether the file is one of Valkey's, some of which are marked as
// Redis's.
func (i *Info) Valkey(version int) bool {
	return i.Product == Valkey || i.Version == formatOfRedis72 && version >= 80000
}

// parseVersion reads "7.0.15" as 70015; 0 is no version.
func parseVersion(text string) int {
	version, scale := 0, 10000
	for part := range strings.SplitSeq(text, ".") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || n > 99 || scale == 0 {
			break
		}
		version += n * scale
		scale /= 100
	}
	return version
}

// impliedVersion is the first version of a server that writes such files.
func impliedVersion(info *Info) int {
	switch {
	case info.Product == Valkey:
		return version90
	case info.Version >= formatOfRedis86:
		return 80600
	case info.Version >= formatOfRedis74:
		return version74
	case info.Version >= formatOfRedis72:
		return version72
	}
	return 70000
}

// key is what a key takes beside its value.
func (m *model) key(length int, expires bool) uint64 {
	if !m.keyInObject {
		return m.entryBytes + allocated(sdsBytes(uint64(length)))
	}
	return allocated(m.object(length, expires)) - objectBytes
}

// object is an object with its key in it.
func (m *model) object(length int, expires bool) uint64 {
	bytes := objectBytes + 1 + sdsBytes(uint64(length)) // the key's header has its size before it
	if expires {
		bytes += millisBytes
	}
	return bytes
}

// longestEmbedded is the longest string that is kept within an object without
// its key.
const longestEmbedded = 44

// stringEncoding tells what is embedded from what is not.
func (m *model) stringEncoding(seen Encoding, key int, expires bool, length uint64) Encoding {
	switch {
	case seen == EncodingInt:
		return seen
	case m.keyInObject && m.embedded(key, expires, length) <= m.embeddedBytes, !m.keyInObject && length <= longestEmbedded:
		return EncodingEmbedded
	}
	return EncodingRaw
}

// embedded is an object with its key and its string in it.
func (m *model) embedded(key int, expires bool, length uint64) uint64 {
	return m.object(key, expires) - objectBytes + m.headBytes + embeddedString + length
}

// string is a key with a string.
func (m *model) string(encoding Encoding, key int, expires bool, length uint64) uint64 {
	if m.keyInObject {
		whole := allocated(m.object(key, expires))
		switch encoding {
		case EncodingInt:
			return whole
		case EncodingEmbedded:
			return allocated(m.embedded(key, expires, length))
		}
		return whole + m.raw(length)
	}
	switch encoding {
	case EncodingInt:
		return objectBytes + m.key(key, expires)
	case EncodingEmbedded:
		return allocated(objectBytes+embeddedString+length) + m.key(key, expires)
	}
	return objectBytes + m.raw(length) + m.key(key, expires)
}

// packed is an object of packed memory.
func (m *model) packed(encoding Encoding, length uint64) uint64 {
	if encoding == EncodingListpackExpiring {
		return objectBytes + allocated(4*pointerBytes) + allocated(length)
	}
	return objectBytes + allocated(length)
}

// list is a list of so many nodes; bytes is what they take beside their heads.
func (m *model) list(nodes, bytes uint64, small bool) uint64 {
	if small {
		return objectBytes + bytes
	}
	return objectBytes + quicklistBytes + nodes*quicklistNode + bytes
}

// listpackEntry is what an element of that length takes in a listpack.
func listpackEntry(length uint64) uint64 {
	switch {
	case length < 64:
		return length + 2
	case length < 4096:
		return length + 4
	}
	return length + 10
}

// table is a table of n elements beside what they take; steps is how many
// steps an insertion makes from a smaller table, 0 if it had its size at once.
func (m *model) table(n, steps uint64) uint64 {
	if m.tables {
		return hashtableBytes + bucketsBytes(n, steps)
	}
	places := power(n)
	if smaller := places / 2; steps > 0 && smaller >= smallestTable && float64((n-smaller)*steps) <= filled*float64(smaller) {
		places += smaller
	}
	return m.dictBytes + pointerBytes*places
}

// power is how many places a table has for n elements.
func power(n uint64) uint64 {
	if n <= smallestTable {
		return smallestTable
	}
	return 1 << bits.Len64(n-1)
}

// A table of Valkey's has buckets of 7 elements, of which there are enough for
// all if they fell evenly; those that overflow have another bucket behind them.
const (
	hashtableBytes = 80
	bucketBytes    = 64
	bucketElements = 7
)

func bucketsBytes(n, steps uint64) uint64 {
	count := uint64(1) << bits.Len64((max(n, 1)-1)/bucketElements)
	mean := float64(n) / float64(count)
	term, fits := math.Exp(-mean), 0.0
	for i := range bucketElements + 1 {
		fits += term
		term *= mean / float64(i+1)
	}
	if n <= bucketElements {
		fits = 1
	}
	bytes := uint64(bucketBytes * float64(count) * (2 - fits))
	if smaller := count / 2; steps > 0 && (n-smaller*bucketElements)*steps <= smaller {
		bytes += bucketBytes * smaller
	}
	return bytes
}

// member is what a set's member takes.
func (m *model) member(length uint64) uint64 {
	if m.tables {
		return allocated(sdsBytes(length))
	}
	return m.memberEntryBytes + allocated(sdsBytes(length))
}

func (m *model) set(n, bytes uint64) uint64 { return objectBytes + m.table(n, m.setSteps) + bytes }

// What Valkey's hashes have beside Redis's.
const (
	hashExpiryBytes    = 8   // of a table whose elements may expire
	fieldEmbeddedBytes = 128 // the largest field that has its value beside it
	fieldExpiryBytes   = 10  // of a field that expires
)

// field is what a field of a hash and its value take.
func (m *model) field(field, value uint64, expires bool) uint64 {
	if !m.tables {
		return m.fieldEntryBytes + allocated(sdsBytes(field)) + allocated(sdsBytes(value))
	}
	head := sdsBytes(field)
	if expires {
		head += fieldExpiryBytes
	}
	if whole := head + embeddedString + value; whole <= fieldEmbeddedBytes {
		return allocated(whole)
	}
	return allocated(head+pointerBytes) + allocated(sdsBytes(value))
}

func (m *model) hash(n, bytes uint64) uint64 {
	if m.tables {
		bytes += hashExpiryBytes
	}
	return objectBytes + m.table(n, m.stepsOfHash(n)) + bytes
}

// levelShares is how many of 256 nodes of a skiplist have one level, two and so
// on.
var levelShares = [...]uint64{192, 48, 12, 3, 1}

// scored is what a sorted set's member takes.
func (m *model) scored(length uint64) uint64 {
	bytes := uint64(0)
	for i, share := range levelShares {
		node := 24 + skiplistLevel*uint64(i+1)
		if m.tables {
			bytes += share * allocated(node-pointerBytes+1+sdsBytes(length))
		} else {
			bytes += share * allocated(node)
		}
	}
	bytes /= 256
	if m.tables {
		return bytes
	}
	return bytes + m.memberEntryBytes + allocated(sdsBytes(length))
}

func (m *model) sortedSet(n, bytes uint64) uint64 {
	return objectBytes + zsetBytes + skiplistBytes + allocated(24+skiplistLevels*skiplistLevel) + m.table(n, m.sortedSetSteps) + bytes
}

// stream is a stream; last is the length of the last of its nodes, bytes what
// the others take.
func (m *model) stream(tree *radixTree, bytes, last uint64) uint64 {
	if tree.ids > 0 {
		bytes += allocated(max(last, streamNodeBytes))
	}
	return objectBytes + m.streamBytes + m.radix(tree) + bytes
}

// radix is a radix tree.
func (m *model) radix(tree *radixTree) uint64 {
	tree.end()
	if m.tables {
		return radixTreeBytes + tree.nodes*radixTreeNode
	}
	return tree.ids*streamIDBytes + tree.nodes*radixNodeBytes
}

// group is a stream's group beside its consumers.
func (m *model) group(pending *radixTree) uint64 {
	return streamGroupBytes + pending.ids*streamNACKBytes + m.radix(pending)
}

func (m *model) consumer(name uint64, pending *radixTree) uint64 {
	return m.consumerBytes + name + m.radix(pending)
}
