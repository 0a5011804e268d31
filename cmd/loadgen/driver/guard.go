package driver

import (
	"fmt"
	"sync"
	"time"

	"slotbench/targets"
)

// guardEvery is how often it is looked whether the target's processes live.
const guardEvery = 100 * time.Millisecond

// nodeGuard watches the processes of nodes on this machine, but for those that
// an event ends.
type nodeGuard struct {
	mu    sync.Mutex
	nodes map[int]targets.NodeStats // those whose end would end the run
}

func newNodeGuard(nodes []targets.NodeStats) *nodeGuard {
	g := &nodeGuard{nodes: map[int]targets.NodeStats{}}
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

// ended is an error of a node that is gone, nil while all live.
func (g *nodeGuard) ended() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, node := range g.nodes {
		if processEnded(node.PID) {
			return fmt.Errorf("node %s ended in mid-run (process %d)", node.Addr, node.PID)
		}
	}
	return nil
}

// watch calls gone once if a node's process ends, until stop is called.
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
			if err := g.ended(); err != nil {
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
