package redis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/targets/nodes"
)

// handover is a failover that was made.
type handover struct{ from, to slot.Node }

// Failover makes the first replica that answers of a node the primary in its
// place, and returns when all nodes see it serve the slots. Of a primary that
// answers no more it is FORCEd. The promoted replica is a new node at the end
// of the list; the old primary keeps its index and becomes its replica. On an
// attached cluster Close takes it back.
func (c *cluster) Failover(ctx context.Context, node int) error {
	if c.watch != nil {
		return c.watch.failover(ctx)
	}
	if !c.Access().Cluster {
		return fmt.Errorf("failover: %s: %w", noCluster, targets.ErrUnsupported)
	}
	topology, err := c.Topology(ctx)
	if err != nil {
		return err
	}
	if node < 0 || node >= len(topology.Nodes) {
		return fmt.Errorf("failover: there is no node %d among %d", node, len(topology.Nodes))
	}
	h := handover{from: topology.Nodes[node]}
	if h.to, err = c.heir(ctx, h.from); err != nil {
		return err
	}
	if err := c.promote(ctx, h); err != nil {
		return err
	}
	if c.launched == nil {
		c.mu.Lock()
		c.failed = append(c.failed, h)
		c.mu.Unlock()
	}
	return nil
}

// heir is the first replica of a primary that answers. All nodes are asked who
// its replicas are, since gossip tells some of them late.
func (c *cluster) heir(ctx context.Context, primary slot.Node) (slot.Node, error) {
	found := fmt.Errorf("failover: %s has no replica: %w", primary.Addr(), targets.ErrUnsupported)
	tried := map[string]bool{}
	for i := range c.List() {
		view, err := c.View(ctx, i)
		if err != nil {
			continue
		}
		for _, replica := range view.Replicas {
			if replica.Of != primary.ID || tried[replica.ID] {
				continue
			}
			tried[replica.ID] = true
			one := c.Beside(replica.Node)
			_, err := one.Do(ctx, 0, "PING")
			_ = one.Close()
			if err == nil {
				return replica.Node, nil
			}
			found = fmt.Errorf("failover: no replica of %s answers: %w", primary.Addr(), err)
		}
	}
	return slot.Node{}, found
}

// promote makes a replica the primary and waits until everybody sees it.
func (c *cluster) promote(ctx context.Context, h handover) error {
	ctx, cancel := context.WithTimeout(ctx, failoverLimit)
	defer cancel()
	replica, primary := c.Beside(h.to), c.Beside(h.from)
	defer replica.Close()
	defer primary.Close()
	order := []any{"CLUSTER", "FAILOVER"}
	if _, err := primary.Do(ctx, 0, "PING"); err != nil {
		order = append(order, "FORCE")
	}
	var ordered time.Time
	return until(ctx, fmt.Sprintf("failover from %s to %s", h.from.Addr(), h.to.Addr()), func(ctx context.Context) error {
		serves, err := c.promoted(ctx, replica, h)
		if err != nil || serves {
			return err
		}
		if err := c.voters(ctx, h); err != nil && ordered.IsZero() {
			return err
		}
		if time.Since(ordered) > failoverAgain {
			if _, err := replica.Do(ctx, 0, order...); err != nil && !strings.Contains(err.Error(), "to a replica") {
				return err
			}
			ordered = time.Now()
		}
		return errors.New("the replica has not been promoted yet")
	})
}

// voters is an error while a node that answers does not see the replica as one
// of its primary: it would refuse its vote, and a replica that lost an election
// waits four node timeouts until the next.
func (c *cluster) voters(ctx context.Context, h handover) error {
	knows := func(r nodes.Replica) bool { return r.ID == h.to.ID && r.Of == h.from.ID }
	for i, node := range c.List() {
		view, err := c.View(ctx, i)
		if err == nil && view.Myself != h.to.ID && !slices.ContainsFunc(view.Replicas, knows) {
			return fmt.Errorf("node %s does not see the replica yet", node.Addr())
		}
	}
	return nil
}

// promoted says whether a replica is the primary of slots in its own view. It
// is an error if it is, but others do not see it yet.
func (c *cluster) promoted(ctx context.Context, replica *nodes.Nodes, h handover) (bool, error) {
	owns := func(view nodes.View) bool {
		for _, p := range view.Primaries {
			if p.ID == h.to.ID {
				return len(p.Owned) > 0
			}
		}
		return false
	}
	view, err := replica.View(ctx, 0)
	if err != nil || !owns(view) {
		return false, err
	}
	for i, node := range c.List() {
		view, err := c.View(ctx, i)
		if err == nil && !owns(view) { // one that does not answer need not agree
			return false, fmt.Errorf("node %s does not see the new primary yet", node.Addr())
		}
	}
	_, err = c.Topology(ctx) // which takes the new primary into the list
	return err == nil, err
}

// failBack takes the failovers of an attached cluster back, the last first.
func (c *cluster) failBack(ctx context.Context) error {
	c.mu.Lock()
	made := c.failed
	c.failed = nil
	c.mu.Unlock()
	var errs []error
	for i := len(made) - 1; i >= 0; i-- {
		back := handover{from: made[i].to, to: made[i].from}
		if err := c.promote(ctx, back); err != nil {
			errs = append(errs, fmt.Errorf("%w; to take it back by hand: redis-cli -h %s -p %d CLUSTER FAILOVER",
				err, back.to.Host, back.to.Port))
		}
	}
	return errors.Join(errs...)
}
