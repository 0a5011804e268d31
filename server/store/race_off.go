//go:build !race

package store

// raceEnabled says that the race detector watches.
const raceEnabled = false
