package goredis

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"

	"slotbench/internal/request"
	"slotbench/internal/resp"
)

// transact sends a request of MULTI, commands and EXEC through go-redis's own
// transactions, waits for its answer and records it.
func (c *logical) transact(ctx context.Context, r *request.Request) error {
	commands, err := newTransaction(ctx, c.run, r)
	if err != nil {
		c.run.end(err.Error(), false)
		return err
	}
	pipe := c.run.client.TxPipeline()
	for _, cmd := range commands {
		_ = pipe.Process(ctx, cmd) // only queues it
	}
	_, _ = pipe.Exec(ctx) // the errors are the commands'
	c.freeAt = c.run.now()
	worst := commands[0]
	values := make([]any, len(commands))
	for i, cmd := range commands {
		values[i] = cmd.Val()
		if cmd.Err() != nil && !errors.Is(cmd.Err(), redis.Nil) {
			worst = cmd
			break
		}
	}
	worst.finish(c.freeAt)
	if r.Status.Succeeded() {
		r.Status, r.BytesIn = request.OK, payloadBytes(values)
		look(r, values)
	}
	c.run.record(c.number, r)
	return nil
}

// newTransaction is the commands of a frame between MULTI and EXEC.
func newTransaction(ctx context.Context, run *run, r *request.Request) ([]*command, error) {
	var reader resp.CommandReader
	var commands []*command
	for rest := r.Frame; len(rest) > 0; {
		args, size, err := reader.Next(rest, nil)
		if err != nil || size == 0 || len(args) == 0 {
			return nil, errors.Join(errors.New("go-redis: a request's frame is not whole commands"), err)
		}
		rest = rest[size:]
		if name := string(args[0]); len(args) == 1 && (name == "MULTI" || name == "EXEC") {
			continue
		}
		values := make([]any, len(args))
		for i, arg := range args {
			values[i] = arg
		}
		values[0] = string(args[0])
		commands = append(commands, &command{Cmd: redis.NewCmd(ctx, values...), request: r, run: run})
	}
	if len(commands) == 0 {
		return nil, errors.New("go-redis: a transaction without a command")
	}
	return commands, nil
}

// settleForm sends a script that the server did not know as a whole, and looks
// into an answer where the request's form says so.
func (c *logical) settleForm(ctx context.Context, cmd *command) error {
	r := cmd.request
	if r.Form == nil {
		return nil
	}
	if r.Form.Script != "" && r.Status == request.Failed && request.NoScript([]byte(r.Err)) && r.Eval() {
		again, err := newCommand(ctx, c.run, r)
		if err != nil {
			return err
		}
		r.Err = ""
		_ = c.run.client.Process(ctx, again) // the error is the command's
		again.finish(c.run.now())
		cmd = again
	}
	if r.Status == request.OK {
		look(r, cmd.Val())
	}
	return nil
}

// look checks an answer's value. go-redis keeps no bytes of an answer, so it is
// written down again.
func look(r *request.Request, value any) {
	if r.Form.Check == nil {
		return
	}
	if class := r.Form.Check(r, appendValue(nil, value)); class != "" {
		r.Status, r.Err = request.Failed, class
	}
}

// appendValue writes a value as go-redis returns it as an answer.
func appendValue(dst []byte, value any) []byte {
	switch v := value.(type) {
	case string:
		return resp.AppendBulk(dst, v)
	case int64:
		return resp.AppendInt(dst, v)
	case bool:
		return resp.AppendBool(dst, 2, v)
	case float64:
		return resp.AppendDouble(dst, 2, v)
	case []any:
		dst = resp.AppendArray(dst, len(v))
		for _, element := range v {
			dst = appendValue(dst, element)
		}
		return dst
	case map[any]any:
		dst = resp.AppendArray(dst, 2*len(v))
		for key, element := range v {
			dst = appendValue(appendValue(dst, key), element)
		}
		return dst
	case error:
		return resp.AppendError(dst, v.Error())
	}
	return resp.AppendNull(dst, 2)
}
