package compare

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"slotbench/results"
)

// facetKind says what it means when a facet is not the same everywhere.
type facetKind int

const (
	ofLoad    facetKind = iota // the sides did not do the same work
	ofClient                   // the load generator was another
	ofMachine                  // the runs are of different machines
	ofTarget                   // what is usually compared
)

// facet is one property of a run that should be known to be the same, or to
// be what is compared.
type facet struct {
	path  string
	value string
	kind  facetKind
}

// facets are all of a run's, by path. A rate that each run probed for itself
// is not among them: it is never the same twice.
func facets(rec *results.Record) []facet {
	c, e, t := rec.Config, rec.Environment, rec.Target
	all := []facet{
		{"workload", rec.Name, ofLoad},
		{"keys", fmt.Sprint(c.Keys), ofLoad},
		{"arrival", c.Arrival, ofLoad},
		{"rate from", c.RateFrom, ofLoad},
		{"connections", fmt.Sprint(c.Connections), ofLoad},
		{"pipeline", fmt.Sprint(c.Pipeline), ofLoad},
		{"requests", fmt.Sprint(c.Requests), ofLoad},
		{"duration", fmt.Sprintf("%g s", c.DurationSeconds), ofLoad},
		{"warm-up", fmt.Sprintf("%g s", c.WarmupSeconds), ofLoad},
		{"slots to migrate", fmt.Sprint(c.MigrateSlots), ofLoad},
		{"driver", c.Driver, ofClient},
		{"threads", fmt.Sprint(c.Threads), ofClient},
		{"client CPUs", c.ClientCPUs, ofClient},
		{"slotbench", e.Tool, ofClient},
		{"CPU model", e.CPUModel, ofMachine},
		{"CPUs", fmt.Sprint(e.CPUs), ofMachine},
		{"architecture", e.OS + "/" + e.Arch, ofMachine},
		{"kernel", e.Kernel, ofMachine},
		{"memory", fmt.Sprint(e.MemoryBytes), ofMachine},
		{"governor", e.Governor, ofMachine},
		{"affinity", e.Affinity, ofMachine},
		{"target", c.Target, ofTarget},
		{"product", t.Product, ofTarget},
		{"version", t.Version, ofTarget},
		{"mode", t.Mode, ofTarget},
		{"launched", fmt.Sprint(t.Launched), ofTarget},
		{"nodes", fmt.Sprint(rec.NodesAtStart()), ofTarget},
		{"server CPUs", c.ServerCPUs, ofTarget},
		{"placement", t.Placement, ofTarget},
	}
	if len(rec.Migrations) > 0 {
		all = append(all, facet{"strategy", rec.Migrations[0].Strategy, ofLoad})
	}
	if c.MigrateSlots > 0 {
		all = append(all, facet{"migrate at", fmt.Sprint(c.MigrateAtShare), ofLoad})
	}
	if !probed(rec) {
		all = append(all, facet{"rate", fmt.Sprintf("%g/s", c.RatePerSec), ofLoad})
	}
	for name, value := range t.Settings {
		all = append(all, facet{"setting " + name, value, ofTarget})
	}
	return flatten(all, "workload", c.Workload)
}

// probed says whether the run found its rate itself.
func probed(rec *results.Record) bool { return rec.Probe != nil && rec.Config.RatePerSec > 0 }

// ofEachRun are values that are another in every run, or say nothing of the load.
var ofEachRun = []string{"workload.prefix", "workload.seed", "workload.description", "workload.source"}

// flatten adds what a workload's YAML says, a facet a value.
func flatten(all []facet, path string, value any) []facet {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			if inPath := path + "." + key; !slices.Contains(ofEachRun, inPath) {
				all = flatten(all, inPath, inner)
			}
		}
	case []any:
		for i, inner := range value {
			all = flatten(all, path+"."+strconv.Itoa(i), inner)
		}
	default:
		all = append(all, facet{path, fmt.Sprint(value), ofLoad})
	}
	return all
}

// spectrum is the values of a facet in a side, each once; "" stands for a run
// that has none.
type spectrum struct {
	kind   facetKind
	values [][]string // by side
}

// spectra collects the facets of all sides.
func spectra(sides []Summary) map[string]*spectrum {
	all := map[string]*spectrum{}
	for i, side := range sides {
		for _, run := range side.runs {
			for _, f := range facets(run.Record) {
				s := all[f.path]
				if s == nil {
					s = &spectrum{kind: f.kind, values: make([][]string, len(sides))}
					all[f.path] = s
				}
				if !slices.Contains(s.values[i], f.value) {
					s.values[i] = append(s.values[i], f.value)
				}
			}
		}
	}
	for _, s := range all {
		for i := range s.values {
			slices.Sort(s.values[i])
		}
	}
	return all
}

// among says whether the sides differ in it.
func (s *spectrum) among() bool {
	for _, values := range s.values[1:] {
		if !slices.Equal(values, s.values[0]) {
			return true
		}
	}
	return false
}

// maxFacetText bounds a value in a sentence.
const maxFacetText = 40

func (s *spectrum) text(side int) string {
	values := make([]string, len(s.values[side]))
	for i, v := range s.values[side] {
		if runes := []rune(v); len(runes) > maxFacetText {
			v = string(runes[:maxFacetText]) + "…"
		}
		if v == "" {
			v = "none"
		}
		values[i] = v
	}
	if len(values) == 0 {
		return "none"
	}
	if len(values) > 3 {
		values = append(values[:3], "…")
	}
	return strings.Join(values, " or ")
}

// Key is the same for runs of the same configuration and target. Seeds and the
// machine are not part of it.
func Key(rec *results.Record) string {
	var parts []string
	for _, f := range facets(rec) {
		if f.kind != ofMachine {
			parts = append(parts, strconv.Quote(f.path)+"="+strconv.Quote(f.value))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "\n")
}
