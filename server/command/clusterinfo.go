package command

import (
	"fmt"
	"strings"

	"slotbench/server/topology"
)

func clusterMyID(c *Context) { c.BulkString(c.Cluster.Map().Self().ID) }

// clusterInfo is the state in the lines of Redis. Nothing is ever in doubt
// (pfail) or found dead (fail), and no messages go to and fro: nodes do not
// watch each other.
func clusterInfo(c *Context) {
	m := c.Cluster.Map()
	state := "fail"
	if m.Complete() {
		state = "ok"
	}
	var text strings.Builder
	line := func(name string, value any) { fmt.Fprintf(&text, "%s:%v\r\n", name, value) }
	line("cluster_state", state)
	line("cluster_slots_assigned", m.Assigned())
	line("cluster_slots_ok", m.Assigned())
	line("cluster_slots_pfail", 0)
	line("cluster_slots_fail", 0)
	line("cluster_known_nodes", len(m.Nodes()))
	line("cluster_size", m.Size())
	line("cluster_current_epoch", m.CurrentEpoch())
	line("cluster_my_epoch", m.Self().ConfigEpoch)
	line("cluster_stats_messages_sent", 0)
	line("cluster_stats_messages_received", 0)
	line("total_cluster_links_buffer_limit_exceeded", 0)
	c.Verbatim(text.String())
}

// clusterNodes is a line a node, each ended by LF:
//
//	<id> <ip:port@busport> <flags> <primary> <ping sent> <pong received> <epoch> <link> <slots> …
//
// and behind myself's slots the open ones, [slot->-id] and [slot-<-id].
func clusterNodes(c *Context) { c.Verbatim(nodesText(c.Cluster.Map())) }

func nodesText(m *topology.Map) string {
	nodes := m.Nodes()
	owned := make([]strings.Builder, len(nodes))
	for _, span := range m.Spans() {
		owned[span.Owner].WriteString(" " + span.String())
	}
	var text strings.Builder
	for i, n := range nodes {
		flags := "master"
		if i == m.SelfIndex() {
			flags = "myself,master"
		}
		fmt.Fprintf(&text, "%s %s:%d@%d %s - 0 0 %d connected%s", n.ID, n.Host, n.Port, n.BusPort, flags, n.ConfigEpoch, owned[i].String())
		if i == m.SelfIndex() {
			for _, open := range m.Opened() {
				arrow := "-<-"
				if open.Migrating {
					arrow = "->-"
				}
				fmt.Fprintf(&text, " [%d%s%s]", open.Slot, arrow, nodes[open.Peer].ID)
			}
		}
		text.WriteString("\n")
	}
	return text.String()
}

func clusterSlots(c *Context) {
	m := c.Cluster.Map()
	spans := m.Spans()
	c.Array(len(spans))
	for _, span := range spans {
		n := m.Nodes()[span.Owner]
		c.Array(3)
		c.Int(int64(span.First))
		c.Int(int64(span.Last))
		c.Array(4)
		c.BulkString(n.Host)
		c.Int(int64(n.Port))
		c.BulkString(n.ID)
		c.Map(0)
	}
}

func clusterShards(c *Context) {
	m := c.Cluster.Map()
	owned := make([][]topology.Span, len(m.Nodes()))
	for _, span := range m.Spans() {
		owned[span.Owner] = append(owned[span.Owner], span)
	}
	c.Array(len(m.Nodes()))
	for i, n := range m.Nodes() {
		c.Map(2)
		c.BulkString("slots")
		c.Array(2 * len(owned[i]))
		for _, span := range owned[i] {
			c.Int(int64(span.First))
			c.Int(int64(span.Last))
		}
		c.BulkString("nodes")
		c.Array(1)
		c.shardNode(n)
	}
}

// shardNode is a primary as CLUSTER SHARDS describes it.
func (c *Context) shardNode(n topology.Node) {
	c.Map(7)
	c.BulkString("id")
	c.BulkString(n.ID)
	c.BulkString("port")
	c.Int(int64(n.Port))
	c.BulkString("ip")
	c.BulkString(n.Host)
	c.BulkString("endpoint")
	c.BulkString(n.Host)
	c.BulkString("role")
	c.BulkString("master")
	c.BulkString("replication-offset")
	c.Int(0)
	c.BulkString("health")
	c.BulkString("online")
}

func clusterLinks(c *Context) { c.Array(0) }

func countFailureReports(c *Context) {
	if _, known := c.Cluster.Map().Lookup(string(c.Args[2])); !known {
		c.Errorf("ERR Unknown node %s", quoted(c.Args[2], maxQuotedBytes))
		return
	}
	c.Int(0)
}
