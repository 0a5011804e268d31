package server

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// poller is an epoll instance and an eventfd that wakes it.
type poller struct {
	epfd, wakefd int
}

func newPoller() (*poller, error) {
	epfd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create1: %w", err)
	}
	wakefd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		unix.Close(epfd)
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	p := &poller{epfd, wakefd}
	if err := p.add(wakefd, unix.EPOLLIN); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *poller) close() {
	unix.Close(p.epfd)
	unix.Close(p.wakefd)
}

func (p *poller) add(fd int, events uint32) error {
	if err := unix.EpollCtl(p.epfd, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)}); err != nil {
		return fmt.Errorf("epoll add: %w", err)
	}
	return nil
}

// change cannot fail for a descriptor that was added, short of kernel memory;
// then the connection stays as it was and is closed by its timeout.
func (p *poller) change(fd int, events uint32) {
	_ = unix.EpollCtl(p.epfd, unix.EPOLL_CTL_MOD, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)})
}

func (p *poller) remove(fd int) {
	_ = unix.EpollCtl(p.epfd, unix.EPOLL_CTL_DEL, fd, nil)
}

// wake ends a wait that is under way or the next one.
func (p *poller) wake() {
	one := [8]byte{1}
	_, _ = unix.Write(p.wakefd, one[:]) // full means that it is awake already
}

// drain takes back the wakes.
func (p *poller) drain() {
	var count [8]byte
	_, _ = unix.Read(p.wakefd, count[:])
}

// spin waits in a raw system call: the Go scheduler does not know, so it hands
// the processor to nobody and a wake-up costs no scheduling. The collector's
// signal interrupts the call, so it is safe for a few milliseconds.
func (p *poller) spin(events []unix.EpollEvent, timeoutMillis int) int {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.epfd),
		uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), uintptr(timeoutMillis), 0, 0)
	if errno != 0 {
		return 0 // EINTR; anything else is a broken descriptor, which block reports
	}
	return int(n)
}

// block waits as any Go code does.
func (p *poller) block(events []unix.EpollEvent, timeoutMillis int) (int, error) {
	n, err := unix.EpollWait(p.epfd, events, timeoutMillis)
	if err == unix.EINTR {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("epoll_wait: %w", err)
	}
	return n, nil
}

// receive reads what is there; 0 with errno 0 is the peer's end. Raw, since a
// non-blocking call returns at once.
func receive(fd int, into []byte) (int, syscall.Errno) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(into))), uintptr(len(into)), 0, 0, 0)
		if errno != unix.EINTR {
			return int(n), errno
		}
	}
}

// send writes what the socket takes.
func send(fd int, from []byte) (int, syscall.Errno) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(from))), uintptr(len(from)), unix.MSG_NOSIGNAL, 0, 0)
		if errno != unix.EINTR {
			return int(n), errno
		}
	}
}
