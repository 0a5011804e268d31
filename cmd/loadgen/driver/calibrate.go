package driver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"slotbench/results"
)

// The loads of a calibration.
const (
	DefaultCalibration = time.Second // of each load
	calibrationWarmup  = 300 * time.Millisecond
	floorRounds        = 3 // the lowest counts: neighbours on the machine only add
)

// floorShares are the shares of the ceiling at which the floor is measured.
var floorShares = []float64{0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8}

// Calibrate measures what the load generator does by itself, in a session on
// responders that do nothing. length is that of each load.
func Calibrate(ctx context.Context, s *Session, length time.Duration) (*results.CalibrationFile, error) {
	out := s.e.calibrationConfig()
	out.Measured = time.Now()
	closed, err := s.Closed(ctx, length)
	if err != nil {
		return nil, err
	}
	if closed.Totals.Errors > 0 {
		return nil, fmt.Errorf("%d of %d requests failed (%s): the responder does not know the workload", closed.Totals.Errors, closed.Totals.Requests, errorKinds(closed.Totals.ErrorKinds))
	}
	out.CeilingPerSec = closed.Totals.OpsPerSec
	if closed.CPUSeconds > 0 {
		out.PerCPUSecond = float64(closed.Totals.Requests) / closed.CPUSeconds
	}
	for _, share := range closed.BusyShare {
		out.BusyShare = max(out.BusyShare, share)
	}
	for round := range floorRounds {
		for i, share := range floorShares {
			rate := max(1, math.Floor(share*out.CeilingPerSec))
			t, err := s.Rate(ctx, rate, calibrationWarmup, length)
			if err != nil {
				return nil, err
			}
			l := t.Totals.Response
			floor := results.CalibrationFloor{RatePerSec: rate, P50US: l.P50, P99US: l.P99, P999US: l.P999, Samples: l.Count,
				MeanUS: &l.Mean, ServiceMeanUS: &t.Totals.Service.Mean}
			switch {
			case round == 0:
				out.Floors = append(out.Floors, floor)
			case floor.P99US < out.Floors[i].P99US:
				out.Floors[i] = floor
			}
		}
	}
	return out, nil
}

// calibrationConfig is what a calibration of this run depends on.
func (e *engine) calibrationConfig() *results.CalibrationFile {
	c := CalibrationOf(&e.Plan, len(e.topology.Nodes))
	env := e.rec.Environment
	c.Machine = fmt.Sprintf("%s, %d CPUs, %s %s", env.CPUModel, env.CPUs, env.OS, env.Kernel)
	return c
}

// CalibrationOf is a calibration of a plan on so many nodes, before anything
// was measured and without the machine.
func CalibrationOf(p *Plan, nodes int) *results.CalibrationFile {
	spec := p.Workload.Spec()
	fields := specMap(spec)
	delete(fields, "prefix") // that of an attached target is another each time
	text, err := json.Marshal(fields)
	if err != nil {
		panic("driver: a workload's spec cannot be written as JSON: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return &results.CalibrationFile{
		Schema: results.Schema, Tool: ToolVersion(), Driver: p.Driver,
		Workload: p.Name, WorkloadSum: hex.EncodeToString(sum[:8]),
		Nodes: nodes, Connections: p.Connections, Pipeline: p.Pipeline, Threads: p.Threads, CPUs: p.ClientCPUs,
		Floors: []results.CalibrationFloor{},
	}
}

// calibrationKey names what a calibration depends on, for a file's name.
func calibrationKey(c *results.CalibrationFile) string {
	text := fmt.Sprintf("%s|%s|%s|%d|%d|%d|%d|%s", c.Machine, c.Driver, c.WorkloadSum, c.Nodes, c.Connections, c.Pipeline, c.Threads, c.CPUs)
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

// CalibrationName is the name of the file in which a calibration is kept.
func CalibrationName(c *results.CalibrationFile) string {
	return "calibration-" + calibrationKey(c) + ".json"
}

// applyCalibration writes what a calibration says of the run.
func (e *engine) applyCalibration() {
	if e.Calibration == nil {
		return
	}
	own := e.calibrationConfig()
	c, path := e.Calibration(own)
	if c == nil {
		return
	}
	e.rec.Calibration = calibrated(c, own, path, e.rec)
}

// calibrated compares a run with a calibration.
func calibrated(c, own *results.CalibrationFile, path string, rec *results.Record) *results.Calibration {
	out := &results.Calibration{File: path, Measured: c.Measured, CeilingPerSec: c.CeilingPerSec, Differs: calibrationDiffers(c, own),
		Floors: c.Floors[:min(len(c.Floors), results.MaxCalibrationFloors)]}
	if rec.Totals.OpsPerSec > 0 {
		out.Headroom = c.CeilingPerSec / rec.Totals.OpsPerSec
	}
	rate := rec.Config.RatePerSec
	if rate == 0 {
		rate = rec.Totals.OpsPerSec
	}
	apart := math.Inf(1)
	for _, floor := range c.Floors {
		if d := math.Abs(math.Log(floor.RatePerSec / rate)); rate > 0 && d < apart {
			apart, out.FloorRate, out.FloorP50US, out.FloorP99US = d, floor.RatePerSec, floor.P50US, floor.P99US
			out.FloorServiceMeanUS = floor.ServiceMeanUS
		}
	}
	if p99 := rec.Totals.Response.P99; !rec.Totals.AtSaturation && p99 > 0 && out.FloorRate > 0 {
		share := min(1, out.FloorP99US/p99)
		out.HarnessShare = &share
	}
	return out
}

// calibrationDiffers names what was not as it is in this run, "" if nothing.
func calibrationDiffers(c, own *results.CalibrationFile) string {
	var names []string
	for _, row := range []struct {
		name   string
		differ bool
	}{
		{"machine", c.Machine != own.Machine}, {"driver", c.Driver != own.Driver},
		{"workload", c.WorkloadSum != own.WorkloadSum}, {"nodes", c.Nodes != own.Nodes},
		{"connections", c.Connections != own.Connections}, {"pipeline", c.Pipeline != own.Pipeline},
		{"threads", c.Threads != own.Threads}, {"CPUs", c.CPUs != own.CPUs},
	} {
		if row.differ {
			names = append(names, row.name)
		}
	}
	return strings.Join(names, ", ")
}
