package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"slotbench/results"
)

// CSV writes a header and one line a record. A column is named by the path of
// its field in the JSON; which columns there are depends on the schema only.
// FORMAT.md says which.
func CSV(w io.Writer, records ...*results.Record) error {
	out := csv.NewWriter(w)
	names, _ := columns(new(results.Record))
	if err := out.Write(names); err != nil {
		return err
	}
	for _, rec := range records {
		_, cells := columns(rec)
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// columns are the names and cells of a record.
func columns(rec *results.Record) (names, cells []string) {
	row := csvRow{}
	row.object(reflect.ValueOf(rec).Elem(), reflect.TypeFor[results.Record](), "")
	return row.names, row.cells
}

// EventsCSV writes a header and one line an event of the records, with the
// record's name and start before its own fields.
func EventsCSV(w io.Writer, records ...*results.Record) error {
	return linesCSV(w, records, func(rec *results.Record) []results.Event { return rec.Events })
}

// NodesCSV writes a line a node in the same way.
func NodesCSV(w io.Writer, records ...*results.Record) error {
	return linesCSV(w, records, func(rec *results.Record) []results.Node { return rec.Nodes })
}

// OperationsCSV writes a line an operation in the same way.
func OperationsCSV(w io.Writer, records ...*results.Record) error {
	return linesCSV(w, records, func(rec *results.Record) []results.Operation { return rec.Operations })
}

// linesCSV writes a line for each of the things that a record has many of.
func linesCSV[T any](w io.Writer, records []*results.Record, of func(*results.Record) []T) error {
	out := csv.NewWriter(w)
	row := csvRow{}
	row.object(reflect.Value{}, reflect.TypeFor[T](), "")
	if err := out.Write(append([]string{"run.name", "run.started"}, row.names...)); err != nil {
		return err
	}
	for _, rec := range records {
		things := of(rec)
		for i := range things {
			row := csvRow{}
			row.object(reflect.ValueOf(&things[i]).Elem(), reflect.TypeFor[T](), "")
			if err := out.Write(append([]string{clean(rec.Name), rec.Started.Format(time.RFC3339Nano)}, row.cells...)); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

type csvRow struct{ names, cells []string }

// object adds the fields of a struct; v is not valid where it is null, and
// then its cells are empty.
func (r *csvRow) object(v reflect.Value, typ reflect.Type, path string) {
	for i := range typ.NumField() {
		field := typ.Field(i)
		inner := reflect.Value{}
		if v.IsValid() {
			inner = v.Field(i)
		}
		r.field(inner, field.Type, path+results.JSONName(field))
	}
}

func (r *csvRow) field(v reflect.Value, typ reflect.Type, path string) {
	if strings.HasSuffix(path, "_hdr") {
		return // a whole histogram is no cell
	}
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
		if v.IsValid() {
			v = v.Elem() // not valid of nil
		}
	}
	switch {
	case typ == reflect.TypeFor[time.Time]():
		r.cell(v, path, func() string { return v.Interface().(time.Time).Format(time.RFC3339Nano) })
	case typ.Kind() == reflect.Struct:
		r.object(v, typ, path+".")
	case typ == reflect.TypeFor[[]results.Migration](), typ == reflect.TypeFor[[]results.Event](), typ == reflect.TypeFor[[]results.Delivery]():
		first := reflect.Value{}
		if v.IsValid() && v.Len() > 0 {
			first = v.Index(0)
		}
		r.object(first, typ.Elem(), path+".0.")
	case path == "verdict.reasons":
		r.cell(v, path, func() string { return strings.Join(v.Interface().([]string), "; ") })
	case typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map:
		// Lists have no fixed number of cells.
	default:
		r.cell(v, path, func() string { return csvText(v) })
	}
}

func (r *csvRow) cell(v reflect.Value, path string, text func() string) {
	r.names = append(r.names, path)
	if !v.IsValid() {
		r.cells = append(r.cells, "")
		return
	}
	// On one line, for those who count lines.
	r.cells = append(r.cells, clean(text()))
}

// csvText is a single value, numbers in full and without commas.
func csvText(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Float64:
		if f := v.Float(); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return strconv.FormatFloat(f, 'f', -1, 64)
		}
		return ""
	default:
		return fmt.Sprint(v.Interface())
	}
}
