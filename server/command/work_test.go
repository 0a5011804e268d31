package command

import (
	"fmt"
	"strings"
	"testing"

	"slotbench/internal/slot"
	"slotbench/server/collection"
	"slotbench/server/store"
)

// fill makes one large and one small value of each type, all of one slot:
// {k}hash, {k}list …, and another large one of each: {k}hash2 ….
func (b *bench) fill(size int) {
	table := b.Store.Lock(slot.DefaultCount.Of([]byte("{k}")), b.NowMillis)
	defer b.Store.Unlock(slot.DefaultCount.Of([]byte("{k}")))
	for _, suffix := range []string{"", "2"} {
		hash, list, set, sorted := collection.NewHash(), collection.NewList(-2), collection.NewSet(), collection.NewSortedSet()
		for i := range size {
			text := fmt.Appendf(nil, "%s:%d", suffix, i)
			hash.Set(text, text)
			list.PushTail(text)
			list.PushTail(text)
			list.PushTail(text)
			set.Add(text)
			sorted.Put(text, float64(i))
		}
		for name, e := range map[string]store.Entry{
			"hash": {Type: store.Hash, Object: hash}, "list": {Type: store.List, Object: list},
			"set": {Type: store.Set, Object: set}, "sorted": {Type: store.SortedSet, Object: sorted},
			"page": {Type: store.String, Value: make([]byte, size/5)},
			"text": {Type: store.String, Value: make([]byte, 100*size)}, "tiny": {Type: store.String, Value: []byte("tiny")},
		} {
			table.Set([]byte("{k}"+name+suffix), e)
		}
	}
}

// heavyLines is commands that have too much to do for a loop on large values
// of the size of which fill makes them.
const heavyLines = `
LCS {k}page {k}page2 LEN
HGETALL {k}hash
HKEYS {k}hash
HVALS {k}hash
HRANDFIELD {k}hash 100000
HRANDFIELD {k}hash -100000
SMEMBERS {k}set
SRANDMEMBER {k}set -100000
SPOP {k}set 20000
SUNION {k}set {k}set2
SDIFF {k}set {k}set2
SINTER {k}set {k}set2
SINTERCARD 2 {k}set {k}set2
SUNIONSTORE {k}to {k}set {k}none
SINTERSTORE {k}to {k}set {k}set2
SDIFFSTORE {k}to {k}set {k}set2
SORT {k}list ALPHA
SORT_RO {k}set ALPHA LIMIT 0 1
LRANGE {k}list 0 -1
LREM {k}list 1 none
LPOS {k}list none
LINSERT {k}list BEFORE none x
RPOP {k}list 50000
LMPOP 2 {k}none {k}list LEFT COUNT 50000
ZUNION 2 {k}sorted {k}sorted2
ZINTER 2 {k}sorted {k}sorted2
ZDIFF 2 {k}sorted {k}sorted2
ZINTERCARD 2 {k}sorted {k}sorted2
ZUNIONSTORE {k}to 2 {k}sorted {k}sorted2
ZINTERSTORE {k}to 2 {k}sorted {k}sorted2
ZDIFFSTORE {k}to 1 {k}sorted
ZRANGE {k}sorted 0 -1
ZRANGE {k}sorted -inf +inf BYSCORE
ZREVRANGE {k}sorted 0 -1
ZRANGEBYSCORE {k}sorted 100 90000
ZREVRANGEBYSCORE {k}sorted +inf 5
ZRANGEBYLEX {k}sorted - +
ZREVRANGEBYLEX {k}sorted + -
ZRANGESTORE {k}to {k}sorted 0 10000
ZREMRANGEBYRANK {k}sorted 0 20000
ZREMRANGEBYSCORE {k}sorted 30000 60000
ZREMRANGEBYLEX {k}sorted - +
ZRANDMEMBER {k}sorted2 -50000
ZPOPMIN {k}sorted2 10000
ZPOPMAX {k}sorted2 10000
ZMPOP 1 {k}sorted2 MIN COUNT 10000
DUMP {k}hash
COPY {k}hash2 {k}copy
GETRANGE {k}text 0 -1
APPEND {k}text x
SETRANGE {k}tiny 10000000 x
SETBIT {k}tiny2 100000000 1
BITOP NOT {k}to {k}text
`

