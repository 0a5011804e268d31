package report

import "unicode/utf8"

// columnGap is the space around a cell, in columns of the terminal.
const columnGap = 2

// folded is a table of figures in as many tables below each other as it takes
// for none to be wider than width, 0 for any; each begins with the first
// column. A table that ends in text is whole: its text is wrapped.
func folded(t *table, width int) []*table {
	columns := len(t.rows[0])
	if width <= 0 || columns < 3 || t.isLeft(columns-1) {
		return []*table{t}
	}
	widths := columnWidths(t)
	var all []*table
	for next := 1; next < columns; {
		room := width - widths[0]
		chosen := []int{0}
		for next < columns && (len(chosen) == 1 || widths[next] <= room) {
			chosen = append(chosen, next)
			room -= widths[next]
			next++
		}
		all = append(all, t.only(chosen))
	}
	return all
}

// columnWidths is how wide each column is, with its gap.
func columnWidths(t *table) []int {
	widths := make([]int, len(t.rows[0]))
	for _, row := range append([][]string{t.head}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell)+columnGap)
		}
	}
	return widths
}

// only is a table with some of the columns.
func (t *table) only(columns []int) *table {
	part := &table{}
	pick := func(row []string) []string {
		cells := make([]string, len(columns))
		for i, c := range columns {
			cells[i] = row[c]
		}
		return cells
	}
	if t.head != nil {
		part.head = pick(t.head)
	}
	for i, c := range columns {
		if t.isLeft(c) {
			part.left = append(part.left, i)
		}
	}
	for _, row := range t.rows {
		part.rows = append(part.rows, pick(row))
	}
	return part
}
