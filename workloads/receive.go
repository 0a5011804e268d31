package workloads

import (
	"time"

	"slotbench/internal/request"
)

// The limits of receivers, and their defaults.
const (
	MaxReceptions    = 16      // of subscribers and of consumers each
	MaxReceivers     = 100_000 // connections of one of them
	MaxSubscriptions = 1 << 20 // channels of all connections of one of them
	MaxBatch         = 100_000 // entries that one XREADGROUP takes

	DefaultBatch = 100
	DefaultBlock = time.Second
	maxBlock     = time.Minute // an end of the run waits for it
)

// Where subscribers connect.
const (
	nodesOwner = "owner"
	nodesAny   = "any"
)

// Subscribers is connections that listen to channels of one family.
type Subscribers struct {
	Name        string `yaml:"name,omitempty" json:"name,omitempty"` // in reports; default the command
	Command     string `yaml:"command" json:"command"`               // SUBSCRIBE or SSUBSCRIBE
	Family      string `yaml:"family,omitempty" json:"family,omitempty"`
	Connections int    `yaml:"connections" json:"connections"`
	Channels    int64  `yaml:"channels,omitempty" json:"channels,omitempty"` // of each connection; default 1
	// Popularity is how channels are chosen; nothing said: in turn, so that all
	// have as many subscribers.
	Popularity Popularity `yaml:"popularity,omitempty" json:"popularity,omitzero"`
	Nodes      string     `yaml:"nodes,omitempty" json:"nodes,omitempty"` // owner (default) or any
}

// Consumers is the consumers of one group of all streams of a family.
type Consumers struct {
	Name        string `yaml:"name,omitempty" json:"name,omitempty"` // in reports; default XREADGROUP and the group
	Family      string `yaml:"family,omitempty" json:"family,omitempty"`
	Group       string `yaml:"group" json:"group"`
	Connections int    `yaml:"connections" json:"connections"`
	Count       int    `yaml:"count,omitempty" json:"count,omitempty"` // entries of one read, at most; default 100
	Block       string `yaml:"block,omitempty" json:"block,omitempty"` // how long a read waits; default "1s"
}

func (s *Subscribers) name() string {
	if s.Name != "" {
		return s.Name
	}
	return s.Command
}

func (c *Consumers) name() string {
	if c.Name != "" {
		return c.Name
	}
	return request.ReadGroup + " " + c.Group
}

// Receives says whether the workload has receivers beside its requests.
func (w *Workload) Receives() bool { return len(w.spec.Subscribers)+len(w.spec.Consumers) > 0 }

// Receptions is the workload's receivers: subscribers first, then consumers.
// The same seed gives each the same channels and streams.
func (w *Workload) Receptions() []request.Reception {
	var all []request.Reception
	for i := range w.spec.Subscribers {
		s := &w.spec.Subscribers[i]
		f := &w.families[w.spec.receivedFamily(s.Family, Channel)]
		all = append(all, request.Reception{
			Name: s.name(), Command: s.Command, AnyNode: s.Nodes == nodesAny, Receivers: w.deal(s, f, uint64(i)),
		})
	}
	for i := range w.spec.Consumers {
		c := &w.spec.Consumers[i]
		f := &w.families[w.spec.receivedFamily(c.Family, Stream)]
		block, _ := parseBlock(c.Block)
		batch := c.Count
		if batch == 0 {
			batch = DefaultBatch
		}
		all = append(all, request.Reception{
			Name: c.name(), Command: request.ReadGroup, Receivers: dealStreams(f, c.Connections),
			Group: w.spec.Prefix + c.Group, Batch: batch, Block: block,
		})
	}
	return all
}

// deal chooses the channels of each connection, none of them twice: in turn,
// or as the popularity draws them.
func (w *Workload) deal(s *Subscribers, f *family, number uint64) [][]string {
	each := max(s.Channels, 1)
	receivers := make([][]string, s.Connections)
	drawn := newPopularity(s.Popularity, f.keys, w.seed, number)
	random := newRandom(w.seed, forReceivers, number)
	var at cursor
	for i := range receivers {
		taken := make(map[int64]bool, each)
		for j := range each {
			n := (int64(i)*each + j) % f.keys
			if !s.Popularity.isZero() {
				n = drawn.draw(&random, &at, int64(i), int64(s.Connections))
				for taken[n] { // the next that is free, so that the draw ends
					n = (n + 1) % f.keys
				}
			}
			taken[n] = true
			receivers[i] = append(receivers[i], f.nameOf(n))
		}
	}
	return receivers
}

// dealStreams gives each stream to one consumer at least, and each consumer a
// stream.
func dealStreams(f *family, consumers int) [][]string {
	receivers := make([][]string, consumers)
	for n := range max(f.keys, int64(consumers)) {
		i := n % int64(consumers)
		receivers[i] = append(receivers[i], f.nameOf(n%f.keys))
	}
	return receivers
}

// nameOf is the key of a number as text.
func (f *family) nameOf(n int64) string {
	key, _ := f.appendKey(nil, n)
	return string(key)
}

// receivedFamily is the number of the family that receivers name, or of the
// only one of the type; ownFamily without one.
func (s *Spec) receivedFamily(name string, kind Type) int {
	if name != "" {
		return s.familyNumber(name)
	}
	found := ownFamily
	for i := range s.Families {
		if s.Families[i].kind() != kind {
			continue
		}
		if found != ownFamily {
			return ownFamily
		}
		found = i
	}
	return found
}

// parseBlock reads how long a read waits.
func parseBlock(text string) (time.Duration, error) {
	if text == "" {
		return DefaultBlock, nil
	}
	return time.ParseDuration(text)
}
