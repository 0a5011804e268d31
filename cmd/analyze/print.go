package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// writeTable prints the report for a terminal.
func writeTable(w io.Writer, r *report) error { return tableOf(w, r.sections()) }

// tableOf prints sections for a terminal.
func tableOf(w io.Writer, sections []section) error {
	var out bytes.Buffer
	for i, s := range sections {
		if i > 0 {
			fmt.Fprintf(&out, "\n%s\n", s.title)
		}
		for _, sentence := range s.says {
			fmt.Fprintln(&out, sentence)
		}
		for _, line := range s.drawing {
			fmt.Fprintln(&out, line)
		}
		if len(s.rows) == 0 {
			continue
		}
		rules := tw.Rendition{Borders: tw.BorderNone, Settings: tw.Settings{Separators: tw.SeparatorsNone, Lines: tw.LinesNone}}
		if err := s.table(&out, renderer.NewBlueprint(rules), s.rows); err != nil {
			return err
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}

// writeMarkdown prints the same sections as Markdown.
func writeMarkdown(w io.Writer, r *report) error {
	return markdownOf(w, "Keyset over slots and nodes", r.sections())
}

// markdownOf prints sections as Markdown.
func markdownOf(w io.Writer, title string, sections []section) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "# %s\n", title)
	for i, s := range sections {
		if i > 0 {
			fmt.Fprintf(&out, "\n## %s\n", s.title)
		}
		for _, sentence := range s.says {
			fmt.Fprintf(&out, "\n%s\n", sentence)
		}
		if len(s.drawing) > 0 {
			fmt.Fprintf(&out, "\n```\n%s\n```\n", strings.Join(s.drawing, "\n"))
		}
		if len(s.rows) == 0 {
			continue
		}
		fmt.Fprintln(&out)
		rows := make([][]string, len(s.rows))
		for i, row := range s.rows {
			for _, cell := range row {
				rows[i] = append(rows[i], escapeMarkdown(cell))
			}
		}
		if err := s.table(&out, renderer.NewMarkdown(), rows); err != nil {
			return err
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}

// escapeMarkdown keeps a tag from being read as Markdown.
func escapeMarkdown(cell string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "_", `\_`, "<", `\<`, "[", `\[`).Replace(cell)
}

// table lays a section's rows out.
func (s *section) table(out *bytes.Buffer, rendering tw.Renderer, rows [][]string) error {
	alignment := make(tw.Alignment, len(s.head))
	for i := range alignment {
		alignment[i] = tw.AlignRight
		if slices.Contains(s.left, i) {
			alignment[i] = tw.AlignLeft
		}
	}
	cell := tw.CellConfig{
		Formatting: tw.CellFormatting{AutoFormat: tw.Off, AutoWrap: tw.WrapNone},
		Alignment:  tw.CellAlignment{PerColumn: alignment},
	}
	var text bytes.Buffer
	table := tablewriter.NewTable(&text,
		tablewriter.WithConfig(tablewriter.Config{Header: cell, Row: cell}),
		tablewriter.WithTrimSpace(tw.Off), tablewriter.WithRenderer(rendering))
	table.Header(s.head)
	if err := table.Bulk(rows); err != nil {
		return err
	}
	if err := table.Render(); err != nil {
		return err
	}
	for line := range strings.Lines(text.String()) {
		fmt.Fprintln(out, strings.TrimRight(line, " \n"))
	}
	return nil
}

// writeJSON prints the report as one JSON object on one line.
func writeJSON(w io.Writer, r *report) error { return jsonOf(w, r) }

func jsonOf(w io.Writer, r any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(r)
}

// csvHead names the columns of the CSV. Every row is a fact of one kind: total,
// skew (value and, where there is one, its band), node, type (value is its
// elements), ttl, slot (of that many slots) or tag.
var csvHead = []string{"kind", "slot_count", "name", "slot", "keys", "bytes", "ops", "keys_share", "value", "band_low", "band_high", "error"}

// writeCSV prints the whole report, every slot included, for spreadsheets and
// scripts.
func writeCSV(w io.Writer, r *report) error {
	out := csv.NewWriter(w)
	rows := [][]string{csvHead, csvRow(map[string]string{
		"kind": "total", "keys": whole(r.Keys), "bytes": whole(r.Bytes), "ops": whole(r.Ops), "error": strconv.FormatInt(r.BadLines, 10),
	})}
	rows = append(rows, r.csvSkew()...)
	for _, n := range r.Nodes {
		rows = append(rows, csvRow(map[string]string{
			"kind": "node", "slot_count": strconv.Itoa(n.Slots), "name": strconv.Itoa(n.Node), "slot": n.Range,
			"keys": whole(n.Keys), "bytes": whole(n.Bytes), "ops": whole(n.Ops), "keys_share": real(n.KeysShare),
		}))
	}
	rows = append(rows, r.csvValues()...)
	for _, t := range r.Tags {
		rows = append(rows, csvRow(map[string]string{
			"kind": "tag", "name": t.Tag, "slot": strconv.Itoa(t.Slot),
			"keys": whole(t.Keys), "bytes": whole(t.Bytes), "ops": whole(t.Ops), "value": real(t.Share), "error": whole(t.Error),
		}))
	}
	for _, b := range r.BySlots {
		for s, keys := range b.Histogram {
			row := map[string]string{"kind": "slot", "slot_count": strconv.Itoa(b.Slots), "slot": strconv.Itoa(s), "keys": whole(keys)}
			if b.BytesHistogram != nil {
				row["bytes"] = whole(b.BytesHistogram[s])
			}
			if b.OpsHistogram != nil {
				row["ops"] = whole(b.OpsHistogram[s])
			}
			rows = append(rows, csvRow(row))
		}
	}
	return out.WriteAll(rows)
}

// csvSkew is the measures of skew by nodes and by slots.
func (r *report) csvSkew() [][]string {
	var rows [][]string
	add := func(slots int, name string, value, low, high float64) {
		row := map[string]string{"kind": "skew", "slot_count": strconv.Itoa(slots), "name": name, "value": real(value)}
		if high > 0 {
			row["band_low"], row["band_high"] = real(low), real(high)
		}
		rows = append(rows, csvRow(row))
	}
	n := &r.Skew.Keys
	add(len(r.clientSlotKeys), "keys.node_max_over_mean", n.MaxOverMean, n.BandLow, n.BandHigh)
	if n = r.Skew.Bytes; n != nil {
		add(len(r.clientSlotKeys), "bytes.node_max_over_mean", n.MaxOverMean, n.BandLow, n.BandHigh)
	}
	if n = r.Skew.Ops; n != nil {
		add(len(r.clientSlotKeys), "ops.node_max_over_mean", n.MaxOverMean, n.BandLow, n.BandHigh)
	}
	for _, b := range r.BySlots {
		k := &b.Skew
		add(b.Slots, "keys.slot_max_over_mean", k.MaxOverMean, k.BandLow, k.BandHigh)
		add(b.Slots, "keys.cv", k.CV, 0, 0)
		add(b.Slots, "keys.gini", k.Gini, 0, 0)
		add(b.Slots, "keys.top_1_percent_share", k.Top1Share, 0, 0)
		add(b.Slots, "keys.top_12_percent_share", k.Top12Share, 0, 0)
		add(b.Slots, "keys.entropy_bits", k.EntropyBits, 0, 0)
		add(b.Slots, "keys.chi_square", k.ChiSquare, 0, 0)
		add(b.Slots, "keys.chi_square_z", k.ChiSquareZ, 0, 0)
		add(b.Slots, "keys.empty_slots", float64(k.Empty), 0, 0)
	}
	return rows
}

func csvRow(cells map[string]string) []string {
	row := make([]string, len(csvHead))
	for i, name := range csvHead {
		row[i] = cells[name]
	}
	return row
}

func whole(n uint64) string { return strconv.FormatUint(n, 10) }

func real(x float64) string { return strconv.FormatFloat(x, 'g', 9, 64) }
