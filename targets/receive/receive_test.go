package receive

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"slotbench/internal/request"
	"slotbench/internal/resp"
	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/targets/nodes/scripted"
)

// inbox keeps what was received, and lets a test wait for it.
type inbox struct{ came chan string }

func newInbox() *inbox { return &inbox{came: make(chan string, 1000)} }

// Received notes a message.
func (b *inbox) Received(reception int, key, value []byte, at time.Time) {
	b.came <- fmt.Sprintf("%d %s %s", reception, key, value)
}

// wait is the next n messages, sorted.
func (b *inbox) wait(t *testing.T, n int) []string {
	t.Helper()
	var all []string
	for range n {
		select {
		case one := <-b.came:
			all = append(all, one)
		case <-time.After(20 * time.Second):
			t.Fatalf("only %q came", all)
		}
	}
	slices.Sort(all)
	return all
}

// atFirst is a cluster whose first node owns all slots.
func atFirst(c *scripted.Cluster) *slot.Topology {
	t := slot.NewTopology(slot.DefaultCount, c.Nodes)
	t.SetRange(slot.Range{First: 0, Last: slot.Slot(slot.DefaultCount - 1)}, 0)
	return t
}

func confirm(command, channel string) []byte {
	out := resp.AppendArray(nil, 3)
	out = resp.AppendBulk(out, strings.ToLower(command))
	out = resp.AppendBulk(out, channel)
	return resp.AppendInt(out, 1)
}

func message(kind, channel, text string) []byte { return resp.AppendCommand(nil, kind, channel, text) }

// TestSubscribersFollow has one channel that its owner's slot map sends
// elsewhere, and one that leaves later, both with messages right behind the
// confirmation.
func TestSubscribersFollow(t *testing.T) {
	var c *scripted.Cluster
	ready := make(chan struct{})
	c = scripted.Start(t, 2, func(node int, words []string) []byte {
		<-ready
		if words[0] != "SSUBSCRIBE" {
			return resp.AppendError(nil, "ERR unexpected")
		}
		channel := strings.ToLower(words[1]) // scripted takes it for a subcommand
		switch {
		case channel == "moved" && node != 1:
			return resp.AppendError(nil, fmt.Sprintf("MOVED 1 %s", c.Nodes[1].Addr()))
		case channel == "leaves" && node == 0:
			return append(confirm(words[0], channel), confirm("SUNSUBSCRIBE", channel)...)
		}
		return append(confirm(words[0], channel), message("smessage", channel, "hello")...)
	})
	close(ready)
	topology, access := atFirst(c), targets.Access{Cluster: true}
	box := newInbox()
	r, err := Open(t.Context(), access, topology, []request.Reception{
		{Command: request.ShardSubscribe, Receivers: [][]string{{"moved", "stays"}, {"leaves"}}},
	}, box)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	want := []string{"0 leaves hello", "0 moved hello", "0 stays hello"}
	if got := box.wait(t, 3); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := r.Counts()[0]; got.Moved != 2 || got.Errors != 0 || got.Reconnects != 0 {
		t.Errorf("%+v", got)
	}
}

// TestConsumersReadAndAcknowledge plays a stream of two entries, a slot that
// moves, and a group that is gone.
func TestConsumersReadAndAcknowledge(t *testing.T) {
	value := make([]byte, request.StampBytes)
	request.PutStamp(value, []byte("s"), 1, 2)
	entries := resp.AppendArray(nil, 1)
	entries = resp.AppendArray(entries, 2)
	entries = resp.AppendBulk(entries, "s")
	entries = resp.AppendArray(entries, 2)
	for i, fields := range [][]string{{"a", "no stamp", "b", string(value)}, {"b", string(value)}} {
		entries = resp.AppendArray(entries, 2)
		entries = resp.AppendBulk(entries, fmt.Sprintf("1-%d", i))
		entries = append(entries, resp.AppendCommand(nil, fields...)...)
	}
	reads, acked, answer := 0, make(chan string, 10), make(chan struct{})
	var c *scripted.Cluster
	ready := make(chan struct{})
	c = scripted.Start(t, 2, func(node int, words []string) []byte {
		<-ready
		switch {
		case words[0] == "XGROUP" && reads == 0:
			return resp.AppendSimple(nil, "OK")
		case words[0] == "XGROUP":
			return resp.AppendError(nil, "BUSYGROUP Consumer Group name already exists")
		case words[0] == "XACK":
			acked <- strings.Join(words, " ")
			<-answer
			return resp.AppendInt(nil, int64(len(words)-3))
		}
		switch reads++; {
		case reads == 1:
			return resp.AppendNullArray(nil, 2)
		case reads == 2:
			return resp.AppendError(nil, "UNBLOCKED the stream key no longer exists")
		case node == 0:
			return resp.AppendError(nil, fmt.Sprintf("MOVED 1 %s", c.Nodes[1].Addr()))
		case reads == 4:
			return resp.AppendError(nil, "NOGROUP No such key")
		case reads == 5:
			return entries
		}
		return nil // it blocks
	})
	close(ready)
	topology, access := atFirst(c), targets.Access{Cluster: true}
	box := newInbox()
	r, err := Open(t.Context(), access, topology, []request.Reception{
		{Command: request.ReadGroup, Group: "g", Batch: 10, Block: time.Second, Receivers: [][]string{{"s"}}},
	}, box)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	box.wait(t, 2)
	if got := <-acked; got != "XACK S g 1-0 1-1" {
		t.Errorf("acknowledged by %q", got)
	}
	if got := r.Unacknowledged(); got != 2 {
		t.Errorf("%d entries wait for the answer to their XACK", got)
	}
	close(answer)
	for r.Unacknowledged() != 0 { // as the driver waits; the test's own limit ends it
		time.Sleep(time.Millisecond)
	}
	if got := r.Counts()[0]; got.Moved != 1 || got.Errors != 1 || got.Reconnects != 0 || got.Acked != 2 {
		t.Errorf("%+v", got)
	}
}

