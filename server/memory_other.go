//go:build !linux

package server

import (
	"os"

	"github.com/shirou/gopsutil/v3/mem"
	"github.com/shirou/gopsutil/v3/process"
)

// memoryBytes is the resident memory of this process and that of the machine,
// 0 where it cannot be read.
func memoryBytes() (resident, machine int64) {
	if m, err := mem.VirtualMemory(); err == nil {
		machine = int64(m.Total)
	}
	self, err := process.NewProcess(int32(os.Getpid()))
	if err != nil {
		return 0, machine
	}
	if m, err := self.MemoryInfo(); err == nil {
		resident = int64(m.RSS)
	}
	return resident, machine
}
