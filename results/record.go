// Package results holds what a run measured: the run record and its file
// format (FORMAT.md), and the recorder that a load's workers feed. It opens no
// socket and starts no goroutine.
package results

import "time"

// Schema is the version of the run record's format that this program writes.
// It grows when a field changes its meaning or goes; a new field alone does
// not raise it.
const Schema = 1

// Record is one run: what was asked, where it ran, and what was measured.
// Units end a field's name. A figure that could not be had is null (a nil
// pointer), never 0.
type Record struct {
	Schema      int          `json:"schema"`
	Name        string       `json:"name"` // of the workload, for people
	Started     time.Time    `json:"started"`
	Measured    time.Time    `json:"measured"` // when the measurement began; zero if it did not
	Seconds     float64      `json:"seconds"`  // from the start to the record, set-up and checks included
	Command     []string     `json:"command"`
	Partial     string       `json:"partial,omitempty"` // why the run ended early, "" if it did not
	Verdict     Verdict      `json:"verdict"`
	Config      Config       `json:"config"`
	Environment Environment  `json:"environment"`
	Target      Target       `json:"target"`
	Preload     *Phase       `json:"preload"`
	Probe       *Phase       `json:"probe"` // closed loop, to find the capacity; null with a given rate
	Totals      Totals       `json:"totals"`
	Operations  []Operation  `json:"operations"`
	Deliveries  []Delivery   `json:"deliveries"` // by group of receivers; empty: the workload has none
	Client      Client       `json:"client"`
	Pacing      *Pacing      `json:"pacing"` // null in a closed loop
	Intervals   []Interval   `json:"intervals"`
	Nodes       []Node       `json:"nodes"`
	Skew        Skew         `json:"skew"`
	BySlot      *BySlot      `json:"by_slot"` // null where no slot was counted
	Migrations  []Migration  `json:"migrations"`
	Integrity   *Integrity   `json:"integrity"` // null where nothing was checked
	Events      []Event      `json:"events"`
	Certificate *Certificate `json:"certificate"` // what was sent against what was asked; null where nothing was measured
	Checks      []Check      `json:"checks"`      // what was found odd before, in and after the run

	// Calibration is null where this machine was not calibrated.
	Calibration *Calibration `json:"calibration"`
	// What the servers account by slot against ours; null where nothing could be
	// compared.
	Accounts *Accounts `json:"accounts"`

	Phases []MeasuredPhase `json:"phases"` // empty: the measurement is one steady phase
	Replay *Replay         `json:"replay"` // null: no trace was replayed
}

// NodesAtStart is how many nodes the target had when the run began: one that
// took another's place in mid-run is told of beside it.
func (r *Record) NodesAtStart() int {
	n := 0
	for i := range r.Nodes {
		if !r.Nodes[i].Joined {
			n++
		}
	}
	return n
}

// Verdict says whether the run's own numbers can be trusted.
type Verdict struct {
	Status  string   `json:"status"` // VALID, CLIENT-BOUND, SHORT-OFFERED, UNSTEADY, ERRORS
	Reasons []string `json:"reasons"`
	NoClaim string   `json:"no_claim,omitempty"` // why the throughput is not one to quote, "" if it is
}

// The verdicts, from the best to the worst.
const (
	Valid        = "VALID"
	Unsteady     = "UNSTEADY"
	ShortOffered = "SHORT-OFFERED"
	ClientBound  = "CLIENT-BOUND"
	Errors       = "ERRORS"
)

// Config is the effective configuration: defaults filled in, so that the same
// run can be asked for again.
type Config struct {
	Target          string         `json:"target"` // as given; passwords left out
	Driver          string         `json:"driver"` // wire or go-redis
	Workload        map[string]any `json:"workload"`
	Seed            uint64         `json:"seed"`
	Keys            int64          `json:"keys"`
	KeyPrefix       string         `json:"key_prefix"`
	Arrival         string         `json:"arrival"`      // closed, constant, poisson
	RatePerSec      float64        `json:"rate_per_sec"` // 0: closed loop
	RateFrom        string         `json:"rate_from"`    // "given", "half of the probe", "closed loop"
	Connections     int            `json:"connections"`  // logical clients in all
	Threads         int            `json:"threads"`
	Pipeline        int            `json:"pipeline"`
	Requests        int64          `json:"requests"` // 0: ended by time
	DurationSeconds float64        `json:"duration_seconds"`
	WarmupSeconds   float64        `json:"warmup_seconds"`
	DrainSeconds    float64        `json:"drain_seconds"`
	MigrateSlots    int            `json:"migrate_slots"`
	MigrateAtShare  float64        `json:"migrate_at_share"` // of the run's duration
	Events          []string       `json:"events"`           // the timeline as asked for, in order
	ServerCPUs      string         `json:"server_cpus"`      // "": not pinned
	ClientCPUs      string         `json:"client_cpus"`
}

