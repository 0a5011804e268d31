package driver

import (
	"fmt"
	"strconv"
	"time"

	"slotbench/internal/timeline"
)

// electionAllowance is what passes from when a node has been silent for the
// node timeout until a replica serves its slots: the majority must have seen
// it, the replica waits up to a second, and is elected (Redis Cluster
// specification, "Replica election and promotion").
const electionAllowance = 2 * time.Second

// nodeTimeout is how long a node of the target must be silent to be called
// failed; 0: not known, or nobody could take over.
func (e *engine) nodeTimeout() time.Duration {
	millis, err := strconv.ParseInt(e.about.Settings["cluster-node-timeout"], 10, 64)
	if err != nil || !e.about.Can.Failover {
		return 0
	}
	return time.Duration(millis) * time.Millisecond
}

// checkTakeovers warns, before the run and in its record, of kills that no
// replica can answer within the measurement.
func (e *engine) checkTakeovers() {
	timeout := e.nodeTimeout()
	for _, s := range e.steps {
		if text := s.noTakeover(timeout, e.Duration); text != "" {
			e.warn("%s", text)
			if e.Warn != nil {
				e.Warn(text)
			}
		}
	}
}

// noTakeover says why no failover will be seen after a kill, "" if one may be.
func (s *step) noTakeover(timeout, duration time.Duration) string {
	at, timed := s.Due(duration)
	if s.Kind != timeline.Kill || timeout == 0 || duration == 0 || !timed {
		return ""
	}
	needs := timeout + electionAllowance
	left := duration - at
	switch {
	case s.For > 0 && s.For < timeout:
		return fmt.Sprintf("event %q: the node is back after %s, before the %s (cluster-node-timeout) after which its replica takes over: no failover will be seen; leave out for=, or make it longer than %s",
			s.Text, s.For, timeout, needs)
	case left < needs:
		return fmt.Sprintf("event %q: a replica takes over about %s after the kill (cluster-node-timeout %s and an election), the measurement ends %s after it: no failover will be seen; make --duration %s or longer",
			s.Text, needs, timeout, left, (at + needs + electionAllowance).Round(time.Second))
	}
	return ""
}
