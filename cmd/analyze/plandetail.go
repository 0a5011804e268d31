package main

import (
	"fmt"

	"slotbench/internal/keyset"
	"slotbench/internal/rebalance"
	"slotbench/internal/slot"
)

// newPlanFloor adds what is known of the slot that sets a floor.
func newPlanFloor(m measure, floor rebalance.Floor, loads [][]float64, s *keyset.Summary) planFloor {
	f := planFloor{By: m.String(), Imbalance: floor.Imbalance, Slots: floor.Slots, Together: floor.Together}
	if len(floor.Slots) == 0 || m == bySlots {
		return f
	}
	heaviest, total := floor.Slots[0], 0.0
	for _, load := range loads[m] {
		total += load
	}
	load := loads[m][heaviest]
	f.SlotShare = load / total
	most := 0.0
	for _, tag := range s.Tags.Top(s.Tags.Len()) {
		weight := float64([...]uint64{tag.Keys, tag.Bytes, tag.Ops}[m])
		if weight > most && slot.Count(len(loads[m])).Of([]byte(tag.Text)) == heaviest {
			most, f.Tag, f.TagShare = weight, printable(tag.Text), weight/load
		}
	}
	return f
}

// addSchedule lays the moves into time.
func (r *planReport) addSchedule(o *planOptions, loads [][]float64) error {
	if o.speed.perSecond == 0 {
		return nil
	}
	r.Rate = &planRate{o.speed.perSecond, o.speed.unit.String(), o.speed.from}
	var costs []float64
	var slots []int
	for m := range r.file.Slots() {
		costs = append(costs, loads[o.speed.unit][m.Slot])
		slots = append(slots, int(m.Slot))
		r.Seconds += loads[o.speed.unit][m.Slot] / o.speed.perSecond
	}
	schedule, err := rebalance.NewSchedule(costs, o.speed.perSecond, o.opening, o.begin)
	if err != nil {
		return fmt.Errorf("schedule: %w", err)
	}
	r.Overrun = schedule.Overrun
	for _, span := range schedule.Spans {
		r.Schedule = append(r.Schedule, planSpan{span.Begin, span.End, span.Slots, span.Cost, slots[span.First]})
	}
	return nil
}