// Environment is the machine that the load came from.
type Environment struct {
	OS            string  `json:"os"`
	Arch          string  `json:"arch"`
	Kernel        string  `json:"kernel"`
	CPUModel      string  `json:"cpu_model"`
	CPUs          int     `json:"cpus"`
	GOMAXPROCS    int     `json:"gomaxprocs"`
	MemoryBytes   uint64  `json:"memory_bytes"`
	Governor      string  `json:"governor"` // of the CPU frequency; "" where there is none to see
	Virtual       string  `json:"virtual"`  // the hypervisor, "" if none was seen
	Affinity      string  `json:"affinity"` // the CPUs that loadgen may use
	LoadAverage1  float64 `json:"load_average_1"`
	StealShare    float64 `json:"steal_share"`    // of all CPU time in the run
	PressureShare float64 `json:"pressure_share"` // of the run in which some task waited for a CPU (PSI); -1 if unknown
	SharedHost    bool    `json:"shared_host"`    // servers and client share this machine
	Go            string  `json:"go"`
	Tool          string  `json:"tool"` // slotbench's version
}

// Target is the system under test.
type Target struct {
	Product   string            `json:"product"`
	Version   string            `json:"version"`
	Mode      string            `json:"mode"` // cluster or standalone
	Launched  bool              `json:"launched"`
	Settings  map[string]string `json:"settings"`
	Placement string            `json:"placement"` // the CPUs that its processes are pinned to
}

// Phase is a part of the run that is not the measurement itself.
type Phase struct {
	Requests   int64            `json:"requests"`
	Errors     int64            `json:"errors"`
	ErrorKinds map[string]int64 `json:"error_kinds,omitempty"`
	Seconds    float64          `json:"seconds"`
	OpsPerSec  float64          `json:"ops_per_sec"`
}

// Totals is the measurement in all.
type Totals struct {
	Requests       int64            `json:"requests"`  // ended in the measurement, however they ended
	Succeeded      int64            `json:"succeeded"` // answered and no error: what counts as throughput
	Errors         int64            `json:"errors"`    // the rest
	ErrorKinds     map[string]int64 `json:"error_kinds"`
	Hits           int64            `json:"hits"`   // reads that found their key
	Misses         int64            `json:"misses"` // answered with null
	Unknown        int64            `json:"unknown"`
	Seconds        float64          `json:"seconds"`     // from the first due to the last answer
	OpsPerSec      float64          `json:"ops_per_sec"` // Succeeded / Seconds
	AtLeast        int64            `json:"at_least"`    // of Response.Count: ended without an answer, so that the time is only a lower bound
	BytesOut       int64            `json:"bytes_out"`
	BytesIn        int64            `json:"bytes_in"`
	AtSaturation   bool             `json:"at_saturation"` // closed loop: latencies are those of a saturated system
	Response       Latency          `json:"response_us"`   // from when it was due; in a closed loop, from when its client was free
	Service        Latency          `json:"service_us"`    // from when it was written
	Redirects      *Redirects       `json:"redirects"`     // null where the driver hides them
	Redirected     *Latency         `json:"redirected_us"` // response time of the requests that were redirected
	ResponseHDR    string           `json:"response_hdr"`  // the whole histogram in nanoseconds: HDR V2, compressed, base64
	ServiceHDR     string           `json:"service_hdr"`
	RedirectedHDR  string           `json:"redirected_hdr"`
	HistogramRange string           `json:"histogram_range"`
}

// Latency is one distribution of times, in microseconds.
type Latency struct {
	Count int64   `json:"count"`
	Min   float64 `json:"min"`
	Mean  float64 `json:"mean"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P95   float64 `json:"p95"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p999"`
	P9999 float64 `json:"p9999"`
	Max   float64 `json:"max"`
}

// Redirects counts redirecting answers by kind.
type Redirects struct {
	Moved    int64 `json:"moved"`
	Ask      int64 `json:"ask"`
	TryAgain int64 `json:"tryagain"`
	Requests int64 `json:"requests"` // that were redirected at least once
}

