package receive

import (
	"fmt"
	"sync"

	"slotbench/internal/resp"
)

// subscriber is one logical client that listens to channels, over a link to
// each node that it needs.
type subscriber struct {
	all     *Receivers
	number  int // of its reception
	command string

	mu    sync.Mutex // guards links and heard, and what of a link says so
	links map[string]*link
	heard map[string]bool // channels that were confirmed once, by whichever node
}

// link is a subscriber's connection to one node, from its opening to its end.
//
//	home --> waiting --(SUBSCRIBE)--> asked --(confirmed)--> held
//	  ^                                 |                     |
//	  +----- MOVED, connection lost ----+---- SUNSUBSCRIBE ---+
type link struct {
	*subscriber
	addr string

	// Under subscriber.mu.
	line    *line    // nil: it does not stand yet
	waiting []string // channels that are to be asked for when it stands
	asked   []string // not confirmed, in the order of the questions
	held    map[string]bool
}

// home lets a channel be received from a node.
func (s *subscriber) home(channel, addr string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.links[addr]
	if l == nil {
		l = &link{subscriber: s, addr: addr, held: map[string]bool{}}
		s.links[addr] = l
		s.all.reading.Go(l.run)
	}
	l.waiting = append(l.waiting, channel)
	if l.line != nil && l.askWaiting() != nil {
		_ = l.line.Close() // its reader ends, and homes the channels anew
	}
}

// askWaiting sends the questions that wait; mu is held.
func (l *link) askWaiting() error {
	var frame []byte
	for _, channel := range l.waiting {
		frame = resp.AppendCommand(frame, l.command, channel)
	}
	l.asked = append(l.asked, l.waiting...)
	l.waiting = nil
	return l.line.say(frame)
}

// run is a link's life: it ends when its connection does, or when it holds no
// channel any more. What it still holds then finds a new home.
func (l *link) run() {
	counts := &l.all.counts[l.number]
	line, err := l.all.dial(l.addr)
	next := l.addr
	if err != nil {
		l.all.refuse(err)
		next = l.all.next(l.addr)
	} else {
		counts.connections.Add(1)
		l.listen(line)
		line.close()
		counts.connections.Add(-1)
	}
	l.mu.Lock()
	delete(l.links, l.addr)
	left := append(l.waiting, l.asked...)
	for channel := range l.held {
		left = append(left, channel)
	}
	l.mu.Unlock()
	if len(left) == 0 || !l.all.pause() {
		return
	}
	counts.reconnects.Add(1)
	for _, channel := range left {
		l.home(channel, next)
	}
}

// listen asks for the channels and hands on what comes, until the connection
// ends or has nothing to listen to.
func (l *link) listen(line *line) {
	l.mu.Lock()
	l.line = line
	err := l.askWaiting()
	l.mu.Unlock()
	for err == nil {
		var reply resp.Reply
		if reply, err = line.next(); err != nil {
			return
		}
		if reply.IsError() {
			l.notHere(reply.Text)
		} else {
			l.push(line, reply)
		}
		l.mu.Lock()
		idle := len(l.waiting)+len(l.asked)+len(l.held) == 0
		if idle {
			delete(l.links, l.addr) // from now on a channel gets a new link
		}
		l.mu.Unlock()
		if idle {
			return
		}
	}
}

// push takes one of a subscription's messages: [kind, channel, content].
func (l *link) push(line *line, reply resp.Reply) {
	elements := resp.ElementsOf(reply.Raw)
	head, _ := elements.Next()
	kind, okKind := elements.Next()
	channel, okChannel := elements.Next()
	content, ok := elements.Next()
	if head.Len != 3 || !okKind || !okChannel || !ok {
		return // a PONG, or what a later version says beside
	}
	switch string(kind.Text) {
	case "message", "smessage":
		l.all.sink.Received(l.number, channel.Text, content.Text, line.readAt)
	case "subscribe", "ssubscribe":
		l.confirmed(string(channel.Text))
	case "unsubscribe", "sunsubscribe": // unasked: the slot has left
		l.leave(string(channel.Text), l.all.next(l.addr))
	}
}

// confirmed says that the first of what was asked for is received.
func (l *link) confirmed(channel string) {
	l.mu.Lock()
	if len(l.asked) > 0 {
		l.asked = l.asked[1:]
	}
	l.held[channel] = true
	isFirst := !l.heard[channel]
	l.heard[channel] = true
	l.mu.Unlock()
	if isFirst {
		l.all.listens()
	}
}

// leave lets a channel be received elsewhere.
func (l *link) leave(channel, addr string) {
	l.mu.Lock()
	delete(l.held, channel)
	l.mu.Unlock()
	l.all.counts[l.number].moved.Add(1)
	l.home(channel, addr)
}

// notHere takes an error, which is about the first of what was asked for.
func (l *link) notHere(text []byte) {
	l.mu.Lock()
	if len(l.asked) == 0 {
		l.mu.Unlock()
		return
	}
	channel := l.asked[0]
	l.asked = l.asked[1:]
	l.mu.Unlock()
	if addr := movedTo(text, l.addr); addr != "" {
		l.all.counts[l.number].moved.Add(1)
		l.home(channel, addr)
		return
	}
	l.all.counts[l.number].errors.Add(1)
	l.all.refuse(fmt.Errorf("node %s: %s %s: %s", l.addr, l.command, channel, text))
	again := l.addr
	l.all.reading.Go(func() {
		if l.all.pause() {
			l.home(channel, again)
		}
	})
}
