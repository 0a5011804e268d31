package server

import (
	"fmt"
	"log/slog"
	"runtime"
	"strings"
)

// engineParameter names the engine.
const engineParameter = "io-engine"

// EngineAuto has the engine chosen that suits the system best.
const EngineAuto = "auto"

// engineNames is what the engine may be, here or elsewhere.
var engineNames = []string{EngineAuto, "epoll", "io_uring", "portable"}

// keepAliveProbes is how many probes a peer may leave unanswered.
const keepAliveProbes = 3

// system is a way of input and output.
type system struct {
	name string
	// probe says why this machine does not let us; nil: it does.
	probe func() error
	open  func(Config) (ports, error)
	// unasked says that auto may choose it.
	unasked bool
}

// Engines is the names of the engines that can be had on this machine, the
// first choice of EngineAuto first.
func Engines() []string {
	var names []string
	for _, s := range systems {
		if s.probe() == nil {
			names = append(names, s.name)
		}
	}
	return names
}

// openPorts opens the ports of a configuration for the engine that it names,
// and says which that is.
func openPorts(c Config, log *slog.Logger) (p ports, name string, err error) {
	for _, s := range systems {
		if c.Engine != s.name && !(c.Engine == EngineAuto && s.unasked) {
			continue
		}
		if err := s.probe(); err != nil {
			if c.Engine == EngineAuto {
				log.Warn("an engine cannot be had", "engine", s.name, "error", err)
				continue
			}
			return nil, "", fmt.Errorf("--%s %s: the system refuses it: %w", engineParameter, s.name, err)
		}
		p, err := s.open(c)
		return p, s.name, err
	}
	return nil, "", fmt.Errorf("--%s %s: there is none on this system (%s), there is %s", engineParameter, c.Engine,
		runtime.GOOS, strings.Join(Engines(), ", "))
}

// bindAll has bind listen on every address of a configuration and returns the
// port that all share.
func bindAll(c Config, bind func(host string, port int) (bound int, err error)) (port int, err error) {
	port = c.Port
	count := 0
	for _, address := range c.Bind {
		host, optional := strings.CutPrefix(address, "-")
		bound, err := bind(host, port)
		if err != nil && optional {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("listen on %s port %d: %w", host, port, err)
		}
		port = bound
		count++
	}
	if count == 0 {
		return 0, fmt.Errorf("listen: none of %q could be bound", c.Bind)
	}
	return port, nil
}