// Operation is one of the workload's operations.
type Operation struct {
	Name      string  `json:"name"`
	Requests  int64   `json:"requests"`
	Errors    int64   `json:"errors"`
	Misses    int64   `json:"misses"`
	OpsPerSec float64 `json:"ops_per_sec"`
	Response  Latency `json:"response_us"`
	Service   Latency `json:"service_us"`
	// The whole histograms, as in Totals.
	ResponseHDR string `json:"response_hdr"`
	ServiceHDR  string `json:"service_hdr"`
	// Intervals is null of a phase's operations, and beyond MaxSeriesOps.
	Intervals *OperationIntervals `json:"intervals"`
}

// OperationIntervals is an operation over time: lists with a place for each of
// the record's intervals.
type OperationIntervals struct {
	Requests []int64   `json:"requests"` // succeeded
	MeanUS   []float64 `json:"mean_us"`  // of the response time; 0: no sample
	MinUS    []float64 `json:"min_us"`
	MaxUS    []float64 `json:"max_us"`
	// ResponseHDR is the whole histograms, in 32 cells to each power of two; ""
	// of none.
	ResponseHDR []string `json:"response_hdr"`
}

// Client is what the load generator itself took.
type Client struct {
	CPUSeconds           float64   `json:"cpu_seconds"` // of the whole process in the measurement
	WorkerCPUSeconds     []float64 `json:"worker_cpu_seconds"`
	RequestsPerCPUSecond float64   `json:"requests_per_cpu_second"`
	BusyShare            []float64 `json:"busy_share"` // by worker
	RSSBytes             int64     `json:"rss_bytes"`
	GCPauseMaxUS         float64   `json:"gc_pause_max_us"`
	GCCycles             int64     `json:"gc_cycles"`
}

// Pacing is how well the open loop kept its schedule.
type Pacing struct {
	OfferedPerSec float64 `json:"offered_per_sec"` // as configured
	Offered       int64   `json:"offered"`         // due in the measurement
	Sent          int64   `json:"sent"`            // of those, written
	Unsent        int64   `json:"unsent"`
	Error         Latency `json:"error_us"` // from due to when a worker turned to it
	Wait          Latency `json:"wait_us"`  // from then to when it was written: waiting for a connection
	Spinning      bool    `json:"spinning"`
}

// Interval is a piece of the measurement's time, by when requests ended.
type Interval struct {
	AtSeconds float64 `json:"at_seconds"` // its start
	Seconds   float64 `json:"seconds"`
	Requests  int64   `json:"requests"` // succeeded
	// Offered is how many requests the schedule asked for on average; null in a
	// closed loop and of a trace.
	Offered    *float64 `json:"offered"`
	Errors     int64    `json:"errors"`
	Redirected int64    `json:"redirected"`
	BytesOut   int64    `json:"bytes_out"` // as in Totals
	BytesIn    int64    `json:"bytes_in"`
	P50US      float64  `json:"p50_us"` // response time
	P99US      float64  `json:"p99_us"`
	P999US     float64  `json:"p999_us"`
	MaxUS      float64  `json:"max_us"`
	// ResponseHDR is the whole histogram, in two significant digits.
	ResponseHDR string `json:"response_hdr"`
}

// Node is one primary of the target.
type Node struct {
	Addr        string      `json:"addr"`
	Joined      bool        `json:"joined,omitempty"` // in mid-run: added or promoted
	Slots       int         `json:"slots"`            // at the end
	SlotsStart  int         `json:"slots_start"`
	Keys        int64       `json:"keys"` // at the end; -1: not known
	KeysStart   int64       `json:"keys_start"`
	Ops         int64       `json:"ops"`       // of the measurement, that it answered
	OpsShare    float64     `json:"ops_share"` // of all
	CPUSeconds  *float64    `json:"cpu_seconds"`
	RSSBytes    *int64      `json:"rss_bytes"`
	Response    Latency     `json:"response_us"`
	Service     Latency     `json:"service_us"`
	ResponseHDR string      `json:"response_hdr"` // the whole histograms, in two significant digits
	ServiceHDR  string      `json:"service_hdr"`
	ServerOps   *int64      `json:"server_ops"`        // commands that it says it processed in the measurement
	Ranges      []SlotRange `json:"slot_ranges"`       // owned at the end
	RangesStart []SlotRange `json:"slot_ranges_start"` // owned at the start
}

// The levels of a Check.
const (
	LevelNote    = "note"
	LevelWarning = "warning"
)

// Check is something that a reader of the numbers should know.
type Check struct {
	Level string `json:"level"` // LevelNote or LevelWarning
	Text  string `json:"text"`
}
