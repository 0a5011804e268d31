package report

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"slotbench/results"
)

// factGroup is facts under a name.
type factGroup struct {
	Title string
	Rows  [][2]string
}

// factGroups is the environment, the target and the configuration, so that a
// page explains itself.
func factGroups(rec *results.Record) []factGroup {
	groups := []factGroup{
		{"Configuration", fields(reflect.ValueOf(rec.Config), "")},
		{"Target", fields(reflect.ValueOf(rec.Target), "")},
		{"Machine of the load generator", fields(reflect.ValueOf(rec.Environment), "")},
	}
	when := [][2]string{{"started", rec.Started.Format("2006-01-02 15:04:05 -07:00")}, {"took in all", seconds(rec.Seconds)}}
	for _, p := range []struct {
		name  string
		phase *results.Phase
	}{{"preload", rec.Preload}, {"probe", rec.Probe}} {
		if p.phase != nil {
			when = append(when, [2]string{p.name, fmt.Sprintf("%s in %s, %s, %s", counted(p.phase.Requests, "request"),
				seconds(p.phase.Seconds), rate(p.phase.OpsPerSec), counted(p.phase.Errors, "error"))})
		}
	}
	groups = append(groups, factGroup{"Course", when})
	return groups
}

// fields are the single values of a struct by their names in the record.
func fields(v reflect.Value, path string) [][2]string {
	var rows [][2]string
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name := path + strings.ReplaceAll(results.JSONName(field), "_", " ")
		switch value := v.Field(i); value.Kind() {
		case reflect.Struct:
			rows = append(rows, fields(value, name+" ")...)
		case reflect.Map:
			if settings, ok := value.Interface().(map[string]string); ok {
				for _, key := range sortedKeys(settings) {
					rows = append(rows, [2]string{clean(key), setting(settings[key])})
				}
			}
		case reflect.Slice, reflect.Pointer, reflect.Interface:
			// Lists have their place elsewhere.
		default:
			rows = append(rows, [2]string{name, factText(results.JSONName(field), value)})
		}
	}
	return rows
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// setting is a target's setting; one that is empty is told as it is written.
func setting(text string) string {
	if text == "" {
		return `""`
	}
	return clean(text)
}

// factText is a single value; what it is a figure of stands at the end of its
// name.
func factText(name string, v reflect.Value) string {
	switch v.Kind() {
	case reflect.Float64:
		f := v.Float()
		switch {
		case math.IsNaN(f), math.IsInf(f, 0), f < 0: // not known
			return none
		case strings.HasSuffix(name, "_share"):
			return percent(f)
		case strings.HasSuffix(name, "_per_sec"):
			return rate(f)
		case strings.HasSuffix(name, "_seconds"):
			return seconds(f)
		}
		return strconv.FormatFloat(f, 'f', -1, 64)
	case reflect.Uint64:
		if strings.HasSuffix(name, "_bytes") {
			return size(float64(v.Uint()))
		}
	case reflect.Int, reflect.Int64:
		return count(v.Int())
	case reflect.Bool:
		if v.Bool() {
			return "yes"
		}
		return "no"
	}
	if text := clean(fmt.Sprint(v.Interface())); text != "" {
		return text
	}
	return none
}

// barGroup is one figure of all nodes side by side.
type barGroup struct {
	Title string
	Rows  []bar
}

// bar is a node's figure, and how long its bar is, in percent of the longest.
type bar struct {
	Name, Text string
	Percent    int
}

// maxBars is how many nodes stand side by side.
const maxBars = 32

// nodeBars are the nodes side by side; none of a single one.
func nodeBars(rec *results.Record) []barGroup {
	if len(rec.Nodes) < 2 {
		return nil
	}
	var groups []barGroup
	add := func(title string, value func(results.Node) (float64, string)) {
		g := barGroup{Title: title}
		longest := 0.0
		for _, n := range rec.Nodes[:min(len(rec.Nodes), maxBars)] {
			v, _ := value(n)
			longest = max(longest, v)
		}
		if longest <= 0 {
			return
		}
		for _, n := range rec.Nodes[:min(len(rec.Nodes), maxBars)] {
			v, text := value(n)
			g.Rows = append(g.Rows, bar{clean(n.Addr), text, int(math.Round(100 * max(0, v) / longest))})
		}
		groups = append(groups, g)
	}
	add("operations", func(n results.Node) (float64, string) {
		return float64(n.Ops), count(n.Ops) + " (" + percent(n.OpsShare) + ")"
	})
	add("keys", func(n results.Node) (float64, string) { return float64(max(0, n.Keys)), known(n.Keys) })
	add("slots", func(n results.Node) (float64, string) { return float64(n.Slots), count(int64(n.Slots)) })
	add("response p99", func(n results.Node) (float64, string) {
		return n.Response.P99, latencyText(n.Response, n.Response.P99)
	})
	add("service p99", func(n results.Node) (float64, string) { return n.Service.P99, latencyText(n.Service, n.Service.P99) })
	add("CPU", func(n results.Node) (float64, string) {
		if n.CPUSeconds == nil {
			return 0, none
		}
		return *n.CPUSeconds, seconds(*n.CPUSeconds)
	})
	add("memory", func(n results.Node) (float64, string) {
		if n.RSSBytes == nil {
			return 0, none
		}
		return float64(*n.RSSBytes), size(float64(*n.RSSBytes))
	})
	return groups
}
