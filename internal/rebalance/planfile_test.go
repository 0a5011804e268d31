package rebalance

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const goodPlan = `{"schema":1,"slots":16384,"nodes":[{"id":"a","addr":"127.0.0.1:7001"},{"id":"b","addr":""}],
"moves":[{"start":5,"end":7,"from":0,"to":1},{"start":0,"end":0,"from":1,"to":0}]}`

func TestReadPlan(t *testing.T) {
	p, err := ReadPlan(strings.NewReader(goodPlan))
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Collect(p.Slots())
	if want := []SlotMove{{5, 0, 1}, {6, 0, 1}, {7, 0, 1}, {0, 1, 0}}; !slices.Equal(got, want) || p.Len() != len(want) {
		t.Fatalf("%v, want %v", got, want)
	}
	var out bytes.Buffer
	if _, err := p.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	again, err := ReadPlan(&out)
	if err != nil || !reflect.DeepEqual(p, again) {
		t.Fatalf("%+v written and read is %+v, %v", p, again, err)
	}
}

func TestReadPlanRefuses(t *testing.T) {
	for text, want := range map[string]string{
		``:                  "unexpected end",
		`{"schema":2}`:      "schema 2: want 1",
		`{"schema":1}`:      "slot count 0",
		`{"schema":1,"sl`:   "offset",
		`{"schema":"1"}`:    "schema",
		goodPlan + "x":      "offset",
		goodPlan + goodPlan: "offset",
		strings.Replace(goodPlan, `"end":7`, `"end":16384`, 1):  "moves[0]: slots 5 to 16384",
		strings.Replace(goodPlan, `"end":7`, `"end":4`, 1):      "moves[0]: slots 5 to 4",
		strings.Replace(goodPlan, `"to":1`, `"to":2`, 1):        "moves[0]: node 2: the plan has nodes 0 to 1",
		strings.Replace(goodPlan, `"to":1`, `"to":0`, 1):        "from node 0 to itself",
		strings.Replace(goodPlan, `"start":5`, `"start":0`, 1):  "moves[1]: slot 0 is moved twice",
		strings.Replace(goodPlan, `"start":5`, `"start":-1`, 1): "slots -1",
		`"` + strings.Repeat(" ", MaxPlanBytes):                 "longer than",
	} {
		_, err := ReadPlan(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80q: %v, want %q", text, err, want)
		}
	}
}

func FuzzReadPlan(f *testing.F) {
	f.Add([]byte(goodPlan))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ReadPlan(bytes.NewReader(data))
		if err != nil {
			return
		}
		seen := map[SlotMove]bool{}
		for m := range p.Slots() {
			if int(m.Slot) >= p.Count || m.From == m.To || seen[m] {
				t.Fatalf("%+v", m)
			}
			seen[m] = true
		}
	})
}
