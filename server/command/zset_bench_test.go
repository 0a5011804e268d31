package command

import (
	"fmt"
	"testing"

	"slotbench/internal/resp"
	"slotbench/internal/slot"
	"slotbench/server/store"
)

// Commands through the dispatcher, on packed sets and on one of 100,000; GET
// is there to compare with.
func BenchmarkSortedSetCommands(b *testing.B) {
	d := NewDispatcher(Config{
		Store: store.NewArena(slot.DefaultCount, 1), Clock: func() int64 { return 0 },
		Node: limitedNode{limits: &Limits{SortedSetEntries: 128, SortedSetValueBytes: 64}},
	})
	x := d.NewContext(d.NewStats())
	x.Client = &Client{Proto: 2, Authenticated: true, Resume: func() {}}
	x.NowMillis = 1_000_000
	run := func(line string) {
		args, _ := resp.SplitWords([]byte(line), nil)
		x.Args, x.Out = args, x.Out[:0]
		prepared, _, _ := x.Prepare(args)
		x.Run(prepared, len(line))
	}
	run("SET string value")
	for i := range 10 {
		run(fmt.Sprintf("ZADD ten %d member:%06d", 1000+i, i*37))
		run(fmt.Sprintf("ZADD floats %d.125 member:%06d", 1000+i, i*37))
	}
	for i := range 100_000 {
		run(fmt.Sprintf("ZADD large %d member:%06d", i*7919%100_000, i))
	}
	for _, lines := range [][]string{
		{"GET string"},
		{"ZADD ten 1004 member:000148"},
		{"ZADD ten 2000 member:000148", "ZADD ten 1 member:000148"},
		{"ZADD ten 3000 other", "ZREM ten other"},
		{"ZSCORE ten member:000148"},
		{"ZRANGE ten 0 9"},
		{"ZRANGE ten 0 9 WITHSCORES"},
		{"ZRANGE floats 0 9 WITHSCORES"},
		{"ZREMRANGEBYSCORE ten -inf 5", "ZCARD ten", "ZADD ten 9000 request", "EXPIRE ten 10", "ZREM ten request"},
		{"ZADD large 5 member:050000", "ZADD large 70000 member:050000"},
		{"ZRANGE large 50000 50009"},
		{"ZRANGEBYSCORE large 70000 +inf LIMIT 0 10"},
	} {
		var commands [][][]byte
		for _, line := range lines {
			args, _ := resp.SplitWords([]byte(line), nil)
			commands = append(commands, args)
		}
		b.Run(lines[0], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, args := range commands {
					x.Args, x.Out = args, x.Out[:0]
					prepared, _, _ := x.Prepare(args)
					x.Run(prepared, 0)
				}
			}
			if len(x.Out) == 0 || x.Out[0] == '-' {
				b.Fatalf("%q", x.Out)
			}
		})
	}
}
