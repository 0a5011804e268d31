package report

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"slotbench/results"
	"slotbench/results/report/chart"
)

// The page's form, style and script, which become part of the page: it asks
// nobody for anything.
//
//go:embed page
var pageFiles embed.FS

var pageTemplate = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"isLeft": func(t *table, column int) bool { return t.isLeft(column) },
}).ParseFS(pageFiles, "page/page.html", "page/parts.html"))

// The widths that a picture is drawn in: for a desk and for a hand.
const (
	wideChart   = 860
	narrowChart = 350
)

// page is what the template writes.
type page struct {
	Title  string
	Light  template.CSS
	Dark   template.CSS
	Style  template.CSS
	Script template.JS
	Parts  []part // of all runs together
	Runs   []runPage
}

// runPage is a run's part of a page.
type runPage struct {
	ID, Name, Title string
	Status, Tone    string // the verdict, and good, fair or bad
	Partial, Path   string
	Reasons         []string
	Cards           []card
	Parts           []part
	Facts           []factGroup
	Workload        string
	Command         string
}

// card is one figure in large.
type card struct{ Name, Value, Detail string }

// part is a heading with what stands below it.
type part struct {
	ID, Title string
	Figures   []drawn
	Map       *mapPart
	Bars      []barGroup
	Stills    []still
	Table     *pageTable
	Lines     []pageLine
}

// pageLine is a line of text, alone or in a list.
type pageLine struct {
	Text string
	Item bool
	Tone string
}

// pageTable is a table for the template.
type pageTable struct {
	Caption string
	Table   *table
	Head    []string
	Rows    [][]string
}

// mapPart is the map of slots.
type mapPart struct {
	ID     string
	Layers []string
	Side   int
	Slots  int
	Data   template.JS
	Facts  *pageTable
	Top    *pageTable
}

// HTML writes one page with everything that there is to say of the records,
// beside each other where there are several. The page is one file, which asks
// for no other.
func HTML(w io.Writer, records []*results.Record, paths []string) error {
	if len(records) == 0 {
		return fmt.Errorf("no record to report")
	}
	p := page{Title: clean(headline(records[0]))}
	names := runNames(records, paths)
	for i, rec := range records {
		where := ""
		if i < len(paths) {
			where = paths[i]
		}
		p.Runs = append(p.Runs, newRunPage(rec, i, names[i], where))
	}
	if len(records) > 1 {
		p.Title = fmt.Sprintf("%d runs beside each other", len(records))
		p.Parts = []part{comparePart(records, names)}
	}
	return writePage(w, p)
}

// writePage adds what all pages have.
func writePage(w io.Writer, p page) error {
	style, err := pageFiles.ReadFile("page/page.css")
	if err != nil {
		return err
	}
	code, err := pageFiles.ReadFile("page/page.js")
	if err != nil {
		return err
	}
	p.Light, p.Dark = template.CSS(chart.Variables(false)), template.CSS(chart.Variables(true))
	p.Style, p.Script = template.CSS(string(style)+chart.Style()), template.JS(code)
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, p); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	_, err = w.Write(out.Bytes())
	return err
}

// runNames is what runs are called beside each other: a number and their
// folder, or else what was run.
func runNames(records []*results.Record, paths []string) []string {
	names := make([]string, len(records))
	for i, rec := range records {
		name := rec.Name + " on " + strings.TrimSpace(rec.Target.Product+" "+rec.Target.Version)
		if i < len(paths) && paths[i] != "" {
			name = path.Base(strings.TrimSuffix(paths[i], "/"+results.RunFile))
		}
		names[i] = clean(fmt.Sprintf("%d: %s", i+1, name))
	}
	return names
}

