package server

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// The bounds of a pipe.
const (
	firstReadBytes = 4 << 10  // read at once from a connection that says little
	pipeBytes      = 64 << 10 // that wait in either direction
	lingerMillis   = 1000     // for replies that are due when a connection is closed
)

// pipe is a connection of the portable engine. What the system does for a raw
// socket it does itself: it holds what came and has not been received, and
// what was sent and is not yet out, up to a bound in either direction.
//
//	peer -> read's buffer -> in -> receive          (the loop)
//	peer <- hand <- out <- send                     (the loop)
type pipe struct {
	net     net.Conn
	running *sync.WaitGroup
	writer  func() // write, as a value: go makes none then

	mu      sync.Mutex
	room    sync.Cond // in has become shorter, or the pipe is closed
	engine  *portable // who is told; nil: no loop has it
	owner   *conn
	wanted  signals
	listed  bool   // the engine has it on its list
	round   uint64 // of the engine, in which it was last told of
	in      []byte
	taken   int     // of in
	state   signals // ended, and broken
	out     []byte
	hand    []byte // what the writer writes; its memory between two writes
	writing bool   // the writer runs
	closed  bool
}

var _ socket = (*pipe)(nil)

// newPipe starts to read from a connection.
func newPipe(conn net.Conn, running *sync.WaitGroup) *pipe {
	p := &pipe{net: conn, running: running}
	p.room.L = &p.mu
	p.writer = p.write
	running.Go(p.read)
	return p
}

// now is what is to be told. The lock is held.
func (p *pipe) now() signals {
	told := p.state & broken
	if p.wanted&readable != 0 && (p.taken < len(p.in) || p.state != 0) {
		told |= readable
	}
	told |= p.wanted & p.state & ended
	if p.wanted&writable != 0 && (len(p.out) <= pipeBytes/2 || p.state&broken != 0) {
		told |= writable
	}
	return told
}

// tell has the loop look at the pipe if there is something to tell. The lock
// is held.
func (p *pipe) tell() {
	if p.engine != nil && !p.listed && p.now() != 0 {
		p.listed = true
		p.engine.list(p)
	}
}

// read reads until the connection ends. It stops while nobody receives.
func (p *pipe) read() {
	buffer := make([]byte, firstReadBytes)
	for {
		n, err := p.net.Read(buffer)
		p.mu.Lock()
		full := n == len(buffer)
		switch {
		case p.closed:
		case p.taken == len(p.in) && n > 0: // change places
			p.in, buffer, p.taken = buffer[:n], p.in[:cap(p.in)], 0
		default:
			p.in = append(p.in, buffer[:n]...)
		}
		switch {
		case err == nil || p.closed:
		case errors.Is(err, io.EOF):
			p.state |= ended
		default:
			p.state |= ended | broken
		}
		p.tell()
		if full || len(buffer) == 0 {
			buffer = grown(buffer)
		}
		for len(p.in)-p.taken+len(buffer) > pipeBytes && !p.closed {
			p.room.Wait()
		}
		over := p.closed || err != nil
		p.mu.Unlock()
		if over {
			return
		}
	}
}

// grown is a buffer to read into that is as large as has proved useful.
func grown(buffer []byte) []byte {
	switch {
	case len(buffer) == 0:
		return make([]byte, firstReadBytes)
	case len(buffer) < readBytes:
		return make([]byte, readBytes)
	}
	return buffer
}

// kept is a buffer's memory for the next time, if that is not too much.
func kept(buffer []byte) []byte {
	if cap(buffer) > keepBytes {
		return nil
	}
	return buffer[:0]
}

func (p *pipe) receive(into []byte) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := copy(into, p.in[p.taken:])
	p.taken += n
	switch {
	case n == 0 && p.state != 0:
		return gone
	case p.taken == len(p.in):
		p.in, p.taken = kept(p.in), 0
	}
	p.room.Signal()
	return n
}

func (p *pipe) send(from []byte) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state&broken != 0 {
		return gone
	}
	n := min(len(from), pipeBytes-len(p.out))
	p.out = append(p.out, from[:n]...)
	if n > 0 && !p.writing {
		p.writing = true
		p.running.Add(1)
		go p.writer()
	}
	return n
}

// write writes until nothing is left to write. Who closes the pipe meanwhile
// leaves the rest to it.
func (p *pipe) write() {
	defer p.running.Done()
	p.mu.Lock()
	for len(p.out) > 0 && p.state&broken == 0 {
		p.out, p.hand = p.hand[:0], p.out
		p.tell()
		p.mu.Unlock()
		_, err := p.net.Write(p.hand)
		p.mu.Lock()
		if err != nil {
			p.state |= ended | broken
		}
	}
	p.hand, p.out = kept(p.hand), kept(p.out)
	p.writing = false
	p.tell()
	closed := p.closed
	p.mu.Unlock()
	if closed {
		_ = p.net.Close()
	}
}

func (p *pipe) close() {
	p.mu.Lock()
	p.closed, p.in, p.taken = true, nil, 0
	p.room.Signal()
	now := time.Now()
	if p.writing {
		_ = p.net.SetWriteDeadline(now.Add(lingerMillis * time.Millisecond))
		_ = p.net.SetReadDeadline(now)
	} else {
		_ = p.net.Close()
	}
	p.mu.Unlock()
}

func (p *pipe) rest() {
	p.mu.Lock()
	if p.taken == len(p.in) {
		p.in, p.taken = nil, 0
	}
	if !p.writing {
		p.out, p.hand = nil, nil
	}
	p.mu.Unlock()
}

func (p *pipe) names() (remote, local netip.AddrPort, number int) {
	return address(p.net.RemoteAddr()), address(p.net.LocalAddr()), descriptor(p.net)
}

func address(a net.Addr) netip.AddrPort {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.AddrPort()
	}
	return netip.AddrPort{}
}

// descriptor is the number that the system gave a connection.
func descriptor(c net.Conn) (number int) {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return 0
	}
	if raw, err := tcp.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { number = int(fd) })
	}
	return number
}

func (p *pipe) keepAlive(seconds int) {
	tcp, ok := p.net.(*net.TCPConn)
	if !ok || seconds == 0 {
		return
	}
	probe := time.Duration(seconds) * time.Second
	_ = tcp.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: probe,
		Interval: max(time.Second, probe/keepAliveProbes), Count: keepAliveProbes})
}
