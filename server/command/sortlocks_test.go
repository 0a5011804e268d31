package command

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"slotbench/internal/resp"
)

// newSortBench is a bench whose clock several contexts may read at once.
func newSortBench(t *testing.T) *bench {
	b := newBench(t, nil)
	var nanos atomic.Int64
	b.Dispatcher.Node = limitedNode{limits: &Limits{ListSize: -2, Names70: true}}
	b.Dispatcher.Clock = func() int64 { return nanos.Add(100) }
	return b
}

// TestSortSeesOneMoment: a SORT by keys of many slots sees them all as they
// are at one moment.
func TestSortSeesOneMoment(t *testing.T) {
	b := newSortBench(t)
	const elements, rounds = 20, 300
	var push strings.Builder
	var orders [2]strings.Builder // MSET of weights that rise, and that fall
	for i := range elements {
		fmt.Fprintf(&push, " %d", i)
		fmt.Fprintf(&orders[0], " w%d %d", i, i)
		fmt.Fprintf(&orders[1], " w%d %d", i, -i)
	}
	b.run("RPUSH l" + push.String())
	b.run("MSET" + orders[0].String())
	b.run("SORT l BY w*")
	rising := string(b.Out)
	b.run("SORT l BY w* DESC")
	falling := string(b.Out)

	var writer sync.WaitGroup
	stop := make(chan struct{})
	other := &bench{t, b.NewContext(b.NewStats())}
	other.Client, other.NowMillis = &Client{Proto: 2, Authenticated: true, Resume: func() {}}, b.NowMillis
	writer.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				other.run("MSET" + orders[i%2].String())
			}
		}
	})
	for range rounds {
		if b.run("SORT l BY w*"); string(b.Out) != rising && string(b.Out) != falling {
			t.Errorf("neither the one order nor the other: %q", b.Out)
			break
		}
	}
	close(stop)
	writer.Wait()
}

// TestSortNeedsMoreSlots: where the keys change that elements lead to, SORT
// looks again, and locks all slots in the end.
func TestSortNeedsMoreSlots(t *testing.T) {
	b := newSortBench(t)
	b.run("RPUSH l 1 2 3")
	b.run("MSET w1 3 w2 2 w3 1")
	b.expect("SORT l BY w*", "*3\r\n$1\r\n3\r\n$1\r\n2\r\n$1\r\n1\r\n")
	if n := len(b.slots); n != 0 {
		t.Errorf("%d slots are still held", n)
	}
	args, _ := resp.SplitWords([]byte("SORT l BY w* GET w*"), nil)
	c := b.Context
	c.Args, c.Command = args, c.byName["sort"]
	c.slots = append(c.slots[:0], lockedSlot{slot: c.Store.Count().Of([]byte("l"))})
	c.holdSlots()
	j := sortJob{Context: c}
	if all := j.everySlot(); len(all) != int(c.Store.Count())-1 {
		t.Errorf("%d slots beside the one that is held", len(all))
	} else {
		c.lockMore(all)
	}
	if len(j.everySlot()) != 0 || c.Table != c.tableOf(c.Slot) {
		t.Error("not all slots are held")
	}
	c.release()
}
