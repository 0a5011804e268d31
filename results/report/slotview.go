package report

import (
	"fmt"
	"strconv"
	"strings"

	"slotbench/results"
	"slotbench/results/report/chart"
)

// layer is one thing that the map of slots shows.
type layer struct {
	Name   string    `json:"name"`
	Unit   string    `json:"unit"` // "", "B" or "µs"
	Values []float64 `json:"values"`
}

// slotLayers is what is known of the slots, the operations first.
func slotLayers(rec *results.Record) []layer {
	var all []layer
	add := func(name, unit string, values []float64) {
		for _, v := range values {
			if v > 0 { // a layer of nothing shows nothing
				all = append(all, layer{name, unit, values})
				return
			}
		}
	}
	add("operations", "", floats(rec.Skew.Slots))
	if by := rec.BySlot; by != nil {
		add("keys", "", floats(by.Keys))
		add("bytes", "B", floats(by.Bytes))
		add("mean response", "µs", by.MeanUS)
		add("p99 response", "µs", by.P99US)
		add("longest response", "µs", by.MaxUS)
	}
	return all
}

func floats(counts []int64) []float64 {
	all := make([]float64, len(counts))
	for i, n := range counts {
		all[i] = float64(n)
	}
	return all
}

// text is how a layer's value is written.
func (l layer) text(v float64) string {
	switch l.Unit {
	case "B":
		return size(v)
	case "µs":
		return micros(v)
	}
	return count(int64(v))
}

// slotView is what a page's script draws the map of slots from.
type slotView struct {
	Slots  int        `json:"slots"`
	Side   int        `json:"side"`
	Layers []layer    `json:"layers"`
	Nodes  []string   `json:"nodes"`
	Owned  [][3]int   `json:"owned"` // first slot, last slot, node: at the end
	Moved  [][2]int   `json:"moved"` // slots whose owner changed
	Shades [][3]uint8 `json:"shades"`
	facts  *table     // by node
	top    *table     // the hottest slots
}

// newSlotView is nil where there is no slot to show.
func newSlotView(rec *results.Record) *slotView {
	n := len(rec.Skew.Slots)
	layers := slotLayers(rec)
	if n == 0 || len(layers) == 0 {
		return nil
	}
	v := &slotView{Slots: n, Side: chart.Side(n), Layers: layers, Owned: [][3]int{}, Moved: [][2]int{}}
	for _, c := range chart.Cividis {
		v.Shades = append(v.Shades, [3]uint8{c.R, c.G, c.B})
	}
	start, end := owners(rec, n, true), owners(rec, n, false)
	for i, node := range rec.Nodes {
		v.Nodes = append(v.Nodes, clean(node.Addr))
		for _, r := range node.Ranges {
			v.Owned = append(v.Owned, [3]int{r[0], r[1], i})
		}
	}
	for s := range n {
		if start[s] == end[s] || start[s] < 0 || end[s] < 0 {
			continue
		}
		if last := len(v.Moved) - 1; last >= 0 && v.Moved[last][1] == s-1 {
			v.Moved[last][1] = s
			continue
		}
		v.Moved = append(v.Moved, [2]int{s, s})
	}
	v.facts, v.top = slotFacts(rec, layers, end), hottestTable(layers, rec, end)
	return v
}

// owners is the node of each slot, -1 where the record does not say.
func owners(rec *results.Record, slots int, start bool) []int {
	all := make([]int, slots)
	for i := range all {
		all[i] = -1
	}
	for i, node := range rec.Nodes {
		ranges := node.Ranges
		if start {
			ranges = node.RangesStart
		}
		for _, r := range ranges {
			for s := max(0, r[0]); s <= min(r[1], slots-1); s++ {
				all[s] = i
			}
		}
	}
	return all
}

// slotFacts says of each node what its slots hold: the map in words.
func slotFacts(rec *results.Record, layers []layer, owner []int) *table {
	t := &table{head: []string{"node", "slots", "slots in use"}, left: []int{0}}
	for _, l := range layers {
		t.head = append(t.head, "largest by "+l.Name)
	}
	for i, node := range rec.Nodes[:min(len(rec.Nodes), maxSlotNodes)] {
		owned, used := 0, 0
		largest := make([]int, len(layers))
		for l := range largest {
			largest[l] = -1
		}
		for s, o := range owner {
			if o != i {
				continue
			}
			owned++
			if layers[0].Values[s] > 0 {
				used++
			}
			for l := range layers {
				if len(layers[l].Values) > s && (largest[l] < 0 || layers[l].Values[s] > layers[l].Values[largest[l]]) {
					largest[l] = s
				}
			}
		}
		row := []string{clean(node.Addr), count(int64(owned)), count(int64(used))}
		for l, s := range largest {
			row = append(row, slotValue(layers[l], s))
		}
		t.add(row...)
	}
	return t
}

// The most nodes and slots that the tables beside the map name.
const (
	maxSlotNodes = 100
	maxTopSlots  = 20
)

func slotValue(l layer, s int) string {
	if s < 0 {
		return none
	}
	return fmt.Sprintf("%s (slot %d)", l.text(l.Values[s]), s)
}

// hottestTable is the slots with the most operations, with all that is known
// of them.
func hottestTable(layers []layer, rec *results.Record, owner []int) *table {
	t := &table{head: []string{"slot", "node"}, left: []int{1}}
	for _, l := range layers {
		t.head = append(t.head, l.Name)
	}
	for _, s := range largestFirst(layers[0].Values, maxTopSlots) {
		where := none
		if o := owner[s]; o >= 0 {
			where = clean(rec.Nodes[o].Addr)
		}
		row := []string{strconv.Itoa(s), where}
		for _, l := range layers {
			if s < len(l.Values) {
				row = append(row, l.text(l.Values[s]))
			} else {
				row = append(row, none)
			}
		}
		t.add(row...)
	}
	return t
}

// largestFirst is the places of the n largest values above 0, the first of
// equals first.
func largestFirst(values []float64, n int) []int {
	var top []int
	for i, v := range values {
		if v <= 0 || len(top) == n && v <= values[top[n-1]] {
			continue
		}
		at := len(top)
		for at > 0 && values[top[at-1]] < v {
			at--
		}
		top = append(top[:at], append([]int{i}, top[at:]...)...)
		top = top[:min(len(top), n)]
	}
	return top
}

// slotMapFile is the map of operations as a file.
func slotMapFile(rec *results.Record) (string, error) {
	layers := slotLayers(rec)
	if len(layers) == 0 {
		return "", nil
	}
	l := layers[0]
	return chart.SlotMap{
		Title:       "Operations by slot",
		Description: strings.TrimSuffix(fmt.Sprintf("%d slots, row by row from slot 0. %s", len(l.Values), rec.Skew.Reading), " "),
		Values:      l.Values, Format: func(v float64) string { return l.text(v) + " operations" },
	}.File()
}
