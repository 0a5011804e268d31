package nodes

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// servingPoll is how often a starting server is asked whether it serves.
const servingPoll = 5 * time.Millisecond

// AwaitServing waits until a node answers as the process pid and has loaded
// its data: another server may have been there before on the same port. It
// notes the pid.
func (n *Nodes) AwaitServing(ctx context.Context, i, pid int) error {
	for {
		info, err := n.Info(ctx, i)
		switch {
		case err != nil:
		case info["process_id"] != strconv.Itoa(pid):
			err = fmt.Errorf("node %s: the port is served by process %s, not by %d",
				n.List()[i].Addr(), info["process_id"], pid)
		case info["loading"] == "1":
			err = fmt.Errorf("node %s is loading", n.List()[i].Addr())
		default:
			n.SetPID(i, pid)
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		case <-time.After(servingPoll):
		}
	}
}
