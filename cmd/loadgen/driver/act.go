package driver

import (
	"context"
	"fmt"
	"strings"
	"time"

	"slotbench/internal/slot"
	"slotbench/internal/timeline"
	"slotbench/targets"
)

// The limits of what events wait for.
const (
	actLimit      = 60 * time.Second // of starting, removing and failing over a node
	serveLimit    = 30 * time.Second // until a node that came back serves in its cluster
	servePoll     = 50 * time.Millisecond
	maxReplyBytes = 200 // of a command's reply that the record keeps
)

// act does what a step asks for. lasts says that its effect goes on.
func (s *steering) act(ctx context.Context, step *step) (lasts bool, err error) {
	switch step.Kind {
	case timeline.Migrate, timeline.Plan:
		return false, s.migrate(ctx, step)
	case timeline.Stop:
		return false, s.stopNode(ctx, step)
	case timeline.Kill:
		return s.killNode(ctx, step)
	case timeline.Start:
		return false, s.startNode(ctx, step.node)
	case timeline.Command:
		return false, s.command(ctx, step)
	}
	ctx, cancel := context.WithTimeout(ctx, actLimit)
	defer cancel()
	switch step.Kind {
	case timeline.Failover:
		if s.e.attached() {
			s.e.oweFailover(step)
		}
		s.e.disturbed.Store(true)
		return false, s.e.Cluster.Failover(ctx, step.node)
	case timeline.AddNode:
		node, err := s.e.Cluster.AddNode(ctx)
		if err == nil && node != step.node {
			err = fmt.Errorf("the node became number %d, not %d", node, step.node)
		}
		return false, err
	case timeline.RemoveNode:
		s.e.guard.release(step.node)
		err := s.e.Cluster.RemoveNode(ctx, step.node)
		if err == nil {
			s.e.setDown(step.node, true)
		}
		return false, err
	}
	panic("driver: an event of an unknown kind: " + string(step.Kind))
}

// migrate moves a step's slots.
func (s *steering) migrate(ctx context.Context, step *step) (err error) {
	if s.e.attached() && step.Keep {
		defer s.e.oweOpenSlots(step.moves)()
	} else if s.e.attached() {
		s.e.oweSlots(step.moves)
	}
	moves := step.moves
	if s.e.disturbed.Load() { // slots may be elsewhere than they were planned to be
		if moves, err = s.relocate(ctx, moves); err != nil {
			return err
		}
	}
	step.moved, err = s.e.Cluster.Migrate(ctx, moves, targets.Migration{
		Strategy: step.strategy, Batch: step.Batch,
	})
	if step.Keep {
		s.e.keepSlots(step.moved)
	}
	return err
}

// relocate gives moves the owners that their slots have by now.
func (s *steering) relocate(ctx context.Context, moves []targets.Move) ([]targets.Move, error) {
	topology, err := s.e.Cluster.Topology(ctx)
	if err != nil {
		return nil, err
	}
	var now []targets.Move
	for _, move := range moves {
		if owner := topology.Owner(move.Slot); owner >= 0 && owner != move.To {
			now = append(now, targets.Move{Slot: move.Slot, From: owner, To: move.To})
		}
	}
	return now, nil
}

// stopNode stops a process for a time. It goes on whatever happens meanwhile.
func (s *steering) stopNode(ctx context.Context, step *step) error {
	if err := s.e.Cluster.Signal(ctx, step.node, targets.Pause); err != nil {
		return err
	}
	s.wait(ctx, step.For)
	on, cancel := beyond(ctx, actLimit)
	defer cancel()
	return s.e.Cluster.Signal(on, step.node, targets.Resume)
}

// killNode kills a process, and starts it again after the step's time, at the
// latest when the load is over. Without a time it stays away.
func (s *steering) killNode(ctx context.Context, step *step) (lasts bool, err error) {
	s.e.guard.release(step.node)
	s.e.setDown(step.node, true)
	s.e.disturbed.Store(true)
	if err := s.e.Cluster.Signal(ctx, step.node, targets.Kill); err != nil {
		return false, err
	}
	if step.For == 0 {
		return true, nil
	}
	s.wait(ctx, step.For)
	return false, s.startNode(ctx, step.node)
}

// startNode starts a killed node and waits until it serves.
func (s *steering) startNode(ctx context.Context, node int) error {
	ctx, cancel := context.WithTimeout(ctx, actLimit)
	defer cancel()
	if err := s.e.Cluster.Start(ctx, node); err != nil {
		return err
	}
	if stats, _ := s.e.Cluster.Stats(ctx); node < len(stats) { // others may be away
		s.e.guard.expect(node, stats[node])
	}
	err := s.awaitServing(ctx, node)
	if err == nil {
		s.e.setDown(node, false)
	}
	return err
}

// awaitServing waits until every node that is not away says that the cluster
// serves.
func (s *steering) awaitServing(ctx context.Context, started int) error {
	if s.e.about.Mode != modeCluster {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, serveLimit)
	defer cancel()
	for {
		err := s.serving(ctx, started)
		if err == nil || ctx.Err() != nil {
			return err
		}
		pauseFor(ctx, servePoll)
	}
}

func (s *steering) serving(ctx context.Context, started int) error {
	for i := range s.e.topology.Nodes {
		if s.e.isDown(i) && i != started {
			continue
		}
		info, err := s.e.Cluster.Command(ctx, i, "CLUSTER", "INFO")
		if err != nil {
			return err
		}
		if !strings.Contains(info, "cluster_state:ok") && !s.e.anyDownBut(started) {
			return fmt.Errorf("node %d does not serve: %.100q", i, info)
		}
	}
	return nil
}

// command runs a command and keeps its reply.
func (s *steering) command(ctx context.Context, step *step) error {
	if s.e.attached() && step.Undo != nil {
		s.e.oweCommand(step)
	}
	ctx, cancel := context.WithTimeout(ctx, actLimit)
	defer cancel()
	reply, err := s.e.Cluster.Command(ctx, step.node, step.Run...)
	step.detail = reply
	if len(reply) > maxReplyBytes {
		step.detail = reply[:maxReplyBytes] + "…"
	}
	return err
}

// setDown notes that a node is away, or back.
func (e *engine) setDown(node int, down bool) {
	e.downMu.Lock()
	defer e.downMu.Unlock()
	if e.down == nil {
		e.down, e.wasDown = map[int]bool{}, map[int]bool{}
	}
	e.wasDown[node] = true
	if down {
		e.down[node] = true
	} else {
		delete(e.down, node)
	}
}

func (e *engine) isDown(node int) bool {
	e.downMu.Lock()
	defer e.downMu.Unlock()
	return e.down[node]
}

func (e *engine) hasBeenDown(node int) bool {
	e.downMu.Lock()
	defer e.downMu.Unlock()
	return e.wasDown[node]
}

func (e *engine) anyDown() bool { return e.anyDownBut(slot.NoOwner) }

func (e *engine) anyDownBut(node int) bool {
	e.downMu.Lock()
	defer e.downMu.Unlock()
	for down := range e.down {
		if down != node {
			return true
		}
	}
	return false
}
