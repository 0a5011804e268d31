package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// sections is the plan as people read it: the answer first.
func (r *planReport) sections() []section {
	all := []section{{says: r.answer()}, r.comparison(), r.nodesSection()}
	if len(r.Schedule) > 0 {
		all = append(all, r.scheduleSection())
	}
	if len(r.Moves) > 0 {
		all = append(all, r.movesSection())
	}
	return all
}

// answer is the plan in a few sentences.
func (r *planReport) answer() []string {
	var says []string
	if r.Partial {
		says = append(says, "PARTIAL: the inputs were not read to their end.")
	}
	by := strings.Join(r.BalancedBy, " and ")
	switch {
	case r.Plan.SlotsMoved == 0:
		says = append(says, fmt.Sprintf("Nothing has to move: the fullest node by %s has %s× its target, and %s is allowed.", by, over(r.Plan.worst()), r.allowed()))
	case r.counted:
		says = append(says, fmt.Sprintf("valkey-cli's rule moves %s (%s): %s in %s.", r.amount(r.Plan.Moved), percent(r.Plan.MovedShare), plural(int64(r.Plan.SlotsMoved), "slot"), plural(int64(len(r.Moves)), "range")),
			fmt.Sprintf("The fullest node by slots has %s× its target now, %s× then.", over(r.Before.worst()), over(r.Plan.worst())))
	default:
		says = append(says,
			fmt.Sprintf("moves %s (%s), bound %s, gap %s: %s in %s.", r.amount(r.Plan.Moved), percent(r.Plan.MovedShare), r.amount(r.Bound), r.gap(),
				plural(int64(r.Plan.SlotsMoved), "slot"), plural(int64(len(r.Moves)), "range")),
			fmt.Sprintf("The fullest node by %s has %s× its target now, %s× then.", by, over(r.Before.worst()), over(r.Plan.worst())))
	}
	if len(r.BalancedBy) > 1 && r.Plan.SlotsMoved > 0 && !r.counted {
		says = append(says, "The bound is what overfull nodes must lose of these measures, as if all of it found room: the least that a plan for several measures moves may be well above it, so the gap is an upper limit.")
	}
	if r.Tightened {
		says = append(says, fmt.Sprintf("valkey-cli's rule happens to end evener than was asked for; the plan aims for as much: %s.", percentOver(r.Tolerance)))
	}
	if r.Stopped {
		says = append(says, "ENDED EARLY: this is the best that was found until then.")
	}
	if !r.Within {
		says = append(says, fmt.Sprintf("NOT WITHIN THE TOLERANCE: no distribution within %s was found, and the bound is for those.", percentOver(r.Tolerance)))
	}
	for _, f := range r.Floors {
		says = append(says, f.say())
	}
	if r.Sampled {
		says = append(says, sampledSays(r.Measured, r.Bytes, r.BytesError))
	}
	if r.Rate != nil && r.Plan.SlotsMoved > 0 {
		says = append(says, r.duration())
	}
	return says
}

// allowed is how far over its target a node may be, or over the floor where no
// rebalance reaches the target.
func (r *planReport) allowed() string {
	for _, f := range r.Floors {
		if f.Imbalance > 1+r.Tolerance {
			return percentOver(r.Tolerance) + " the floor"
		}
	}
	return percentOver(r.Tolerance)
}

// over is a ratio, or that there should be nothing.
func over(x float64) string {
	if x < 0 {
		return "∞"
	}
	return ratio(x)
}

// percentOver is a tolerance.
func percentOver(share float64) string {
	return strconv.FormatFloat(100*share, 'g', 3, 64) + " % over"
}

func (r *planReport) gap() string {
	if r.Bound == 0 && r.Plan.Moved > 0 {
		return "all of it"
	}
	if !r.Within && r.Gap < 0 { // less is moved than balance would take
		return "–"
	}
	return percent(r.Gap)
}

// amount is a cost with its unit.
func (r *planReport) amount(cost float64) string { return amountOf(cost, r.CostUnit) }

func amountOf(cost float64, unit string) string {
	if unit == "bytes" {
		return byteText(cost)
	}
	return plural(int64(cost), strings.TrimSuffix(unit, "s"))
}

// byteUnits are powers of a thousand.
var byteUnits = []string{"B", "kB", "MB", "GB", "TB", "PB"}

