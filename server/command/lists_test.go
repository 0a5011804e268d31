package command

import (
	"fmt"
	"strings"
	"testing"

	"slotbench/internal/listpack"
	"slotbench/internal/resp"
	"slotbench/internal/slot"
	"slotbench/server/store"
)

// listNode is a node that has limits and nothing else.
type listNode struct {
	Node
	limits Limits
}

func (n *listNode) Limits() *Limits { return &n.limits }

func newListBench(t *testing.T) *bench {
	d := NewDispatcher(Config{
		Store: store.NewArena(slot.DefaultCount, 1), Node: &listNode{limits: Limits{ListSize: -2, Names70: true}},
		Clock: func() int64 { return 0 },
	})
	x := d.NewContext(d.NewStats())
	x.Client, x.NowMillis = &Client{Proto: 2, Authenticated: true, Resume: func() {}}, 1_000_000
	return &bench{t, x}
}

// listWords splits a command that is run again and again.
func listWords(line string) [][]byte {
	args, _ := resp.SplitWords([]byte(line), nil)
	return args
}

// again runs a command without any allocation of its own.
func (b *bench) again(args [][]byte) {
	b.Args, b.Out = args, b.Out[:0]
	prepared, _, _ := b.Prepare(args)
	b.Run(prepared, 40)
}

func TestPackedPushesAndPopsAllocateNothing(t *testing.T) {
	b := newListBench(t)
	for _, lines := range [][]string{
		{"RPUSH k a bb 123", "LPOP k", "LPOP k", "RPOP k"}, // the key is made and vanishes
		{"LPUSH full x", "RPOP full"},
		{"RPUSH full x", "LPOP full"},
		{"RPUSH full 12ab", "LPOP full 1"},
		{"LMOVE full full LEFT RIGHT"},
		{"LMOVE full other{full} LEFT RIGHT", "LMOVE other{full} full RIGHT LEFT"},
		{"LINDEX full 5", "LRANGE full 0 -1", "LPOS full nope", "LLEN full", "LSET full 3 y", "LSET full 3 zz"},
	} {
		b.again(listWords("RPUSH full 1 2 3 4 5 6 7 8 9 ten eleven"))
		var commands [][][]byte
		for _, line := range lines {
			commands = append(commands, listWords(line))
		}
		turn := func() {
			for _, args := range commands {
				b.again(args)
			}
		}
		for range 100 {
			turn()
		}
		if n := testing.AllocsPerRun(1000, turn); n != 0 {
			t.Errorf("%q: %v allocations", lines, n)
		}
		b.again(listWords("DEL full k"))
	}
}

// A list is packed, grows large, and is packed again when little is left.
func TestListsGrowAndShrink(t *testing.T) {
	b := newListBench(t)
	look := func() store.Entry {
		s := b.Store.Count().Of([]byte("k"))
		defer b.Store.Unlock(s)
		e, _ := b.Store.Lock(s, b.NowMillis).Peek([]byte("k"))
		return e
	}
	text := strings.Repeat("t", 100)
	for i := 1; ; i++ {
		b.run("RPUSH k " + text)
		e := look()
		if large := e.Object != nil; large != (listpack.EmptyBytes+103*i > packedListBytes) {
			t.Fatalf("%d elements: large %v", i, large)
		} else if large {
			break
		}
	}
	b.run("PEXPIREAT k 2000000")
	for n := packedListBytes/103 + 1; n > 0; n-- {
		b.run("LPOP k")
		e := look()
		if large := e.Object != nil; large != (listpack.EmptyBytes+103*(n-1) > repackedListBytes) && n > 1 {
			t.Fatalf("%d elements left: large %v", n-1, large)
		}
		if n > 1 && e.ExpireAtMillis != 2_000_000 {
			t.Fatalf("%d elements left: expires at %d", n-1, e.ExpireAtMillis)
		}
	}
	b.expect("EXISTS k", ":0\r\n")
}

func BenchmarkLists(b *testing.B) {
	for _, test := range []struct {
		name     string
		elements int
		lines    []string
	}{
		{"packed/LPUSH+RPOP", 10, []string{"LPUSH k elementelement", "RPOP k"}},
		{"packed1700/LPUSH+RPOP", 100, []string{"LPUSH k elementelement", "RPOP k"}},
		{"large/LPUSH+RPOP", 10000, []string{"LPUSH k elementelement", "RPOP k"}},
		{"packed/LRANGE", 100, []string{"LRANGE k 0 99"}},
		{"large/LRANGE", 10000, []string{"LRANGE k 5000 5099"}},
		{"large/LINDEX", 10000, []string{"LINDEX k 5000"}},
	} {
		b.Run(test.name, func(b *testing.B) {
			x := newListBench(nil)
			for i := range test.elements {
				x.again(listWords(fmt.Sprintf("RPUSH k element-%06d", i)))
			}
			var commands [][][]byte
			for _, line := range test.lines {
				commands = append(commands, listWords(line))
			}
			b.ReportAllocs()
			for b.Loop() {
				for _, args := range commands {
					x.again(args)
				}
			}
			if x.Out[0] == '-' {
				b.Fatalf("%s", x.Out)
			}
		})
	}
}

// What a list of Go costs, without any command around it.
func BenchmarkGoSliceQueue(b *testing.B) {
	var queue [][]byte
	for range 100 {
		queue = append(queue, []byte("elementelement"))
	}
	b.ReportAllocs()
	for b.Loop() {
		queue = append(queue, []byte("elementelement"))
		queue = queue[1:]
	}
}
