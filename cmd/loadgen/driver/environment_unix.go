//go:build unix

package driver

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// selfCPU is the user and system time of this process.
func selfCPU() time.Duration {
	var usage unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// openFilesLimit is how many files this process may have open; 0 if unknown.
func openFilesLimit() uint64 {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return uint64(limit.Cur)
}

// processEnded says whether there is no process of that id any more.
func processEnded(pid int) bool { return errors.Is(unix.Kill(pid, 0), unix.ESRCH) }
