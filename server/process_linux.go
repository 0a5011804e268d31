package server

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// memoryBytes is the resident memory of this process and that of the machine,
// 0 where it cannot be read.
func memoryBytes() (resident, machine int64) {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		machine = int64(info.Totalram) * int64(info.Unit)
	}
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, machine
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return 0, machine
	}
	pages, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize()), machine
}
