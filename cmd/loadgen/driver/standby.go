package driver

import (
	"context"
	"time"

	"slotbench/targets"
)

// The parts of a Cluster that only some have.
type (
	// standbys tells of the servers that may join in mid-run: replicas.
	standbys interface {
		Standby(ctx context.Context) ([]targets.NodeStats, error)
	}
	// switcher tells of primaries that its watchers appointed.
	switcher interface{ Switches() []targets.Switch }
)

// standby is what the servers that may join say of themselves before they do;
// those that can't be asked are left out.
func (e *engine) standby(ctx context.Context) []targets.NodeStats {
	asked, ok := e.Cluster.(standbys)
	if !ok || !e.about.Can.Failover {
		return nil
	}
	stats, _ := asked.Standby(ctx)
	return stats
}

// joinedFrom is what a node that joined in mid-run had done before the
// measurement: of a replica what it told then, of a server that was launched
// since then nothing.
func (e *engine) joinedFrom(m *measurement, addr string) targets.NodeStats {
	for _, s := range m.standby {
		if s.Addr == addr {
			s.Commands = -1 // what its primary sent it is among them
			return s
		}
	}
	if e.about.Launched {
		return targets.NodeStats{}
	}
	return targets.NodeStats{Commands: -1, CPU: -1}
}

// noteSwitches says which primaries were replaced by their watchers, and when.
func (e *engine) noteSwitches(end time.Time) {
	told, ok := e.Cluster.(switcher)
	if !ok {
		return
	}
	for _, s := range told.Switches() {
		if at := s.At.Sub(e.rec.Measured); at >= 0 && s.At.Before(end) {
			e.note("%.2f s into the measurement the Sentinels appointed %s in the place of %s", at.Seconds(), s.To, s.From)
		}
	}
}
