package rdb

// What values have beyond what they need, because they grew: room at the end of
// strings, and tables that are half way to a larger one.

// growth is how one version of a server lets values grow.
type growth struct {
	// trims: MEMORY USAGE of a string above trimmedFrom that was cut to its length
	// counts the length, not what was allocated (7.2).
	trims bool
	logs  logGrowth
	// Of chained tables and of Valkey's: the steps that an insertion makes of
	// moving to a larger table. 0: who adds many elements makes room before.
	setSteps, hashSteps, sortedSetSteps uint64
	smallHashes                         bool // only hashes that could have been packed move
}

func newGrowth(info *Info, version int, tables bool) growth {
	switch {
	case version < version72:
		return growth{logs: logDoubles, setSteps: 1, hashSteps: 2, sortedSetSteps: 2}
	case tables:
		return growth{trims: true, logs: logGrowsAll, setSteps: 2}
	case info.Valkey(version):
		return growth{trims: true, logs: logGrowsAll, hashSteps: 2, smallHashes: true}
	}
	return growth{trims: true, logs: logGrows, hashSteps: 2, smallHashes: true}
}

// filled is the part of a full table's places that hold anything: a step passes
// over those that hold nothing.
const filled = 0.632 // 1 - 1/e

// packedFields is how many fields a hash has at most as packed memory, and from
// which on it has a table with room for twice as many.
const packedFields = 512

// stepsOfHash is the steps of an insertion into a hash of n fields.
func (g *growth) stepsOfHash(n uint64) uint64 {
	smaller := power(n) / 2
	if smaller == packedFields || g.smallHashes && smaller > packedFields {
		return 0
	}
	return g.hashSteps
}

// trimmedFrom is the length from which on a string is made of the network's
// buffer, and trimmed where a tenth of it and more would be left over.
const trimmedFrom = 32 << 10

// raw is a string that is not in its object.
func (g *growth) raw(length uint64) uint64 {
	needs := sdsBytes(length)
	given := allocated(needs)
	if g.trims && length >= trimmedFrom && given-needs > length/10 {
		return needs
	}
	return given
}

// logGrowth is how a sparse HyperLogLog gets room.
type logGrowth int

const (
	logDoubles  logGrowth = iota // twice what it needs, and the rest of what was allocated
	logGrowsAll                  // up to 300 bytes more, and the rest
	logGrows                     // up to 300 bytes more
)

// Lengths of a sparse HyperLogLog, in bytes.
const (
	emptyLog   = 18
	logNeeds   = 3 // that must be there before an element is added
	logAdds    = 300
	longestLog = 3000 // hll-sparse-max-bytes; beyond it is dense
)

// sparseLog is what is allocated for a sparse HyperLogLog of that length. It
// grows when less than logNeeds is left, on average with one byte left.
func (g *growth) sparseLog(length uint64) uint64 {
	room := uint64(2 * (emptyLog + logNeeds))
	for first := true; ; first = false {
		if !first {
			needs := room - 1 + logNeeds
			room = 2 * needs
			if g.logs != logDoubles {
				room = needs + min(needs, logAdds)
			}
		}
		given := allocated(sdsBytes(room))
		if g.logs != logGrows {
			room = given - (sdsBytes(room) - room)
		}
		if room >= min(length, longestLog) {
			return max(given, allocated(sdsBytes(length)))
		}
	}
}
