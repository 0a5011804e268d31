package redis

import (
	"context"
	"fmt"
	"time"
)

// The limits of steering.
const (
	joinLimit     = 60 * time.Second      // until all nodes know a new one
	failoverLimit = 90 * time.Second      // until a replica serves in its primary's place: one lost election is waited out
	failoverAgain = 6 * time.Second       // after which a failover is ordered again: servers give up after 5 s, silently
	steerPoll     = 20 * time.Millisecond // how finely the end of either is met
)

// until asks until the answer is no error any more, or ctx ends.
func until(ctx context.Context, what string, ask func(context.Context) error) error {
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w (%w)", what, err, context.Cause(ctx))
		case <-time.After(steerPoll):
		}
	}
}
