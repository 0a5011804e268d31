package server

import (
	"errors"
	"net"
	"strconv"
	"sync"
	"time"
)

// The portable engine's waits.
const (
	portableBriefMillis = 10
	portableLongMillis  = 1000
	acceptRestMillis    = 1000 // of a listening socket that cannot accept
)

// portable is the engine on the standard library, which works wherever Go
// does. A goroutine reads from each connection and another one writes while
// there is something to write (pipe.go); they tell the loop by listing
// their connection here and ringing.
type portable struct {
	loop  *loop
	ports *portablePorts
	bell  chan struct{} // holds a ring that nobody has heard yet
	timer *time.Timer
	told  []*pipe // in this round; what is still so is told again
	round uint64

	mu     sync.Mutex
	listed []*pipe // have something to tell
	fresh  []*pipe // have just come
	woken  bool
	over   bool // nothing arrives any more
}

func (e *portable) listen() error {
	for _, l := range e.ports.listeners {
		e.ports.running.Go(func() { e.accept(l) })
	}
	return nil
}

func (e *portable) adopt(c *conn) error {
	p := c.socket.(*pipe)
	p.mu.Lock()
	p.engine, p.owner, p.wanted, p.round = e, c, c.interest(), 0
	p.tell()
	p.mu.Unlock()
	return nil
}

func (e *portable) forget(c *conn) {
	p := c.socket.(*pipe)
	p.mu.Lock()
	p.engine, p.listed = nil, false
	p.mu.Unlock()
}

func (e *portable) change(c *conn) {
	p := c.socket.(*pipe)
	p.mu.Lock()
	p.wanted = c.interest()
	p.tell()
	p.mu.Unlock()
}

func (e *portable) bound() bool { return false }

func (e *portable) tidy() {}

func (e *portable) close() {
	e.timer.Stop()
	e.mu.Lock()
	fresh := e.fresh
	e.fresh, e.over = nil, true
	e.mu.Unlock()
	for _, p := range fresh {
		p.close()
	}
}

func (e *portable) wake() {
	e.mu.Lock()
	e.woken = true
	e.mu.Unlock()
	e.ring()
}

// ring ends a wait.
func (e *portable) ring() {
	select {
	case e.bell <- struct{}{}:
	default: // it has been rung
	}
}

// list has a connection looked at in the next round.
func (e *portable) list(p *pipe) {
	e.mu.Lock()
	first := len(e.listed) == 0
	e.listed = append(e.listed, p)
	e.mu.Unlock()
	if first {
		e.ring()
	}
}

func (e *portable) wait(h howLong) (n int, woken bool, err error) {
	for _, p := range e.told {
		p.mu.Lock()
		if p.engine == e {
			p.tell()
		}
		p.mu.Unlock()
	}
	clear(e.told)
	e.told = e.told[:0]
	if h != atOnce {
		e.await(h)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.told, e.listed = e.listed, e.told
	n, woken = len(e.told)+len(e.fresh), e.woken
	e.woken = false
	if woken {
		n++
	}
	return n, woken, nil
}

// await waits for the bell.
func (e *portable) await(h howLong) {
	select {
	case <-e.bell:
		return
	default:
	}
	millis := time.Duration(portableBriefMillis)
	if h == long {
		millis = portableLongMillis
	}
	e.timer.Reset(millis * time.Millisecond)
	select {
	case <-e.bell:
	case <-e.timer.C:
	}
	e.timer.Stop()
}

func (e *portable) report() {
	e.round++
	for _, p := range e.told {
		p.mu.Lock()
		told, owner := signals(0), p.owner
		// One that has been with another loop meanwhile may be listed twice.
		if p.engine == e && p.round != e.round {
			p.listed, p.round = false, e.round
			told = p.now()
		}
		p.mu.Unlock()
		if told != 0 {
			e.loop.event(owner, told)
		}
	}
	e.mu.Lock()
	fresh := e.fresh
	e.fresh = nil
	e.mu.Unlock()
	for _, p := range fresh {
		e.loop.arrive(p)
		e.ports.arrived <- struct{}{}
	}
}

// accept accepts connections until the listening socket is closed. It leaves
// them to the loop, and goes on while not too many wait for that.
func (e *portable) accept(listener net.Listener) {
	for {
		select {
		case <-e.ports.arrived:
		case <-e.ports.closed:
			return
		}
		accepted, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of descriptors or memory
			e.loop.server.cannotAccept(err)
			e.ports.arrived <- struct{}{}
			select {
			case <-time.After(acceptRestMillis * time.Millisecond):
			case <-e.ports.closed:
			}
			continue
		}
		p := newPipe(accepted, &e.ports.running)
		e.mu.Lock()
		over := e.over
		if !over {
			e.fresh = append(e.fresh, p)
		}
		e.mu.Unlock()
		if over {
			p.close()
			return
		}
		e.ring()
	}
}

// portablePorts is listening sockets of the standard library. Their backlog is
// the system's.
type portablePorts struct {
	listeners []net.Listener
	bound     int
	closed    chan struct{}
	arrived   chan struct{}  // holds a permit for each connection that may be accepted
	running   sync.WaitGroup // goroutines that accept, read and write
}

// probePortable always succeeds: Go could not run otherwise.
func probePortable() error { return nil }

func openPortable(c Config) (ports, error) {
	s := &portablePorts{closed: make(chan struct{}), arrived: make(chan struct{}, acceptsARound)}
	for range acceptsARound {
		s.arrived <- struct{}{}
	}
	var err error
	s.bound, err = bindAll(c, func(host string, port int) (int, error) {
		network := "tcp4"
		switch {
		case host == "*":
			host = "0.0.0.0"
		case host == "::*":
			network, host = "tcp6", "::"
		case host == "localhost":
			host = "127.0.0.1"
		case net.ParseIP(host).To4() == nil:
			network = "tcp6"
		}
		l, err := net.Listen(network, net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil {
			return 0, err
		}
		s.listeners = append(s.listeners, l)
		return l.Addr().(*net.TCPAddr).Port, nil
	})
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *portablePorts) port() int { return s.bound }

func (s *portablePorts) engine(l *loop) (engine, error) {
	timer := time.NewTimer(portableLongMillis * time.Millisecond)
	return &portable{loop: l, ports: s, bell: make(chan struct{}, 1), timer: timer}, nil
}

func (s *portablePorts) close() {
	select {
	case <-s.closed:
		return
	default:
	}
	close(s.closed)
	for _, l := range s.listeners {
		_ = l.Close()
	}
	s.running.Wait()
}
