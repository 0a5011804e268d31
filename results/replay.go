package results

// Replay is what became of the trace that a run replayed.
type Replay struct {
	Format      string           `json:"format"`
	Read        int64            `json:"read"`         // operations of the trace, skipped ones too
	Requests    int64            `json:"requests"`     // that were made of them
	Skipped     map[string]int64 `json:"skipped"`      // operations that are not replayed, by kind
	BadLines    int64            `json:"bad_lines"`    // that could not be read
	Faults      []string         `json:"faults"`       // the first of them
	OutOfOrder  int64            `json:"out_of_order"` // operations with a time before their predecessor's
	Crowded     int64            `json:"crowded"`      // ticks of the trace's clock whose operations came in lumps
	Late        int64            `json:"late"`         // requests that were read after they were due
	LateMillis  float64          `json:"late_ms"`      // by how much, at most; a lower bound
	SpanSeconds float64          `json:"span_seconds"` // from the first operation to the last, as recorded
	Whole       bool             `json:"whole"`        // read to its end or its limit
}
