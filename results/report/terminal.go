package report

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"slotbench/results"
)

// minCell is the narrowest column that text is wrapped to.
const minCell = 24

// ANSI escapes.
const (
	bold   = "\x1b[1m"
	green  = "\x1b[32;1m"
	yellow = "\x1b[33;1m"
	red    = "\x1b[31;1m"
	plain  = "\x1b[0m"
)

// Table writes the report for a terminal.
func Table(w io.Writer, rec *results.Record, o Options) error {
	doc := build(rec, o)
	return doc.table(w, o)
}

// table writes the document for a terminal.
func (doc *document) table(w io.Writer, o Options) error {
	var out bytes.Buffer
	writeLine(&out, o, doc.title, bold)
	for _, s := range doc.sections {
		if s.title != "" {
			out.WriteByte('\n')
			writeLine(&out, o, s.title, bold)
		}
		if s.table != nil && len(s.table.rows) > 0 {
			for _, part := range folded(s.table, o.Width) {
				if err := writeTable(&out, part, o.Width); err != nil {
					return err
				}
			}
		}
		for _, line := range s.lines {
			writeLine(&out, o, line, lineColour(line))
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}

// lineColour is the colour of a line that says how good the run was.
func lineColour(line string) string {
	status, ok := strings.CutPrefix(line, verdictWord)
	switch {
	case ok && status == results.Valid:
		return green
	case ok && status == results.Errors || strings.HasPrefix(line, "PARTIAL"):
		return red
	case ok || strings.HasPrefix(line, bullet+results.LevelWarning):
		return yellow
	}
	return comparedColour(line)
}

func writeLine(out *bytes.Buffer, o Options, line, colour string) {
	for i, part := range wrap(line, o.Width) {
		if i > 0 && strings.HasPrefix(line, bullet) {
			part = "  " + part
		}
		if o.Color && colour != "" {
			part = colour + part + plain
		}
		out.WriteString(part)
		out.WriteByte('\n')
	}
}

// wrap cuts a line between words so that no piece is wider than width, if the
// words allow it.
func wrap(line string, width int) []string {
	if width <= 0 || utf8.RuneCountInString(line) <= width {
		return []string{line}
	}
	var lines []string
	current := ""
	for word := range strings.FieldsSeq(line) {
		if current != "" && utf8.RuneCountInString(current)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, current)
			current = word
			continue
		}
		if current != "" {
			current += " "
		}
		current += word
	}
	return append(lines, current)
}

// writeTable writes a table without rules: two spaces between columns are
// enough for the eye, and leave lines that grep and awk can take.
func writeTable(out *bytes.Buffer, t *table, width int) error {
	rows := fit(t, width)
	alignment := make(tw.Alignment, len(rows[0]))
	for i := range alignment {
		alignment[i] = tw.AlignRight
		if t.isLeft(i) {
			alignment[i] = tw.AlignLeft
		}
	}
	padding := tw.CellPadding{Global: tw.Padding{Left: " ", Right: " ", Overwrite: true}}
	cell := tw.CellConfig{
		Formatting: tw.CellFormatting{AutoFormat: tw.Off, AutoWrap: tw.WrapNone},
		Alignment:  tw.CellAlignment{PerColumn: alignment},
		Padding:    padding,
	}
	var text bytes.Buffer
	writer := tablewriter.NewTable(&text,
		tablewriter.WithConfig(tablewriter.Config{Header: cell, Row: cell}),
		tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithRenderer(renderer.NewBlueprint()),
		tablewriter.WithRendition(tw.Rendition{
			Borders: tw.BorderNone,
			Settings: tw.Settings{
				Separators: tw.SeparatorsNone,
				Lines:      tw.LinesNone,
			},
		}))
	if t.head != nil {
		writer.Header(t.head)
	}
	if err := writer.Bulk(rows); err != nil {
		return err
	}
	if err := writer.Render(); err != nil {
		return err
	}
	for line := range strings.Lines(text.String()) {
		out.WriteString(strings.TrimRight(line, " \n"))
		out.WriteByte('\n')
	}
	return nil
}

// fit wraps a table's last column, where it is text, so that rows are not
// wider than width.
func fit(t *table, width int) [][]string {
	last := len(t.rows[0]) - 1
	if width <= 0 || !t.isLeft(last) {
		return t.rows
	}
	for column := range last {
		widest := 0
		for _, row := range t.rows {
			widest = max(widest, utf8.RuneCountInString(row[column]))
		}
		width -= widest + 2
	}
	width = max(width-2, minCell) // a space on each side
	rows := make([][]string, len(t.rows))
	for i, row := range t.rows {
		rows[i] = append(append([]string{}, row[:last]...), strings.Join(wrap(row[last], width), "\n"))
	}
	return rows
}
