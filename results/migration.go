package results

// Migration is one event of moving slots under load.
type Migration struct {
	Slots           int        `json:"slots"` // moved
	Asked           int        `json:"asked"`
	From            string     `json:"from"`
	To              string     `json:"to"`
	Strategy        string     `json:"strategy"` // key-by-key, atomic, pushed
	Batch           int        `json:"batch"`    // keys a command; 0: the servers decide
	Keys            int64      `json:"keys"`
	Bytes           int64      `json:"bytes"` // of keys and values; -1 if the target does not tell
	AtSeconds       float64    `json:"at_seconds"`
	Seconds         float64    `json:"seconds"`
	SlotMillis      *Spread    `json:"slot_ms"` // what one slot took
	MBPerSec        float64    `json:"mb_per_sec"`
	PauseMillis     *float64   `json:"pause_ms"`            // the longest time without a success on one probed slot; null: not probed
	PauseResolution float64    `json:"pause_resolution_ms"` // the probes' interval: a shorter pause can't be seen
	PauseBefore     *float64   `json:"pause_before_ms"`     // the same on the same slots before the migration
	ProbedSlots     int        `json:"probed_slots"`
	ProbeRequests   int64      `json:"probe_requests"`
	Lost            int64      `json:"lost"`
	Doubled         int64      `json:"doubled"`
	Unknown         int64      `json:"unknown"`
	P99BeforeUS     *float64   `json:"p99_before_us"` // null: too few samples
	P99DuringUS     *float64   `json:"p99_during_us"`
	P99AfterUS      *float64   `json:"p99_after_us"`
	SamplesBefore   int64      `json:"samples_before"`
	SamplesDuring   int64      `json:"samples_during"`
	SamplesAfter    int64      `json:"samples_after"`
	Redirects       *Redirects `json:"redirects"` // while it went on
	Error           string     `json:"error,omitempty"`
}

// Spread is a small distribution.
type Spread struct {
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
	Max    float64 `json:"max"`
}

// MinWindowSamples is how many requests a window needs before its p99 is
// told.
const MinWindowSamples = 1000

// Integrity is what reading back showed.
type Integrity struct {
	Slots   int   `json:"slots"` // whose keys were read back
	Keys    int64 `json:"keys"`
	Stamped int64 `json:"stamped"` // with a version that could be checked; of the others, only that they are there
	Lost    int64 `json:"lost"`    // an acknowledged, unexpired version was absent
	Doubled int64 `json:"doubled"` // on two primaries after settling
	Unknown int64 `json:"unknown"` // the outcome of a write was unknown, so that nothing can be said
	// LostToEvents is those of Lost in slots of nodes that an event killed or
	// failed over: the target's loss, not the migration's or the tool's.
	LostToEvents int64    `json:"lost_to_events"`
	Examples     []string `json:"examples"` // of lost and doubled keys
	Note         string   `json:"note,omitempty"`
}
