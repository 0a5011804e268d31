package redis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"slotbench/internal/resp"
	"slotbench/targets/nodes/scripted"
)

// sentinels is two servers, 0 and 1, and a Sentinel, 2, that appoints one of
// them. The replica is in step from the fifth question on.
type sentinels struct {
	*scripted.Cluster
	primary  atomic.Int32
	asked    atomic.Int32 // for the primary's INFO
	ordered  atomic.Int32 // failovers
	tooEarly atomic.Bool  // one was, before the replica was in step
}

func startSentinels(t *testing.T) *sentinels {
	s := &sentinels{}
	s.Cluster = scripted.Start(t, 3, func(node int, words []string) []byte {
		primary := s.Nodes[s.primary.Load()]
		switch {
		case words[0] == "INFO" && node == int(s.primary.Load()):
			offset := 0
			if s.asked.Add(1) > 4 {
				offset = 1 << 20
			}
			other := s.Nodes[1-node]
			return resp.AppendBulk(nil, fmt.Sprintf("redis_version:7.0.0\r\nrole:master\r\ncluster_enabled:0\r\nconnected_slaves:1\r\nmaster_repl_offset:%d\r\nslave0:ip=%s,port=%d,state=online,offset=%d\r\n",
				1<<20, other.Host, other.Port, offset))
		case words[0] == "INFO":
			return resp.AppendBulk(nil, "redis_version:7.0.0\r\nrole:slave\r\ncluster_enabled:0\r\n")
		case words[0] == "SENTINEL" && words[1] == "FAILOVER":
			s.tooEarly.Store(s.tooEarly.Load() || s.asked.Load() <= 4)
			order := s.ordered.Add(1)
			if order == 1 {
				return resp.AppendError(nil, "NOGOODSLAVE No suitable replica to promote")
			}
			s.primary.Store(1 - s.primary.Load())
			if order == 3 {
				return resp.AppendError(nil, "ERR the answer was lost, the order was carried out")
			}
			return scripted.OK()
		case words[0] == "SENTINEL":
			return scripted.Fields(primary.Host, strconv.Itoa(primary.Port))
		}
		return scripted.Unknown(words)
	})
	return s
}

// TestSentinelsAreFollowed has another primary appointed behind our back: it
// becomes the node that has the slots, and the old one's failing is no error.
func TestSentinelsAreFollowed(t *testing.T) {
	s := startSentinels(t)
	ctx := t.Context()
	c, err := Attach(ctx, "redis+sentinel://"+s.Nodes[2].Addr()+"/main", AttachOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	d, err := c.Describe(ctx)
	if err != nil || !d.Can.Failover || d.Can.Migrate || d.Mode != "standalone" {
		t.Errorf("described as %+v, %v", d, err)
	}
	primary := c.Access().Primary
	if primary() != s.Nodes[0].Addr() {
		t.Errorf("the primary is %s", primary())
	}
	s.primary.Store(1)
	if err := until(ctx, "follow", func(context.Context) error {
		if primary() != s.Nodes[1].Addr() {
			return errors.New("the primary is still " + primary())
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	topology, err := c.Topology(ctx)
	if err != nil || len(topology.Nodes) != 2 || topology.Owner(7) != 1 || !topology.Nodes[0].Away || topology.Nodes[1].Away {
		t.Errorf("%+v, %v", topology, err)
	}
	if stats, err := c.Stats(ctx); err != nil || !stats[0].Replica || stats[1].Replica {
		t.Errorf("%+v, %v", stats, err)
	}
	switches := c.(*cluster).Switches()
	if len(switches) != 1 || switches[0].From != s.Nodes[0].Addr() || switches[0].To != s.Nodes[1].Addr() {
		t.Errorf("%+v", switches)
	}
	if standby, err := c.(*cluster).Standby(ctx); err != nil || len(standby) != 1 {
		t.Errorf("%+v, %v", standby, err)
	}
}

// TestSentinelFailover waits for a replica that is in step, is refused once, and
// goes there and back, the way back by an order whose answer is lost: no third
// node comes of it, and nothing is ordered twice.
func TestSentinelFailover(t *testing.T) {
	s := startSentinels(t)
	ctx := t.Context()
	c, err := Attach(ctx, "redis+sentinel://"+s.Nodes[2].Addr()+"/main", AttachOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	for i, want := range []int{1, 0} {
		if err := c.Failover(ctx, i); err != nil {
			t.Fatal(err)
		}
		topology, err := c.Topology(ctx)
		if err != nil || topology.Owner(0) != want || len(topology.Nodes) != 2 {
			t.Errorf("failover %d: %+v, %v", i, topology, err)
		}
	}
	if s.tooEarly.Load() || s.ordered.Load() != 3 {
		t.Errorf("ordered %d times, too early: %v", s.ordered.Load(), s.tooEarly.Load())
	}
	var addrs []string
	for _, node := range c.(*cluster).List() {
		addrs = append(addrs, node.Addr())
	}
	if !slices.Equal(addrs, []string{s.Nodes[0].Addr(), s.Nodes[1].Addr()}) {
		t.Errorf("nodes %s", strings.Join(addrs, " "))
	}
}
