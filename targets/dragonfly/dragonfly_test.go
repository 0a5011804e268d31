package dragonfly

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"slotbench/internal/resp"
	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/targets/nodes/scripted"
	"slotbench/targets/redis"
)

const adminOffset = 10000

// fake is nodes that say what Dragonfly v1.40.1 was recorded to say. A
// migration goes on by one state each time it is asked for.
type fake struct {
	*scripted.Cluster
	emulated bool
	owners   []int            // of the slots, by the last configuration
	holds    []map[string]int // keys by node: their slots
	states   []string
	asked    func(times int)

	moving  *pushedMove
	times   int
	configs []string // as the first node got them
}

type pushedMove struct {
	from, to int
	ranges   []slot.Range
	done     bool
}

func newFake(t *testing.T, states ...string) *fake {
	f := &fake{states: states, owners: make([]int, slot.DefaultCount), holds: []map[string]int{{}, {}}}
	for s := range f.owners {
		f.owners[s] = s * 2 / len(f.owners)
	}
	for i := range 2000 {
		key := fmt.Sprintf("key:%d", i)
		s := int(slot.Of([]byte(key)))
		f.holds[f.owners[s]][key] = s
	}
	f.Cluster = scripted.Start(t, 2, f.answer)
	return f
}

func (f *fake) open(t *testing.T, offset int) targets.Cluster {
	t.Helper()
	ctx := context.Background()
	n, err := redis.Connect(ctx, "redis://"+f.Nodes[0].Addr(), redis.AttachOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := Over(ctx, n, offset)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(ctx) })
	return c
}

func (f *fake) answer(node int, words []string) []byte {
	switch strings.Join(words[:min(2, len(words))], " ") {
	case "INFO":
		return resp.AppendBulk(nil, "# Server\r\nredis_version:7.4.0\r\ndragonfly_version:df-v1.40.1\r\nredis_mode:cluster\r\n"+
			"# Replication\r\nrole:master\r\n# Cluster\r\ncluster_enabled:1\r\n# Keyspace\r\ndb0:keys="+strconv.Itoa(len(f.holds[node]))+"\r\n\r\n")
	case "CLUSTER NODES":
		return resp.AppendBulk(nil, f.view(node))
	case "CLUSTER INFO":
		return resp.AppendBulk(nil, "cluster_state:ok\r\ncluster_slots_assigned:16384\r\n\r\n")
	case "CLUSTER MYID":
		return resp.AppendSimple(nil, f.Nodes[node].ID)
	case "DFLYCLUSTER CONFIG", "DFLYCLUSTER GETSLOTINFO", "DFLYCLUSTER SLOT-MIGRATION-STATUS":
		if f.emulated {
			return resp.AppendError(nil, "ERR Cluster is disabled. Use --cluster_mode=yes to enable.")
		}
		return f.dflycluster(node, words)
	case "SCAN 0":
		page := resp.AppendArray(resp.AppendBulk(resp.AppendArray(nil, 2), "0"), len(f.holds[node]))
		for key := range f.holds[node] {
			page = resp.AppendBulk(page, key)
		}
		return page
	}
	return scripted.Unknown(words)
}

func (f *fake) view(node int) string {
	var text strings.Builder
	for i, n := range f.Nodes[:map[bool]int{false: 2, true: 1}[f.emulated]] {
		myself := map[bool]string{true: "myself,"}[i == node]
		fmt.Fprintf(&text, "%s 127.0.0.1:%d@%d %smaster - 0 0 0 connected", n.ID, n.Port, n.Port, myself)
		var owned []slot.Slot
		for s, owner := range f.owners {
			if owner == i || f.emulated {
				owned = append(owned, slot.Slot(s))
			}
		}
		for _, r := range slot.Ranges(owned) {
			fmt.Fprintf(&text, " %s", r)
		}
		text.WriteByte('\n')
	}
	return text.String() + "\r\n"
}

func (f *fake) dflycluster(node int, words []string) []byte {
	switch words[1] {
	case "CONFIG":
		if err := f.configure(node, words[2]); err != nil {
			return resp.AppendError(nil, "ERR Invalid cluster configuration.")
		}
		return scripted.OK()
	case "GETSLOTINFO":
		list := resp.AppendArray(nil, len(words)-3)
		for _, word := range words[3:] {
			s, _ := strconv.Atoi(word)
			count := int64(0)
			for _, of := range f.holds[node] {
				if of == s {
					count++
				}
			}
			list = resp.AppendInt(resp.AppendArray(list, 9), int64(s))
			for _, field := range []struct {
				name  string
				value int64
			}{{"key_count", count}, {"total_reads", 0}, {"total_writes", count}, {"memory_bytes", 36 * count}} {
				list = resp.AppendInt(resp.AppendBulk(list, field.name), field.value)
			}
		}
		return list
	}
	return f.status(node)
}

