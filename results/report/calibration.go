package report

import (
	"bytes"
	"fmt"
	"io"

	"slotbench/results"
)

// busyAtCeiling is from where on the client was what limited a calibration.
const busyAtCeiling = 0.9

// CalibrationFile writes what the load generator does by itself.
func CalibrationFile(w io.Writer, c *results.CalibrationFile, o Options) error {
	var out bytes.Buffer
	writeLine(&out, o, clean(fmt.Sprintf("the load generator by itself: %s, %s driver, %s × pipeline %d, %s, %s that do nothing",
		c.Workload, c.Driver, counted(int64(c.Connections), "connection"), c.Pipeline, counted(int64(c.Threads), "thread"), counted(int64(c.Nodes), "responder"))), bold)
	out.WriteByte('\n')
	t := facts()
	t.add("ceiling", fmt.Sprintf("%s closed loop; %s requests per CPU second of its threads; the busiest was busy %s", rate(c.CeilingPerSec), significant(c.PerCPUSecond, rateDigits), percent(c.BusyShare)))
	if err := writeTable(&out, t, o.Width); err != nil {
		return err
	}
	out.WriteByte('\n')
	floors := &table{head: []string{"floor at", "p50", "p99", "p99.9", "samples"}}
	for _, f := range c.Floors {
		floors.add(rate(f.RatePerSec), micros(f.P50US), micros(f.P99US), micros(f.P999US), count(f.Samples))
	}
	if len(floors.rows) > 0 {
		if err := writeTable(&out, floors, o.Width); err != nil {
			return err
		}
	}
	out.WriteByte('\n')
	if c.BusyShare < busyAtCeiling {
		writeLine(&out, o, bullet+"at the ceiling the client had time to spare: the responders or the machine were the limit, and the client can do more where they have CPUs of their own", "")
	}
	if o.Path != "" {
		fmt.Fprintf(&out, "Kept: %s\n", o.Path)
	}
	_, err := w.Write(out.Bytes())
	return err
}

// calibrationText says what of a run is the harness's own, "" where that is
// not known.
func calibrationText(c *results.Calibration) string {
	if c == nil {
		return ""
	}
	text := fmt.Sprintf("headroom %s: the ceiling is %s", ratio(c.Headroom)+"×", rate(c.CeilingPerSec))
	if c.HarnessShare != nil {
		text = fmt.Sprintf("%s of the response p99 is the harness's own (floor %s at %s); ", percent(*c.HarnessShare), micros(c.FloorP99US), rate(c.FloorRate)) + text
	}
	if c.Differs != "" {
		text += "; roughly: measured with another " + c.Differs
	}
	return text
}
