package report

import (
	"bytes"
	"fmt"
	"io"

	"slotbench/results"
	"slotbench/results/report/chart"
)

// File is one file of a run's folder beside the record.
type File struct {
	Name    string
	Content []byte
}

// The files that Files makes.
const (
	FileHTML     = "report.html"
	FileMarkdown = "report.md"
	FileMemtier  = "memtier.json"
	FileRedis    = "redis-benchmark.csv"
	FileResponse = "response.hgrm"
	FileService  = "service.hgrm"
	FileLog      = "response.hlog"
	FileCSV      = "report.csv"
)

// Files is the record in every form, as files: the page, Markdown with its
// pictures, and what other tools' readers take. A form that fails is in the
// error; the others are there all the same.
func Files(rec *results.Record, path string) ([]File, error) {
	var files []File
	var failed error
	add := func(name string, write func(io.Writer) error) {
		var out bytes.Buffer
		if err := write(&out); err != nil {
			failed = fmt.Errorf("%s: %w", name, err)
			return
		}
		if out.Len() > 0 {
			files = append(files, File{name, out.Bytes()})
		}
	}
	add(FileHTML, func(w io.Writer) error { return HTML(w, []*results.Record{rec}, []string{path}) })
	var shown []picture
	for _, p := range pictures(rec) {
		before := len(files)
		add(p.file, p.write)
		if len(files) > before {
			shown = append(shown, p)
		}
	}
	add(FileMarkdown, func(w io.Writer) error { return markdown(w, rec, Options{Path: path}, shown) })
	add(FileCSV, func(w io.Writer) error { return CSV(w, rec) })
	add(FileMemtier, func(w io.Writer) error { return Memtier(w, rec) })
	add(FileRedis, func(w io.Writer) error { return RedisBenchmarkCSV(w, rec) })
	if rec.Totals.ResponseHDR != "" {
		add(FileResponse, func(w io.Writer) error { return hgrm(w, rec.Totals.ResponseHDR) })
	}
	if rec.Totals.ServiceHDR != "" {
		add(FileService, func(w io.Writer) error { return hgrm(w, rec.Totals.ServiceHDR) })
	}
	if len(rec.Intervals) > 0 {
		add(FileLog, func(w io.Writer) error { return HDRLog(w, rec) })
	}
	return files, failed
}

// picture is a picture of the Markdown report, in a file of its own.
type picture struct {
	section string // that it stands in
	file    string
	title   string
	write   func(io.Writer) error
}

// pictures are those that a record has.
func pictures(rec *results.Record) []picture {
	var all []picture
	nodesResponse, nodesService := nodesFigures(rec)
	for _, p := range []struct {
		section string
		figure  *figure
	}{
		{sectionLatency, latencyFigure(rec)}, {sectionLatency, throughputFigure(rec)}, {sectionLatency, quantilesFigure(rec)},
		{sectionPhases, phasesFigure(rec)}, {sectionOperations, operationsFigure(rec)}, {sectionDeliveries, deliveriesFigure(rec)},
		{sectionNodes, nodesResponse}, {sectionNodes, nodesService},
	} {
		if p.figure != nil {
			all = append(all, picture{p.section, p.figure.ID + ".svg", p.figure.Title, func(w io.Writer) error {
				_, err := io.WriteString(w, chart.File(p.figure.Lines, wideChart))
				return err
			}})
		}
	}
	for _, section := range []string{sectionCertificate, sectionClient} {
		all = append(all, platePictures(rec, section)...)
	}
	return append(all, picture{sectionSkew, "slots.svg", "Operations by slot", func(w io.Writer) error {
		svg, err := slotMapFile(rec)
		if err == nil {
			_, err = io.WriteString(w, svg)
		}
		return err
	}})
}