// lightLines is commands on the same values that touch little of them.
const lightLines = `
HGET {k}hash :1
HRANDFIELD {k}hash 10
HSCAN {k}hash 0
HLEN {k}hash
SRANDMEMBER {k}set
SPOP {k}set
SINTER {k}set {k}none
SISMEMBER {k}set :1
LRANGE {k}list 0 9
LRANGE {k}list 90000 90009
LPOP {k}list 2
LPUSH {k}list x
LTRIM {k}list 0 -3
LINDEX {k}list 50000
ZRANGE {k}sorted 0 9
ZRANGE {k}sorted 50000 50009 REV
ZRANGEBYSCORE {k}sorted 50000 50009
ZREMRANGEBYSCORE {k}sorted 50000 50009
ZRANGEBYSCORE {k}sorted -inf +inf LIMIT 10 10
ZCOUNT {k}sorted -inf +inf
ZPOPMIN {k}sorted
ZINTERSTORE {k}to 2 {k}sorted {k}none
GETRANGE {k}tiny 0 -1
SETRANGE {k}tiny 0 x
SETRANGE {k}text 0 x
RENAME {k}set2 {k}set3
UNLINK {k}hash {k}set
ZUNIONSTORE {k}to 2 {k}sorted
ZRANGE {k}sorted 0 -1 LIMIT 0 1
`

// finish runs off the loop what Run said is Detached, and returns the reply.
func (b *bench) finish(line string) string {
	off := b.NewContext(b.stats)
	off.Client, off.Args, off.NowMillis = b.Client, CloneArgs(b.Args), b.NowMillis
	off.CameAs(len(line))
	off.RunDetached()
	return string(off.Out)
}

const largeSize = 100_000

func TestMuchWorkLeavesTheLoop(t *testing.T) {
	b := newBench(t, nil)
	b.fill(largeSize)
	for line := range strings.Lines(strings.TrimSpace(heavyLines)) {
		line = strings.TrimSpace(line)
		if outcome := b.run(line); outcome != Detached || len(b.Out) > 0 {
			t.Errorf("%s: outcome %d, %.100q, want it detached", line, outcome, b.Out)
			continue
		}
		if reply := b.finish(line); reply[0] == '-' {
			t.Errorf("%s, off the loop: %.100q", line, reply)
		}
	}
	if b.alert.Load() != 0 {
		t.Errorf("in the end the alert is %b", b.alert.Load())
	}
}

func TestLittleWorkStays(t *testing.T) {
	b := newBench(t, nil)
	b.fill(largeSize)
	for line := range strings.Lines(strings.TrimSpace(lightLines)) {
		if line = strings.TrimSpace(line); b.run(line) != Done {
			t.Errorf("%s leaves the loop", line)
		}
		if off := b.alert.Load(); off != 0 {
			t.Errorf("%s: the alert is %b", line, off)
		}
	}
}

// TestManyArgumentsLeaveTheLoop has commands that bring much with them.
func TestManyArgumentsLeaveTheLoop(t *testing.T) {
	b := newBench(t, nil)
	many := strings.Repeat(" {k}x v", 2500)
	for _, line := range []string{"MSET" + many, "DEL" + many, "MGET" + many, "HSET {k}h" + many, "WATCH" + many,
		"SET {k}s " + strings.Repeat("x", 4<<20)} {
		if outcome := b.run(line); outcome != Detached {
			t.Errorf("%.20s…: outcome %d, want it detached", line, outcome)
		}
		if reply := b.finish(line); reply[0] == '-' {
			t.Errorf("%.20s…: %.100q", line, reply)
		}
	}
}
