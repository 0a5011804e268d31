package server

import (
	"fmt"
	"runtime"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// sendBytes is the memory for what is sent with one call.
const sendBytes = 256 << 10

// What a completion is of, in the upper byte of its user data. The rest is the
// number of the socket, of the listening socket or of what was sent.
const (
	ofWake = iota + 1
	ofArrival
	ofReceive
	ofSend
	ofRoom
	ofCancel
	ofShift = 56
)

func userData(of, number int) uint64 { return uint64(of)<<ofShift | uint64(number) }

// uring is the engine on io_uring. The kernel receives from every connection
// into a ring's buffers without being asked again; what is sent is gathered and
// submitted with the call that waits, one for all connections. It needs the
// loop to stay on one thread.
type uring struct {
	loop    *loop
	ports   *rawPorts
	ring    *ring
	wakefd  int
	enabled bool
	listens bool
	failed  error

	sockets []*ringSocket // by their number; nil: free
	free    []int
	active  []*ringSocket // have something to tell
	told    []*ringSocket // in this round; what is still so is told again; nil: forgotten
	holding []*ringSocket // had something in the ring's buffers
	silent  []*ringSocket // are to be received from again
	roomy   []*ringSocket // have something left to send and room for it
	woken   bool
	fresh   []int // descriptors that have come
	resting []int // listening sockets that accept nothing
	sends   []queuedSend
	output  []byte // what they send, copied
}

// queuedSend is what one socket sends with the next call.
type queuedSend struct {
	socket *ringSocket
	data   []byte
	result int32 // of the call: bytes, or an error below 0
}

func newUring(ports *rawPorts, l *loop) (engine, error) {
	r, err := openRing()
	if err != nil {
		return nil, err
	}
	wakefd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		r.close()
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	return &uring{loop: l, ports: ports, ring: r, wakefd: wakefd, output: make([]byte, 0, sendBytes)}, nil
}

func (e *uring) close() {
	for _, fd := range e.fresh {
		unix.Close(fd)
	}
	e.ring.close()
	unix.Close(e.wakefd)
}

func (e *uring) bound() bool { return true }

func (e *uring) wake() {
	one := [8]byte{1}
	_, _ = unix.Write(e.wakefd, one[:]) // full means that it is awake already
}

func (e *uring) listen() error {
	e.listens = true
	return nil
}

// enable begins, on the loop's goroutine.
func (e *uring) enable() error {
	runtime.LockOSThread() // for good: the thread ends with the loop
	if err := e.ring.enable(); err != nil {
		return err
	}
	e.enabled = true
	e.armWake()
	if e.listens {
		for number := range e.ports.fds {
			e.armAccept(number)
		}
	}
	return nil
}

// next is a submission to fill in.
func (e *uring) next(op uint8, fd int, data uint64) *submission {
	s := e.ring.next()
	for s == nil && e.failed == nil {
		e.submit()
		s = e.ring.next()
	}
	if s == nil {
		s = new(submission) // the loop is about to end
	}
	s.op, s.fd, s.userData = op, int32(fd), data
	return s
}

func (e *uring) armWake() {
	s := e.next(opPollAdd, e.wakefd, userData(ofWake, 0))
	s.length, s.opFlags = pollMulti, pollMask(unix.POLLIN)
}

func (e *uring) armAccept(number int) {
	s := e.next(opAccept, e.ports.fds[number], userData(ofArrival, number))
	s.priority, s.opFlags = acceptMulti, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC
}

// cancel ends what has that user data. Its own last completion tells when.
func (e *uring) cancel(data uint64) {
	s := e.next(opCancel, -1, userData(ofCancel, 0))
	s.address, s.flags = data, sqeSkipSuccess
}

func (e *uring) wait(h howLong) (n int, woken bool, err error) {
	if !e.enabled {
		if err := e.enable(); err != nil {
			return 0, false, err
		}
	}
	e.prepare()
	millis := int64(spinMillis)
	if h == long {
		millis = blockMillis
	}
	wait := h != atOnce && len(e.active) == 0 && len(e.fresh) == 0 && !e.woken && !e.ring.completed()
	e.call(wait, h != long, millis)
	e.submit() // what the kernel did not take at once
	e.told, e.active = e.active, e.told[:0]
	n, woken = len(e.told)+len(e.fresh), e.woken
	if woken {
		e.woken = false
		n++
	}
	return n, woken, e.failed
}

// prepare submits what has become due in the last round.
func (e *uring) prepare() {
	for _, k := range e.holding {
		k.stash()
	}
	e.holding = e.holding[:0]
	for _, k := range e.told {
		if k != nil {
			e.tell(k)
		}
	}
	clear(e.told)
	for _, k := range e.roomy {
		if len(k.left) > 0 && !k.queued && k.state&broken == 0 {
			e.queue(k, k.left)
		}
	}
	if len(e.roomy) > 0 {
		e.roomy = e.roomy[:0]
		e.submit() // success wakes nobody
	}
	for _, k := range e.silent {
		k.silent = false
		if k.mayReceive() {
			k.receiving = true
			s := e.next(opReceive, k.fd, userData(ofReceive, k.number))
			s.priority, s.flags = receiveMulti, sqeBufferSelect
		}
	}
	e.silent = e.silent[:0]
}

// call enters the kernel and takes the completions.
func (e *uring) call(wait, raw bool, millis int64) {
	switch errno := e.ring.enter(wait, raw, millis); errno {
	case 0, unix.EINTR, unix.ETIME, unix.EAGAIN, unix.EBUSY:
	default:
		e.failed = fmt.Errorf("io_uring_enter: %w", errno)
	}
	e.ring.take(e.see)
}

// submit has the kernel take every submission, after which all is known of
// what was sent.
func (e *uring) submit() {
	for e.failed == nil && (e.ring.waiting() > 0 || e.ring.overflown()) {
		e.call(false, true, 0)
	}
	for i := range e.sends {
		e.sends[i].socket.sent(&e.sends[i])
	}
	clear(e.sends)
	e.sends, e.output = e.sends[:0], e.output[:0]
}

// see notes a completion.
func (e *uring) see(done completion) {
	number := int(done.userData & (1<<ofShift - 1))
	more := done.flags&cqeMore != 0
	switch done.userData >> ofShift {
	case ofWake:
		var count [8]byte
		_, _ = unix.Read(e.wakefd, count[:]) // takes the wakes back
		e.woken = true
		if !more {
			e.armWake()
		}
	case ofArrival:
		if done.result >= 0 {
			e.fresh = append(e.fresh, int(done.result))
		} else if errno := syscall.Errno(-done.result); errno != unix.ECONNABORTED && errno != unix.ECANCELED {
			e.loop.server.cannotAccept(errno)
		}
		if !more {
			e.resting = append(e.resting, number)
		}
	case ofReceive:
		e.sockets[number].received(done)
	case ofSend:
		e.sends[number].result = done.result
	case ofRoom:
		k := e.sockets[number]
		k.polling = false
		e.roomy = append(e.roomy, k)
	}
}

// tell has the socket reported if there is something to tell.
func (e *uring) tell(k *ringSocket) {
	if !k.listed && k.now() != 0 {
		k.listed = true
		e.active = append(e.active, k)
	}
}

func (e *uring) report() {
	for _, k := range e.told {
		if k == nil {
			continue
		}
		k.listed = false
		if told := k.now(); told != 0 {
			e.loop.event(k.owner, told)
		}
	}
	fresh := e.fresh
	e.fresh = nil
	for _, fd := range fresh {
		e.loop.arrive(newRingSocket(fd, e.ports))
	}
}

// tidy ends the rest of listening sockets.
func (e *uring) tidy() {
	for _, number := range e.resting {
		e.armAccept(number)
	}
	e.resting = e.resting[:0]
}

func (e *uring) adopt(c *conn) error {
	k := c.socket.(*ringSocket)
	if n := len(e.free); n > 0 {
		k.number, e.free = e.free[n-1], e.free[:n-1]
		e.sockets[k.number] = k
	} else {
		k.number = len(e.sockets)
		e.sockets = append(e.sockets, k)
	}
	k.engine, k.owner, k.wanted, k.listed = e, c, c.interest(), false
	k.listen()
	if len(k.left) > 0 {
		e.roomy = append(e.roomy, k)
	}
	e.tell(k)
	return nil
}

func (e *uring) change(c *conn) {
	k := c.socket.(*ringSocket)
	k.wanted = c.interest()
	e.tell(k)
}

// forget waits until the kernel is done with the socket.
func (e *uring) forget(c *conn) {
	k := c.socket.(*ringSocket)
	if k.receiving {
		e.cancel(userData(ofReceive, k.number))
	}
	if k.polling {
		e.cancel(userData(ofRoom, k.number))
	}
	e.submit()
	if k.polling { // it has begun with what was just sent
		e.cancel(userData(ofRoom, k.number))
	}
	for (k.receiving || k.polling) && e.failed == nil {
		e.call(true, true, spinMillis)
	}
	e.submit()
	k.stash()
	for _, list := range []*[]*ringSocket{&e.active, &e.holding, &e.silent, &e.roomy} {
		*list = slices.DeleteFunc(*list, func(other *ringSocket) bool { return other == k })
	}
	if at := slices.Index(e.told, k); at >= 0 {
		e.told[at] = nil
	}
	k.listed, k.silent = false, false
	e.sockets[k.number] = nil
	e.free = append(e.free, k.number)
	k.engine = nil
}

// queue sends with the next call. data stays as it is until then.
func (e *uring) queue(k *ringSocket, data []byte) {
	// Nothing may come between: without success there is a completion, and it
	// is there when the call returns. The kernel waits for no room.
	s := e.next(opSend, k.fd, 0)
	s.userData = userData(ofSend, len(e.sends))
	s.flags = sqeSkipSuccess
	s.opFlags = unix.MSG_DONTWAIT | unix.MSG_WAITALL | unix.MSG_NOSIGNAL
	s.address, s.length = addressOf(data)
	e.sends = append(e.sends, queuedSend{k, data, int32(len(data))})
	k.queued = true
}
