package topology

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"slotbench/internal/slot"
)

var rewrite = flag.Bool("rewrite", false, "write what the transcripts in testdata answer today")

// The nodes of the transcripts; a is the one whose view is tested.
func abc() []slot.Node {
	return []slot.Node{{ID: "a", Host: "10.0.0.1", Port: 1}, {ID: "b", Host: "10.0.0.2", Port: 2}, {ID: "c", Host: "10.0.0.3", Port: 3}}
}

// TestTranscripts runs testdata/*.txt: a line of a change or question, "----",
// the answer, an empty line.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			h := NewHolder(New(slot.DefaultCount, Node{Node: abc()[0]}))
			var got bytes.Buffer
			for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
				line := lines.Text()
				if strings.HasPrefix(line, "#") {
					fmt.Fprintln(&got, line)
				}
				if !strings.HasPrefix(line, "> ") {
					continue
				}
				fmt.Fprintf(&got, "%s\n----\n%s\n\n", line, converse(t, h, strings.Fields(line[2:])))
			}
			if *rewrite {
				if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got.String() != string(text) {
				t.Errorf("%s answers now:\n%s", file, got.String())
			}
		})
	}
}

// converse makes one change, or asks one question.
func converse(t *testing.T, h *Holder, words []string) string {
	number := func(i int) int64 {
		n, err := strconv.ParseInt(words[i], 10, 64)
		if err != nil {
			t.Fatalf("%q: %v", words, err)
		}
		return n
	}
	slots := func() (all []slot.Slot) {
		ranges, err := slot.ParseRanges(strings.Join(words[1:], " "), slot.DefaultCount)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range ranges {
			for s := int(r.First); s <= int(r.Last); s++ {
				all = append(all, slot.Slot(s))
			}
		}
		return all
	}
	err := h.Change(func(m *Map) (*Map, error) {
		switch words[0] {
		case "add":
			return m.Add(slots())
		case "delete":
			return m.Delete(slots())
		case "migrate":
			return m.Migrate(slot.Slot(number(1)), words[2])
		case "import":
			return m.Import(slot.Slot(number(1)), words[2])
		case "stable":
			return m.Stable(slot.Slot(number(1))), nil
		case "assign":
			return m.Assign(slot.Slot(number(1)), words[2], number(3))
		case "replace":
			return replaced(m, words[1:]), nil
		}
		return m, nil
	})
	switch {
	case err != nil:
		return err.Error()
	case words[0] == "route":
		r := h.Route(slot.Slot(number(1)))
		return strings.TrimSpace([...]string{"mine", "moved", "migrating", "importing", "unbound", "down"}[r.Kind] + " " + r.Addr)
	}
	return draw(h.Map())
}

// replaced is the topology of "a=0-99,200 b=100-199 …".
func replaced(m *Map, owned []string) *Map {
	var nodes []slot.Node
	var spans []Span
	for _, text := range owned {
		id, ranges, _ := strings.Cut(text, "=")
		at := slices.IndexFunc(abc(), func(n slot.Node) bool { return n.ID == id })
		list, _ := slot.ParseRanges(ranges, slot.DefaultCount)
		for _, r := range list {
			spans = append(spans, Span{r, len(nodes)})
		}
		nodes = append(nodes, abc()[at])
	}
	return m.Replace(nodes, spans)
}

// draw is all that a Map says, in a few lines.
func draw(m *Map) string {
	text := fmt.Sprintf("epoch %d, assigned %d, complete %v, size %d", m.CurrentEpoch(), m.Assigned(), m.Complete(), m.Size())
	for i, n := range m.Nodes() {
		text += fmt.Sprintf("\n%s epoch %d:", n.ID, n.ConfigEpoch)
		for _, span := range m.Spans() {
			if span.Owner == i {
				text += " " + span.String()
			}
		}
		if i != m.SelfIndex() {
			continue
		}
		for _, o := range m.Opened() {
			arrow := "<-"
			if o.Migrating {
				arrow = "->"
			}
			text += fmt.Sprintf(" [%d%s%s]", o.Slot, arrow, m.Nodes()[o.Peer].ID)
		}
	}
	return text
}

// TestRandomChangesKeepTheInvariants counts anew after each of many random
// changes what a Map keeps count of, and that the Map before is unchanged.
func TestRandomChangesKeepTheInvariants(t *testing.T) {
	const few = 12 // slots, so that they meet
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	m := New(slot.MinCount, Node{Node: abc()[0]}).Replace(abc(), []Span{{slot.Range{First: few, Last: 1023}, 1}})
	for step := range 20_000 {
		before := draw(m)
		s, id := slot.Slot(random.IntN(few)), string("abcx"[random.IntN(4)])
		var next *Map
		var err error
		switch random.IntN(6) {
		case 0:
			next, err = m.Add([]slot.Slot{s, slot.Slot(random.IntN(few))})
		case 1:
			next, err = m.Delete([]slot.Slot{s})
		case 2:
			next, err = m.Migrate(s, id)
		case 3:
			next, err = m.Import(s, id)
		case 4:
			next = m.Stable(s)
		case 5:
			next, err = m.Assign(s, id, random.Int64N(2))
		}
		if after := draw(m); after != before {
			t.Fatalf("seed %d, step %d: a Map changed:\n%s\nwas\n%s", seed, step, after, before)
		}
		if err != nil {
			continue
		}
		m = next
		unbound, open := 0, 0
		for s, c := range m.cells {
			unbound += count(c.owner == none)
			open += count(c.peer != none)
			if int(c.peer) == m.self {
				t.Fatalf("seed %d, step %d: slot %d is open to its own node", seed, step, s)
			}
		}
		if unbound != m.unbound || open != m.open {
			t.Fatalf("seed %d, step %d: %d unbound and %d open, counted %d and %d", seed, step, m.unbound, m.open, unbound, open)
		}
	}
}

func TestRouteAllocatesNothing(t *testing.T) {
	h := NewHolder(replaced(New(slot.DefaultCount, Node{Node: abc()[0]}), []string{"a=0-8191", "b=8192-16383"}))
	if n := testing.AllocsPerRun(100, func() { h.Route(9000) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
