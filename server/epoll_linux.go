package server

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The epoll engine's figures.
const (
	eventsARound = 128
	spinMillis   = 10   // a wait that keeps the processor
	blockMillis  = 1000 // a wait that does not
)

// What stands in an event instead of a connection's place in its loop.
const (
	wakeEvent   = -1
	listenEvent = -2 // and below: less the number of the listening socket
)

// epoll is the engine of Linux: an epoll instance and an eventfd that wakes it.
type epoll struct {
	loop         *loop
	ports        *rawPorts
	epfd, wakefd int
	events       []unix.EpollEvent
	happened     int   // of events, in this round
	resting      []int // listening sockets, until tidy
}

func newEpoll(ports *rawPorts, l *loop) (engine, error) {
	epfd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create1: %w", err)
	}
	wakefd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		unix.Close(epfd)
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	e := &epoll{loop: l, ports: ports, epfd: epfd, wakefd: wakefd, events: make([]unix.EpollEvent, eventsARound)}
	if err := e.control(unix.EPOLL_CTL_ADD, wakefd, unix.EPOLLIN, wakeEvent); err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

func (e *epoll) close() {
	unix.Close(e.epfd)
	unix.Close(e.wakefd)
}

func (e *epoll) control(operation, fd int, events uint32, place int) error {
	if err := unix.EpollCtl(e.epfd, operation, fd, &unix.EpollEvent{Events: events, Fd: int32(place)}); err != nil {
		return fmt.Errorf("epoll_ctl: %w", err)
	}
	return nil
}

func (e *epoll) listen() error {
	for number, fd := range e.ports.fds {
		if err := e.control(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN, listenEvent-number); err != nil {
			return err
		}
	}
	return nil
}

func (e *epoll) adopt(c *conn) error {
	return e.control(unix.EPOLL_CTL_ADD, c.socket.(*rawSocket).fd, epollEvents(c.interest()), c.place)
}

// change cannot fail for a descriptor that was added, short of kernel memory;
// then the connection stays as it was and is closed by its timeout.
func (e *epoll) change(c *conn) {
	_ = e.control(unix.EPOLL_CTL_MOD, c.socket.(*rawSocket).fd, epollEvents(c.interest()), c.place)
}

func (e *epoll) forget(c *conn) {
	_ = unix.EpollCtl(e.epfd, unix.EPOLL_CTL_DEL, c.socket.(*rawSocket).fd, nil)
}

func (e *epoll) bound() bool { return false }

func (e *epoll) wake() {
	one := [8]byte{1}
	_, _ = unix.Write(e.wakefd, one[:]) // full means that it is awake already
}

func (e *epoll) wait(h howLong) (n int, woken bool, err error) {
	switch h {
	case atOnce:
		n = e.spin(0)
	case briefly:
		n = e.spin(spinMillis)
	default:
		n, err = e.block(blockMillis)
	}
	e.happened = n
	for i := range e.events[:n] {
		if e.events[i].Fd == wakeEvent {
			var count [8]byte
			_, _ = unix.Read(e.wakefd, count[:]) // takes the wakes back
			woken = true
		}
	}
	return n, woken, err
}

// spin waits in a raw system call: the Go scheduler does not know, so it hands
// the processor to nobody and a wake-up costs no scheduling. The collector's
// signal interrupts the call, so it is safe for a few milliseconds.
func (e *epoll) spin(timeoutMillis int) int {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(e.epfd),
		uintptr(unsafe.Pointer(&e.events[0])), uintptr(len(e.events)), uintptr(timeoutMillis), 0, 0)
	if errno != 0 {
		return 0 // EINTR; anything else is a broken descriptor, which block reports
	}
	return int(n)
}

// block waits as any Go code does.
func (e *epoll) block(timeoutMillis int) (int, error) {
	n, err := unix.EpollWait(e.epfd, e.events, timeoutMillis)
	if err == unix.EINTR {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("epoll_wait: %w", err)
	}
	return n, nil
}

func (e *epoll) report() {
	for i := range e.events[:e.happened] {
		switch place := int(e.events[i].Fd); {
		case place == wakeEvent:
		case place <= listenEvent:
			e.accept(e.ports.fds[listenEvent-place], place)
		default:
			if c := e.loop.conns[place]; c != nil { // else closed earlier in this round
				e.loop.event(c, epollSignals(e.events[i].Events))
			}
		}
	}
}

// accept takes the connections that wait at a listening socket.
func (e *epoll) accept(listener, event int) {
	for range acceptsARound {
		k, err := acceptRaw(listener)
		if err != nil { // epoll would tell it again and again
			e.loop.server.cannotAccept(err)
			_ = unix.EpollCtl(e.epfd, unix.EPOLL_CTL_DEL, listener, nil)
			e.resting = append(e.resting, event)
			return
		}
		if k == nil {
			return
		}
		e.loop.arrive(k)
	}
}

// tidy ends the rest of listening sockets.
func (e *epoll) tidy() {
	for _, event := range e.resting {
		if err := e.control(unix.EPOLL_CTL_ADD, e.ports.fds[listenEvent-event], unix.EPOLLIN, event); err != nil {
			e.loop.server.log.Warn("cannot listen again", "error", err)
		}
	}
	e.resting = e.resting[:0]
}

func epollEvents(s signals) uint32 {
	events := uint32(0)
	if s&readable != 0 {
		events |= unix.EPOLLIN
	}
	if s&ended != 0 {
		events |= unix.EPOLLRDHUP
	}
	if s&writable != 0 {
		events |= unix.EPOLLOUT
	}
	return events
}

func epollSignals(events uint32) signals {
	if events == unix.EPOLLIN { // nearly always
		return readable
	}
	s := signals(0)
	if events&unix.EPOLLIN != 0 {
		s |= readable
	}
	if events&unix.EPOLLRDHUP != 0 {
		s |= ended
	}
	if events&unix.EPOLLOUT != 0 {
		s |= writable
	}
	if events&(unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		s |= broken
	}
	return s
}
