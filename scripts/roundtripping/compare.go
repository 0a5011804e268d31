package main

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"regexp"
	"slices"
	"strconv"
	"sync"

	"github.com/redis/go-redis/v9"

	"slotbench/internal/keyset"
	"slotbench/internal/slot"
	"slotbench/internal/template"
)

// scanKeys is how many keys a SCAN asks for.
const scanKeys = 1000

// readBack reads all keys of a cluster with the lengths of their values.
func readBack(ctx context.Context, addrs []string) ([]key, error) {
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs})
	defer client.Close()
	var mu sync.Mutex
	var all []key
	err := client.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
		for cursor := uint64(0); ; {
			names, next, err := node.Scan(ctx, cursor, "", scanKeys).Result()
			if err != nil {
				return err
			}
			lengths := make([]*redis.IntCmd, len(names))
			_, err = node.Pipelined(ctx, func(p redis.Pipeliner) error {
				for i, name := range names {
					lengths[i] = p.StrLen(ctx, name)
				}
				return nil
			})
			if err != nil {
				return err
			}
			mu.Lock()
			for i, name := range names {
				all = append(all, key{name, int(lengths[i].Val())})
			}
			mu.Unlock()
			if cursor = next; cursor == 0 {
				return nil
			}
		}
	})
	return all, err
}

// divergence is half the sum of the differences of shares, and what was said.
type divergence struct{ measured, stated float64 }

func (d divergence) String() string {
	return fmt.Sprintf("%.2f %% (%.2f %%)", 100*d.measured, 100*d.stated)
}

// result is what a round shows.
type result struct {
	keys, missing                 int
	slots, tags, templates, sizes divergence
	meanSize                      float64 // over the keyset's, less 1
	fullestHere, fullestThere     float64 // keys over the mean
}

// comparedTags is how many of the heaviest tags are compared.
const comparedTags = 100

func compare(there, here []key, says string) *result {
	a, b := countAll(there), countAll(here)
	r := &result{keys: len(there), missing: len(there) - len(here), meanSize: a.bytes}
	r.slots = divergence{apart(a.slots[:], b.slots[:]), stated(says, `slots differ by ([0-9.]+) %`)}
	r.fullestThere, r.fullestHere = slices.Max(a.slots[:])*float64(len(a.slots)), slices.Max(b.slots[:])*float64(len(b.slots))
	heavyA, heavyB := a.heaviest(comparedTags), b.heaviest(comparedTags)
	sum := 0.0
	for _, share := range heavyA {
		sum += share
	}
	r.tags = divergence{2 * apart(heavyA, heavyB) / max(sum, 1e-12), stated(says, `differ in size by ([0-9.]+) %`)}
	r.templates = divergence{apart(templatesOf(there), templatesOf(here)), stated(says, `template weights differ by ([0-9.]+) %`)}
	r.sizes = divergence{apart(a.octaves[:], b.octaves[:]), stated(says, `sizes by octave differ by ([0-9.]+) %`)}
	r.meanSize = b.bytes/a.bytes - 1
	return r
}

// stated is a percentage that the talk says; 0 where it does not.
func stated(says, pattern string) float64 {
	found := regexp.MustCompile(pattern).FindStringSubmatch(says)
	if found == nil {
		return 0
	}
	percent, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		panic(err) // the pattern is of digits
	}
	return percent / 100
}

// counts are the shares of a keyset.
type counts struct {
	slots   [slot.DefaultCount]float64
	octaves [65]float64
	tags    map[string]float64
	bytes   float64 // a value, on average
}

func countAll(keys []key) *counts {
	c := &counts{tags: map[string]float64{}}
	one := 1 / float64(len(keys))
	for _, k := range keys {
		c.slots[slot.Of([]byte(k.text))] += one
		c.octaves[bits.Len(uint(k.bytes))] += one
		c.bytes += one * float64(k.bytes)
		if tag, ok := slot.Tag([]byte(k.text)); ok {
			c.tags[string(tag)] += one
		}
	}
	return c
}

func (c *counts) heaviest(n int) []float64 {
	var all []float64
	for _, share := range c.tags {
		all = append(all, share)
	}
	return heaviest(all, n)
}

// heaviest is the n largest, with zeros where there are fewer.
func heaviest(all []float64, n int) []float64 {
	slices.Sort(all)
	slices.Reverse(all)
	return append(all, make([]float64, n)...)[:n]
}

// mostTemplates is how many templates are compared.
const mostTemplates = 64

// templatesOf is the shares of the templates that are found, the largest first.
func templatesOf(keys []key) []float64 {
	miner := template.New()
	for _, k := range keys {
		miner.Add(&keyset.Key{Text: []byte(k.text), Count: 1})
	}
	var shares []float64
	for _, t := range miner.Templates() {
		shares = append(shares, float64(t.Keys)/float64(len(keys)))
	}
	return heaviest(shares, mostTemplates)
}

// apart is half the sum of the differences.
func apart(a, b []float64) (sum float64) {
	for i := range a {
		sum += math.Abs(a[i]-b[i]) / 2
	}
	return sum
}
