package workloads

import (
	"reflect"
	"strings"
	"testing"

	"slotbench/internal/request"
)

// messages is a workload with every kind of receiver.
const messages = `
name: messages
keys: 40
value_size: "64"
families:
  - {name: news, key: "news:{%d}", type: channel, share: 3}
  - {name: events, key: "events:{%d}", type: stream, share: 1}
operations:
  - {command: PUBLISH, weight: 2}
  - {command: SPUBLISH}
  - {command: "XADD {key} MAXLEN ~ 100 * data {value}", name: XADD}
subscribers:
  - {command: SUBSCRIBE, connections: 7, channels: 2, nodes: any}
  - {command: SSUBSCRIBE, name: hot, connections: 50, channels: 3, popularity: {kind: zipf}}
consumers:
  - {group: few, connections: 3}
  - {group: many, connections: 25, count: 7, block: 50ms}
`

func TestReceptions(t *testing.T) {
	s, err := Parse("messages", []byte(messages))
	if err != nil {
		t.Fatal(err)
	}
	compiled := func(seed uint64) *Workload {
		w, err := s.Compile(Options{Seed: seed, Prefix: "run:"})
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	w := compiled(1)
	all := w.Receptions()
	if !reflect.DeepEqual(all, compiled(1).Receptions()) {
		t.Error("the same seed gives other receivers")
	}
	if other := compiled(2).Receptions(); !reflect.DeepEqual(all[0], other[0]) || reflect.DeepEqual(all[1], other[1]) {
		t.Error("another seed must change what is drawn, and only that")
	}
	for i, want := range []struct {
		name            string
		receivers, keys int
		distinct        int
	}{{"SUBSCRIBE", 7, 14, 14}, {"hot", 50, 150, 0}, {"XREADGROUP few", 3, 10, 10}, {"XREADGROUP many", 25, 25, 10}} {
		got := all[i]
		keys, distinct := 0, map[string]bool{}
		for _, own := range got.Receivers {
			mine := map[string]bool{}
			for _, key := range own {
				if mine[key] || !strings.HasPrefix(key, "run:") {
					t.Errorf("%s: key %q of %q", got.Name, key, own)
				}
				mine[key], distinct[key] = true, true
				keys++
			}
		}
		if got.Name != want.name || len(got.Receivers) != want.receivers || keys != want.keys || want.distinct > 0 && len(distinct) != want.distinct {
			t.Errorf("%s: %d receivers of %d keys, %d distinct; want %+v", got.Name, len(got.Receivers), keys, len(distinct), want)
		}
	}
	if !all[0].AnyNode || all[1].AnyNode || all[2].Group != "run:few" || all[2].Batch != DefaultBatch || all[3].Batch != 7 || all[3].Block.Milliseconds() != 50 {
		t.Errorf("%+v", all)
	}
	want := "PUBLISH SPUBLISH SSUBSCRIBE SUBSCRIBE XACK XADD XGROUP XREADGROUP"
	if got := strings.Join(w.Commands(), " "); got != want {
		t.Errorf("commands %s, want %s", got, want)
	}
	if w.Preloaded() != 0 {
		t.Errorf("%d keys are preloaded", w.Preloaded())
	}
}

// TestMessagesCarryStamps reads the stamps back that receivers tell messages by.
func TestMessagesCarryStamps(t *testing.T) {
	s, err := Parse("messages", []byte(messages))
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.Compile(Options{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	source := w.Stream(5)
	var r request.Request
	for range 200 {
		source.Next(&r)
		value := r.Frame[len(r.Frame)-2-64 : len(r.Frame)-2]
		if stream, seq, ok := request.ReadStamp(value, r.Key()); !ok || stream != 5 || seq != r.Seq {
			t.Fatalf("%q carries stream %d, number %d, %v", r.Frame, stream, seq, ok)
		}
		if r.Write != (w.Ops()[r.Op].Command == "XADD") {
			t.Errorf("%s writes a key: %v", w.Ops()[r.Op].Name, r.Write)
		}
	}
}

func TestReceiverFaults(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"command: SSUBSCRIBE", "command: PSUBSCRIBE", "subscribers[1].command"},
		{"command: SSUBSCRIBE", "nodes: any, command: SSUBSCRIBE", "subscribers[1].nodes"},
		{"connections: 7,", "connections: 0,", "subscribers[0].connections"},
		{"channels: 2", "channels: 31", "want 1 to 30"},
		{"channels: 2", "family: events", "needs one of type channel"},
		{"channels: 2", "family: nothing", "none of the families"},
		{"kind: zipf", "kind: latest", "chooses no channels"},
		{"name: hot,", "name: SUBSCRIBE,", "stands already"},
		{"group: few,", "group: 'a b',", "consumers[0].group"},
		{"group: few,", "group: many, name: x,", "stands twice"},
		{"block: 50ms", "block: 2m", "consumers[1].block"},
		{"count: 7", "count: -1", "consumers[1].count"},
		{"  - {command: SPUBLISH}\n", "", "no operation is a SPUBLISH"},
		{`value_size: "64"`, `value_size: "16"`, "for the stamp"},
		{"data {value}", "data {unique}", "sends no {value}"},
		{"{command: PUBLISH, weight: 2}", "{name: p, transaction: true, steps: [{command: PUBLISH, family: news}, {command: PUBLISH, family: news}]}", "delivery could not be timed"},
		{"{command: PUBLISH, weight: 2}", "{command: PUBLISH, insert: true}", "can't be done by PUBLISH"},
		{"{command: PUBLISH, weight: 2}", "{command: DEL, families: [news]}", "DEL works on type"},
		{"type: channel", "type: channel, preload: true", "nothing is preloaded"},
		{"type: channel", "type: channel, elements: '3'", "no meaning for type channel"},
	} {
		text := strings.Replace(messages, c.old, c.new, 1)
		if text == messages {
			t.Fatalf("%q is not there", c.old)
		}
		if _, err := Parse("messages", []byte(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s in the place of %s: %v; want %q", c.new, c.old, err, c.want)
		}
	}
}
