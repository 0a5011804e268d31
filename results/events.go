package results

// Event is something that happened on the run's timeline.
type Event struct {
	AtSeconds float64 `json:"at_seconds"` // its begin, from the start of the measurement
	Seconds   float64 `json:"seconds"`    // until it was over; a killed node's ends when it serves again
	Name      string  `json:"name"`       // for people: "migration", "node killed", …
	Detail    string  `json:"detail"`     // what was done, in a few words
	Kind      string  `json:"kind"`       // migrate, plan, stop, kill, start, failover, add-node, remove-node, command; outage: nobody asked for it
	Text      string  `json:"text"`       // as it was asked for
	Target    string  `json:"target"`     // addresses of the nodes concerned
	Outcome   string  `json:"outcome"`    // EventDone, EventFailed or EventNotReached
	Error     string  `json:"error,omitempty"`
	// ToBeExpected: requests that fail in it are its effect, not a fault of the run.
	ToBeExpected bool `json:"errors_expected"`

	PauseMillis     *float64 `json:"pause_ms"`            // the longest time without a success on one probed slot; null: not probed
	PauseResolution float64  `json:"pause_resolution_ms"` // a shorter pause can't be seen
	PauseBefore     *float64 `json:"pause_before_ms"`     // the same on the same slots before it
	ProbedSlots     int      `json:"probed_slots"`

	Before *Window `json:"before"` // null: the event was not reached, or ended after the load
	During *Window `json:"during"`
	After  *Window `json:"after"`
}

// How an event went.
const (
	EventDone       = "done"
	EventFailed     = "failed"
	EventNotReached = "not reached" // the run ended before
)
