//go:build !unix

package launch

import (
	"syscall"

	"slotbench/targets"
)

var signals = map[targets.Signal]syscall.Signal{targets.Kill: syscall.SIGKILL}
