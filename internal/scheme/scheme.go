// Package scheme holds the ways of spreading keys over nodes that hash slots
// compete with, so that they can be compared on the same keys. It is
// arithmetic: seeded by constants, it opens nothing and reads no clock.
package scheme

import (
	"math"
	"slices"
	"sort"
	"strconv"

	"slotbench/internal/rebalance"
	"slotbench/internal/slot"
)

// Scheme places keys on nodes 0 … N-1. It is not changed once made, so it may
// be used by several goroutines.
type Scheme interface {
	Place(key []byte) int
	// Bytes is what a client must keep to place keys.
	Bytes() int
}

// Kind is a scheme for any number of nodes.
type Kind struct {
	Name string
	// New is the scheme for that many nodes, 1 or more. Two of one kind are
	// what a cluster is before and after it was scaled.
	New func(nodes int) Scheme
}

// Hash is the hash of a key that every scheme but hash slots uses: FNV-1a of
// 64 bits with the finalizer of MurmurHash3, since FNV alone mixes its high
// bits badly.
func Hash(key []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range key {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return mix(h)
}

func mix(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// Modulo is hash mod N.
func Modulo() Kind {
	return Kind{"modulo", func(nodes int) Scheme { return modulo(nodes) }}
}

type modulo uint64

func (n modulo) Place(key []byte) int { return int(Hash(key) % uint64(n)) }
func (n modulo) Bytes() int           { return 8 }

// Ring is consistent hashing (Karger et al., STOC 1997) with that many points
// a node: a key belongs to the first point at or after its hash.
func Ring(points int) Kind {
	return Kind{"ring, V=" + strconv.Itoa(points), func(nodes int) Scheme { return NewHashRing(nodes, points, 0) }}
}

// HashRing is a ring of points.
type HashRing struct {
	at    []uint64
	owner []int32
	nodes int
}

// NewHashRing places points for each node; every seed is another ring.
func NewHashRing(nodes, points int, seed uint64) *HashRing {
	type point struct {
		at    uint64
		owner int32
	}
	all := make([]point, 0, nodes*points)
	for node := range nodes {
		for v := range points {
			all = append(all, point{mix(mix(seed+0x9e3779b97f4a7c15) + uint64(node)<<32 + uint64(v)), int32(node)})
		}
	}
	slices.SortFunc(all, func(a, b point) int {
		if a.at < b.at {
			return -1
		}
		return 1
	})
	r := &HashRing{nodes: nodes}
	for _, p := range all {
		r.at, r.owner = append(r.at, p.at), append(r.owner, p.owner)
	}
	return r
}

// Place is the owner of the first point at or after the key's hash.
func (r *HashRing) Place(key []byte) int {
	h := Hash(key)
	i := sort.Search(len(r.at), func(i int) bool { return r.at[i] >= h })
	if i == len(r.at) {
		i = 0
	}
	return int(r.owner[i])
}

// Bytes is 12 for each point.
func (r *HashRing) Bytes() int { return 12 * len(r.at) }

// MaxOverMean is the share of the hash range that the largest node has, over
// the mean: what infinitely many equal keys would show.
func (r *HashRing) MaxOverMean() float64 {
	shares := make([]float64, r.nodes)
	last := r.at[len(r.at)-1]
	for i, at := range r.at {
		shares[r.owner[i]] += float64(at - last) // the first wraps around
		last = at
	}
	return slices.Max(shares) / math.Pow(2, 64) * float64(r.nodes)
}

// Rendezvous is highest random weight (Thaler and Ravishankar, 1998): a key
// belongs to the node whose hash with it is the largest.
func Rendezvous() Kind {
	return Kind{"rendezvous", func(nodes int) Scheme {
		r := make(rendezvous, nodes)
		for i := range r {
			r[i] = mix(uint64(i) + 1)
		}
		return r
	}}
}

type rendezvous []uint64

func (r rendezvous) Place(key []byte) int {
	h := Hash(key)
	best, most := 0, uint64(0)
	for i, node := range r {
		if weight := mix(h ^ node); weight > most {
			best, most = i, weight
		}
	}
	return best
}

func (r rendezvous) Bytes() int { return 8 * len(r) }

// Jump is jump consistent hash (Lamping and Veach, 2014). Only the last node
// can leave.
func Jump() Kind { return Kind{"jump", func(nodes int) Scheme { return jump(nodes) }} }

type jump int

func (n jump) Place(key []byte) int {
	h := Hash(key)
	node, next := int64(-1), int64(0)
	for next < int64(n) {
		node = next
		h = h*2862933555777941757 + 1
		next = int64(float64(node+1) * (float64(int64(1)<<31) / float64(h>>33+1)))
	}
	return int(node)
}

func (n jump) Bytes() int { return 8 }

// Slots is Redis Cluster's: CRC16 mod 16384, and a table. It starts with from
// nodes that own even ranges and is scaled as valkey-cli --cluster rebalance
// scales it, which moves as few slots as a balance of counts allows.
func Slots(from int) Kind {
	return Kind{"hash slots", func(nodes int) Scheme {
		before := slot.Even(slot.DefaultCount, make([]slot.Node, from))
		if nodes == from {
			return slots{before}
		}
		before.Nodes = make([]slot.Node, max(nodes, from))
		weights := make([]float64, len(before.Nodes))
		for i := range nodes {
			weights[i] = 1
		}
		after, err := rebalance.ByCount(before, weights, 0)
		if err != nil {
			panic(err) // some weight is 1
		}
		return slots{after}
	}}
}

type slots struct{ table *slot.Topology }

func (s slots) Place(key []byte) int { return s.table.Owner(slot.Of(key)) }
func (s slots) Bytes() int           { return 2 * int(slot.DefaultCount) }