// status is SLOT-MIGRATION-STATUS of the source.
func (f *fake) status(node int) []byte {
	if f.moving == nil || f.moving.from != node {
		return scripted.List()
	}
	state := f.states[min(f.times, len(f.states)-1)]
	f.times++
	if f.asked != nil {
		f.asked(f.times)
	}
	if state == "FINISHED" && !f.moving.done {
		f.moving.done = true
		for key, s := range f.holds[f.moving.from] {
			for _, r := range f.moving.ranges {
				if int(r.First) <= s && s <= int(r.Last) {
					f.holds[f.moving.to][key] = s
				}
			}
		}
	}
	message := "0"
	if state == "ERROR" || state == "FATAL" {
		message = "the fake was told to fail"
	}
	entry := resp.AppendArray(nil, 6)
	entry = resp.AppendBulk(resp.AppendBulk(resp.AppendBulk(entry, "out"), f.Nodes[f.moving.to].ID), state)
	entry = resp.AppendBulk(resp.AppendBulk(resp.AppendInt(entry, 1238), message), "[0, 99]")
	return scripted.List(entry)
}

// configure takes a configuration as Dragonfly does: whole, or not at all.
func (f *fake) configure(node int, text string) error {
	type slotRange struct{ Start, End int }
	var shards []struct {
		Ranges     []slotRange `json:"slot_ranges"`
		Master     struct{ ID string }
		Replicas   []any
		Migrations []struct {
			NodeID string `json:"node_id"`
			Port   int
			Ranges []slotRange `json:"slot_ranges"`
		}
	}
	if err := json.Unmarshal([]byte(text), &shards); err != nil {
		return err
	}
	owners := make([]int, slot.DefaultCount)
	for s := range owners {
		owners[s] = -1
	}
	index := func(id string) int {
		return slices.IndexFunc(f.Nodes, func(n slot.Node) bool { return n.ID == id })
	}
	f.moving = nil
	for _, shard := range shards {
		for _, r := range shard.Ranges {
			for s := r.Start; s <= r.End; s++ {
				owners[s] = index(shard.Master.ID)
			}
		}
		for _, m := range shard.Migrations {
			to := index(m.NodeID)
			if m.Port != f.Nodes[to].Port+adminOffset {
				return errors.New("not the admin port")
			}
			f.moving = &pushedMove{from: index(shard.Master.ID), to: to}
			for _, r := range m.Ranges {
				f.moving.ranges = append(f.moving.ranges, slot.Range{First: slot.Slot(r.Start), Last: slot.Slot(r.End)})
			}
		}
	}
	if slices.Contains(owners, -1) {
		return errors.New("a slot without an owner")
	}
	f.owners, f.times = owners, 0
	if node == 0 {
		f.configs = append(f.configs, text)
	}
	for i := range f.holds { // what is not owned is deleted
		for key, s := range f.holds[i] {
			if owners[s] != i {
				delete(f.holds[i], key)
			}
		}
	}
	return nil
}

func moves(first, last slot.Slot) (moves []targets.Move) {
	for s := first; s <= last; s++ {
		moves = append(moves, targets.Move{Slot: s, From: 0, To: 1})
	}
	return moves
}

func TestDescribe(t *testing.T) {
	ctx := context.Background()
	d, err := newFake(t).open(t, adminOffset).Describe(ctx)
	if err != nil || d.Product != "dragonfly" || d.Version != "df-v1.40.1" || d.Mode != "cluster" || d.Launched ||
		!d.Can.Migrate || !d.Can.SlotStats || d.Can.Failover || !slices.Equal(d.Can.Strategies, []targets.Strategy{targets.Pushed}) {
		t.Errorf("%+v, %v", d, err)
	}
	c := newFake(t).open(t, 0)
	d, err = c.Describe(ctx)
	if err != nil || d.Can.Migrate || !strings.Contains(d.Can.Cannot["migrate"], "--admin-port-offset") {
		t.Errorf("without an admin port: %+v, %v", d.Can, err)
	}
	if _, err := c.Migrate(ctx, moves(0, 1), targets.Migration{}); !errors.Is(err, targets.ErrUnsupported) {
		t.Errorf("without an admin port: %v", err)
	}
	f := newFake(t)
	f.emulated = true
	c = f.open(t, 0)
	d, err = c.Describe(ctx)
	if err != nil || d.Mode != "cluster" || d.Can.SlotStats || d.Can.Migrate {
		t.Errorf("emulated: %+v, %v", d, err)
	}
	if _, err := c.SlotStats(ctx); !errors.Is(err, targets.ErrUnsupported) {
		t.Errorf("emulated: %v", err)
	}
}

