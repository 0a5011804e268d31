//go:build unix

package launch

import (
	"syscall"

	"slotbench/targets"
)

var signals = map[targets.Signal]syscall.Signal{
	targets.Pause:  syscall.SIGSTOP,
	targets.Resume: syscall.SIGCONT,
	targets.Kill:   syscall.SIGKILL,
}
