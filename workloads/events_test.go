package workloads

import (
	"errors"
	"strings"
	"testing"

	"slotbench/internal/timeline"
)

const eventful = `name: eventful
keys: 10
families: [{name: a, key: "a:%d"}]
operations: [{command: GET}]
events:
  - at=2s stop node=1 for=1s
  - at=50% migrate slots=10
`

func TestEvents(t *testing.T) {
	spec, err := Parse("e.yaml", []byte(eventful))
	if err != nil {
		t.Fatal(err)
	}
	events, err := spec.Timeline()
	if err != nil || len(events) != 2 || events[0].Kind != timeline.Stop || events[1].Slots != 10 {
		t.Errorf("%+v, %v", events, err)
	}
}

func TestEventFaultsAreLocated(t *testing.T) {
	_, err := Parse("e.yaml", []byte(strings.Replace(eventful, "stop node=1", "halt node=1", 1)))
	var faults *Faults
	if !errors.As(err, &faults) || len(faults.List) != 1 || faults.List[0].Line != 6 || faults.List[0].Field != "events[0]" || !strings.Contains(err.Error(), "unknown kind") {
		t.Errorf("%v", err)
	}
}
