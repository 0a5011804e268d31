package wire

import (
	"time"

	"golang.org/x/sys/unix"

	"slotbench/targets"
)

const (
	receiveBytes = 64 << 10
	// rawWaitMillis is how long a wait keeps its processor. After a longer
	// silence it is given to the rest of the program.
	rawWaitMillis = 10
	// keptRestBytes is how much memory a connection keeps for unfinished
	// answers.
	keptRestBytes = 64 << 10
)

// loop is a thread's event loop around a core: it waits, tells the core what
// happened and when, and does what the core decides.
type loop struct {
	core   *core
	poller *poller
	spin   bool
	raw    bool // waits may keep their processor
	start  time.Time
	idle   int64 // nanoseconds of this phase spent waiting
	spunAt int64 // when the last look in vain ended; 0: something was done since
	spunOn int64 // how much had been sent then
	in     [receiveBytes]byte
	out    []byte
}

func newLoop(c *core, spin bool) (*loop, error) {
	p, err := newPoller()
	if err != nil {
		return nil, err
	}
	return &loop{core: c, poller: p, spin: spin, out: make([]byte, 0, gatherBytes)}, nil
}

// close closes the connections and the loop's own descriptors.
func (l *loop) close() {
	for _, k := range l.core.conns {
		l.core.close(k)
	}
	l.core.shutDoomed(l)
	l.poller.close()
}

// now is nanoseconds since the phase began, never 0, which means never.
func (l *loop) now() int64 { return max(1, int64(time.Since(l.start))) }

// run plays one phase to its end. all is what the workers of the phase share.
func (l *loop) run(p phase, all *shared) {
	l.idle, l.spunAt, l.poller.armed = 0, 0, 0
	var obeyed *ending
	l.core.begin(p, l.now())
	l.poll(l.poller.wait(0, true)) // connections may have ended since the last phase
	for l.core.stage != stageEnded {
		now := l.now()
		if why := all.why(); why != obeyed {
			obeyed = why
			l.obey(why, now)
		}
		l.core.turn(now)
		l.core.work(l)
		for l.core.eager() {
			l.core.turn(l.now())
			l.core.work(l)
		}
		all.report(l.core)
		if l.core.stage != stageEnded {
			l.wait()
		}
	}
	l.core.shutDoomed(l)
}

// obey ends the phase as another worker or the context wants it.
func (l *loop) obey(why *ending, now int64) {
	if why.abort {
		l.core.abort(why.text, now)
		return
	}
	l.core.stop(why.text, now)
}

// wait waits until something is ready or due, and takes what is ready.
func (l *loop) wait() {
	before := l.now()
	if l.spunAt != 0 && l.spunOn == l.core.sent {
		l.idle += before - l.spunAt // spinning is waiting
	}
	l.spunAt = 0
	due := l.core.wake()
	if l.spin {
		due -= SpinNanos
	}
	if due <= before {
		events := l.poller.wait(0, true)
		if len(events) == 0 && l.spin {
			l.spunAt, l.spunOn = l.now(), l.core.sent
			l.idle += l.spunAt - before
		}
		l.poll(events)
		return
	}
	if armed := l.poller.armed; armed <= before || due < armed {
		l.poller.arm(due-before, due)
	}
	events := l.poller.wait(rawWaitMillis, l.raw)
	if len(events) == 0 {
		events = l.poller.wait(-1, false)
	}
	l.idle += l.now() - before
	l.poll(events)
}

// poll receives what is there from all connections.
func (l *loop) poll(events []unix.EpollEvent) {
	for i := range events {
		e := &events[i]
		switch e.Fd {
		case eventTimer:
			l.poller.armed = 0
		case eventWoken:
			l.poller.woken()
		default:
			k := l.core.conns[e.Fd]
			if k.generation == e.Pad {
				l.ready(k, e.Events)
			}
		}
	}
}

