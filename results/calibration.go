package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Calibration is what the load generator does by itself on its machine, as
// "loadgen calibrate" found it against a responder that does nothing, and
// what that says of this run.
type Calibration struct {
	File          string    `json:"file"`
	Measured      time.Time `json:"measured"`
	CeilingPerSec float64   `json:"ceiling_per_sec"` // requests a second, closed loop, same workload and clients
	FloorRate     float64   `json:"floor_rate_per_sec"`
	FloorP50US    float64   `json:"floor_p50_us"` // response time at that rate, which is the nearest to this run's
	FloorP99US    float64   `json:"floor_p99_us"`
	// The mean service time there; null in calibrations of before it was kept.
	FloorServiceMeanUS *float64 `json:"floor_service_mean_us"`
	// Floors are the rates that were calibrated, at most MaxCalibrationFloors.
	Floors []CalibrationFloor `json:"floors"`
	// HarnessShare is FloorP99US over this run's response p99, at most 1; null
	// in a closed loop, whose latency depends on its own speed.
	HarnessShare *float64 `json:"harness_share_of_p99"`
	Headroom     float64  `json:"headroom"`          // CeilingPerSec over this run's throughput
	Differs      string   `json:"differs,omitempty"` // what was not as in this run when it was measured
}

// CalibrationFile is what "loadgen calibrate" keeps: the client's ceiling and
// its floor at several rates, with what they depend on.
type CalibrationFile struct {
	Schema        int                `json:"schema"`
	Measured      time.Time          `json:"measured"`
	Tool          string             `json:"tool"`
	Machine       string             `json:"machine"` // CPU model, CPUs, kernel
	Driver        string             `json:"driver"`
	Workload      string             `json:"workload"`
	WorkloadSum   string             `json:"workload_sum"` // of the workload with its defaults filled in
	Nodes         int                `json:"nodes"`
	Connections   int                `json:"connections"`
	Pipeline      int                `json:"pipeline"`
	Threads       int                `json:"threads"`
	CPUs          string             `json:"client_cpus"`
	CeilingPerSec float64            `json:"ceiling_per_sec"`
	PerCPUSecond  float64            `json:"requests_per_cpu_second"`
	BusyShare     float64            `json:"busy_share"` // of the busiest worker at the ceiling: far below 1 the responders were the limit
	Floors        []CalibrationFloor `json:"floors"`
}

// CalibrationFloor is the response time at one rate of an open loop.
type CalibrationFloor struct {
	RatePerSec float64 `json:"rate_per_sec"`
	P50US      float64 `json:"p50_us"`
	P99US      float64 `json:"p99_us"`
	P999US     float64 `json:"p999_us"`
	Samples    int64   `json:"samples"`
	// The means of response and service time; null in files of before they were
	// kept.
	MeanUS        *float64 `json:"mean_us"`
	ServiceMeanUS *float64 `json:"service_mean_us"`
}

// MaxCalibrationFloors is how many rates of a calibration a run's record takes.
const MaxCalibrationFloors = 32

// ParseCalibration reads a CalibrationFile and checks that it can be used.
func ParseCalibration(text []byte) (*CalibrationFile, error) {
	c := new(CalibrationFile)
	if err := json.Unmarshal(text, c); err != nil {
		return nil, located(text, err)
	}
	switch {
	case c.Schema != Schema:
		return nil, fmt.Errorf("schema %d: this program reads schema %d; run loadgen calibrate again", c.Schema, Schema)
	case !(c.CeilingPerSec > 0):
		return nil, errors.New("no calibration: ceiling_per_sec is not above 0")
	}
	for i, floor := range c.Floors {
		if !(floor.RatePerSec > 0) || floor.P99US < 0 {
			return nil, fmt.Errorf("floors[%d]: no rate above 0, or a negative time", i)
		}
	}
	return c, nil
}