// newRunPage lays a record out. Sections are those of every report; pictures
// stand with the section that they belong to.
func newRunPage(rec *results.Record, number int, name, where string) runPage {
	r := runPage{
		ID: fmt.Sprintf("r%d", number), Name: name, Title: clean(headline(rec)),
		Status: clean(rec.Verdict.Status), Tone: tone(rec.Verdict.Status), Partial: clean(rec.Partial), Path: clean(where),
		Command: clean(strings.Join(rec.Command, " ")), Facts: factGroups(rec),
	}
	for _, reason := range rec.Verdict.Reasons {
		r.Reasons = append(r.Reasons, clean(reason))
	}
	if text, err := json.MarshalIndent(rec.Config.Workload, "", "  "); err == nil && len(rec.Config.Workload) > 0 {
		r.Workload = string(text)
	}
	for _, row := range measuresSection(rec).table.rows {
		r.Cards = append(r.Cards, card{clean(row[0]), clean(row[1]), clean(row[2])})
	}
	for _, s := range build(rec, Options{}).sections {
		if s.name == sectionVerdict || s.name == sectionMeasured {
			continue // the head of the page
		}
		r.Parts = append(r.Parts, newPart(rec, r.ID, len(r.Parts), s))
	}
	return r
}

// tone is how good a verdict is.
func tone(status string) string {
	switch status {
	case results.Valid:
		return "good"
	case results.Errors:
		return "bad"
	}
	return "fair"
}

func newPart(rec *results.Record, run string, number int, s section) part {
	p := part{ID: fmt.Sprintf("%s-%d", run, number), Title: s.title}
	for _, line := range s.lines {
		text, item := strings.CutPrefix(line, bullet)
		l := pageLine{Text: text, Item: item}
		if strings.HasPrefix(text, results.LevelWarning) {
			l.Tone = "fair"
		}
		p.Lines = append(p.Lines, l)
	}
	if s.table != nil && len(s.table.rows) > 0 {
		p.Table = newPageTable(s.title, s.table)
	}
	var figures []*figure
	switch s.name {
	case sectionLatency:
		figures = []*figure{latencyFigure(rec), throughputFigure(rec), quantilesFigure(rec)}
	case sectionPhases:
		figures = []*figure{phasesFigure(rec)}
	case sectionOperations:
		figures = []*figure{operationsFigure(rec)}
	case sectionDeliveries:
		figures = []*figure{deliveriesFigure(rec)}
	case sectionNodes:
		response, service := nodesFigures(rec)
		figures = []*figure{response, service}
		p.Bars = nodeBars(rec)
	case sectionSkew:
		p.Map = newMapPart(rec, run)
	}
	for _, plate := range plates(rec, s.name) {
		p.Stills = append(p.Stills, newStill(plate, run))
	}
	for _, f := range figures {
		if f != nil {
			p.Figures = append(p.Figures, draw(f, run))
		}
	}
	return p
}

// maxUnbroken is how long a cell may be that stays on one line.
const maxUnbroken = 24

// unbroken keeps a short cell on one line, as a figure with its unit.
func unbroken(cell string) string {
	if utf8.RuneCountInString(cell) > maxUnbroken {
		return cell
	}
	return strings.ReplaceAll(cell, " ", "\u00a0")
}

func newPageTable(caption string, t *table) *pageTable {
	rows := make([][]string, len(t.rows))
	for i, row := range t.rows {
		for _, cell := range row {
			rows[i] = append(rows[i], unbroken(cell))
		}
	}
	return &pageTable{Caption: caption, Table: t, Head: t.head, Rows: rows}
}

func newMapPart(rec *results.Record, run string) *mapPart {
	v := newSlotView(rec)
	if v == nil {
		return nil
	}
	m := &mapPart{
		ID: run + "-map", Side: v.Side, Slots: v.Slots, Data: script(v),
		Facts: newPageTable("Slots by node", v.facts), Top: newPageTable("Slots with the most operations", v.top),
	}
	for _, l := range v.Layers {
		m.Layers = append(m.Layers, l.Name)
	}
	return m
}
