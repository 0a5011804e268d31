package report

import (
	"bytes"
	"fmt"
	"io"

	"slotbench/results"
)

// Capacity writes what a search for the capacity found; sentence says in one
// what it means.
func Capacity(w io.Writer, c *results.Capacity, sentence string, o Options) error {
	rec := &results.Record{Target: c.Target, Config: c.Config, Environment: c.Environment}
	var out bytes.Buffer
	writeLine(&out, o, clean(fmt.Sprintf("capacity for %s of %s %s (%s): the highest rate with %s, no errors, nothing short",
		c.Name, c.Target.Product, c.Target.Version, c.Target.Mode, c.Objective)), bold)
	if c.Partial != "" {
		writeLine(&out, o, "PARTIAL: "+clean(c.Partial), red)
	}
	out.WriteByte('\n')
	t := &table{head: []string{"", "median", "interval", "confidence", "searches", "trials"}, left: []int{0, 2}}
	capacityRow(t, "idle", c.Idle, c.Trials, false)
	if c.During != nil {
		capacityRow(t, "while slots migrate", *c.During, c.Trials, true)
	}
	if err := writeTable(&out, t, o.Width); err != nil {
		return err
	}
	if sentence != "" {
		out.WriteByte('\n')
		writeLine(&out, o, sentence, bold)
	}
	out.WriteByte('\n')
	behind := 0
	for _, trial := range c.Trials {
		if trial.ClientBehind {
			behind++
		}
	}
	probe := "not known"
	if c.ProbePerSec > 0 {
		probe = rate(c.ProbePerSec)
	}
	writeLine(&out, o, fmt.Sprintf("%sresolution %s of the rate; trials of %s; capacity of the closed loop %s; the interval holds the median of such searches",
		bullet, percent(c.Resolution), seconds(c.TrialSeconds), probe), "")
	if behind > 0 {
		writeLine(&out, o, fmt.Sprintf("%sin %d of %s the load generator itself was late: a faster client could find more", bullet, behind, counted(int64(len(c.Trials)), "trial")), yellow)
	}
	if rec.Environment.SharedHost {
		writeLine(&out, o, bullet+"servers and load generator share this machine: they slow each other down", "")
	}
	if o.Path != "" {
		fmt.Fprintf(&out, "Record: %s\n", o.Path)
	}
	_, err := w.Write(out.Bytes())
	return err
}

func capacityRow(t *table, name string, f results.CapacityFinding, trials []results.CapacityTrial, during bool) {
	tried := 0
	for _, trial := range trials {
		if trial.During == during {
			tried++
		}
	}
	figure, interval, sure := rate(f.PerSec), rate(f.Low)+" … "+rate(f.High), percent(f.Confidence)
	switch {
	case len(f.Searches) == 0:
		figure, interval, sure = none, none, none
	case f.PerSec == 0:
		figure = "never met"
	}
	t.add(name, figure, interval, sure, count(int64(len(f.Searches))), count(int64(tried)))
}