func TestMigrate(t *testing.T) {
	f := newFake(t, "CONNECTING", "CONNECTING", "ERROR", "SYNC", "FINISHED")
	c := f.open(t, adminOffset)
	ctx := context.Background()
	counts, err := c.CountKeys(ctx, 0, []slot.Slot{5, 6, 99})
	if err != nil {
		t.Fatal(err)
	}
	moved, err := c.Migrate(ctx, moves(0, 99), targets.Migration{Strategy: targets.Pushed})
	if err != nil || len(moved) != 100 {
		t.Fatalf("%d moved, %v", len(moved), err)
	}
	if moved[5].Keys != counts[0] || moved[6].Bytes != 36*counts[1] {
		t.Errorf("%+v, %+v: want %v keys", moved[5], moved[6], counts)
	}
	if len(f.configs) != 2 || !strings.Contains(f.configs[0], `"migrations":[{"node_id":"node-1"`) || strings.Contains(f.configs[1], "migrations") {
		t.Errorf("configurations:\n%s", strings.Join(f.configs, "\n"))
	}
	topology, err := c.Topology(ctx)
	if err != nil || topology.Owner(0) != 1 || topology.Owner(99) != 1 || topology.Owner(100) != 0 {
		t.Errorf("%v", err)
	}
	stats, err := c.SlotStats(ctx)
	if err != nil || len(stats[0]) != 8192-100 || len(stats[1]) != 8192+100 {
		t.Errorf("%v", err)
	}
	for s := range slot.Slot(100) {
		keys, err := c.KeysInSlot(ctx, 1, s, 10)
		if counted, _ := c.CountKeys(ctx, 1, []slot.Slot{s}); err != nil || int64(len(keys)) != counted[0] {
			t.Errorf("slot %d: %v, %v", s, keys, err)
		}
	}
	if _, err := c.Migrate(ctx, moves(200, 201), targets.Migration{Strategy: targets.KeyByKey}); !errors.Is(err, targets.ErrUnsupported) {
		t.Errorf("key by key: %v", err)
	}
}

// A migration that fails, or is cancelled before it has finished, leaves the
// slots; one that has finished is closed, whatever is asked.
func TestMigrateFails(t *testing.T) {
	for _, c := range []struct {
		name   string
		states []string
		says   string
		moved  int
	}{
		{"fatal", []string{"SYNC", "FATAL"}, "told to fail", 0},
		{"cancelled", []string{"SYNC"}, "was cancelled", 0},
		{"too late", []string{"SYNC", "SYNC", "SYNC", "FINISHED"}, "moved already", 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFake(t, c.states...)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			f.asked = func(times int) {
				if times == 3 && c.name != "fatal" {
					cancel()
				}
			}
			moved, err := f.open(t, adminOffset).Migrate(ctx, moves(0, 9), targets.Migration{})
			if err == nil || !strings.Contains(err.Error(), c.says) || len(moved) != c.moved {
				t.Errorf("%d moved, %v", len(moved), err)
			}
			if last := f.configs[len(f.configs)-1]; strings.Contains(last, "migrations") || f.moving != nil {
				t.Errorf("the last configuration leaves a migration: %s", last)
			}
			if f.owners[0] != c.moved/10 {
				t.Errorf("slot 0 is node %d's", f.owners[0])
			}
		})
	}
}

func TestSpec(t *testing.T) {
	spec := Options{Nodes: 2, Args: []string{"--maxmemory=1gb"}}.spec(7001)
	want := "--bind=127.0.0.1 --port=7001 --admin_bind=127.0.0.1 --admin_port=17001 --cluster_mode=yes --proactor_threads=1 --dbfilename= --noversion_check --maxmemory=1gb"
	if got := strings.Join(spec.Args, " "); spec.Path != "dragonfly" || got != want {
		t.Errorf("%s %s", spec.Path, got)
	}
	for _, o := range []Options{{}, {Nodes: 2, Emulated: true}, {Nodes: 1000}} {
		if o.Validate() == nil {
			t.Errorf("%+v is valid", o)
		}
	}
}
