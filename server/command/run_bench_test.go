package command

import (
	"bytes"
	"fmt"
	"testing"

	"slotbench/internal/slot"
	"slotbench/server/store"
)

// BenchmarkRun is what a GET and a SET cost from their arguments to their
// reply, in and out of cluster mode.
func BenchmarkRun(b *testing.B) {
	for name, router := range map[string]Router{"standalone": nil, "cluster": scriptedRouter(nil)} {
		d := NewDispatcher(Config{Store: store.NewArena(slot.DefaultCount, 1), Router: router, Node: quietNode{}, Clock: func() int64 { return 0 }})
		x := d.NewContext(d.NewStats())
		x.Client, x.NowMillis = &Client{Proto: 2, Authenticated: true}, 1_000_000
		const keys = 256
		var sets, gets [keys][][]byte
		for i := range keys {
			key := fmt.Appendf(nil, "key:%d", i)
			sets[i] = [][]byte{[]byte("SET"), key, bytes.Repeat([]byte("v"), 100)}
			gets[i] = [][]byte{[]byte("GET"), key}
		}
		out := make([]byte, 0, 1024)
		for _, line := range []struct {
			name string
			args *[keys][][]byte
			want byte
		}{{"SET", &sets, '+'}, {"GET", &gets, '$'}} {
			b.Run(name+"/"+line.name, func(b *testing.B) {
				for i := range b.N {
					args := line.args[i%keys]
					x.Args, x.Out = args, out
					p, _, _ := x.Prepare(args)
					if x.Run(p, 150) != Done || x.Out[0] != line.want {
						b.Fatalf("%q", x.Out)
					}
				}
			})
		}
	}
}
