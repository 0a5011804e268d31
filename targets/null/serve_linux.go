package null

import (
	"errors"
	"fmt"
	"net"
	"runtime"

	"golang.org/x/sys/unix"
)

// The sizes of a responder's buffers.
const (
	readBytes  = 64 << 10 // taken from a socket at once
	waitEvents = 256
	maxPending = 64 << 20 // of a command that is not whole, or of replies not taken
)

// peer is one connection.
type peer struct {
	*responder
	fd       int
	in, out  []byte
	watching bool // for room to write
}

// server is one epoll loop.
type server struct {
	epoll, listener int
	valueBytes      int
	peers           map[int]*peer
	buffer          [readBytes]byte
}

// serve answers on an address until it is killed.
func serve(addr string, valueBytes int) error {
	runtime.LockOSThread()
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		return err
	}
	defer file.Close()
	s := &server{listener: int(file.Fd()), valueBytes: valueBytes, peers: map[int]*peer{}}
	if err := unix.SetNonblock(s.listener, true); err != nil {
		return err
	}
	if s.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	if err := s.watch(unix.EPOLL_CTL_ADD, s.listener, unix.EPOLLIN); err != nil {
		return err
	}
	return s.loop()
}

func (s *server) watch(how, fd int, events uint32) error {
	return unix.EpollCtl(s.epoll, how, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)})
}

func (s *server) loop() error {
	var events [waitEvents]unix.EpollEvent
	for {
		n, err := unix.EpollWait(s.epoll, events[:], -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("epoll: %w", err)
		}
		for _, event := range events[:max(n, 0)] {
			fd := int(event.Fd)
			if fd == s.listener {
				s.accept()
				continue
			}
			if p := s.peers[fd]; p != nil && !s.turn(p, event.Events) {
				delete(s.peers, fd)
				unix.Close(fd)
			}
		}
	}
}

// accept takes in every client that waits.
func (s *server) accept() {
	for {
		fd, _, err := unix.Accept4(s.listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err != nil {
			return
		}
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		if s.watch(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN) != nil {
			unix.Close(fd)
			continue
		}
		s.peers[fd] = &peer{responder: newResponder(s.valueBytes), fd: fd}
	}
}

// turn reads what a peer sent and answers it; false ends the connection.
func (s *server) turn(p *peer, events uint32) bool {
	if events&unix.EPOLLOUT != 0 && !s.flush(p) {
		return false
	}
	if events&(unix.EPOLLIN|unix.EPOLLHUP|unix.EPOLLERR) == 0 {
		return true
	}
	n, err := unix.Read(p.fd, s.buffer[:])
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return true
	case err != nil || n == 0:
		return false
	}
	data := s.buffer[:n]
	if len(p.in) > 0 {
		p.in = append(p.in, data...)
		data = p.in
	}
	out, taken, err := p.serve(p.out, data)
	p.out = out
	p.in = append(p.in[:0], data[taken:]...)
	if len(p.in) > maxPending || len(p.out) > maxPending {
		return false
	}
	return s.flush(p) && err == nil
}

// flush writes what there is, and waits for room where there is none.
func (s *server) flush(p *peer) bool {
	for len(p.out) > 0 {
		n, err := unix.Write(p.fd, p.out)
		if errors.Is(err, unix.EAGAIN) {
			break
		}
		if err != nil && !errors.Is(err, unix.EINTR) {
			return false
		}
		p.out = p.out[:copy(p.out, p.out[max(n, 0):])]
	}
	if wants := len(p.out) > 0; wants != p.watching {
		p.watching = wants
		events := uint32(unix.EPOLLIN)
		if wants {
			events |= unix.EPOLLOUT
		}
		return s.watch(unix.EPOLL_CTL_MOD, p.fd, events) == nil
	}
	return true
}
