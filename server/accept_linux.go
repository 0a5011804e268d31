package server

import (
	"golang.org/x/sys/unix"

	"slotbench/server/command"
)

// acceptsARound bounds how many connections are accepted before the others
// are served again.
const acceptsARound = 64

// The refusals of a connection, written before it is closed.
const (
	refuseFull   = "-ERR max number of clients reached\r\n"
	refuseRemote = "-DENIED The server is in protected mode: it has no password and serves this machine only. " +
		"Set a password (--requirepass, or CONFIG SET requirepass from this machine), or switch the protection off " +
		"(--protected-mode no) where no stranger can connect.\r\n"
)

// accept takes the connections that wait at a listening socket.
func (l *loop) accept(listener int) {
	s := l.server
	for range acceptsARound {
		fd, peer, err := unix.Accept4(listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		switch err {
		case nil:
		case unix.EAGAIN, unix.ECONNABORTED, unix.EINTR:
			return
		default: // out of descriptors or memory: epoll would report it again and again
			if !s.exhausted.Swap(true) { // it is tried again and again
				s.log.Warn("cannot accept a connection", "error", err)
			}
			l.poller.remove(listener)
			l.deaf = append(l.deaf, listener)
			return
		}
		s.connections.Add(1)
		if s.exhausted.Load() {
			s.exhausted.Store(false)
		}
		remote := addrPort(peer)
		switch {
		case s.clients.Load() >= int64(l.config.MaxClients):
			s.refuse(fd, refuseFull)
		case l.config.ProtectedMode && l.config.Password == "" && !remote.Addr().Unmap().IsLoopback():
			s.refuse(fd, refuseRemote)
		default:
			s.welcome(fd, remote.String(), l.config, l.nowMillis())
		}
	}
}

// listenAgain ends the rest of listening sockets.
func (l *loop) listenAgain() {
	for _, listener := range l.deaf {
		if err := l.poller.add(listener, unix.EPOLLIN); err != nil {
			l.server.log.Warn("cannot listen again", "error", err)
		}
	}
	l.deaf = l.deaf[:0]
}

func (s *Server) refuse(fd int, why string) {
	s.rejected.Add(1)
	_, _ = send(fd, []byte(why))
	unix.Close(fd)
}

// welcome gives a connection to the active loop that has the fewest.
func (s *Server) welcome(fd int, addr string, config *Config, nowMillis int64) {
	s.clients.Add(1)
	tune(fd, config.KeepAliveSeconds)
	local := ""
	if a, err := unix.Getsockname(fd); err == nil {
		local = addrPort(a).String()
	}
	c := &conn{fd: fd, client: command.Client{
		ID: s.nextID.Add(1), Addr: addr, LocalAddr: local, FD: fd, Proto: 2,
		Authenticated: config.Password == "", CreatedMillis: nowMillis, ActiveMillis: nowMillis,
	}}
	c.client.Push = func(frame []byte) { s.push(c, frame) }
	to := s.leastLoaded()
	c.home.Store(to)
	c.client.Resume = func() {
		home := c.home.Load()
		home.post(func() { home.resume(c) })
	}
	c.client.Deliver = func(reply []byte) {
		home := c.home.Load()
		home.post(func() { home.unblock(c, reply) })
	}
	if !to.post(func() { to.adopt(c) }) {
		s.clients.Add(-1)
		unix.Close(fd)
	}
}

func (s *Server) leastLoaded() *loop {
	best := s.loops[0]
	for _, l := range s.loops[1:s.active.Load()] {
		if l.count.Load() < best.count.Load() {
			best = l
		}
	}
	return best
}
