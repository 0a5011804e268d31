package goredis

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"slotbench/internal/request"
	"slotbench/targets"
)

// logical is one logical client: it sends a batch, waits for all of it, and
// sends the next.
type logical struct {
	run      *run
	number   int
	requests []*request.Request // of the batch, Pipeline in all
	freeAt   int64              // when the last batch ended
}

func newLogical(r *run, number int) *logical {
	c := &logical{run: r, number: number, requests: make([]*request.Request, r.load.Pipeline)}
	for i := range c.requests {
		c.requests[i] = new(request.Request)
	}
	return c
}

// openLoop sends what is due until there will be nothing any more.
func (c *logical) openLoop(ctx context.Context) error {
	wake := time.NewTimer(0)
	defer wake.Stop()
	for {
		if c.stopped() {
			return nil
		}
		n := c.run.feed.take(c.requests, c.run.now())
		if n == 0 {
			return nil
		}
		if n == notYet {
			c.starve()
			continue
		}
		batch := c.requests[:n]
		if wait := batch[0].Due - c.run.now(); wait > 0 {
			wake.Reset(time.Duration(wait))
			select {
			case <-wake.C:
			case <-c.run.stop:
				c.giveUp(batch)
				return nil
			}
		}
		// Before it was free the driver could do nothing; since then, what
		// passed beyond the due time is the driver's own lag.
		now := c.run.now()
		for _, r := range batch {
			lag := now - max(r.Due, c.freeAt)
			r.Outcome = request.Outcome{Node: -1, Ready: r.Due + max(lag, 0)}
		}
		if err := c.send(ctx, batch); err != nil {
			return err
		}
	}
}

// starvedWait is after how long a source that had nothing is asked again.
const starvedWait = 500 * time.Microsecond

// starve waits for a source's own input, or the end.
func (c *logical) starve() {
	timer := time.NewTimer(starvedWait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.run.stop:
	}
}

// giveUp records what of a batch was due before the end came.
func (c *logical) giveUp(batch []*request.Request) {
	for _, r := range batch {
		if r.Due <= c.run.endAt {
			r.Outcome = request.Outcome{Status: request.Unsent, Node: -1, Ready: r.Due, Done: c.run.now()}
			c.run.record(c.number, r)
		}
	}
}

// closedLoop sends a stream's requests, each batch as soon as the last ended.
func (c *logical) closedLoop(ctx context.Context, s *stream) error {
	for s.left > 0 && !c.stopped() && (c.run.load.Nanos == 0 || c.run.now() < c.run.load.Nanos) {
		n, starved := 0, false
		for n < len(c.requests) && s.left > 0 {
			c.requests[n].Form = nil // a source that knows of none does not set it
			if !s.Source.Next(c.requests[n]) {
				s.left = 0
				break
			}
			if starved = len(c.requests[n].Frame) == 0; starved {
				break
			}
			s.left--
			n++
		}
		if n == 0 && starved {
			c.starve()
			c.freeAt = c.run.now() // what it waited is nobody's response time
			continue
		}
		if n == 0 {
			return nil
		}
		now := c.run.now()
		for _, r := range c.requests[:n] {
			r.Due = c.freeAt
			r.Outcome = request.Outcome{Node: -1, Ready: now}
		}
		if err := c.send(ctx, c.requests[:n]); err != nil {
			return err
		}
	}
	return nil
}

func (c *logical) stopped() bool {
	select {
	case <-c.run.stop:
		return true
	default:
		return false
	}
}

// send sends a batch, waits for its answers and records them: transactions
// one by one, behind the others. The error is of a request that is none.
func (c *logical) send(ctx context.Context, batch []*request.Request) error {
	commands := make([]*command, 0, len(batch))
	for _, r := range batch {
		if r.Form != nil && r.Form.Answers > 1 {
			continue
		}
		cmd, err := newCommand(ctx, c.run, r)
		if err != nil {
			c.run.end(err.Error(), false)
			return err
		}
		commands = append(commands, cmd)
	}
	switch len(commands) {
	case 0:
	case 1:
		_ = c.run.client.Process(ctx, commands[0]) // the error is the command's
	default:
		c.pipeline(ctx, commands)
	}
	c.freeAt = c.run.now()
	for _, cmd := range commands {
		cmd.finish(c.freeAt)
		if err := c.settleForm(ctx, cmd); err != nil {
			return err
		}
		c.run.record(c.number, cmd.request)
	}
	for _, r := range batch {
		if r.Form != nil && r.Form.Answers > 1 {
			if err := c.transact(ctx, r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *logical) pipeline(ctx context.Context, commands []*command) {
	pipe := c.run.client.Pipeline()
	for _, cmd := range commands {
		_ = pipe.Process(ctx, cmd) // only queues it
	}
	_, _ = pipe.Exec(ctx) // the errors are the commands'
}

// finish makes the outcome of what go-redis returned.
func (c *command) finish(now int64) {
	r, err := c.request, c.Err()
	r.Done = now
	switch {
	case err == nil:
		r.Status, r.BytesIn = request.OK, payloadBytes(c.Val())
	case err == redis.Nil:
		r.Status = request.Miss
	case isAnswer(err):
		r.Status, r.Err, r.BytesIn = request.Failed, answerWord(err.Error()), int32(len(err.Error()))
	case r.Written == 0 && c.run.wasCut.Load():
		r.Status = request.Unsent
	case r.Written == 0:
		r.Status, r.Err, r.Node = request.Failed, failureWord(err), -1
		c.run.lostTouch()
	case c.run.wasCut.Load():
		r.Status = request.CutOff
	case isTimeout(err):
		r.Status, r.Err = request.TimedOut, targets.ClassTimeout
	default:
		r.Status, r.Err = request.Unknown, failureWord(err)
		c.run.lostTouch()
	}
}

// lostTouch has the target looked for.
func (r *run) lostTouch() {
	select {
	case r.failed <- struct{}{}:
	default:
	}
}

// payloadBytes is how many bytes an answer's strings hold, and eight for each
// number.
func payloadBytes(value any) int32 {
	switch v := value.(type) {
	case string:
		return int32(len(v))
	case []any:
		total := int32(0)
		for _, element := range v {
			total += payloadBytes(element)
		}
		return total
	case map[any]any:
		total := int32(0)
		for key, element := range v {
			total += payloadBytes(key) + payloadBytes(element)
		}
		return total
	case nil:
		return 0
	}
	return 8
}
