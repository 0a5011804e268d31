package claims

import (
	"context"
	"fmt"
	"math/rand/v2"
)

// The cluster bus, in bytes: a header with the bitmap of 16384 slots, and a
// section for each node that a ping tells of.
const (
	busHeader  = 2256
	busSection = 104
	busBitmap  = 2048
	packet     = 1460 // payload of a TCP segment on Ethernet
)

// gossipRows are about the cluster bus.
var gossipRows = []row{
	{"The 2 KB bitmap makes a heartbeat two packets", "a ping is 2256 + 104·max(3, ⌊N/10⌋) bytes, in segments of 1460", twoPackets},
	{"65,536 slots would cost 4× the bandwidth", "a ping with a bitmap of 8192 instead of 2048 bytes, over one without, at 10 and 1000 nodes", fourTimes},
	{"1000 nodes: 2 MB of bitmaps against 8 MB", "1000 bitmaps of 2048 and of 8192 bytes", bitmaps},
	{"Full mesh: 90 / 9,900 / 999,000 connections", "N·(N−1) at 10, 100, 1000 nodes, each link counted by the node that opened it", fullMesh},
	{"100 / 1,000 / 10,000 gossip messages a second",
		"simulation of the cluster cron, timeout 15 s, messages without delay or loss: each second a node pings the oldest of 5 random ones, each 100 ms all unheard of for half the timeout; pings and pongs tell of max(3, N/10) random nodes, which counts as having heard of them; 15 to 60 s after 15 s of warming up", gossipMessages},
}

func pingBytes(nodes int) int { return busHeader + busSection*max(3, nodes/10) }

func packets(bytes int) int { return (bytes + packet - 1) / packet }

func twoPackets(context.Context) answer {
	f := figures{}
	upTo := 0
	for n := 1; packets(pingBytes(n)) <= 2; n++ {
		upTo = n
	}
	large := pingBytes(1000)
	f.set("two_packets_up_to", float64(upTo))
	f.set("bytes_1000", float64(large))
	f.set("packets_1000", float64(packets(large)))
	share := f.set("bitmap_share_1000", busBitmap/float64(large))
	return answer{Partly, fmt.Sprintf("Only up to N = %d. At 1000 nodes a ping has %d B in %d packets, of which the bitmap is %.0f %%.", upTo, large, packets(large), 100*share), f}
}

func fourTimes(context.Context) answer {
	f := figures{}
	over := func(nodes int) float64 {
		return float64(pingBytes(nodes)+3*busBitmap) / float64(pingBytes(nodes))
	}
	return answer{False, fmt.Sprintf("%.1f× at 10 nodes, %.2f× at 1000.", f.set("at_10", over(10)), f.set("at_1000", over(1000))), f}
}

func bitmaps(context.Context) answer {
	f := figures{}
	few, many := f.set("bytes_16384", 1000*16384/8), f.set("bytes_65536", 1000*65536/8)
	return answer{judge(few/1e6 > 1.9 && few/1e6 < 2.2 && many == 4*few), fmt.Sprintf("%.2f MB against %.2f MB.", few/1e6, many/1e6), f}
}

func fullMesh(context.Context) answer {
	f := figures{}
	var counts []float64
	for _, n := range []int{10, 100, 1000} {
		counts = append(counts, f.set(fmt.Sprintf("at_%d", n), float64(n*(n-1))))
	}
	return answer{judge(counts[0] == 90 && counts[1] == 9900 && counts[2] == 999000), list("%.0f", counts) + ", directed.", f}
}

func gossipMessages(ctx context.Context) answer {
	f := figures{}
	var rates []float64
	for _, run := range []struct{ nodes, warm, measure int }{{10, 15, 60}, {100, 15, 30}, {200, 15, 30}, {1000, 15, 15}} {
		s := newGossip(run.nodes)
		rates = append(rates, f.set(fmt.Sprintf("messages_%d", run.nodes), s.rate(ctx, run.warm, run.measure)))
	}
	return answer{False, fmt.Sprintf("At 10 / 100 / 200 / 1000 nodes: %s a second.", list("%.0f", rates)), f}
}

// The cluster cron's times, in milliseconds.
const (
	gossipTimeout = 15_000
	gossipTick    = 100
	gossipRandom  = 5 // nodes of which the oldest is pinged each second
)

// gossip is the cluster bus of a healthy cluster, reduced to who has heard of
// whom when.
type gossip struct {
	random   *rand.Rand
	nodes    int
	tells    int
	heard    []int32 // [node·N + other], milliseconds
	now      int32
	messages int
}

// newGossip is a cluster that was just formed: everybody heard of everybody at
// some time of the last half timeout.
func newGossip(nodes int) *gossip {
	g := &gossip{random: newRandom(7), nodes: nodes, tells: min(max(3, nodes/10), nodes-2), heard: make([]int32, nodes*nodes), now: gossipTimeout}
	for i := range g.heard {
		g.heard[i] = g.now - int32(g.random.IntN(gossipTimeout/2))
	}
	return g
}

// rate runs the cluster and counts messages a second after it has warmed up.
func (g *gossip) rate(ctx context.Context, warmSeconds, measureSeconds int) float64 {
	const ticks = 1000 / gossipTick
	for range warmSeconds * ticks {
		g.tick(ctx)
	}
	g.messages = 0
	for range measureSeconds * ticks {
		g.tick(ctx)
	}
	return float64(g.messages) / float64(measureSeconds)
}

// tick is 100 ms in the life of all nodes, which have their second at
// different times.
func (g *gossip) tick(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	g.now += gossipTick
	turn := int(g.now/gossipTick) % (1000 / gossipTick)
	for node := range g.nodes {
		if node%(1000/gossipTick) == turn {
			g.pingOldest(node)
		}
		heard := g.heard[node*g.nodes : (node+1)*g.nodes]
		for other := range heard {
			if g.now-heard[other] > gossipTimeout/2 && other != node {
				g.ping(node, other)
			}
		}
	}
}

func (g *gossip) pingOldest(node int) {
	oldest := -1
	for range gossipRandom {
		other := g.random.IntN(g.nodes)
		if other != node && (oldest < 0 || g.heard[node*g.nodes+other] < g.heard[node*g.nodes+oldest]) {
			oldest = other
		}
	}
	if oldest >= 0 {
		g.ping(node, oldest)
	}
}

// ping is a ping and its pong, both with gossip.
func (g *gossip) ping(from, to int) {
	g.messages += 2
	g.tell(from, to)
	g.tell(to, from)
	g.heard[from*g.nodes+to] = g.now
}

// tell lets one node hear what another has heard of random nodes; times travel
// in whole seconds.
func (g *gossip) tell(from, to int) {
	theirs, mine := g.heard[from*g.nodes:(from+1)*g.nodes], g.heard[to*g.nodes:(to+1)*g.nodes]
	for range g.tells {
		about := g.random.IntN(g.nodes)
		if about == from || about == to {
			continue
		}
		mine[about] = max(mine[about], theirs[about]/1000*1000)
	}
}
