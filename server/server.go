package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"slotbench/server/command"
	"slotbench/server/store"
)

// expireKeysARound bounds how many keys one look for expired ones looks at;
// several rounds follow each other while more are due.
const (
	expireKeysARound = 1000
	expireRounds     = 20
)

// Server is one node's connections and event loops.
type Server struct {
	config   atomic.Pointer[Config]
	changing sync.Mutex // of config
	log      *slog.Logger
	ports    ports
	engine   string // its name
	runID    string
	started  time.Time
	clock    func() int64

	dispatcher *command.Dispatcher
	loops      []*loop
	active     atomic.Int32
	detached   sync.WaitGroup // commands off the loop
	end        context.CancelFunc
	exhausted  atomic.Bool // no connection can be accepted
	expireIdle atomic.Bool // keys expire only when they are looked at

	nextID, clients, waiting        atomic.Int64 // waiting: for a key in flight
	connections, rejected           atomic.Int64
	outputCut, queryCut             atomic.Int64
	bytesInAtReset, bytesOutAtReset atomic.Int64
}

// Listen opens a node's ports; Run serves them.
func Listen(config Config, log *slog.Logger) (*Server, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	s := &Server{log: log, started: time.Now(), clock: clock()}
	id := make([]byte, 20)
	_, _ = rand.Read(id) // never fails
	s.runID = hex.EncodeToString(id)
	var err error
	if s.ports, s.engine, err = openPorts(config, log); err != nil {
		return nil, err
	}
	config = config.clone()
	config.Port = s.ports.port()
	s.config.Store(&config)
	return s, nil
}

// Close gives up a Server that will not Run.
func (s *Server) Close() { s.ports.close() }

// Port is the port that it listens on.
func (s *Server) Port() int { return s.ports.port() }

// RunID is the random name of this run: 40 hex digits.
func (s *Server) RunID() string { return s.runID }

// loopsRunning is the loops of all servers of this process, each of which may
// hold a processor while it waits.
var loopsRunning atomic.Int64

// reserveProcessors leaves a processor to the rest of the program.
func reserveProcessors(loops int) {
	want := int(loopsRunning.Add(int64(loops))) + 1
	if runtime.GOMAXPROCS(0) < want {
		runtime.GOMAXPROCS(want)
	}
}

// Run serves until ctx ends or SHUTDOWN comes. It fills in config.Node, Clock
// and Done. An error is that of a system call that cannot fail.
func (s *Server) Run(ctx context.Context, config command.Config) error {
	ctx, s.end = context.WithCancel(ctx)
	defer s.end()
	defer s.ports.close()
	config.Node, config.Clock, config.Done = s, s.clock, ctx.Done()
	s.dispatcher = command.NewDispatcher(config)
	s.applySlowLog(s.config.Load())
	s.dispatcher.SetLatencyThreshold(s.config.Load().LatencyMillis)
	for i := range s.config.Load().Loops {
		l, err := newLoop(s, i)
		if err != nil {
			return err
		}
		l.stats = s.dispatcher.NewStats()
		l.run = s.dispatcher.NewContext(l.stats)
		l.run.Bound = l.engine.bound()
		s.loops = append(s.loops, l)
	}
	s.active.Store(1)
	if err := s.loops[0].engine.listen(); err != nil {
		return err
	}
	s.fitDescriptors()
	reserveProcessors(len(s.loops))
	defer loopsRunning.Add(-int64(len(s.loops)))
	s.log.Info("Ready to accept connections", "port", s.Port(), "engine", s.engine)
	return s.serve(ctx, config)
}

// ownDescriptors is how many the process needs beside its clients'.
const ownDescriptors = 32

// fitDescriptors lowers maxclients to what the process may open.
func (s *Server) fitDescriptors() {
	config := s.config.Load().clone()
	limit, known := descriptorLimit()
	if !known || limit >= config.MaxClients+ownDescriptors {
		return
	}
	s.log.Warn("maxclients is more than the process may open", "maxclients", config.MaxClients, "limit", limit)
	config.MaxClients = max(1, limit-ownDescriptors)
	s.config.Store(&config)
}

// serve runs the loops and the clockwork until ctx ends.
func (s *Server) serve(ctx context.Context, config command.Config) error {
	failed := make(chan error, len(s.loops))
	var running sync.WaitGroup
	for _, l := range s.loops {
		running.Go(func() {
			err := l.serve()
			l.leave()
			if err != nil {
				failed <- fmt.Errorf("event loop %d: %w", l.number, err)
				s.end()
			}
		})
	}
	s.tick(ctx, config)
	s.log.Info("Shutting down", "clients", s.clients.Load())
	for _, l := range s.loops {
		l.post(l.stop)
	}
	running.Wait()
	s.detached.Wait()
	for _, l := range s.loops {
		l.engine.close()
	}
	close(failed)
	var errs []error
	for err := range failed {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// tick looks for expired keys and governs the loops until ctx ends.
func (s *Server) tick(ctx context.Context, config command.Config) {
	expire := time.NewTicker(time.Second / time.Duration(s.config.Load().Hz))
	defer expire.Stop()
	govern := time.NewTicker(governMillis * time.Millisecond)
	if len(s.loops) == 1 {
		govern.Stop()
	}
	defer govern.Stop()
	var g governor
	busyBefore, at := int64(0), time.Now()
	hz := s.config.Load().Hz
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-expire.C:
			s.dispatcher.Tick(now.UnixMilli())
			for range expireRounds {
				if s.expireIdle.Load() {
					break
				}
				if _, more := config.Store.Expire(now.UnixMilli(), expireKeysARound); !more {
					break
				}
			}
			s.tidy(config.Store, now)
			if next := s.config.Load().Hz; next != hz {
				hz = next
				expire.Reset(time.Second / time.Duration(hz))
			}
		case now := <-govern.C:
			busy := int64(0)
			for _, l := range s.loops {
				busy += l.busyNanos.Load()
			}
			share := float64(busy-busyBefore) / float64(now.Sub(at))
			busyBefore, at = busy, now
			s.activate(g.decide(share, int(s.active.Load()), len(s.loops)))
		}
	}
}

// How the store is tidied: in steps of tidyKeys, for a part of the time between
// two ticks at most.
const (
	tidyKeys = 500
	tidyPart = 25
)

// tidy has the store put its memory in order.
func (s *Server) tidy(st store.Store, now time.Time) {
	for end := time.Now().Add(time.Second / time.Duration(s.config.Load().Hz) / tidyPart); time.Now().Before(end); {
		if !st.Tidy(now.UnixMilli(), tidyKeys) {
			return
		}
	}
}

// activate makes that many loops active and gives each its share of the
// connections.
func (s *Server) activate(active int) {
	before := int(s.active.Load())
	if active == before {
		return
	}
	s.active.Store(int32(active))
	s.log.Info("event loops", "active", active)
	share := int(s.clients.Load())/active + 1
	if active < before {
		last := s.loops[before-1]
		last.post(func() { last.handOver(int(last.count.Load()), s.loops[0]) })
		return
	}
	fresh := s.loops[active-1]
	for _, l := range s.loops[:before] {
		l.post(func() { l.handOver(int(l.count.Load())-share, fresh) })
	}
}

// Shutdown ends the server soon.
func (s *Server) Shutdown() { s.end() }
