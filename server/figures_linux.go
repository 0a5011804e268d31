package server

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"slotbench/server/command"
)

var _ command.Node = (*Server)(nil)

// Info is the node's figures for INFO.
func (s *Server) Info() command.NodeInfo {
	config := s.config.Load()
	info := command.NodeInfo{
		RunID: s.runID, Port: s.port, StartedMillis: s.started.UnixMilli(),
		ClusterEnabled: config.ClusterEnabled,
		Loops:          len(s.loops), ActiveLoops: int(s.active.Load()),
		Clients: int(s.clients.Load()), MaxClients: config.MaxClients, WaitingClients: int(s.waiting.Load()),
		TotalConnections: s.connections.Load(), RejectedConnections: s.rejected.Load(),
		OutputLimitDisconnections: s.outputCut.Load(), QueryLimitDisconnections: s.queryCut.Load(),
		NetInputBytes: -s.bytesInAtReset.Load(), NetOutputBytes: -s.bytesOutAtReset.Load(),
	}
	info.RSSBytes = residentBytes()
	var machine unix.Sysinfo_t
	if unix.Sysinfo(&machine) == nil {
		info.SystemBytes = int64(machine.Totalram) * int64(machine.Unit)
	}
	var use unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &use) == nil {
		info.UserSeconds = float64(use.Utime.Nano()) / 1e9
		info.SystemSeconds = float64(use.Stime.Nano()) / 1e9
	}
	for _, l := range s.loops {
		info.NetInputBytes += l.bytesIn.Load()
		info.NetOutputBytes += l.bytesOut.Load()
	}
	return info
}

// residentBytes is the resident memory of this process, 0 where it cannot be
// read.
func residentBytes() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize())
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
