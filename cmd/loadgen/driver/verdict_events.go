package driver

import (
	"fmt"

	"slotbench/internal/timeline"
	"slotbench/results"
)

// expectedErrors is how many requests failed in the windows of events that
// make requests fail.
func expectedErrors(rec *results.Record) int64 {
	var expected int64
	for _, e := range rec.Events {
		if e.ToBeExpected && e.During != nil {
			expected += e.During.Errors
		}
	}
	return min(expected, rec.Totals.Errors)
}

// judgeEvents tells of events that failed, and of the errors that others
// explain.
func judgeEvents(rec *results.Record) []reason {
	var reasons []reason
	for _, e := range rec.Events {
		isMigration := e.Name == eventNames[timeline.Migrate] || e.Name == eventNames[timeline.Plan]
		switch {
		case e.Outcome == results.EventFailed && !isMigration: // those have a record of their own
			reasons = append(reasons, reason{results.Errors, fmt.Sprintf("%s %s failed: %s", e.Name, e.Target, e.Error)})
		case e.Kind == string(outageKind) && e.During != nil && e.During.Errors > 0:
			reasons = append(reasons, reason{results.Errors, fmt.Sprintf("%d of %d requests failed while %s was away, from %.3g s on, which no event asked for",
				e.During.Errors, e.During.Requests, e.Target, e.AtSeconds)})
		case e.ToBeExpected && e.During != nil && e.During.Errors > 0:
			reasons = append(reasons, reason{results.Valid, fmt.Sprintf("%d of %d requests failed because of an event: %s, %s, from %.3g s on",
				e.During.Errors, e.During.Requests, e.Name, e.Target, e.AtSeconds)})
		}
	}
	return reasons
}

// noClaim says why the throughput is not one to quote, "" if it is.
func noClaim(rec *results.Record) string {
	t := rec.Totals
	failed := t.Errors - max(backlog(t), expectedErrors(rec))
	switch {
	case t.Requests == 0:
		return "nothing was measured"
	case rec.Preload != nil && rec.Preload.Errors > 0:
		return "the preload failed"
	case float64(failed) > claimErrorShare*float64(t.Requests):
		return fmt.Sprintf("%.1f %% of the requests failed (%s)", 100*float64(failed)/float64(t.Requests), errorKinds(t.ErrorKinds))
	}
	return ""
}

// judgeCalibration compares the run with what the load generator does by
// itself on its machine.
func judgeCalibration(rec *results.Record) []reason {
	c := rec.Calibration
	if c == nil || c.Differs != "" {
		return nil
	}
	var reasons []reason
	if c.HarnessShare != nil && *c.HarnessShare > harnessShareLimit {
		reasons = append(reasons, reason{results.ClientBound, fmt.Sprintf(
			"%.0f %% of the response p99 is the load generator's own and its machine's: against a responder that does nothing it is %s at %.0f/s",
			100**c.HarnessShare, micros(c.FloorP99US), c.FloorRate)})
	}
	if c.Headroom > 0 && c.Headroom < headroomLimit {
		reasons = append(reasons, reason{results.ClientBound, fmt.Sprintf(
			"the load generator can send %.0f requests a second at most (loadgen calibrate), only %.0f %% more than it did: add --threads where CPUs are free",
			c.CeilingPerSec, 100*(c.Headroom-1))})
	}
	return reasons
}
