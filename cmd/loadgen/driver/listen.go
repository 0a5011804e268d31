package driver

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"slotbench/internal/slot"
	"slotbench/results"
	"slotbench/targets/receive"
)

// The limits of what surrounds deliveries.
const (
	deliveryPoll  = time.Millisecond // between two looks at whether all has been received
	maxLagStreams = 256              // whose lag the servers are asked for
)

// listens says whether the run has receivers.
func (e *engine) listens() bool {
	return e.Listen != nil && e.Trace == nil && e.Workload.Receives()
}

// listen lets the workload's receivers listen. Their messages are followed from
// here on: the probe's and the warm-up's too, so that the capacity is that of
// servers that deliver.
func (e *engine) listen(ctx context.Context) error {
	if !e.listens() {
		return nil
	}
	all := e.Workload.Receptions()
	var commands []string
	for _, op := range e.Workload.Ops() {
		commands = append(commands, op.Command)
	}
	e.watch.enter(phaseListen, 0, 0, nil)
	deliveries := results.NewDeliveries(all, commands, time.Now())
	receivers, err := e.Listen(ctx, e.topology, all, deliveries)
	if err != nil {
		return fmt.Errorf("receivers: %w", err)
	}
	e.deliveries, e.receivers = deliveries, receivers
	return nil
}

// checkReceivers refuses receivers that the target has nothing for.
func (e *engine) checkReceivers() error {
	if !e.listens() {
		return nil
	}
	for _, in := range e.Workload.Receptions() {
		if in.AnyNode && e.about.Product == onlyWithinNode && len(e.topology.Nodes) > 1 {
			return refusef("%s: nodes: any, but nodes of %s pass no messages on to each other: leave it out, or take another target", in.Name, e.about.Product)
		}
	}
	return nil
}

// onlyWithinNode is the product whose PUBLISH reaches no other node.
const onlyWithinNode = "slotbench"

// stopListening ends the receivers.
func (e *engine) stopListening() {
	if e.receivers != nil {
		e.receivers.Close()
		e.receivers, e.deliveries = nil, nil
	}
}

// awaitDeliveries waits until all that was sent has been received and
// acknowledged, as long as a drain at most.
func (e *engine) awaitDeliveries(ctx context.Context) {
	if e.deliveries == nil {
		return
	}
	poll := time.NewTicker(deliveryPoll)
	defer poll.Stop()
	end := time.NewTimer(e.Drain)
	defer end.Stop()
	for e.deliveries.Outstanding() > 0 || e.receivers.Unacknowledged() > 0 {
		select {
		case <-poll.C:
		case <-end.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// freshDeliveries begins a new account, once what was sent before has been
// received.
func (e *engine) freshDeliveries(ctx context.Context) {
	if e.deliveries == nil {
		return
	}
	e.awaitDeliveries(ctx)
	if behind := e.deliveries.Outstanding(); behind > 0 && ctx.Err() == nil {
		e.note("when the measurement began, receivers still lacked %d messages of the warm-up", behind)
	}
	e.deliveries.Reset()
	e.received = e.receivers.Counts()
}

// fillDeliveries writes what was received.
func (e *engine) fillDeliveries(ctx context.Context) {
	if e.deliveries == nil {
		return
	}
	all, err := e.deliveries.Results(e.rec.Totals.Seconds)
	if err != nil {
		e.warn("deliveries: %v", err)
		return
	}
	counts := e.receivers.Counts()
	receptions := e.Workload.Receptions()
	for i := range all {
		d, c := &all[i], counts[i].Since(e.received[i])
		d.Connections, d.Reconnects, d.Moved, d.Errors = c.Connections, c.Reconnects, c.Moved, c.Errors
		if d.Group != nil {
			e.fillGroup(ctx, d, c, receptions[i].Receivers)
		}
		e.checkDelivery(d)
	}
	e.rec.Deliveries = all
}

// checkDelivery says what casts doubt on a delivery's figures.
func (e *engine) checkDelivery(d *results.Delivery) {
	if d.Lost != nil && *d.Lost > 0 {
		e.warn("%s: %d of %d messages were not received", d.Name, *d.Lost, d.Expected)
	}
	if late := d.Expected - d.Delivered; d.Group != nil && late > 0 {
		e.warn("%s: %d of %d entries had not been delivered when the run ended: the consumers do not keep up", d.Name, late, d.Expected)
	}
	if d.Untold > 0 {
		e.warn("%s: %d messages were not followed: more than a million were under way at once", d.Name, d.Untold)
	}
	if d.Reconnects > 0 {
		e.note("%s: %d connections of receivers had to be opened again", d.Name, d.Reconnects)
	}
}

// fillGroup asks the servers how far a group is behind. What is neither
// delivered nor waiting was trimmed before anybody read it: lost.
func (e *engine) fillGroup(ctx context.Context, d *results.Delivery, c receive.Counts, receivers [][]string) {
	d.Group.Acknowledged = c.Acked
	lag, ok := e.groupLag(ctx, d.Group.Group, receivers)
	if !ok {
		return
	}
	d.Group.LagEnd = &lag
	lost := max(0, d.Expected-d.Delivered-lag)
	d.Lost = &lost
}

// groupLag is how many entries a group has still to be given in all of its
// streams; false where a server does not tell.
func (e *engine) groupLag(ctx context.Context, group string, receivers [][]string) (lag int64, ok bool) {
	topology, err := e.Cluster.Topology(ctx)
	if err != nil {
		return 0, false
	}
	asked := map[string]bool{}
	for _, streams := range receivers {
		for _, stream := range streams {
			if asked[stream] {
				continue
			}
			if asked[stream] = true; len(asked) > maxLagStreams {
				return 0, false
			}
			node := 0
			if e.about.Mode == modeCluster {
				node = topology.Owner(slot.Of([]byte(stream)))
			}
			if node < 0 {
				return 0, false
			}
			reply, err := e.Cluster.Command(ctx, node, "XINFO", "GROUPS", stream)
			one, told := lagOf(reply, group)
			if err != nil || !told {
				return 0, false
			}
			lag += one
		}
	}
	return lag, true
}

// lagOf finds a group's lag in what XINFO GROUPS says, a word a line. A server
// older than 7.0 does not say it, others leave it empty where they cannot know.
func lagOf(reply, group string) (lag int64, ok bool) {
	inGroup := false
	lines := strings.Split(reply, "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		switch name, value := strings.TrimSpace(lines[i]), strings.TrimSpace(lines[i+1]); name {
		case "name":
			inGroup = value == group
		case "lag":
			if n, err := strconv.ParseInt(value, 10, 64); inGroup && err == nil {
				return n, true
			}
		}
	}
	return 0, false
}
