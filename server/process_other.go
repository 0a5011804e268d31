//go:build !unix

package server

import (
	"os"

	"github.com/shirou/gopsutil/v3/process"
)

// processorSeconds is the processor time of this process, 0 where it cannot be
// read.
func processorSeconds() (user, system float64) {
	self, err := process.NewProcess(int32(os.Getpid()))
	if err != nil {
		return 0, 0
	}
	times, err := self.Times()
	if err != nil {
		return 0, 0
	}
	return times.User, times.System
}

// descriptorLimit is not known.
func descriptorLimit() (limit int, known bool) { return 0, false }
