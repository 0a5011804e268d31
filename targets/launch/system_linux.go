package launch

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// serverAttributes puts a server into its own process group, so that Ctrl-C at
// a terminal does not reach it, and lets it die with the guard's thread.
func serverAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func pinThread(cpus []int) error {
	var set unix.CPUSet
	for _, cpu := range cpus {
		set.Set(cpu)
	}
	return unix.SchedSetaffinity(0, &set)
}
