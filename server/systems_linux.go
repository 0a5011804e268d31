package server

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// systems is every engine, the first choice of auto first.
var systems = []system{
	{name: "epoll", open: openEpoll, unasked: true},
	{name: "portable", open: openPortable, unasked: true},
}

func openEpoll(c Config) (ports, error) {
	probe, err := newEpoll(nil, nil)
	if err != nil {
		if isRefusal(err) {
			err = fmt.Errorf("%w: %w", errRefused, err)
		}
		return nil, err
	}
	probe.close()
	return openRaw(c, newEpoll)
}

// isRefusal tells a system that does not have a call, or does not let us, from
// one that is out of something.
func isRefusal(err error) bool {
	return errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES)
}
