//go:build race

package store

// raceEnabled says that the race detector watches: the arena is then Go
// memory, which it knows, and nothing is read that may be written meanwhile.
const raceEnabled = true

// maxReachBytes is how much memory a shard has.
const maxReachBytes = 128 << 20
