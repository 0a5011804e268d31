package server

import (
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// rawSocket is a connection as the system knows it. Its calls are raw, since a
// non-blocking call returns at once.
type rawSocket struct {
	fd     int
	remote netip.AddrPort
}

var _ socket = (*rawSocket)(nil)

// acceptRaw takes a connection that waits at a listening socket; nil: there is
// none.
func acceptRaw(listener int) (*rawSocket, error) {
	fd, peer, err := unix.Accept4(listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
	switch err {
	case nil:
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		return &rawSocket{fd, addrPort(peer)}, nil
	case unix.EAGAIN, unix.ECONNABORTED, unix.EINTR:
		return nil, nil
	}
	return nil, err // out of descriptors or memory
}

func (k *rawSocket) receive(into []byte) int {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(k.fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(into))), uintptr(len(into)), 0, 0, 0)
		switch {
		case errno == 0 && n > 0:
			return int(n)
		case errno == unix.EAGAIN:
			return 0
		case errno != unix.EINTR:
			return gone
		}
	}
}

func (k *rawSocket) send(from []byte) int {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(k.fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(from))), uintptr(len(from)), unix.MSG_NOSIGNAL, 0, 0)
		switch errno {
		case 0:
			return int(n)
		case unix.EAGAIN:
			return 0
		case unix.EINTR:
		default:
			return gone
		}
	}
}

func (k *rawSocket) close() { unix.Close(k.fd) }

func (k *rawSocket) rest() {}

func (k *rawSocket) names() (remote, local netip.AddrPort, number int) {
	if a, err := unix.Getsockname(k.fd); err == nil {
		local = addrPort(a)
	}
	return k.remote, local, k.fd
}

func (k *rawSocket) keepAlive(seconds int) {
	if seconds == 0 {
		return
	}
	_ = unix.SetsockoptInt(k.fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
	_ = unix.SetsockoptInt(k.fd, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, seconds)
	_ = unix.SetsockoptInt(k.fd, unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, max(1, seconds/keepAliveProbes))
	_ = unix.SetsockoptInt(k.fd, unix.IPPROTO_TCP, unix.TCP_KEEPCNT, keepAliveProbes)
}

func addrPort(a unix.Sockaddr) netip.AddrPort {
	switch a := a.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port))
	}
	return netip.AddrPort{}
}
