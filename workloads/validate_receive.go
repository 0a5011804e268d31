package workloads

import (
	"fmt"
	"strings"
	"time"

	"slotbench/internal/request"
)

// validateReceivers checks subscribers and consumers.
func (s *Spec) validateReceivers(f *Faults) {
	if n := len(s.Subscribers); n > MaxReceptions {
		f.add("subscribers", "are %d, the limit is %d", n, MaxReceptions)
		return
	}
	if n := len(s.Consumers); n > MaxReceptions {
		f.add("consumers", "are %d, the limit is %d", n, MaxReceptions)
		return
	}
	if len(s.Subscribers)+len(s.Consumers) == 0 {
		return
	}
	if len(f.List) > 0 {
		return // what follows is about families and operations that are whole
	}
	names := map[string]bool{}
	for i := range s.Subscribers {
		at := fmt.Sprintf("subscribers[%d]", i)
		validateReceiverName(f, at, s.Subscribers[i].name(), names)
		s.validateSubscribers(f, at, &s.Subscribers[i])
	}
	groups := map[string]bool{}
	for i := range s.Consumers {
		c, at := &s.Consumers[i], fmt.Sprintf("consumers[%d]", i)
		validateReceiverName(f, at, c.name(), names)
		s.validateConsumers(f, at, c)
		if group := c.Family + " " + c.Group; groups[group] {
			f.add(at+".group", "%q stands twice for the same streams; add connections to it, or give the group another name", c.Group)
		} else {
			groups[group] = true
		}
	}
}

func validateReceiverName(f *Faults, at, name string, names map[string]bool) {
	if names[name] {
		f.add(at+".name", "%q stands already; give the receivers a name of their own", name)
	}
	names[name] = true
}

func (s *Spec) validateSubscribers(f *Faults, at string, in *Subscribers) {
	if in.Command != request.Subscribe && in.Command != request.ShardSubscribe {
		f.add(at+".command", "is %q; want %s, or %s for sharded channels", in.Command, request.Subscribe, request.ShardSubscribe)
		return
	}
	validatePopularity(f, at+".popularity", &in.Popularity)
	if k := in.Popularity.Kind; k == Latest || k == KeyRange {
		f.add(at+".popularity.kind", "%q chooses no channels; take %s, %s, %s or %s", k, Uniform, Zipf, Hotspot, Exponential)
	}
	validateConnections(f, at, in.Connections)
	switch {
	case in.Nodes != "" && in.Nodes != nodesOwner && in.Nodes != nodesAny:
		f.add(at+".nodes", "is %q; want %s (of the channel's slot) or %s", in.Nodes, nodesOwner, nodesAny)
	case in.Nodes == nodesAny && in.Command == request.ShardSubscribe:
		f.add(at+".nodes", "is %s, but a sharded channel lives at its slot's owner; leave it out", nodesAny)
	}
	n := s.validateReceived(f, at, in.Family, Channel, in.Command)
	if n == ownFamily {
		return
	}
	each, keys := max(in.Channels, 1), s.familyKeys()[n]
	switch {
	case in.Channels < 0 || each > keys:
		f.add(at+".channels", "is %d; want 1 to %d, the channels of family %q", in.Channels, keys, s.Families[n].Name)
	case each*int64(max(in.Connections, 1)) > MaxSubscriptions:
		f.add(at+".channels", "make %d subscriptions together, the limit is %d", each*int64(in.Connections), MaxSubscriptions)
	}
}

func (s *Spec) validateConsumers(f *Faults, at string, in *Consumers) {
	if in.Group == "" || strings.ContainsAny(in.Group, " \r\n") {
		f.add(at+".group", "is %q; give the consumer group a name without spaces", clip(in.Group))
	}
	validateConnections(f, at, in.Connections)
	if in.Count < 0 || in.Count > MaxBatch {
		f.add(at+".count", "is %d; want how many entries one read takes, 1 to %d", in.Count, MaxBatch)
	}
	if block, err := parseBlock(in.Block); err != nil || block < time.Millisecond || block > maxBlock {
		f.add(at+".block", "is %q; want how long a read waits for entries, 1ms to %s", in.Block, maxBlock)
	}
	n := s.validateReceived(f, at, in.Family, Stream, request.ReadGroup)
	if n != ownFamily && s.familyKeys()[n] > MaxSubscriptions {
		f.add(at+".family", "%q has %d streams, the limit is %d", s.Families[n].Name, s.familyKeys()[n], MaxSubscriptions)
	}
}

func validateConnections(f *Faults, at string, connections int) {
	if connections < 1 || connections > MaxReceivers {
		f.add(at+".connections", "is %d; want 1 to %d", connections, MaxReceivers)
	}
}

// validateReceived checks that receivers have a family of their type, and that
// some operation sends to it what they can get and tell.
func (s *Spec) validateReceived(f *Faults, at, name string, kind Type, command string) int {
	n := s.receivedFamily(name, kind)
	switch {
	case n == ownFamily && name != "":
		f.add(at+".family", "%q is none of the families", name)
		return n
	case n == ownFamily:
		f.add(at+".family", "is missing; name a family with type: %s", kind)
		return n
	case s.Families[n].kind() != kind:
		f.add(at+".family", "%q is of type %s; %s needs one of type %s", name, s.Families[n].kind(), command, kind)
		return ownFamily
	}
	sends := false
	for i := range s.Operations {
		m := &s.Operations[i]
		calls, families := m.calls(s)
		for j := range calls {
			if calls[j].verb() != request.SentBy(command) || !s.worksOn(m, families[j], n) {
				continue
			}
			sends = true
			s.validateSender(f, fmt.Sprintf("operations[%d]", i), m, &calls[j], n)
		}
	}
	if !sends {
		f.add(at+".family", "%q gets nothing: no operation is a %s to it", s.Families[n].Name, request.SentBy(command))
	}
	return n
}

// worksOn says whether one command of an operation, of its own family or the
// drawn one, works on a family.
func (s *Spec) worksOn(m *Mix, own, family int) bool {
	if own != ownFamily {
		return own == family
	}
	for _, n := range s.familiesOf(m) {
		if n == family {
			return true
		}
	}
	return false
}

// validateSender checks that each message is one that its receiver knows
// again: a request of its own, of a key that is received, with a stamp.
func (s *Spec) validateSender(f *Faults, at string, m, one *Mix, family int) {
	c, _ := one.call()
	switch {
	case m.Transaction:
		f.add(at+".transaction", "sends a message whose delivery could not be timed; let %s be an operation of its own", c.form.name)
	case m.Insert:
		f.add(at+".insert", "sends to new keys of family %q, which have no receivers; leave it out", s.Families[family].Name)
	case !c.form.has(holeValue):
		f.add(at+".command", "sends no {value}, by whose stamp the receiver tells the message")
	}
	for _, w := range c.form.words {
		if w.hole != holeValue {
			continue
		}
		text := w.text
		if text == "" {
			text = s.valueSize(&s.Families[family])
		}
		if sizes, err := parseSizes(text); err == nil && sizes.min() < request.StampBytes {
			f.add(at+".command", "sends messages of %d bytes to family %q; received ones need %d at least, for the stamp that tells them: set value_size",
				sizes.min(), s.Families[family].Name, request.StampBytes)
		}
	}
}

// verb is the name of an operation's command.
func (m *Mix) verb() string {
	verb, _, _ := strings.Cut(m.Command, " ")
	return strings.ToUpper(verb)
}
