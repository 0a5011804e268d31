package server

import (
	"fmt"
	"net"
	"sync"

	"golang.org/x/sys/unix"
)

// rawPorts is listening sockets as the system knows them.
type rawPorts struct {
	fds   []int
	bound int
	make  makeEngine

	running sync.WaitGroup // goroutines that close a connection
}

// openRaw opens the listening sockets of a configuration for engines that make
// makes.
func openRaw(c Config, make makeEngine) (ports, error) {
	p := &rawPorts{make: make}
	var err error
	p.bound, err = bindAll(c, func(host string, port int) (int, error) {
		fd, bound, err := listenOne(host, port, c.Backlog)
		if err == nil {
			p.fds = append(p.fds, fd)
		}
		return bound, err
	})
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *rawPorts) port() int { return p.bound }

func (p *rawPorts) engine(l *loop) (engine, error) { return p.make(p, l) }

func (p *rawPorts) close() {
	for _, fd := range p.fds {
		unix.Close(fd)
	}
	p.fds = nil
	p.running.Wait()
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
