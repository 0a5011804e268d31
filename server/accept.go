package server

import (
	"time"

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

// arrive takes or refuses a new connection.
func (l *loop) arrive(k socket) {
	s := l.server
	s.connections.Add(1)
	if s.exhausted.Load() {
		s.exhausted.Store(false)
	}
	remote, local, number := k.names()
	switch {
	case s.clients.Load() >= int64(l.config.MaxClients):
		s.refuse(k, refuseFull)
		return
	case l.config.ProtectedMode && l.config.Password == "" && !remote.Addr().Unmap().IsLoopback():
		s.refuse(k, refuseRemote)
		return
	}
	k.keepAlive(l.config.KeepAliveSeconds)
	now := l.nowMillis()
	s.welcome(&conn{socket: k, client: command.Client{
		ID: s.nextID.Add(1), Addr: remote.String(), LocalAddr: local.String(), FD: number, Proto: 2,
		Authenticated: l.config.Password == "", CreatedMillis: now, ActiveMillis: now,
	}})
}

// cannotAccept says why no connection is accepted, once: it is tried again and
// again.
func (s *Server) cannotAccept(err error) {
	if !s.exhausted.Swap(true) {
		s.log.Warn("cannot accept a connection", "error", err)
	}
}

func (s *Server) refuse(k socket, why string) {
	s.rejected.Add(1)
	k.send([]byte(why))
	k.close()
}

// welcome gives a connection to the active loop that has the fewest.
func (s *Server) welcome(c *conn) {
	s.clients.Add(1)
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
	s.give(c, to)
}

// give hands a connection that no loop has to one. A loop that has ended
// closes it.
func (s *Server) give(c *conn, to *loop) {
	if !to.post(func() { to.adopt(c) }) {
		c.closed = true
		s.dispatcher.Leave(&c.client, time.Now().UnixMilli())
		c.socket.close()
		s.clients.Add(-1)
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
