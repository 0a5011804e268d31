package results

import "time"

// CapacityFile is the name of a capacity record in its folder.
const CapacityFile = "capacity.json"

// Capacity is the highest rate at which a target meets a latency objective,
// idle and, where asked for, while something goes on.
type Capacity struct {
	Schema       int             `json:"schema"`
	Name         string          `json:"name"` // of the workload
	Started      time.Time       `json:"started"`
	Seconds      float64         `json:"seconds"`
	Command      []string        `json:"command"`
	Partial      string          `json:"partial,omitempty"`
	Objective    string          `json:"objective"` // as p99<2ms
	Resolution   float64         `json:"resolution"`
	TrialSeconds float64         `json:"trial_seconds"`
	Config       Config          `json:"config"`
	Environment  Environment     `json:"environment"`
	Target       Target          `json:"target"`
	ProbePerSec  float64         `json:"probe_per_sec"` // of the closed loop, to begin with
	Idle         CapacityFinding `json:"idle"`
	// During is the same while slots migrate; null where it was not asked for.
	During *CapacityFinding `json:"during"`
	// Tax is the share of the capacity that migrating takes away.
	Tax    *CapacityTax    `json:"tax"`
	Trials []CapacityTrial `json:"trials"`
}

// CapacityFinding is what several searches found.
type CapacityFinding struct {
	PerSec     float64   `json:"per_sec"` // the median of the searches; 0: the objective was never met
	Low        float64   `json:"low"`     // an interval that holds the searches' median
	High       float64   `json:"high"`
	Confidence float64   `json:"confidence"` // with which it does
	Searches   []float64 `json:"searches"`   // in their order
}

// CapacityTax compares each search during a migration with the idle one
// before it.
type CapacityTax struct {
	Share      float64 `json:"share"` // the median of 1 - during/idle
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Confidence float64 `json:"confidence"`
	// What moved in the trials that met the objective.
	SlotsPerSec float64 `json:"slots_per_sec"`
	KeysPerSec  float64 `json:"keys_per_sec"`
}

// CapacityTrial is one load of a search.
type CapacityTrial struct {
	Search       int     `json:"search"`
	During       bool    `json:"during"`
	RatePerSec   float64 `json:"rate_per_sec"`
	Passed       bool    `json:"passed"`
	Why          string  `json:"why,omitempty"` // it did not
	Requests     int64   `json:"requests"`
	Errors       int64   `json:"errors"`
	OpsPerSec    float64 `json:"ops_per_sec"`
	Response     Latency `json:"response_us"`
	ClientBehind bool    `json:"client_behind"` // the load generator itself was late
	MovedSlots   int     `json:"moved_slots"`
	MovedKeys    int64   `json:"moved_keys"`
}
