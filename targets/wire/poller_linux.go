package wire

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// pollEvents is how many sockets' news are taken at once.
const pollEvents = 512

// The poller's own descriptors stand in events with these numbers; a
// connection stands with its id.
const (
	eventTimer = -1 - iota
	eventWoken
)

// poller is an epoll set with a timer and a way to be woken from outside.
type poller struct {
	epoll, timer, waker int
	armed               int64 // when the timer will ring; 0: it will not
	events              [pollEvents]unix.EpollEvent
}

func newPoller() (_ *poller, err error) {
	p := &poller{epoll: -1, timer: -1, waker: -1}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	if p.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("wire: epoll: %w", err)
	}
	if p.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC); err != nil {
		return nil, fmt.Errorf("wire: timerfd: %w", err)
	}
	if p.waker, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err != nil {
		return nil, fmt.Errorf("wire: eventfd: %w", err)
	}
	// Edge-triggered: the timer need not be read, setting it anew clears it.
	if err = p.add(p.timer, unix.EPOLLIN|unix.EPOLLET, eventTimer, 0); err != nil {
		return nil, err
	}
	return p, p.add(p.waker, unix.EPOLLIN, eventWoken, 0)
}

func (p *poller) close() {
	for _, fd := range []int{p.epoll, p.timer, p.waker} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}

// add watches a descriptor; its events carry id and generation.
func (p *poller) add(fd int, events uint32, id, generation int32) error {
	event := unix.EpollEvent{Events: events, Fd: id, Pad: generation}
	if err := unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		return fmt.Errorf("wire: epoll: %w", err)
	}
	return nil
}

// arm lets the timer ring in nanos, which will be at.
func (p *poller) arm(nanos, at int64) {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(max(1, nanos))}
	_, _, errno := unix.RawSyscall6(unix.SYS_TIMERFD_SETTIME, uintptr(p.timer), 0, uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
	if errno != 0 {
		panic("wire: timerfd_settime: " + errno.Error())
	}
	p.armed = at
}

// wait takes what is ready: milliseconds as in epoll_wait, -1 for as long as
// it takes. raw keeps the scheduler out of it. An interruption is no event.
func (p *poller) wait(milliseconds int, raw bool) []unix.EpollEvent {
	var n uintptr
	var errno unix.Errno
	if raw {
		n, _, errno = unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.epoll), uintptr(unsafe.Pointer(&p.events[0])),
			pollEvents, uintptr(milliseconds), 0, 0)
	} else {
		n, _, errno = unix.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.epoll), uintptr(unsafe.Pointer(&p.events[0])),
			pollEvents, uintptr(milliseconds), 0, 0)
	}
	if errno != 0 {
		if errno != unix.EINTR {
			panic("wire: epoll_wait: " + errno.Error())
		}
		return nil
	}
	return p.events[:n]
}

// wake ends a wait from another thread.
func (p *poller) wake() {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	_, _ = unix.Write(p.waker, one[:])
}

// woken takes the waking back.
func (p *poller) woken() {
	var count [8]byte
	_, _ = unix.Read(p.waker, count[:])
}
