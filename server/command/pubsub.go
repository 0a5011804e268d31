package command

import (
	"sync"
	"sync/atomic"

	"slotbench/internal/resp"
	"slotbench/server/topology"
)

// The kinds of subscription: to a channel, to a pattern of channels, and to a
// channel that belongs to the slot of its name.
type subscription uint8

const (
	toChannel subscription = iota
	toPattern
	toShard
	subscriptionKinds
)

// pubsub is who has subscribed to what. Its lock is taken under slots' locks,
// and no slot is locked under it.
type pubsub struct {
	mu   sync.RWMutex
	subs [subscriptionKinds]map[string]map[*subscriber]struct{} // by channel or pattern
}

// subscriber is a client's subscriptions. They are changed under pubsub.mu.
type subscriber struct {
	push  func(frame []byte)
	names [subscriptionKinds]map[string]struct{}
	bytes atomic.Int64 // about what they take
}

// add subscribes, and returns how many subscriptions of its sort the client
// then has.
func (p *pubsub) add(s *subscriber, kind subscription, name string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.names[kind] == nil {
		s.names[kind] = make(map[string]struct{})
	}
	if _, twice := s.names[kind][name]; !twice {
		s.bytes.Add(int64(len(name) + heldOverhead))
	}
	s.names[kind][name] = struct{}{}
	if p.subs[kind] == nil {
		p.subs[kind] = make(map[string]map[*subscriber]struct{})
	}
	if p.subs[kind][name] == nil {
		p.subs[kind][name] = make(map[*subscriber]struct{})
	}
	p.subs[kind][name][s] = struct{}{}
	return s.count(kind)
}

// remove unsubscribes, and returns how many subscriptions of its sort are left.
func (p *pubsub) remove(s *subscriber, kind subscription, name string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.drop(s, kind, name)
}

func (p *pubsub) drop(s *subscriber, kind subscription, name string) int {
	if _, had := s.names[kind][name]; had {
		s.bytes.Add(-int64(len(name) + heldOverhead))
	}
	delete(s.names[kind], name)
	delete(p.subs[kind][name], s)
	if len(p.subs[kind][name]) == 0 {
		delete(p.subs[kind], name)
	}
	return s.count(kind)
}

// count is what SUBSCRIBE and its kin answer: channels and patterns together,
// or shard channels.
func (s *subscriber) count(kind subscription) int {
	if kind == toShard {
		return len(s.names[toShard])
	}
	return len(s.names[toChannel]) + len(s.names[toPattern])
}

// namesOf is what a client has subscribed to, of one kind.
func (p *pubsub) namesOf(s *subscriber, kind subscription) []string {
	p.mu.RLock()
	defer p.mu.RUnlock()
	names := make([]string, 0, len(s.names[kind]))
	for name := range s.names[kind] {
		names = append(names, name)
	}
	return names
}

// counts is how many subscriptions of each kind a client has.
func (p *pubsub) counts(s *subscriber) (n [subscriptionKinds]int) {
	if s == nil {
		return n
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	for kind := range n {
		n[kind] = len(s.names[kind])
	}
	return n
}

// leave ends all of a client's subscriptions.
func (p *pubsub) leave(s *subscriber) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for kind, names := range s.names {
		for name := range names {
			p.drop(s, subscription(kind), name)
		}
	}
}

// channels is how many channels or patterns are listened to.
func (p *pubsub) channels(kind subscription) int {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return len(p.subs[kind])
}

// clients is how many clients listen to anything.
func (p *pubsub) clients() int {
	p.mu.RLock()
	defer p.mu.RUnlock()
	all := make(map[*subscriber]struct{})
	for _, names := range p.subs {
		for _, to := range names {
			for s := range to {
				all[s] = struct{}{}
			}
		}
	}
	return len(all)
}

// publish sends a message to all who listen and returns how many that are: once
// for each subscription that the channel meets. A client's own messages go
// through own, if that is given.
func (p *pubsub) publish(kind subscription, channel, message []byte, own *subscriber, self func(frame []byte)) int {
	p.mu.RLock()
	defer p.mu.RUnlock()
	receivers := 0
	send := func(to map[*subscriber]struct{}, frame []byte) {
		for s := range to {
			if s == own && self != nil {
				self(frame)
			} else {
				s.push(frame)
			}
		}
		receivers += len(to)
	}
	if to := p.subs[kind][string(channel)]; len(to) > 0 {
		word := "message"
		if kind == toShard {
			word = "smessage"
		}
		send(to, resp.AppendCommand(nil, []byte(word), channel, message))
	}
	if kind == toChannel {
		for pattern, to := range p.subs[toPattern] {
			if matchGlob([]byte(pattern), channel) {
				send(to, resp.AppendCommand(nil, []byte("pmessage"), []byte(pattern), channel, message))
			}
		}
	}
	return receivers
}

// Subscribed says whether the client listens to any channel.
func (d *Dispatcher) Subscribed(client *Client) bool {
	if client.state&subscribed == 0 {
		return false
	}
	if d.pubsub.counts(client.sub) == [subscriptionKinds]int{} { // its slots have left
		client.state &^= subscribed
		return false
	}
	return true
}

// Pinned says whether messages may be on their way to the client: its
// connection must stay where it is, so that they keep their order.
func (d *Dispatcher) Pinned(client *Client) bool {
	return client.state&monitoring != 0 || d.Subscribed(client)
}

// unsubscribeMoved ends the subscriptions to channels whose slots have left
// this node, and tells the subscribers.
func (c *Context) unsubscribeMoved() {
	p := &c.pubsub
	p.mu.Lock()
	defer p.mu.Unlock()
	for channel, to := range p.subs[toShard] {
		if kind := c.Router.Route(c.Store.Count().Of([]byte(channel))).Kind; kind != topology.Moved && kind != topology.Unbound {
			continue
		}
		for s := range to {
			left := p.drop(s, toShard, channel)
			frame := resp.AppendBulk(resp.AppendArray(nil, 3), "sunsubscribe")
			s.push(resp.AppendInt(resp.AppendBulk(frame, channel), int64(left)))
		}
	}
}
