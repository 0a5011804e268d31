package pushed

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"slotbench/internal/slot"
	"slotbench/server/store"
	"slotbench/server/topology"
)

const nowMillis = 1_700_000_000_000

// newPlane is node a, with one key in each of the first slots.
func newPlane(t *testing.T, keys int) (*Plane, *store.Arena) {
	st := store.NewArena(slot.DefaultCount, 1)
	p := New(st, topology.Node{Node: slot.Node{ID: "a", Port: 1}}, func() int64 { return nowMillis })
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	for s := range keys {
		put(st, slot.Slot(s), 0)
	}
	return p, st
}

// put gives a slot a key: the tables do not mind that its name hashes
// elsewhere.
func put(st store.Store, s slot.Slot, expireAtMillis int64) {
	st.Lock(s, nowMillis).Set([]byte(fmt.Sprint(s)), store.Entry{Type: store.String, ExpireAtMillis: expireAtMillis})
	st.Unlock(s)
}

func configure(t *testing.T, p *Plane, config ...string) {
	t.Helper()
	if err := p.Configure([]byte("[" + strings.Join(config, ",") + "]")); err != nil {
		t.Fatal(err)
	}
}

// swept waits until all stale keys are gone.
func swept(p *Plane) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for s := range p.stale {
			for {
				p.store.Lock(slot.Slot(s), nowMillis)
				stale := p.stale[s]
				p.store.Unlock(slot.Slot(s))
				if !stale {
					break
				}
			}
		}
	}()
	<-done
}

func TestConfigureReplacesAndDeletes(t *testing.T) {
	p, st := newPlane(t, 10)
	configure(t, p, shardJSON("a", 1, low), shardJSON("b", 2, high))
	if r := p.Route(5); r.Kind != topology.Mine {
		t.Errorf("slot 5: %v", r)
	}
	if r := p.Route(9000); r.Kind != topology.Moved || r.Addr != "127.0.0.1:2" {
		t.Errorf("slot 9000: %v", r)
	}
	if host := p.Map().Self().Host; host != "127.0.0.1" {
		t.Errorf("the node did not learn its address, but %q", host)
	}
	swept(p)
	if n := store.Total(st).Keys; n != 10 {
		t.Errorf("%d keys, all 10 slots are still owned", n)
	}
	if err := p.Migrating(3, "b"); err != nil {
		t.Fatal(err)
	}
	configure(t, p, shardJSON("a", 1, `{"start":4,"end":8191}`), shardJSON("b", 2, high+`,{"start":0,"end":3}`))
	swept(p)
	if n := store.Total(st).Keys; n != 6 {
		t.Errorf("%d keys, want those of 4-9", n)
	}
	if open := p.Map().Opened(); len(open) > 0 {
		t.Errorf("open slots: %v", open)
	}
}

func TestConfigureAgainChangesNothing(t *testing.T) {
	p, _ := newPlane(t, 0)
	configure(t, p, shardJSON("a", 1, low), shardJSON("b", 2, high))
	before := p.Map()
	configure(t, p, shardJSON("a", 1, low), shardJSON("b", 2, `{"start":9000,"end":16383},{"start":8192,"end":8999}`))
	if p.Map() != before {
		t.Error("an identical configuration made a new topology")
	}
	if p.Configure([]byte("[]")) != ErrConfig || p.Map() != before {
		t.Error("an invalid configuration was not refused, or changed the topology")
	}
	configure(t, p, shardJSON("c", 3, low), shardJSON("b", 2, high))
	before = p.Map()
	configure(t, p, shardJSON("c", 3, low), shardJSON("b", 2, high))
	if p.Map() != before {
		t.Error("an identical configuration that does not name the node made a new topology")
	}
	configure(t, p, shardJSON("a", 1, low), shardJSON("b", 2, high))
	if err := p.Importing(9000, "b"); err != nil {
		t.Fatal(err)
	}
	configure(t, p, shardJSON("a", 1, low), shardJSON("b", 2, high))
	if len(p.Map().Opened()) > 0 {
		t.Error("the same owners again left a slot open")
	}
}

// TestStaleKeysNeverComeBack: a slot that goes and comes back, in whichever
// way, comes back empty, however slow the sweep is.
func TestStaleKeysNeverComeBack(t *testing.T) {
	give := func(t *testing.T, p *Plane) {
		configure(t, p, shardJSON("a", 1, low), shardJSON("b", 2, high))
		configure(t, p, shardJSON("a", 1, `{"start":1,"end":8191}`), shardJSON("b", 2, high+`,{"start":0,"end":0}`))
	}
	back := map[string]func(t *testing.T, p *Plane){
		"pushed":   func(t *testing.T, p *Plane) { configure(t, p, shardJSON("a", 1, low), shardJSON("b", 2, high)) },
		"imported": func(t *testing.T, p *Plane) { must(t, p.Importing(0, "b")) },
		"assigned": func(t *testing.T, p *Plane) { must(t, p.Assign(0, "a")) },
		"added": func(t *testing.T, p *Plane) {
			must(t, p.DeleteSlots([]slot.Slot{0}))
			must(t, p.AddSlots([]slot.Slot{0}))
		},
	}
	for name, comeBack := range back {
		t.Run(name, func(t *testing.T) {
			p, st := newPlane(t, 1)
			must(t, p.Close()) // the sweeper never comes
			p.sweeper = &sweeper{woken: make(chan struct{}, 1), ending: make(chan struct{}), ended: make(chan struct{})}
			close(p.sweeper.ended)
			give(t, p)
			if st.Account(0).Keys != 1 {
				t.Fatal("the key went without a sweep")
			}
			comeBack(t, p)
			if st.Account(0).Keys != 0 {
				t.Error("a stale key is back")
			}
			put(st, 0, 0)
			p.sweep(0)
			if st.Account(0).Keys != 1 {
				t.Error("a new key was swept")
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAssignLooksAtLivingKeys(t *testing.T) {
	p, st := newPlane(t, 2)
	configure(t, p, shardJSON("a", 1, low), shardJSON("b", 2, high))
	if err := p.Assign(0, "b"); err == nil {
		t.Error("a slot with a key was given away")
	}
	st.Lock(0, nowMillis).Delete([]byte("0"))
	st.Unlock(0)
	put(st, 0, nowMillis) // its time has come, but nobody deleted it
	must(t, p.Assign(0, "b"))
	if r := p.Route(0); r.Kind != topology.Moved {
		t.Errorf("slot 0: %v", r)
	}
}

// TestChangesMeetCommands runs, beside changes of one slot to and fro,
// commands that ask under the slot's lock and write only when it is theirs:
// none writes after the change said it is not.
func TestChangesMeetCommands(t *testing.T) {
	p, st := newPlane(t, 0)
	configure(t, p, shardJSON("a", 1, low), shardJSON("b", 2, high))
	var group sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				table := st.Lock(0, nowMillis)
				if p.Route(0).Kind == topology.Mine {
					table.Set([]byte("k"), store.Entry{Type: store.String})
				}
				st.Unlock(0)
			}
		})
	}
	for range 2000 {
		must(t, p.Migrating(0, "b"))
		st.Lock(0, nowMillis).Clear()
		st.Unlock(0)
		if n := st.Account(0).Keys; n != 0 {
			t.Fatalf("%d keys were written to a slot that is migrating", n)
		}
		must(t, p.Assign(0, "b"))
		must(t, p.Assign(0, "a"))
	}
	close(stop)
	group.Wait()
}
