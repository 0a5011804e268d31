package server

import "slotbench/server/command"

var _ command.Node = (*Server)(nil)

// Info is the node's figures for INFO.
func (s *Server) Info() command.NodeInfo {
	config := s.config.Load()
	info := command.NodeInfo{
		RunID: s.runID, Port: s.Port(), StartedMillis: s.started.UnixMilli(),
		ClusterEnabled: config.ClusterEnabled,
		Engine:         s.engine, Loops: len(s.loops), ActiveLoops: int(s.active.Load()),
		Clients: int(s.clients.Load()), MaxClients: config.MaxClients, WaitingClients: int(s.waiting.Load()),
		TotalConnections: s.connections.Load(), RejectedConnections: s.rejected.Load(),
		OutputLimitDisconnections: s.outputCut.Load(), QueryLimitDisconnections: s.queryCut.Load(),
		NetInputBytes: -s.bytesInAtReset.Load(), NetOutputBytes: -s.bytesOutAtReset.Load(),
	}
	info.RSSBytes, info.SystemBytes = memoryBytes()
	info.UserSeconds, info.SystemSeconds = processorSeconds()
	for _, l := range s.loops {
		info.NetInputBytes += l.bytesIn.Load()
		info.NetOutputBytes += l.bytesOut.Load()
	}
	return info
}

// EachClient calls visit for every connection on its own loop.
func (s *Server) EachClient(visit func(*command.Client) (kill bool)) {
	for _, l := range s.loops {
		done := make(chan struct{})
		posted := l.post(func() {
			l.visit(visit)
			close(done)
		})
		if posted {
			<-done
		}
	}
}

// ResetStats sets the figures of INFO stats to zero.
func (s *Server) ResetStats() {
	s.connections.Store(0)
	s.rejected.Store(0)
	s.outputCut.Store(0)
	s.queryCut.Store(0)
	in, out := int64(0), int64(0)
	for _, l := range s.loops {
		in += l.bytesIn.Load()
		out += l.bytesOut.Load()
	}
	s.bytesInAtReset.Store(in)
	s.bytesOutAtReset.Store(out)
}

// SetActiveExpire says whether keys expire that nobody looks at.
func (s *Server) SetActiveExpire(on bool) { s.expireIdle.Store(!on) }

// Password is the password that AUTH wants; "": none.
func (s *Server) Password() string { return s.config.Load().Password }

// Settings is the configuration.
func (s *Server) Settings() command.Settings { return settings{s} }

// Limits is until when collections stay packed.
func (s *Server) Limits() *command.Limits { return &s.config.Load().Limits }
