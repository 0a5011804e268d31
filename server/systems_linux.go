package server

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// systems is every engine, the first choice of auto first.
var systems = []system{
	{name: "epoll", open: probed(newEpoll), unasked: true},
	{name: "portable", open: openPortable, unasked: true},
	{name: "io_uring", open: probed(newUring)},
}

// probed opens the ports for an engine if one can be made.
func probed(make func(*rawPorts, *loop) (engine, error)) func(Config) (ports, error) {
	return func(c Config) (ports, error) {
		probe, err := make(nil, nil)
		if err != nil {
			if isRefusal(err) {
				err = fmt.Errorf("%w: %w", errRefused, err)
			}
			return nil, err
		}
		probe.close()
		return openRaw(c, make)
	}
}

// isRefusal tells a system that does not have a call, or does not let us, from
// one that is out of something.
func isRefusal(err error) bool {
	return errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES)
}
