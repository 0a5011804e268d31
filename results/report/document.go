package report

import (
	"slices"
	"strings"
	"unicode"

	"slotbench/results"
)

// How much is shown of what may be long. All of it is in the record.
const (
	maxNodes      = 12
	maxOperations = 12
	maxMigrations = 3
	maxReasons    = 8
	maxChecks     = 10
	maxHottest    = 5
	maxKinds      = 6
)

// document is a report before it takes a form.
type document struct {
	title    string
	sections []section
}

// section is a heading with a table, lines of text, or both.
type section struct {
	name  string // which of the sections it is, for the page; "": it has no picture
	title string
	table *table
	lines []string
}

// The sections that a page knows by name.
const (
	sectionVerdict     = "verdict"
	sectionMeasured    = "measured"
	sectionLatency     = "latency"
	sectionPhases      = "phases"
	sectionOperations  = "operations"
	sectionDeliveries  = "deliveries"
	sectionNodes       = "nodes"
	sectionSkew        = "skew"
	sectionCertificate = "certificate"
	sectionClient      = "client"
)

// table has a head (nil: none) and rows of as many cells. Cells are right
// aligned, those in the columns named in left are not.
type table struct {
	head []string
	left []int
	rows [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// drop takes a column out.
func (t *table) drop(column int) {
	if t.head != nil {
		t.head = slices.Delete(t.head, column, column+1)
	}
	for i := range t.rows {
		t.rows[i] = slices.Delete(t.rows[i], column, column+1)
	}
	for i, l := range t.left {
		if l > column {
			t.left[i]--
		}
	}
}

func (t *table) isLeft(column int) bool {
	for _, l := range t.left {
		if l == column {
			return true
		}
	}
	return false
}

// facts is a table of names and what is to be said of them.
func facts() *table { return &table{left: []int{0, 1}} }

// build says all that there is to say of a run, the most important first.
func build(rec *results.Record, o Options) document {
	doc := document{title: clean(headline(rec))}
	doc.sections = append(doc.sections,
		verdictSection(rec),
		measuresSection(rec),
		phasesSection(rec),
		replaySection(rec),
		latencySection(rec),
		operationsSection(rec),
		deliveriesSection(rec),
		nodesSection(rec))
	doc.sections = append(doc.sections, eventsSection(rec))
	doc.sections = append(doc.sections, migrationSections(rec)...)
	doc.sections = append(doc.sections,
		skewSection(rec),
		certificateSection(rec),
		clientSection(rec),
		checksSection(rec, o))
	doc.keepFilled()
	return doc
}

// keepFilled drops the sections that have nothing to say, and cleans the rest.
func (doc *document) keepFilled() {
	filled := doc.sections[:0]
	for _, s := range doc.sections {
		if s.table != nil && len(s.table.rows) > 0 || len(s.lines) > 0 {
			s.clean()
			filled = append(filled, s)
		}
	}
	doc.sections = filled
}

func (s *section) clean() {
	for i := range s.lines {
		s.lines[i] = clean(s.lines[i])
	}
	if s.table == nil {
		return
	}
	for _, row := range s.table.rows {
		for i := range row {
			row[i] = clean(row[i])
		}
	}
}

// clean takes out what a terminal would obey: names, settings and errors come
// from files and servers.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		if unicode.IsSpace(r) {
			return ' '
		}
		return unicode.ReplacementChar
	}, text)
}

// more says how many of a list are not shown.
func more(shown, all int, thing string) []string {
	if all <= shown {
		return nil
	}
	return []string{"… and " + counted(int64(all-shown), thing) + " more in the record"}
}
