package nodes

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"slotbench/internal/resp"
	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/targets/nodes/scripted"
)

// atomicFake is two nodes that say what Valkey 9 or Redis 8.4 says while
// slots move atomically. A task goes on by one state each time it is asked
// for; its last state may be for ever.
type atomicFake struct {
	*scripted.Cluster
	valkey bool
	owners []int    // of the slots
	states []string // that a task goes through
	keys   map[slot.Slot]int64
	log    []string

	task    *fakeTask
	started int
	asked   func(times int) // a task's state was asked for
}

type fakeTask struct {
	name     string
	from, to int
	slots    []slot.Slot
	ranges   string
	asked    int
	state    string
}

func newAtomicFake(t *testing.T, valkey bool, states ...string) (*atomicFake, *Nodes) {
	f := &atomicFake{valkey: valkey, states: states, owners: make([]int, slot.DefaultCount), keys: map[slot.Slot]int64{}}
	for s := range f.owners {
		f.owners[s] = s * 2 / len(f.owners)
	}
	f.Cluster = scripted.Start(t, 2, f.answer)
	n := New(Options{Cluster: true}, f.Nodes)
	t.Cleanup(func() { _ = n.Close() })
	return f, n
}

func (f *atomicFake) answer(node int, words []string) []byte {
	if words[0] != "CLUSTER" {
		return scripted.Unknown(words)
	}
	switch words[1] {
	case "NODES":
		return resp.AppendBulk(nil, f.view(node))
	case "COUNTKEYSINSLOT":
		s, _ := strconv.Atoi(words[2])
		held := f.keys[slot.Slot(s)]
		if f.owners[s] != node {
			held = 0
		}
		return resp.AppendInt(nil, held)
	case "GETSLOTMIGRATIONS", "MIGRATESLOTS", "CANCELSLOTMIGRATIONS":
		if f.valkey {
			return f.valkeys(node, words)
		}
	case "MIGRATION":
		if !f.valkey {
			return f.rediss(node, words[2:])
		}
	}
	return scripted.Unknown(words)
}

func (f *atomicFake) view(node int) string {
	var text strings.Builder
	for i, n := range f.Nodes {
		myself := ""
		if i == node {
			myself = "myself,"
		}
		fmt.Fprintf(&text, "%s %s@1 %smaster - 0 0 %d connected", n.ID, n.Addr(), myself, i+1)
		var owned []slot.Slot
		for s, owner := range f.owners {
			if owner == i {
				owned = append(owned, slot.Slot(s))
			}
		}
		for _, r := range slot.Ranges(owned) {
			fmt.Fprintf(&text, " %s", r)
		}
		text.WriteByte('\n')
	}
	return text.String()
}

// valkeys is what Valkey 9.1 answered, as recorded.
func (f *atomicFake) valkeys(node int, words []string) []byte {
	if words[1] != "GETSLOTMIGRATIONS" {
		f.log = append(f.log, fmt.Sprint(node, " ", strings.Join(words[1:], " ")))
	}
	switch words[1] {
	case "MIGRATESLOTS":
		f.begin(node, 1-node, words[3:len(words)-2])
		return scripted.OK()
	case "CANCELSLOTMIGRATIONS":
		if f.task == nil || f.task.state != "" && f.task.state != f.states[0] {
			return resp.AppendError(nil, "ERR No migrations ongoing")
		}
		f.task.state = "cancelled"
		return scripted.OK()
	}
	if f.task == nil {
		return scripted.List()
	}
	f.step("success")
	return scripted.List(scripted.Fields("name", f.task.name, "operation", "EXPORT", "slot_ranges", f.task.ranges,
		"target_node", f.Nodes[f.task.to].ID, "source_node", f.Nodes[f.task.from].ID, "create_time", "1795268472",
		"last_update_time", "1795268472", "last_ack_time", "1795268472", "state", f.task.state, "message", f.message(),
		"cow_size", "0", "remaining_repl_size", "0"))
}

