package wire

import (
	"math"

	"slotbench/internal/request"
	"slotbench/internal/resp"
	"slotbench/targets"
)

// received takes what a connection's socket had: data begins where the last
// call's consumed bytes ended. All of it is consumed but an unfinished answer.
func (c *core) received(k *conn, data []byte, now int64) (consumed int) {
	first := now
	if k.firstAt != 0 {
		first = k.firstAt
	}
	generation := k.generation
	for consumed < len(data) {
		if k.head != k.sent && k.state == connOpen {
			f := k.at(k.head)
			if size := k.reader.Bulk(data[consumed:]); size > 0 && !f.skip && f.Form == nil {
				consumed += size
				k.head++
				c.heard(k, now)
				c.settle(k, f, size, first, now)
				first = now
				continue
			}
		}
		reply, size, err := k.reader.Next(data[consumed:])
		if err != nil {
			c.lost(k, targets.ClassProtocol, err.Error(), now)
			return len(data)
		}
		if size == 0 {
			break
		}
		consumed += size
		c.answer(k, &reply, first, now)
		if k.generation != generation {
			return len(data)
		}
		first = now
	}
	k.firstAt = 0
	if consumed < len(data) {
		k.firstAt = first
	}
	if !c.closed {
		c.markRoom(k)
	}
	return consumed
}

// answer takes one whole reply.
func (c *core) answer(k *conn, reply *resp.Reply, first, now int64) {
	switch {
	case reply.Kind == resp.Push:
		return
	case k.state == connGreeting:
		c.greetAnswer(k, reply, now)
		return
	case k.head == k.sent && k.askedOnly():
		k.at(k.head).skip = false
		return
	case k.head == k.sent && c.partAnswer(k, reply):
		return
	case k.head == k.sent:
		// Nobody asked. A server that is full says so right after it accepted.
		c.lost(k, wordOf(c, reply), string(reply.Text), now)
		return
	}
	f := k.at(k.head)
	if f.skip {
		f.skip = false // whatever ASKING got, the command's own answer tells
		return
	}
	if f.Form != nil && c.wholeAnswer(k, f, reply) {
		return
	}
	k.head++
	c.heard(k, now)
	switch reply.Kind {
	case resp.Null:
		f.Status = request.Miss
	case resp.Error, resp.BulkError:
		if c.follow(k, f, reply.Text, now) || c.evaluate(k, f, reply.Text, now) {
			return
		}
		f.Status, f.Err = request.Failed, c.words.intern(reply.Text)
	default:
		if f.Form != nil {
			c.checkAnswer(f, reply)
		}
	}
	c.settle(k, f, len(reply.Raw), first, now)
}

// settle ends a request with its whole answer.
func (c *core) settle(k *conn, f *flight, size int, first, now int64) {
	f.FirstByte, f.Node = first, int16(k.node.index)
	f.BytesIn = int32(min(size, math.MaxInt32))
	c.finish(f, now)
}

// heard notes that a node answers.
func (c *core) heard(k *conn, now int64) {
	k.heard = true
	if k.node.failures != 0 {
		k.node.health = health{}
		c.nextCheck = now // others may wait to connect
	}
}

func wordOf(c *core, reply *resp.Reply) string {
	if reply.IsError() {
		return c.words.intern(reply.Text)
	}
	return targets.ClassProtocol
}

// finish records a flight that ended now.
func (c *core) finish(f *flight, now int64) {
	f.Done = now
	c.lastDone = now
	c.pending--
	c.sink.Record(c.worker, &f.Request)
	if c.closed {
		cl := &c.clients[f.client]
		if cl.out--; cl.out == 0 {
			c.release(f.client, now)
		}
	}
	c.hangar.put(f)
}
