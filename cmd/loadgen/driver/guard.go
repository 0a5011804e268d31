package driver

import (
	"fmt"
	"sync"
	"time"

	"slotbench/targets"
)

// The watch over the target's processes.
const (
	guardEvery = 100 * time.Millisecond // how often it is looked whether they live
	// awayLimit is how long a node that may come back may be away while slots
	// are its own: Redis takes 15 s to give them to a replica.
	awayLimit = time.Minute
)

// returning is how a node comes back whose process ended: somebody else runs
// it, and may start it again.
type returning struct {
	stats func() []targets.NodeStats   // what the nodes say now; without Addr: it does not answer
	owns  func(node int) bool          // whether slots are still its own
	ended func(node int, at time.Time) // is told of its end,
	back  func(node int, at time.Time) // and of its return
}

// absence is a node whose process ended, and when that was seen.
type absence struct {
	addr  string
	since time.Time
}

// nodeGuard watches the processes of nodes on this machine, but for those that
// an event ends.
type nodeGuard struct {
	mu        sync.Mutex
	nodes     map[int]targets.NodeStats // those whose end matters
	away      map[int]absence           // those that ended; only the watch touches it
	returning *returning                // nil: none comes back, an end ends the run
	isEnded   func(pid int) bool
}

func newNodeGuard(nodes []targets.NodeStats, returning *returning) *nodeGuard {
	g := &nodeGuard{
		nodes: map[int]targets.NodeStats{}, away: map[int]absence{}, returning: returning, isEnded: processEnded,
	}
	for i, node := range nodes {
		g.expect(i, node)
	}
	return g
}

// expect watches a node that was started.
func (g *nodeGuard) expect(i int, node targets.NodeStats) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if node.PID > 0 {
		g.nodes[i] = node
	}
}

// release lets a node end.
func (g *nodeGuard) release(i int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.nodes, i)
}

// ended takes the nodes that have ended off the watch.
func (g *nodeGuard) ended() map[int]targets.NodeStats {
	g.mu.Lock()
	defer g.mu.Unlock()
	var ended map[int]targets.NodeStats
	for i, node := range g.nodes {
		if g.isEnded(node.PID) {
			if ended == nil {
				ended = map[int]targets.NodeStats{}
			}
			ended[i] = node
			delete(g.nodes, i)
		}
	}
	return ended
}

// look says whether the run must end: because of a node that ended and does
// not come back.
func (g *nodeGuard) look(now time.Time) error {
	for i, node := range g.ended() {
		if g.returning == nil {
			return fmt.Errorf("node %s ended in mid-run (process %d)", node.Addr, node.PID)
		}
		g.away[i] = absence{node.Addr, now}
		g.returning.ended(i, now)
	}
	if len(g.away) == 0 {
		return nil
	}
	stats := g.returning.stats()
	for i, absent := range g.away {
		switch {
		case i < len(stats) && stats[i].Addr != "" && (stats[i].PID == 0 || !g.isEnded(stats[i].PID)):
			delete(g.away, i)
			g.expect(i, stats[i])
			g.returning.back(i, now)
		case now.Sub(absent.since) >= awayLimit && g.returning.owns(i):
			return fmt.Errorf("node %s ended in mid-run, was not back after %s, and no other serves its slots", absent.addr, awayLimit)
		}
	}
	return nil
}

// watch calls gone once if the run must end, until stop is called.
func (g *nodeGuard) watch(gone func(error)) (stop func()) {
	done, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		ticker := time.NewTicker(guardEvery)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
			}
			if err := g.look(time.Now()); err != nil {
				gone(err)
				return
			}
		}
	}()
	return func() {
		close(done)
		<-over
	}
}