// rediss is what Redis 8.4 answers by its documentation.
func (f *atomicFake) rediss(node int, words []string) []byte {
	if words[0] != "STATUS" {
		f.log = append(f.log, fmt.Sprint(node, " ", strings.Join(words, " ")))
	}
	switch {
	case words[0] == "IMPORT":
		f.begin(1-node, node, words[1:])
		return resp.AppendBulk(nil, f.task.name)
	case words[0] == "CANCEL":
		f.task.state = "canceled"
		return resp.AppendInt(nil, 1)
	case f.task == nil || words[1] == "ALL":
		return scripted.List()
	}
	f.step("completed")
	task := scripted.Fields("id", f.task.name, "slots", f.task.ranges, "source", f.Nodes[f.task.from].ID,
		"dest", f.Nodes[f.task.to].ID, "operation", "import", "state", f.task.state, "last_error", f.message())
	task = append([]byte("*24\r\n"), task[len("*14\r\n"):]...)
	for _, field := range []struct {
		name  string
		value int64
	}{{"retries", int64(f.task.asked / 2)}, {"create_time", 1}, {"start_time", 1}, {"end_time", -1}, {"write_pause_ms", 0}} {
		task = resp.AppendInt(resp.AppendBulk(task, field.name), field.value)
	}
	return scripted.List(task)
}

func (f *atomicFake) message() string {
	if f.task.state == "failed" {
		return "the fake was told to fail"
	}
	return ""
}

// begin makes a task of pairs of slots.
func (f *atomicFake) begin(from, to int, words []string) {
	f.started++
	f.task = &fakeTask{name: fmt.Sprintf("task-%d", f.started), from: from, to: to}
	for i := 0; i+1 < len(words); i += 2 {
		first, _ := strconv.Atoi(words[i])
		last, _ := strconv.Atoi(words[i+1])
		f.task.ranges += fmt.Sprintf("%d-%d ", first, last)
		for s := first; s <= last; s++ {
			f.task.slots = append(f.task.slots, slot.Slot(s))
		}
	}
}

// step takes the task on by one state; in the one named it is done.
func (f *atomicFake) step(done string) {
	if f.task.state != "cancelled" && f.task.state != "canceled" {
		f.task.state = f.states[min(f.task.asked, len(f.states)-1)]
		f.task.asked++
		if f.asked != nil {
			f.asked(f.task.asked)
		}
	}
	if f.task.state == done {
		for _, s := range f.task.slots {
			f.owners[s] = f.task.to
		}
	}
}

func atomicMoves() []targets.Move {
	var moves []targets.Move
	for _, s := range []slot.Slot{12, 10, 11, 100} {
		moves = append(moves, targets.Move{Slot: s, From: 0, To: 1})
	}
	return append(moves, targets.Move{Slot: 16000, From: 1, To: 0})
}

func TestMigrateAtomically(t *testing.T) {
	for _, c := range []struct {
		name   string
		valkey bool
		states []string
		log    string
	}{
		{"valkey", true, []string{"connecting", "snapshotting", "failover-paused", "success"},
			"0 MIGRATESLOTS SLOTSRANGE 10 12 100 100 NODE node-1\n1 MIGRATESLOTS SLOTSRANGE 16000 16000 NODE node-0"},
		{"redis", false, []string{"connecting", "accumulate-buffer", "failed", "streaming-buffer", "completed"},
			"1 IMPORT 10 12 100 100\n0 IMPORT 16000 16000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, n := newAtomicFake(t, c.valkey, c.states...)
			for s := range slot.Slot(200) {
				f.keys[s] = 7
			}
			var begun, ended int
			moved, err := n.Migrate(context.Background(), atomicMoves(), targets.Migration{Strategy: targets.Atomic,
				Begin: func(targets.Move) { begun++ }, End: func(targets.Moved) { ended++ }})
			if err != nil || len(moved) != 5 || begun != 5 || ended != 5 {
				t.Fatalf("%d moved, %d begun, %d ended, %v", len(moved), begun, ended, err)
			}
			if moved[0].Slot != 10 || moved[0].Keys != 7 || moved[4].Keys != 0 || moved[0].Took <= 0 || moved[0].Took != moved[3].Took {
				t.Errorf("%+v", moved)
			}
			if got := strings.Join(f.log, "\n"); got != c.log {
				t.Errorf("was told\n%s\nwant\n%s", got, c.log)
			}
		})
	}
}

