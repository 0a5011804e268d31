package driver

import (
	"golang.org/x/sys/unix"
)

// maxCPUs is how many CPUs the kernel's affinity mask holds.
const maxCPUs = 1024

// Affinity is the CPUs that this process may use, ascending; nil where that
// can't be known.
func Affinity() []int {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil {
		return nil
	}
	var cpus []int
	for c := range maxCPUs {
		if set.IsSet(c) {
			cpus = append(cpus, c)
		}
	}
	return cpus
}
