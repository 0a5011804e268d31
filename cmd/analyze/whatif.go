package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"slotbench/internal/keyset"
)

// trialRow is what a number of nodes would be like.
type trialRow struct {
	Nodes      int     `json:"nodes"`
	Over       float64 `json:"max_over_target"`
	CountOver  float64 `json:"max_over_target_by_count"`
	Floor      float64 `json:"floor"`
	Moved      float64 `json:"moved"`
	MovedShare float64 `json:"moved_share"`
	CountMoved float64 `json:"moved_by_count"`
	Bound      float64 `json:"bound"`
	Gap        float64 `json:"gap"`
	Slots      int     `json:"slots_moved"`
	Fullest    float64 `json:"fullest_node"` // its load by the first measure that is balanced
	Within     bool    `json:"within_tolerance"`
}

// trialReport is analyze plan --what-if.
type trialReport struct {
	From       int        `json:"from_nodes"`
	BalancedBy []string   `json:"balanced_by"`
	CostUnit   string     `json:"cost_unit"`
	Rows       []trialRow `json:"what_if"`
}

// tryNodes plans for each number of nodes, out of those that there are: more
// come in, or the last leave. Searched is called before anything is printed.
func (p *program) tryNodes(ctx context.Context, o *planOptions, s *keyset.Summary, searched func()) error {
	r := &trialReport{From: o.nodes, CostUnit: "keys"}
	total := float64(s.Keys)
	if s.HasBytes {
		r.CostUnit, total = "bytes", float64(s.Bytes)
	}
	for _, m := range o.balanced() {
		r.BalancedBy = append(r.BalancedBy, m.String())
	}
	for n := o.trial[0]; n <= o.trial[1] && ctx.Err() == nil; n++ {
		var leaving []int
		for i := n; i < o.nodes; i++ {
			leaving = append(leaving, i)
		}
		found, err := o.search(o.problem(s, max(0, n-o.nodes), leaving))
		if err != nil {
			searched()
			return fmt.Errorf("%d nodes: %w", n, err)
		}
		row := trialRow{
			Nodes: n, Over: finite(found.Plan.Worst()), CountOver: finite(found.Counted.Worst()), Floor: 1, Moved: found.Plan.Moved,
			MovedShare: found.Plan.Moved / max(1, total), CountMoved: found.Counted.Moved, Bound: found.Bound, Gap: found.Gap(),
			Slots: found.Plan.Slots, Within: found.Within(),
		}
		for _, floor := range found.Floors {
			row.Floor = max(row.Floor, floor.Imbalance)
		}
		for _, load := range found.Plan.Loads[0] {
			row.Fullest = max(row.Fullest, load)
		}
		r.Rows = append(r.Rows, row)
	}
	searched()
	if err := trialWriters[o.format](p.stdout, r); err != nil {
		return fmt.Errorf("write the comparison: %w", err)
	}
	return context.Cause(ctx)
}

var trialWriters = map[string]func(io.Writer, *trialReport) error{
	"table":    func(w io.Writer, r *trialReport) error { return tableOf(w, r.sections()) },
	"csv":      writeTrialCSV,
	"markdown": func(w io.Writer, r *trialReport) error { return markdownOf(w, "What if", r.sections()) },
	"json":     func(w io.Writer, r *trialReport) error { return jsonOf(w, r) },
}

func (r *trialReport) sections() []section {
	s := section{
		says: []string{fmt.Sprintf("From %s to so many; over target is the fullest node's load over its share, the floor what no rebalance goes under.", plural(int64(r.From), "node"))},
		head: []string{"nodes", "fullest node", "over target", "floor", "moves", "share", "bound", "gap", "slots", "by count: over", "moves"},
	}
	for _, row := range r.Rows {
		note := ""
		if !row.Within {
			note = " (!)"
			if len(s.says) == 1 {
				s.says = append(s.says, "(!) marks where no plan within the tolerance was found.")
			}
		}
		gap := percent(row.Gap)
		if row.Bound == 0 {
			gap = "–"
		}
		s.rows = append(s.rows, []string{
			strconv.Itoa(row.Nodes), amountOf(row.Fullest, r.BalancedBy[0]), over(row.Over) + note, ratio(row.Floor), amountOf(row.Moved, r.CostUnit), percent(row.MovedShare),
			amountOf(row.Bound, r.CostUnit), gap, count(uint64(row.Slots)), over(row.CountOver), amountOf(row.CountMoved, r.CostUnit),
		})
	}
	return []section{s}
}

func writeTrialCSV(w io.Writer, r *trialReport) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"nodes", "max_over_target", "floor", "moved", "moved_share", "bound", "gap", "slots_moved", "fullest_node", "max_over_target_by_count", "moved_by_count", "within_tolerance"}}
	for _, row := range r.Rows {
		rows = append(rows, []string{
			strconv.Itoa(row.Nodes), real(row.Over), real(row.Floor), real(row.Moved), real(row.MovedShare), real(row.Bound), real(row.Gap),
			strconv.Itoa(row.Slots), real(row.Fullest), real(row.CountOver), real(row.CountMoved), strconv.FormatBool(row.Within),
		})
	}
	return out.WriteAll(rows)
}
