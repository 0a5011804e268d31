package server

import (
	"encoding/binary"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ringSocket is a connection of the io_uring engine. What the kernel received
// stays in the ring's buffers until the end of the round, then in memory of the
// connection's own, so that no client holds the buffers of others; from
// pipeBytes on nothing is received.
type ringSocket struct {
	rawSocket
	ports *rawPorts

	engine *uring // nil: no loop has it
	number int    // in the engine's list
	owner  *conn
	wanted signals
	listed bool // the engine has it on its list

	receiving bool // the kernel receives
	silent    bool // the engine is to have it receive
	stopping  bool // the receiving is being ended
	got       []piece
	in        []byte
	taken     int     // of in
	state     signals // ended, and broken
	queued    bool    // something is sent with the next call
	left      []byte  // what was taken by send and is not out
	polling   bool    // the kernel tells when there is room
}

var _ socket = (*ringSocket)(nil)

// piece is what was received into one of the ring's buffers.
type piece struct {
	buffer   uint16
	from, to int
}

func newRingSocket(fd int, ports *rawPorts) *ringSocket {
	k := &ringSocket{rawSocket: rawSocket{fd: fd}, ports: ports}
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	if peer, err := unix.Getpeername(fd); err == nil {
		k.remote = addrPort(peer)
	}
	return k
}

// now is what is to be told.
func (k *ringSocket) now() signals {
	told := k.state & broken
	if k.wanted&readable != 0 && (k.taken < len(k.in) || len(k.got) > 0 || k.state != 0) {
		told |= readable
	}
	told |= k.wanted & k.state & ended
	if k.wanted&writable != 0 && (len(k.left) == 0 && !k.queued || k.state&broken != 0) {
		told |= writable
	}
	return told
}

// mayReceive says whether the kernel is to be asked to receive.
func (k *ringSocket) mayReceive() bool {
	return !k.receiving && k.state == 0 && len(k.in)-k.taken < pipeBytes
}

// listen has the kernel receive, from the next call on.
func (k *ringSocket) listen() {
	if k.mayReceive() && !k.silent {
		k.silent = true
		k.engine.silent = append(k.engine.silent, k)
	}
}

// received notes what the kernel received.
func (k *ringSocket) received(done completion) {
	buffer := uint16(done.flags >> cqeBufferShift)
	if done.result > 0 {
		if len(k.got) == 0 {
			k.engine.holding = append(k.engine.holding, k)
		}
		k.got = append(k.got, piece{buffer, 0, int(done.result)})
	} else if done.flags&cqeBuffer != 0 {
		k.engine.ring.giveBack(buffer)
	}
	switch errno := syscall.Errno(max(0, -done.result)); {
	case done.result > 0:
	case done.result == 0:
		k.state |= ended
	case errno == unix.ENOBUFS || errno == unix.ECANCELED || errno == unix.EINTR || errno == unix.EAGAIN:
	default:
		k.state |= ended | broken
	}
	if done.flags&cqeMore == 0 {
		k.receiving, k.stopping = false, false
		k.listen()
	}
	k.engine.tell(k)
}

// stash takes what was received out of the ring's buffers.
func (k *ringSocket) stash() {
	for _, p := range k.got {
		k.in = append(k.in, k.engine.ring.buffer(p.buffer)[p.from:p.to]...)
		k.engine.ring.giveBack(p.buffer)
	}
	k.got = k.got[:0]
	if len(k.in)-k.taken >= pipeBytes && k.receiving && !k.stopping {
		k.stopping = true
		k.engine.cancel(userData(ofReceive, k.number))
	}
}

func (k *ringSocket) receive(into []byte) int {
	n := copy(into, k.in[k.taken:])
	k.taken += n
	if k.taken == len(k.in) {
		k.in, k.taken = kept(k.in), 0
	}
	for n < len(into) && len(k.got) > 0 && len(k.in) == 0 {
		p := &k.got[0]
		size := copy(into[n:], k.engine.ring.buffer(p.buffer)[p.from:p.to])
		n += size
		p.from += size
		if p.from == p.to {
			k.engine.ring.giveBack(p.buffer)
			k.got = slices.Delete(k.got, 0, 1)
		}
	}
	if n == 0 && k.state != 0 {
		return gone
	}
	k.listen()
	return n
}

func (k *ringSocket) send(from []byte) int {
	e := k.engine
	if e == nil {
		return k.rawSocket.send(from)
	}
	if k.queued || len(e.output) == cap(e.output) {
		e.submit()
	}
	switch {
	case k.state&broken != 0:
		return gone
	case len(k.left) > 0:
		return 0
	}
	n := min(len(from), pipeBytes, cap(e.output)-len(e.output))
	at := len(e.output)
	e.output = append(e.output, from[:n]...)
	e.queue(k, e.output[at:at+n])
	return n
}

// sent notes what became of what was queued.
func (k *ringSocket) sent(s *queuedSend) {
	k.queued = false
	out := int(max(0, s.result))
	errno := syscall.Errno(max(0, -s.result))
	switch {
	case out == len(s.data):
		k.left = nil
	case s.result >= 0 || errno == unix.EAGAIN || errno == unix.EINTR:
		if len(k.left) > 0 {
			k.left = k.left[out:]
		} else {
			k.left = slices.Clone(s.data[out:])
		}
		k.polling = true
		p := k.engine.next(opPollAdd, k.fd, userData(ofRoom, k.number))
		p.opFlags = pollMask(unix.POLLOUT)
	default:
		k.left = nil
		k.state |= ended | broken
	}
	k.engine.tell(k)
}

func (k *ringSocket) close() {
	if len(k.left) == 0 {
		unix.Close(k.fd)
		return
	}
	k.ports.running.Go(k.linger)
}

// linger sends what is left of a connection that is closed, if its peer reads.
func (k *ringSocket) linger() {
	defer unix.Close(k.fd)
	deadline := time.Now().Add(lingerMillis * time.Millisecond)
	for len(k.left) > 0 {
		n := k.rawSocket.send(k.left)
		if n == gone {
			return
		}
		k.left = k.left[n:]
		rest := time.Until(deadline).Milliseconds()
		if rest <= 0 {
			return
		}
		if _, err := unix.Poll([]unix.PollFd{{Fd: int32(k.fd), Events: unix.POLLOUT}}, int(rest)); err != nil && err != unix.EINTR {
			return
		}
	}
}

func (k *ringSocket) rest() {
	if k.taken == len(k.in) {
		k.in, k.taken, k.got = nil, 0, nil
	}
}

// pollMask is the events of a poll as a submission has them: the halves of the
// word are swapped where the most significant byte comes first.
func pollMask(events uint32) uint32 {
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		return events
	}
	return events<<16 | events>>16
}