// TestReceiversFollowThePrimary has the primary appointed anew: who listened to
// the old one, which keeps its connections, listens to the new one.
func TestReceiversFollowThePrimary(t *testing.T) {
	c := scripted.Start(t, 2, func(node int, words []string) []byte {
		channel := strings.ToLower(words[1])
		return append(confirm(words[0], channel), message("message", channel, fmt.Sprint("from ", node))...)
	})
	var primary atomic.Int32
	access := targets.Access{Primary: func() string { return c.Nodes[primary.Load()].Addr() }}
	box := newInbox()
	r, err := Open(t.Context(), access, atFirst(c), []request.Reception{{Command: request.Subscribe, Receivers: [][]string{{"a"}, {"b"}}}}, box)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, want := box.wait(t, 2), []string{"0 a from 0", "0 b from 0"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	primary.Store(1)
	if got, want := box.wait(t, 2), []string{"0 a from 1", "0 b from 1"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := r.Counts()[0]; got.Reconnects != 2 {
		t.Errorf("%+v", got)
	}
}

func TestOpenSaysWhatWasRefused(t *testing.T) {
	c := scripted.Start(t, 1, func(node int, words []string) []byte {
		return resp.AppendError(nil, "NOPERM this user has no permissions to run the '"+words[0]+"' command")
	})
	topology := slot.NewTopology(slot.DefaultCount, c.Nodes)
	for _, in := range []request.Reception{
		{Command: request.Subscribe, Receivers: [][]string{{"a"}}},
		{Command: request.ReadGroup, Group: "g", Receivers: [][]string{{"a"}}},
	} {
		_, err := Open(t.Context(), targets.Access{}, topology, []request.Reception{in}, newInbox())
		if err == nil || !strings.Contains(err.Error(), "NOPERM") || !strings.Contains(err.Error(), c.Nodes[0].Addr()) {
			t.Errorf("%s: %v", in.Command, err)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(fmt.Errorf("enough"))
	quiet := scripted.Start(t, 1, func(int, []string) []byte { return nil })
	topology = slot.NewTopology(slot.DefaultCount, quiet.Nodes)
	if _, err := Open(ctx, targets.Access{}, topology, []request.Reception{{Command: request.Subscribe, Receivers: [][]string{{"a"}}}}, newInbox()); err == nil || err.Error() != "enough" {
		t.Errorf("%v", err)
	}
}

func TestLinks(t *testing.T) {
	topology := slot.NewTopology(slot.DefaultCount, make([]slot.Node, 3))
	keys := []string{"a", "b", "c", "d", "{a}e"}
	for _, c := range []struct {
		command   string
		any       bool
		isCluster bool
		want      int
	}{
		{request.Subscribe, false, true, 3}, {request.Subscribe, true, true, 1}, {request.Subscribe, false, false, 1},
		{request.ReadGroup, false, true, 4}, {request.ReadGroup, false, false, 1},
	} {
		in := request.Reception{Command: c.command, AnyNode: c.any, Receivers: [][]string{keys}}
		if got := Links(topology, c.isCluster, []request.Reception{in}); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

// FuzzAnswers takes whatever a server may send as messages and as entries: it
// neither panics nor hangs.
func FuzzAnswers(f *testing.F) {
	f.Add(message("message", "a", "b"))
	f.Add(confirm("ssubscribe", "a"))
	f.Add([]byte("*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n"))
	f.Add([]byte("*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*-1\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // nobody connects to anywhere
		r := &Receivers{ctx: ctx, addrs: []string{"127.0.0.1:1"}, sink: discard{}, counts: make([]counts, 1), ready: make(chan struct{}), failed: make(chan error, 1)}
		r.waiting.Store(1 << 40)
		r.term = ctx
		in := &request.Reception{Command: request.ReadGroup, Group: "g"}
		var reader resp.ReplyReader
		for len(data) > 0 {
			reply, size, err := reader.Next(data)
			if err != nil || size == 0 {
				break
			}
			data = data[size:]
			c := &consumer{all: r, in: in}
			if acks, err := c.take(&line{}, reply); err == nil && acks > reply.Len {
				t.Fatalf("%d acknowledgements of %d streams", acks, reply.Len)
			}
			s := &subscriber{all: r, command: request.Subscribe, links: map[string]*link{}, heard: map[string]bool{}}
			l := &link{subscriber: s, held: map[string]bool{}, asked: []string{"a"}}
			if reply.IsError() {
				movedTo(reply.Text, "127.0.0.1:1")
			} else {
				l.push(&line{}, reply)
			}
		}
		r.reading.Wait()
	})
}

type discard struct{}

// Received drops a message.
func (discard) Received(int, []byte, []byte, time.Time) {}
