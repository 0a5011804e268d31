package server

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"golang.org/x/sys/unix"
)

// listen opens the listening sockets of a configuration and returns them with
// the port they share.
func listen(c Config) (fds []int, port int, err error) {
	port = c.Port
	for _, address := range c.Bind {
		host, optional := strings.CutPrefix(address, "-")
		fd, bound, err := listenOne(host, port, c.Backlog)
		if err != nil && optional {
			continue
		}
		if err != nil {
			closeAll(fds)
			return nil, 0, fmt.Errorf("listen on %s port %d: %w", host, port, err)
		}
		fds, port = append(fds, fd), bound
	}
	if len(fds) == 0 {
		return nil, 0, fmt.Errorf("listen: none of %q could be bound", c.Bind)
	}
	return fds, port, nil
}

func listenOne(host string, port, backlog int) (fd, bound int, err error) {
	address, family, err := bindAddress(host, port)
	if err != nil {
		return -1, 0, err
	}
	fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, 0, err
	}
	defer func() {
		if err != nil {
			unix.Close(fd)
		}
	}()
	if err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return -1, 0, err
	}
	if family == unix.AF_INET6 {
		if err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1); err != nil {
			return -1, 0, err
		}
	}
	if err = unix.Bind(fd, address); err != nil {
		return -1, 0, err
	}
	if err = unix.Listen(fd, backlog); err != nil {
		return -1, 0, err
	}
	local, err := unix.Getsockname(fd)
	if err != nil {
		return -1, 0, err
	}
	return fd, int(addrPort(local).Port()), nil
}

func bindAddress(host string, port int) (unix.Sockaddr, int, error) {
	switch host {
	case "*":
		return &unix.SockaddrInet4{Port: port}, unix.AF_INET, nil
	case "::*":
		return &unix.SockaddrInet6{Port: port}, unix.AF_INET6, nil
	case "localhost":
		host = "127.0.0.1"
	}
	ip := net.ParseIP(host)
	if ip == nil {
		return nil, 0, fmt.Errorf("%q is not an IP address", host)
	}
	if v4 := ip.To4(); v4 != nil {
		return &unix.SockaddrInet4{Port: port, Addr: [4]byte(v4)}, unix.AF_INET, nil
	}
	return &unix.SockaddrInet6{Port: port, Addr: [16]byte(ip)}, unix.AF_INET6, nil
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

func closeAll(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}

// tune sets what every accepted socket needs.
func tune(fd int, keepAliveSeconds int) {
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	if keepAliveSeconds == 0 {
		return
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, keepAliveSeconds)
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, max(1, keepAliveSeconds/3))
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 3)
}
