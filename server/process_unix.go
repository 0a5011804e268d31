//go:build unix

package server

import (
	"math"

	"golang.org/x/sys/unix"
)

// processorSeconds is the processor time of this process.
func processorSeconds() (user, system float64) {
	var use unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &use) != nil {
		return 0, 0
	}
	return float64(use.Utime.Nano()) / 1e9, float64(use.Stime.Nano()) / 1e9
}

// descriptorLimit is how many descriptors the process may open.
func descriptorLimit() (limit int, known bool) {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) != nil {
		return 0, false
	}
	return int(min(uint64(l.Cur), math.MaxInt32)), true
}