// A batch that fails, or is cancelled as ctx ends, leaves the slots.
func TestMigrateAtomicallyFails(t *testing.T) {
	for _, c := range []struct {
		name   string
		valkey bool
		states []string
		cancel bool
		says   []string
	}{
		{"valkey fails", true, []string{"connecting", "failed"}, false, []string{"told to fail", "stay where they were"}},
		{"redis fails for ever", false, []string{"connecting", "failed"}, false, []string{"told to fail", "retries, cancelled", "stay"}},
		{"valkey cancelled", true, []string{"replicating"}, true, []string{"was cancelled", "context canceled"}},
		{"redis cancelled", false, []string{"streaming-buffer"}, true, []string{"was cancelled", "context canceled"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, n := newAtomicFake(t, c.valkey, c.states...)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			f.asked = func(times int) {
				if c.cancel && times == 3 {
					cancel()
				}
			}
			moved, err := n.Migrate(ctx, atomicMoves()[:4], targets.Migration{Strategy: targets.Atomic})
			if err == nil || len(moved) != 0 || errors.Is(err, context.Canceled) != c.cancel {
				t.Fatalf("%d moved, %v", len(moved), err)
			}
			for _, want := range c.says {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v: want %q", err, want)
				}
			}
			if f.owners[10] != 0 || f.owners[100] != 0 {
				t.Error("a slot has moved")
			}
		})
	}
}

// A batch that was through when it was cancelled has moved.
func TestMigrateAtomicallyCancelledTooLate(t *testing.T) {
	f, n := newAtomicFake(t, true, "replicating", "replicating", "success")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	f.asked = func(times int) {
		if times == 3 {
			cancel()
		}
	}
	moved, err := n.Migrate(ctx, atomicMoves()[:4], targets.Migration{Strategy: targets.Atomic})
	if len(moved) != 4 || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "had moved already") {
		t.Errorf("%d moved, %v", len(moved), err)
	}
}

// A strategy that the nodes cannot do is refused, with those that they can.
func TestMigrateRefusesStrategies(t *testing.T) {
	f, n := newAtomicFake(t, true, "success")
	f.valkey = false // speaks Redis's commands now
	for strategy, want := range map[targets.Strategy]string{
		targets.Pushed: "key-by-key, atomic", "magic": "key-by-key, atomic",
	} {
		_, err := n.Migrate(context.Background(), atomicMoves(), targets.Migration{Strategy: strategy})
		if !errors.Is(err, targets.ErrUnsupported) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", strategy, err)
		}
	}
}

func TestBatches(t *testing.T) {
	var moves []targets.Move
	for s := range 2*maxBatchRanges + 2 {
		moves = append(moves, targets.Move{Slot: slot.Slot(2 * s), From: 0, To: 1})
	}
	all := batches(append(moves, targets.Move{Slot: 1, From: 1, To: 0}))
	if len(all) != 4 || len(all[0].Ranges) != maxBatchRanges || len(all[2].Moves) != 2 || all[3].From != 1 {
		t.Errorf("%d batches", len(all))
	}
	total := 0
	for _, batch := range all {
		total += len(batch.Moves)
	}
	if total != len(moves)+1 {
		t.Errorf("%d moves in batches, want %d", total, len(moves)+1)
	}
}
