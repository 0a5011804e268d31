package goredis

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/redis/go-redis/v9"

	"slotbench/internal/request"
	"slotbench/internal/resp"
)

// command is a request on its way through go-redis.
type command struct {
	*redis.Cmd
	request *request.Request
	run     *run
}

// maxKeyPosition is the last argument that go-redis takes as the first key.
const maxKeyPosition = 127

// newCommand is a request as go-redis takes it.
func newCommand(ctx context.Context, run *run, r *request.Request) (*command, error) {
	var reader resp.CommandReader
	args, size, err := reader.Next(r.Frame, nil)
	if err != nil || size != len(r.Frame) || len(args) == 0 {
		return nil, errors.Join(errors.New("go-redis: a request's frame is not one command"), err)
	}
	values := make([]any, len(args))
	for i, arg := range args {
		values[i] = arg
	}
	values[0] = string(args[0])
	cmd := redis.NewCmd(ctx, values...)
	if position := keyPosition(args, r.KeyAt); position > 0 && position <= maxKeyPosition {
		cmd.SetFirstKeyPos(int8(position))
	}
	return &command{Cmd: cmd, request: r, run: run}, nil
}

// keyPosition is which of a frame's arguments begins at keyAt; 0: none.
func keyPosition(args [][]byte, keyAt int) int {
	at := lengthLine(len(args))
	for i, arg := range args {
		at += lengthLine(len(arg))
		if at == keyAt {
			return i
		}
		at += len(arg) + 2
	}
	return 0
}

// lengthLine is how many bytes "*5\r\n" and "$12\r\n" take.
func lengthLine(n int) int {
	bytes := 4
	for ; n > 9; n /= 10 {
		bytes++
	}
	return bytes
}

// NoRetry keeps go-redis from sending a command again that may have been
// carried out. It is asked after an attempt failed; a pipeline is sent again
// as a whole only if none of its commands says no.
func (c *command) NoRetry() bool {
	err := c.Err()
	return !isAnswer(err) && !neverSent(err)
}

// isAnswer says whether an error is what the server answered.
func isAnswer(err error) bool {
	var answer redis.Error
	return errors.As(err, &answer)
}

// neverSent says whether an attempt failed before it was given a connection.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial" ||
		errors.Is(err, redis.ErrClosed) || errors.Is(err, redis.ErrPoolTimeout) || errors.Is(err, redis.ErrPoolExhausted)
}

// hook notes each attempt that go-redis makes at one node.
type hook struct{ node int16 }

// DialHook changes nothing.
func (h hook) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook notes an attempt of a single command.
func (h hook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		c, ours := cmd.(*command)
		if !ours {
			return next(ctx, cmd)
		}
		c.begin()
		err := next(ctx, cmd)
		c.end(h.node, err)
		return err
	}
}

// ProcessPipelineHook notes an attempt of a pipeline, of which go-redis also
// makes an ASKING and its command.
func (h hook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		for _, cmd := range cmds {
			if c, ours := cmd.(*command); ours {
				c.SetErr(nil) // that of the attempt before
				c.begin()
			}
		}
		err := next(ctx, cmds)
		for _, cmd := range cmds {
			if c, ours := cmd.(*command); ours {
				c.end(h.node, c.Err())
			}
		}
		return err
	}
}

func (c *command) begin() { c.request.Written = c.run.now() }

func (c *command) end(node int16, err error) {
	if neverSent(err) {
		c.request.Written = 0
		return
	}
	c.request.Node = node
	if err == nil || !isAnswer(err) {
		return
	}
	switch word, _, _ := strings.Cut(err.Error(), " "); word {
	case "MOVED":
		count(&c.request.Moved)
	case "ASK":
		count(&c.request.Ask)
	case "TRYAGAIN":
		count(&c.request.TryAgain)
	}
}

func count(n *uint8) {
	if *n < 255 {
		*n++
	}
}
