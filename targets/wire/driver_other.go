//go:build !linux

package wire

import (
	"errors"

	"slotbench/internal/request"
	"slotbench/internal/slot"
	"slotbench/targets"
)

// Driver is a request.Driver; there is none on this system.
type Driver struct{ request.Driver }

// New answers that the driver's event loops need Linux.
func New(targets.Access, *slot.Topology, Options) (*Driver, error) {
	return nil, errors.New("the wire driver needs Linux (epoll, timerfd): use --driver go-redis")
}
