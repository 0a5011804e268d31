package wire

import (
	"testing"

	"slotbench/internal/request"
	"slotbench/targets"
)

// TestAppointedPrimaryIsFollowed has the one server die and another appointed a
// little later: what was written to the first is unknown, everything else goes
// to the second, in both kinds of loop.
func TestAppointedPrimaryIsFollowed(t *testing.T) {
	const dies, appointed = 20_000_000, 300_000_000
	for name, load := range map[string]request.Load{
		"open loop":   openLoad(1, 2, 400, 1_000_000),
		"closed loop": closedLoad(2, 1, 400),
	} {
		s := newSim(t, 1, false, Options{})
		s.core.primary = func() string {
			if s.now < appointed {
				return "10.0.0.1:7000"
			}
			return "10.0.0.2:7000"
		}
		dead := func(k *conn) bool { return k.node.index == 0 && s.now >= dies }
		s.accept = func(k *conn) (string, int64) {
			if dead(k) {
				return targets.ClassRefused, 0
			}
			return "", 0
		}
		served := map[int32]int{}
		s.serve = func(k *conn, _ []string) (string, int64) {
			if dead(k) {
				s.lose(k, targets.ClassReset, s.now)
				return "", 0
			}
			served[k.node.index]++
			return "+OK\r\n", s.now + 1_000_000
		}
		s.begin(load)
		s.run()
		got := s.statuses()
		if served[0] == 0 || served[1] == 0 || got[request.Failed] != 0 || got[request.Unknown] > 2 || got[request.OK] != len(s.ended)-got[request.Unknown] {
			t.Errorf("%s: served %v, ended %v", name, served, got)
		}
		for _, r := range s.ended {
			if r.Status == request.OK && r.Written > appointed && r.Node != 1 {
				t.Errorf("%s: a request written at %d was answered by node %d", name, r.Written, r.Node)
			}
		}
	}
}