// ready takes one connection's news.
func (l *loop) ready(k *conn, events uint32) {
	if k.state == connDialing {
		if err := finishDial(k.socket.fd); err != nil {
			l.core.dialFailed(k, wordOfErrno(err), "", l.now())
			return
		}
		l.core.connected(k, l.now())
		return
	}
	if events&unix.EPOLLOUT != 0 && k.blockedAt != 0 {
		l.core.markDirty(k)
	}
	if events&^unix.EPOLLOUT == 0 {
		return
	}
	// A socket is told of once, so it is read until it is empty: a short read
	// has emptied it, unless the peer's end of the stream stands behind it.
	ending := events&^(unix.EPOLLIN|unix.EPOLLOUT) != 0
	generation := k.generation
	for more := true; more && k.generation == generation; more = more || ending {
		var drained bool
		more, drained = l.receive(k)
		if drained {
			return
		}
	}
}

// receive reads once and hands on what came. An unfinished answer is kept: a
// short one is copied to the front of the next read, a long one grows where
// it is. more says that the read was as long as it could be, drained that
// there was nothing.
func (l *loop) receive(k *conn) (more, drained bool) {
	data := l.in[:]
	have := len(k.rest)
	long := have >= receiveBytes/2
	if long {
		if have == cap(k.rest) {
			grown := make([]byte, have, max(2*have, k.reader.Need()))
			copy(grown, k.rest)
			k.rest = grown
		}
		data = k.rest[:cap(k.rest)]
	} else {
		copy(data, k.rest)
	}
	n, errno := receive(k.socket.fd, data[have:])
	switch {
	case errno == unix.EAGAIN:
		return false, true
	case errno == unix.EINTR:
		return true, false
	case errno != 0:
		l.core.lost(k, wordOfErrno(errno), "", l.now())
		return false, true
	case n == 0:
		l.core.lost(k, targets.ClassClosed, "", l.now())
		return false, true
	}
	more = have+n == len(data)
	data = data[:have+n]
	generation := k.generation
	consumed := l.core.received(k, data, l.now())
	if k.generation != generation {
		k.rest = nil
		return false, true
	}
	switch {
	case long && consumed == 0:
		k.rest = data
	case cap(k.rest) > keptRestBytes && len(data)-consumed <= keptRestBytes:
		k.rest = append([]byte(nil), data[consumed:]...)
	default:
		k.rest = append(k.rest[:0], data[consumed:]...)
	}
	return more, false
}

func (l *loop) shut(doomed []socket) {
	for _, s := range doomed {
		if s.open {
			unix.Close(s.fd)
		}
	}
}

func (l *loop) dial(k *conn) {
	if k.state != connDialing || k.socket.open {
		return
	}
	addr, ok := l.core.book.get(k.node.index).pick(k.node.failures)
	if !ok {
		l.core.dialFailed(k, targets.ClassUnresolved, "", l.now())
		return
	}
	fd, err := dialSocket(addr)
	if err == nil {
		k.rest = nil
		k.socket = socket{fd: fd, open: true}
		err = l.poller.add(fd, unix.EPOLLIN|unix.EPOLLOUT|unix.EPOLLRDHUP|unix.EPOLLET, k.id, k.generation)
	}
	if err != nil {
		l.core.dialFailed(k, wordOfErrno(err), "", l.now())
	}
}

// send writes what a connection has, until the kernel takes no more.
func (l *loop) send(k *conn) {
	for {
		now := l.now()
		l.out = l.core.gather(k, l.out[:0], gatherBytes, now)
		if len(l.out) == 0 {
			return
		}
		n, errno := transmit(k.socket.fd, l.out)
		if errno != 0 {
			n = 0
		}
		l.core.wrote(k, n, len(l.out), now)
		if n == len(l.out) {
			if n < gatherBytes {
				return
			}
			continue
		}
		if errno != 0 && errno != unix.EAGAIN && errno != unix.EINTR {
			l.core.lost(k, wordOfErrno(errno), "", l.now())
		}
		return // the socket will tell when it takes more
	}
}
