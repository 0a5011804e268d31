package launch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
)

// Ports are picked below those that Linux gives to outgoing connections
// (32768 and up), so that a killed server finds its port free when it is
// started again under load, and so that the cluster bus's is below them too.
const (
	firstPort = 12000
	lastPort  = 21999
	// BusOffset is how far above its clients' port a Redis Cluster node has its
	// bus.
	BusOffset = 10000
	pickTries = 200
)

var errEnded = errors.New("the server ended instead of serving")

// freePort finds a port on a host that nobody listens on, and where bus is
// set, nobody on that of its cluster bus either. Somebody may take it before
// it is used.
func freePort(host string, bus bool) (int, error) {
	var err error
	for range pickTries {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		if err = canListen(host, port); err == nil && bus {
			err = canListen(host, port+BusOffset)
		}
		if err == nil {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no free port among %d tried from %d to %d: %w", pickTries, firstPort, lastPort, err)
}

func canListen(host string, port int) error {
	listener, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return err
	}
	return listener.Close()
}

// OnFreePort launches a server on a free port of a host: spec says how, and
// ready waits until it serves. When the port is taken in between, another one
// is tried. bus keeps the port at BusOffset free as well.
func OnFreePort(ctx context.Context, host string, bus bool, spec func(port int) Spec,
	ready func(ctx context.Context, p *Process, port int) error) (*Process, int, error) {
	for try := 1; ; try++ {
		port, err := freePort(host, bus)
		if err != nil {
			return nil, 0, err
		}
		p, err := Start(ctx, spec(port))
		if err != nil {
			return nil, 0, err
		}
		if err = p.await(ctx, port, ready); err == nil {
			return p, port, nil
		}
		how := p.state()
		closeErr := p.Close() // after which its output is complete
		if closeErr != nil || !portTaken(p.output.String()) || try == portTries || ctx.Err() != nil {
			err = fmt.Errorf("launch on port %d: %w\n%s", port, err, p.explain(how))
			return nil, 0, errors.Join(err, closeErr)
		}
	}
}

// await waits until a server serves or has ended.
func (p *Process) await(ctx context.Context, port int, ready func(context.Context, *Process, int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-p.Ended():
			cancel(errEnded)
		case <-ctx.Done():
		}
	}()
	err := ready(ctx, p, port)
	if err != nil && errors.Is(context.Cause(ctx), errEnded) {
		err = errEnded
	}
	cancel(nil)
	<-watched
	return err
}

// portTaken says whether a server's output tells that its port was in use, in
// Go's words or in C's.
func portTaken(output string) bool {
	return strings.Contains(strings.ToLower(output), "address already in use")
}
