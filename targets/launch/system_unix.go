//go:build unix && !linux

package launch

import (
	"errors"
	"syscall"
)

// serverAttributes puts a server into its own process group, so that Ctrl-C at
// a terminal does not reach it.
func serverAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func pinThread([]int) error { return errors.New("pinning needs Linux") }
