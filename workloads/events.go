package workloads

import (
	"fmt"

	"slotbench/internal/timeline"
)

// validateEvents reads every event of the timeline.
func (s *Spec) validateEvents(f *Faults) {
	if len(s.Events) > timeline.MaxEvents {
		f.add("events", "are %d, the limit is %d", len(s.Events), timeline.MaxEvents)
		return
	}
	for i, text := range s.Events {
		if _, err := timeline.Parse(text); err != nil {
			f.add(fmt.Sprintf("events[%d]", i), "%v", err)
		}
	}
}

// Timeline is what is to happen to the target while the workload runs.
func (s *Spec) Timeline() ([]timeline.Event, error) {
	events := make([]timeline.Event, len(s.Events))
	for i, text := range s.Events {
		var err error
		if events[i], err = timeline.Parse(text); err != nil {
			return nil, fmt.Errorf("events[%d]: %w", i, err)
		}
	}
	return events, nil
}
