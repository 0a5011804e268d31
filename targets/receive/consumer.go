package receive

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"slotbench/internal/request"
	"slotbench/internal/resp"
)

// consumer is one member of a group, reading the streams of one slot over one
// connection: it reads with BLOCK, hands on, and acknowledges with the next
// read.
type consumer struct {
	all     *Receivers
	number  int // of its reception
	in      *request.Reception
	name    string
	streams []string
	addr    string

	read    []byte // its XREADGROUP
	frame   []byte
	unacked int64 // entries that frame acknowledges, or whose acknowledgement is not answered yet
	listens bool
}

// errNoGroup says that a stream or its group is gone, as after a restart
// without data.
var errNoGroup = errors.New("no such stream or group")

// errAgain says that the slot is on its way: the same node is asked again.
var errAgain = errors.New("the slot is on its way")

// passing is the first words of answers that a migration or an election makes
// and that pass by themselves.
var passing = []string{"ASK", "TRYAGAIN", "CLUSTERDOWN", "UNBLOCKED", "LOADING"}

// errMoved says that the slot is elsewhere; addr is set already.
var errMoved = errors.New("moved")

// run reads until all ends.
func (c *consumer) run() {
	args := []string{request.ReadGroup, "GROUP", c.in.Group, c.name, "COUNT", strconv.Itoa(c.in.Batch),
		"BLOCK", strconv.FormatInt(c.in.Block.Milliseconds(), 10), "STREAMS"}
	args = append(args, c.streams...)
	for range c.streams {
		args = append(args, ">")
	}
	c.read = resp.AppendCommand(nil, args...)
	counts := &c.all.counts[c.number]
	from := "$" // what was there before the run is not ours to read
	for {
		err := c.serve(from)
		if c.all.ctx.Err() != nil {
			return
		}
		c.all.refuse(err)
		switch {
		case errors.Is(err, errMoved):
			counts.moved.Add(1)
		case errors.Is(err, errAgain):
		case errors.Is(err, errNoGroup):
			counts.errors.Add(1)
		default:
			counts.reconnects.Add(1)
			c.addr = c.all.next(c.addr)
		}
		if !c.all.pause() {
			return
		}
		from = "0"
	}
}

// serve opens a connection, makes the groups, and reads until something fails.
func (c *consumer) serve(from string) error {
	line, err := c.all.dial(c.addr)
	if err != nil {
		return err
	}
	defer line.close()
	c.all.counts[c.number].connections.Add(1)
	defer c.all.counts[c.number].connections.Add(-1)
	defer func() { c.owe(-c.unacked) }()
	for _, stream := range c.streams {
		reply, err := line.ask("XGROUP", "CREATE", stream, c.in.Group, from, "MKSTREAM")
		if err != nil {
			return fmt.Errorf("node %s: XGROUP CREATE %s: %w", c.addr, stream, err)
		}
		if reply.IsError() && !bytes.HasPrefix(reply.Text, []byte("BUSYGROUP")) {
			return c.failure("XGROUP CREATE "+stream, reply.Text)
		}
	}
	if !c.listens {
		c.listens = true
		c.all.listens()
	}
	acks := 0
	c.frame = append(c.frame[:0], c.read...)
	for {
		if err := line.say(c.frame); err != nil {
			return fmt.Errorf("node %s: %w", c.addr, err)
		}
		c.frame = c.frame[:0]
		if acks, err = c.answers(line, acks); err != nil {
			return err
		}
		c.frame = append(c.frame, c.read...)
	}
}

// failure is what an error answer means.
func (c *consumer) failure(command string, text []byte) error {
	if addr := movedTo(text, c.addr); addr != "" {
		c.addr = addr
		return errMoved
	}
	word, _, _ := bytes.Cut(text, []byte(" "))
	if slices.Contains(passing, string(word)) {
		return errAgain
	}
	if string(word) == "NOGROUP" {
		return errNoGroup
	}
	c.all.counts[c.number].errors.Add(1)
	return fmt.Errorf("node %s: %s: %s", c.addr, command, text)
}

// answers takes the answers to so many XACKs and to the read behind them, and
// puts the acknowledgements of what was read into c.frame.
func (c *consumer) answers(line *line, acks int) (next int, err error) {
	for range acks {
		reply, err := line.next()
		if err != nil {
			return 0, fmt.Errorf("node %s: XACK: %w", c.addr, err)
		}
		if n, err := strconv.ParseInt(string(reply.Text), 10, 64); err == nil && reply.Kind == resp.Int {
			c.all.counts[c.number].acked.Add(n)
		}
	}
	c.owe(-c.unacked)
	reply, err := line.next()
	switch {
	case err != nil:
		return 0, fmt.Errorf("node %s: %s: %w", c.addr, request.ReadGroup, err)
	case reply.IsError():
		return 0, c.failure(request.ReadGroup, reply.Text)
	case reply.Kind == resp.Null:
		return 0, nil // nothing came in time
	}
	return c.take(line, reply)
}

// take hands on what a read brought: of each stream its name and entries, of
// each entry its id and fields.
func (c *consumer) take(line *line, reply resp.Reply) (acks int, err error) {
	elements := resp.ElementsOf(reply.Raw)
	head, _ := elements.Next()
	if head.Kind != resp.Array {
		return 0, fmt.Errorf("node %s: %s: %w", c.addr, request.ReadGroup, errNotRESP)
	}
	var ids [][]byte
	for range head.Len {
		elements.Next() // [name, entries]
		key, _ := elements.Next()
		entries, ok := elements.Next()
		if !ok || entries.Kind != resp.Array {
			return 0, fmt.Errorf("node %s: %s: %w", c.addr, request.ReadGroup, errNotRESP)
		}
		ids = ids[:0]
		for range entries.Len {
			elements.Next() // [id, fields]
			id, _ := elements.Next()
			fields, ok := elements.Next()
			if !ok {
				return 0, fmt.Errorf("node %s: %s: %w", c.addr, request.ReadGroup, errNotRESP)
			}
			ids = append(ids, id.Text)
			c.owe(1) // before anybody learns of it
			c.entry(line, key.Text, &elements, fields)
		}
		if len(ids) > 0 {
			acks++
			c.frame = resp.AppendArray(c.frame, 3+len(ids))
			c.frame = resp.AppendBulk(c.frame, "XACK")
			c.frame = resp.AppendBulk(c.frame, key.Text)
			c.frame = resp.AppendBulk(c.frame, c.in.Group)
			for _, id := range ids {
				c.frame = resp.AppendBulk(c.frame, id)
			}
		}
	}
	return acks, nil
}

// owe counts entries that were read and whose XACK is not answered.
func (c *consumer) owe(n int64) {
	c.unacked += n
	c.all.unacked.Add(n)
}

// entry hands on the first of an entry's values that has a stamp. An entry
// that was deleted meanwhile has no fields.
func (c *consumer) entry(line *line, key []byte, elements *resp.Elements, fields resp.Reply) {
	if fields.Kind != resp.Array {
		return
	}
	told := false
	for i := range fields.Len {
		text, _ := elements.Next()
		if told || i%2 == 0 {
			continue
		}
		if _, _, ok := request.ReadStamp(text.Text, key); ok {
			told = true
			c.all.sink.Received(c.number, key, text.Text, line.readAt)
		}
	}
}