// byteText is a number of bytes with three digits.
func byteText(n float64) string {
	unit := 0
	for n >= 999.5 && unit < len(byteUnits)-1 {
		n /= 1000
		unit++
	}
	digits := 2
	switch {
	case unit == 0 || n >= 99.95:
		digits = 0
	case n >= 9.995:
		digits = 1
	}
	return strconv.FormatFloat(n, 'f', digits, 64) + " " + byteUnits[unit]
}

// say is a floor in a sentence.
func (f *planFloor) say() string {
	switch {
	case f.Together == 0:
		return fmt.Sprintf("Floor by %s: none; no slot is heavier than a node's target.", f.By)
	case f.Together > 1 && f.By == bySlots.String():
		return fmt.Sprintf("Floor by slots: %s×, since slots are whole.", ratio(f.Imbalance))
	case f.Together > 1:
		return fmt.Sprintf("Floor by %s: no rebalance goes under %s×: of the heaviest slots (%d, …) some node must hold %d.", f.By, ratio(f.Imbalance), f.Slots[0], f.Together)
	}
	text := fmt.Sprintf("Floor by %s: no rebalance goes under %s×: slot %d alone has %s of all", f.By, ratio(f.Imbalance), f.Slots[0], percent(f.SlotShare))
	switch {
	case f.TagShare >= 0.005:
		text += fmt.Sprintf(", of which hash tag {%s} has %s", shorten(f.Tag), percent(f.TagShare))
	default:
		text += ", and no hash tag explains it: look for one big key"
	}
	return text + "."
}

// duration says how long it takes.
func (r *planReport) duration() string {
	rate := amountOf(r.Rate.PerSecond, r.Rate.Unit)
	text := fmt.Sprintf("At %s/s (%s) that is %s of moving", rate, r.Rate.From, span(r.Seconds))
	if n := len(r.Schedule); n > 0 && len(r.windows) > 0 {
		text += fmt.Sprintf(" in %s, done at %s", plural(int64(n), "window"), moment(r.Schedule[n-1].End))
	}
	text += "."
	if r.Overrun > 0 {
		text += fmt.Sprintf(" %s longer than any window.", plural(int64(r.Overrun), "slot takes"))
	}
	return text
}

// moment is a point in time as its place shows it.
func moment(t time.Time) string { return t.Format("Mon 2006-01-02 15:04:05 MST") }

// span is seconds in words.
func span(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return d.Round(time.Millisecond).String()
	case d < 48*time.Hour:
		return d.Round(time.Second).String()
	}
	return fmt.Sprintf("%.1f days", d.Hours()/24)
}

// comparison stands the plan beside valkey-cli's rule.
func (r *planReport) comparison() section {
	s := section{title: "Beside valkey-cli's rule (fullest node over its target, by each measure)", head: []string{"", "moves", "share", "slots", "ranges"}, left: []int{0}}
	names := append([]measure{}, append(r.contained, bySlots)...)
	for _, m := range names {
		s.head = append(s.head, "by "+m.String())
	}
	for _, row := range []struct {
		name string
		o    *planOutcome
	}{{"now", &r.Before}, {"this plan", &r.Plan}, {"valkey-cli, by count", &r.Counted}} {
		cells := []string{row.name, r.amount(row.o.Moved), percent(row.o.MovedShare), count(uint64(row.o.SlotsMoved)), count(uint64(row.o.Ranges))}
		for _, m := range names {
			cells = append(cells, over(row.o.Imbalance[m.String()]))
		}
		s.rows = append(s.rows, cells)
	}
	return s
}

func (r *planReport) nodesSection() section {
	s := section{title: "Nodes", head: []string{"node", "slots", "then", "keys", "then"}}
	if r.BytesTold {
		s.head = append(s.head, "bytes", "then")
	}
	if r.OpsTold {
		s.head = append(s.head, "ops", "then")
	}
	s.head = append(s.head, "over target", "then")
	for _, n := range r.Nodes[:min(len(r.Nodes), maxNodeRows)] {
		name := strconv.Itoa(n.Node)
		if n.Addr != "" {
			name += " " + n.Addr
		}
		row := []string{name, count(uint64(n.SlotsBefore)), count(uint64(n.SlotsAfter)), count(uint64(n.KeysBefore)), count(uint64(n.KeysAfter))}
		if r.BytesTold {
			row = append(row, byteText(n.BytesBefore), byteText(n.BytesAfter))
		}
		if r.OpsTold {
			row = append(row, count(uint64(n.OpsBefore)), count(uint64(n.OpsAfter)))
		}
		before, after := ratio(n.OverBefore), ratio(n.OverAfter)
		if n.Weight == 0 {
			before, after = "leaves", "leaves"
		}
		s.rows = append(s.rows, append(row, before, after))
	}
	if more := len(r.Nodes) - maxNodeRows; more > 0 {
		s.says = append(s.says, fmt.Sprintf("%s more are in the CSV and JSON.", plural(int64(more), "node")))
	}
	return s
}

