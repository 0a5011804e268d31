package report

import (
	"html/template"
	"io"

	"slotbench/results"
	"slotbench/results/report/chart"
)

// plate is a picture from which nothing is read by pointer, with the table
// that says the same.
type plate struct {
	id, title string
	picture   func(id string) chart.Picture
	table     *table
}

// plates are those of a section that a record has.
func plates(rec *results.Record, section string) []plate {
	var all []plate
	add := func(p *plate) {
		if p != nil {
			all = append(all, *p)
		}
	}
	switch section {
	case sectionCertificate:
		add(spreadPlate(rec))
	case sectionClient:
		add(meanPlate(rec))
		add(floorPlate(rec))
	}
	return all
}

// still is a plate for the template. Without a table, one stands above it.
type still struct {
	ID, Title    string
	Wide, Narrow template.HTML
	Table        *pageTable
}

// newStill draws a plate in both widths.
func newStill(p plate, run string) still {
	id := run + "-" + p.id
	picture := p.picture(id)
	s := still{ID: id, Title: p.title, Wide: template.HTML(picture.Draw(wideChart)), Narrow: template.HTML(picture.Draw(narrowChart))}
	if p.table != nil {
		s.Table = newPageTable(p.title, p.table)
	}
	return s
}

// platePictures are the plates of a section as files of the Markdown report.
func platePictures(rec *results.Record, section string) []picture {
	var all []picture
	for _, p := range plates(rec, section) {
		all = append(all, picture{section, p.id + ".svg", p.title, func(w io.Writer) error {
			_, err := io.WriteString(w, chart.PictureFile(p.picture(p.id), wideChart))
			return err
		}})
	}
	return all
}