// maxMoveRows is how many moves a table shows.
const maxMoveRows = 60

func (r *planReport) movesSection() section {
	s := section{title: "Moves", head: []string{"slots", "from", "to", "how many", "keys"}}
	if r.BytesTold {
		s.head = append(s.head, "bytes")
	}
	for _, m := range r.Moves[:min(len(r.Moves), maxMoveRows)] {
		name := strconv.Itoa(m.Start)
		if m.End > m.Start {
			name += "-" + strconv.Itoa(m.End)
		}
		row := []string{name, strconv.Itoa(m.From), strconv.Itoa(m.To), count(uint64(m.End - m.Start + 1)), count(uint64(m.Keys))}
		if r.BytesTold {
			row = append(row, byteText(m.Bytes))
		}
		s.rows = append(s.rows, row)
	}
	if more := len(r.Moves) - maxMoveRows; more > 0 {
		s.says = append(s.says, fmt.Sprintf("The first %d of %s; all are in the CSV, the JSON and the plan file (--emit plan).", maxMoveRows, plural(int64(len(r.Moves)), "range")))
	}
	return s
}

// maxSpanRows is how many windows a table shows.
const maxSpanRows = 30

func (r *planReport) scheduleSection() section {
	s := section{title: "Schedule", head: []string{"begin", "end", "slots", "moved"}, left: []int{0, 1}}
	for _, w := range r.Schedule[:min(len(r.Schedule), maxSpanRows)] {
		s.rows = append(s.rows, []string{moment(w.Begin), moment(w.End), count(uint64(w.Slots)), amountOf(w.Moved, r.Rate.Unit)})
	}
	if more := len(r.Schedule) - maxSpanRows; more > 0 {
		s.says = append(s.says, fmt.Sprintf("%s more, until %s.", plural(int64(more), "window"), moment(r.Schedule[len(r.Schedule)-1].End)))
	}
	return s
}

// planCSVHead names the columns. A row is of one kind: total (now, plan,
// by_count), node, move or span.
var planCSVHead = []string{"kind", "name", "first_slot", "last_slot", "from", "to", "slots", "keys", "bytes", "ops", "moved", "bound", "max_over_target", "begin", "end"}

func writePlanCSV(w io.Writer, r *planReport) error {
	out := csv.NewWriter(w)
	rows := [][]string{planCSVHead}
	add := func(cells map[string]string) {
		row := make([]string, len(planCSVHead))
		for i, name := range planCSVHead {
			row[i] = cells[name]
		}
		rows = append(rows, row)
	}
	for _, total := range []struct {
		name string
		o    *planOutcome
	}{{"now", &r.Before}, {"plan", &r.Plan}, {"by_count", &r.Counted}} {
		cells := map[string]string{"kind": "total", "name": total.name, "slots": strconv.Itoa(total.o.SlotsMoved), "moved": real(total.o.Moved), "max_over_target": real(total.o.worst())}
		if total.name == "plan" {
			cells["bound"] = real(r.Bound)
		}
		add(cells)
	}
	for _, n := range r.Nodes {
		add(map[string]string{"kind": "node", "name": strconv.Itoa(n.Node), "slots": strconv.Itoa(n.SlotsAfter), "keys": real(n.KeysAfter), "bytes": real(n.BytesAfter), "ops": real(n.OpsAfter), "max_over_target": real(n.OverAfter)})
	}
	for _, m := range r.Moves {
		add(map[string]string{
			"kind": "move", "first_slot": strconv.Itoa(m.Start), "last_slot": strconv.Itoa(m.End), "from": strconv.Itoa(m.From), "to": strconv.Itoa(m.To),
			"slots": strconv.Itoa(m.End - m.Start + 1), "keys": real(m.Keys), "bytes": real(m.Bytes), "ops": real(m.Ops),
		})
	}
	for _, s := range r.Schedule {
		add(map[string]string{"kind": "span", "first_slot": strconv.Itoa(s.FirstSlot), "slots": strconv.Itoa(s.Slots), "moved": real(s.Moved), "begin": s.Begin.Format(time.RFC3339), "end": s.End.Format(time.RFC3339)})
	}
	return out.WriteAll(rows)
}
