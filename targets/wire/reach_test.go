package wire

import (
	"fmt"
	"strings"
	"testing"

	"slotbench/internal/request"
	"slotbench/internal/slot"
	"slotbench/targets"
)

func TestLostAfterTheWriteIsUnknownAndNeverRepeated(t *testing.T) {
	s := newSim(t, 1, false, Options{})
	sent := make(map[string]int)
	s.serve = func(k *conn, command []string) (string, int64) {
		sent[command[1]]++
		if command[1] == "s0:2" && sent["s0:2"] == 1 {
			s.lose(k, targets.ClassClosed, s.now)
			return "", 0
		}
		return "+OK\r\n", s.now
	}
	s.begin(closedLoad(1, 4, 12))
	s.run()
	// s0:0 and s0:1 were answered at the same moment, before the loss.
	if got := s.statuses(); got[request.OK] != 10 || got[request.Unknown] != 2 {
		t.Fatalf("%v", got)
	}
	for _, r := range s.ended {
		if unknown := r.Status == request.Unknown; unknown != (r.Err == targets.ClassClosed) || sent[string(r.Key())] != 1 {
			t.Errorf("%s: %v %q, sent %d times", r.Key(), r.Status, r.Err, sent[string(r.Key())])
		}
	}
	if len(s.dialed) != 2 {
		t.Errorf("connections %v", s.dialed)
	}
}

func TestLostBeforeTheWriteIsQueuedAgainInOrder(t *testing.T) {
	for name, load := range map[string]request.Load{
		"open loop":   openLoad(1, 4, 8, 0),
		"closed loop": closedLoad(1, 4, 8),
	} {
		s := newSim(t, 1, false, Options{})
		var order []string
		lost := false
		s.takes = func(k *conn, n int) int {
			if lost {
				return n
			}
			lost = true
			s.lose(k, targets.ClassReset, s.now+10)
			return n / 2 // two of four, and nothing after them
		}
		s.serve = func(_ *conn, command []string) (string, int64) {
			order = append(order, strings.TrimLeft(command[1], "ks0:")+command[1][len(command[1])-1:])
			if len(order) <= 2 {
				return "", 0
			}
			return "+OK\r\n", s.now
		}
		s.begin(load)
		s.run()
		if got := s.statuses(); got[request.OK] != 6 || got[request.Unknown] != 2 {
			t.Errorf("%s: %v", name, got)
		}
		if len(order) != 8 {
			t.Fatalf("%s: sent %v", name, order)
		}
		for i, r := range s.ended {
			if i > 0 && r.Seq != uint64(i+1) {
				t.Errorf("%s: request %d ended in place %d", name, r.Seq, i)
			}
		}
	}
}

func TestTimeoutIsAtLeastThisLong(t *testing.T) {
	s := newSim(t, 1, false, Options{Timeout: 100e6})
	s.serve = func(_ *conn, command []string) (string, int64) {
		if command[1] == "k1" {
			return "", 0
		}
		return "+OK\r\n", s.now
	}
	s.begin(openLoad(1, 1, 3, milli))
	s.run()
	if got := s.statuses(); got[request.OK] != 2 || got[request.TimedOut] != 1 {
		t.Fatalf("%v", got)
	}
	slow := s.ended[1]
	if slow.Err != targets.ClassTimeout || slow.ServiceNanos() < 100*milli || slow.ServiceNanos() > 110*milli {
		t.Errorf("timed out after %d µs: %+v", slow.ServiceNanos()/micro, slow.Outcome)
	}
	if third := s.ended[2]; third.Written < slow.Done || len(s.dialed) != 2 {
		t.Errorf("the next went out at %d on connections %v", third.Written, s.dialed)
	}
}

// A server that accepts and then neither reads nor answers is as gone as one
// that refuses: a phase bounded by requests alone must still end.
func TestTargetGone(t *testing.T) {
	for name, rig := range map[string]func(s *sim){
		"refuses": func(s *sim) {
			s.accept = func(*conn) (string, int64) { return targets.ClassRefused, 0 }
		},
		"accepts and closes": func(s *sim) {
			s.accept = func(k *conn) (string, int64) {
				s.at(s.now+micro, func() {
					if k.state == connOpen {
						s.core.lost(k, targets.ClassClosed, "", s.now)
					}
				})
				return "", 0
			}
			s.serve = func(*conn, []string) (string, int64) { return "", 0 }
		},
		"never answers": func(s *sim) {
			s.serve = func(*conn, []string) (string, int64) { return "", 0 }
		},
		"never reads": func(s *sim) {
			s.takes = func(*conn, int) int { return 0 }
		},
		"says no": func(s *sim) {
			s.core.greeting = newGreeting("", "wrong", 0)
			s.serve = func(*conn, []string) (string, int64) { return "-WRONGPASS no\r\n", s.now }
		},
		"is silent on connecting": func(s *sim) {
			s.accept = func(*conn) (string, int64) { return "", 1 << 60 }
		},
	} {
		for _, nodes := range []int{1, 3} {
			for mode, load := range map[string]request.Load{
				"closed": closedLoad(4, 2, 1_000_000),
				"open":   openLoad(4, 2, 1_000_000, milli),
			} {
				s := newSim(t, nodes, nodes > 1, Options{Timeout: 200e6, ConnectTimeout: 200e6, GoneAfter: 2e9})
				rig(s)
				s.begin(load)
				s.at(20*sec, func() { s.core.abort("too late", s.now) })
				for s.core.stage != stageEnded && s.core.gone == "" {
					s.step()
				}
				if s.core.gone == "" || s.now < 2*sec || s.now > 3500*milli {
					t.Errorf("%s, %s loop, %d nodes: gone %q at %d ms", name, mode, nodes, s.core.gone, s.now/milli)
					continue
				}
				s.core.abort(s.core.gone, s.now)
				if s.core.pending != 0 {
					t.Errorf("%s, %s loop, %d nodes: %d requests are not recorded", name, mode, nodes, s.core.pending)
				}
				if got := s.statuses(); got[request.OK] != 0 {
					t.Errorf("%s, %s loop, %d nodes: %v", name, mode, nodes, got)
				}
			}
		}
	}
}

// serveOwn has the nodes answer for the slots that they own, and with MOVED for
// the others.
func (s *sim) serveOwn(owner func(slot.Slot) int) {
	s.serve = func(k *conn, command []string) (string, int64) {
		at := slot.Of([]byte(command[1]))
		if o := owner(at); o != int(k.node.index) {
			return fmt.Sprintf("-MOVED %d %s\r\n", at, s.core.book.get(int32(o)).addr), s.now + milli
		}
		return "+OK\r\n", s.now + milli
	}
}

// TestSlotsOfADeadNodeAreFound has a node's slots go to another half a second
// after it died: only a node that lives can tell.
func TestSlotsOfADeadNodeAreFound(t *testing.T) {
	for _, mode := range []string{"closed", "open"} {
		s := newSim(t, 3, true, Options{})
		s.accept = func(k *conn) (string, int64) {
			if k.node.index == 1 {
				return targets.ClassRefused, 0
			}
			return "", 0
		}
		s.serveOwn(func(at slot.Slot) int {
			if even := int(at) * 3 / int(slot.DefaultCount); even != 1 || s.now < sec/2 {
				return even
			}
			return 2
		})
		load := closedLoad(4, 2, 1<<40)
		if mode == "open" {
			load = openLoad(4, 2, 1<<40, milli)
		}
		load.Nanos = 3 * sec
		s.begin(load)
		s.run()
		late := 0
		for _, r := range s.ended {
			if r.Status != request.OK || r.Node == 1 {
				t.Fatalf("%s: %s: %v %s at node %d", mode, r.Key(), r.Status, r.Err, r.Node)
			}
			if r.Due < sec/2 && r.Done > sec/2 {
				late++
			}
		}
		if late == 0 || len(s.ended) < 1000 {
			t.Errorf("%s: %d requests, %d waited for the other owner", mode, len(s.ended), late)
		}
		if s.core.nodes[1].queue.len != 0 {
			t.Errorf("%s: %d still wait", mode, s.core.nodes[1].queue.len)
		}
	}
}

func TestRequestsForADeadNodeFailWhileOthersGoOn(t *testing.T) {
	s := newSim(t, 3, true, Options{})
	s.accept = func(k *conn) (string, int64) {
		if k.node.index == 1 {
			return targets.ClassRefused, 0
		}
		return "", 0
	}
	s.serveOwn(func(at slot.Slot) int { return int(at) * 3 / int(slot.DefaultCount) })
	load := closedLoad(4, 1, 1<<40)
	load.Nanos = 10 * sec
	s.begin(load)
	s.run()
	failed := 0
	for _, r := range s.ended {
		if r.Status == request.CutOff && r.Moved > 0 { // the end came when it had asked elsewhere
			continue
		}
		if dead := s.core.owners[r.Slot] == 1; dead != (r.Status == request.Failed) {
			t.Fatalf("%s: node %d, %v", r.Key(), s.core.owners[r.Slot], r.Status)
		} else if dead {
			failed++
			if r.Err != targets.ClassRefused || r.Written != 0 && r.Moved == 0 { // some asked elsewhere
				t.Fatalf("%+v", r.Outcome)
			}
		}
	}
	if failed < 100 || len(s.ended) < 3*failed/2 || s.core.gone != "" {
		t.Errorf("%d of %d failed; gone: %q", failed, len(s.ended), s.core.gone)
	}
	if len(s.dialed) > 400 {
		t.Errorf("%d attempts to connect in 10 s", len(s.dialed))
	}
}

func TestANodeThatComesBackIsUsedAgain(t *testing.T) {
	s := newSim(t, 1, false, Options{})
	s.accept = func(*conn) (string, int64) {
		if s.now < 500*milli {
			return targets.ClassRefused, 0
		}
		return "", 0
	}
	s.begin(closedLoad(10, 2, 200))
	s.run()
	if got := s.statuses(); got[request.OK] != 200 {
		t.Errorf("%v", got)
	}
	if s.now > 700*milli || len(s.dialed) > 40 {
		t.Errorf("ended at %d ms after %d attempts", s.now/milli, len(s.dialed))
	}
}

func TestBackoff(t *testing.T) {
	var h health
	var waits []int64
	for range 12 {
		h.failed(targets.ClassRefused, "", sec)
		waits = append(waits, (h.retryAt-sec)/milli)
	}
	want := []int64{0, 1, 2, 4, 8, 16, 32, 64, 100, 100, 100, 100}
	for i := range want {
		if waits[i] != want[i] {
			t.Fatalf("waits %v, want %v", waits, want)
		}
	}
	if h.downFor(3*sec) != 2*sec {
		t.Errorf("down for %d", h.downFor(3*sec))
	}
}

func TestGreeting(t *testing.T) {
	for _, v := range []struct {
		username, password string
		protocol           int
		want               string
	}{
		{"", "", 0, "GET s0:0"},
		{"", "pw", 0, "AUTH pw"},
		{"me", "pw", 2, "AUTH me pw"},
		{"", "", 3, "HELLO 3"},
		{"", "pw", 3, "HELLO 3 AUTH default pw"},
		{"me", "pw", 3, "HELLO 3 AUTH me pw"},
	} {
		s := newSim(t, 1, false, Options{})
		s.core.greeting = newGreeting(v.username, v.password, v.protocol)
		var got []string
		s.takes = func(_ *conn, n int) int { return min(n, 10) }
		s.serve = func(_ *conn, command []string) (string, int64) {
			got = append(got, strings.Join(command, " "))
			if command[0] == "HELLO" {
				return ">1\r\n+noise\r\n%1\r\n+proto\r\n:3\r\n", s.now + milli
			}
			return "+OK\r\n", s.now + milli
		}
		s.begin(closedLoad(1, 1, 1))
		s.run()
		if got[0] != v.want || got[len(got)-1] != "GET s0:0" || s.statuses()[request.OK] != 1 {
			t.Errorf("%+v: commands %q", v, got)
		}
		if r := s.ended[0]; r.ServiceNanos() > 5*milli {
			t.Errorf("%+v: the greeting is part of the service time: %+v", v, r.Outcome)
		}
	}
}

func TestGarbageEndsTheConnection(t *testing.T) {
	s := newSim(t, 1, false, Options{})
	bad := true
	s.serve = func(*conn, []string) (string, int64) {
		if bad {
			bad = false
			return "HTTP/1.1 400\r\n\r\n", s.now
		}
		return "+OK\r\n", s.now
	}
	s.begin(closedLoad(1, 2, 4))
	s.run()
	if got := s.statuses(); got[request.Unknown] != 2 || got[request.OK] != 2 || s.ended[0].Err != targets.ClassProtocol {
		t.Errorf("%v, %q", got, s.ended[0].Err)
	}
}

func TestAnAnswerNobodyAskedFor(t *testing.T) {
	s := newSim(t, 1, false, Options{})
	first := true
	s.serve = func(*conn, []string) (string, int64) {
		if first {
			first = false
			return "+OK\r\n+OK\r\n", s.now
		}
		return "+OK\r\n", s.now
	}
	s.begin(closedLoad(1, 1, 3))
	s.run()
	// The extra answer must not be taken for the next request's.
	if got := s.statuses(); got[request.OK] != 3 || len(s.dialed) != 2 {
		t.Errorf("%v, connections %v", got, s.dialed)
	}
}

func TestErrorsAreClassedByTheirFirstWord(t *testing.T) {
	s := newSim(t, 1, false, Options{})
	answers := []string{"-WRONGTYPE Operation\r\n", "-OOM command not allowed\r\n", "-CLUSTERDOWN\r\n", "-\r\n",
		"!9\r\nBUSY wait\r\n", "-MOVED 1 1.1.1.1:1\r\n"}
	want := []string{"WRONGTYPE", "OOM", "CLUSTERDOWN", targets.ClassOther, "BUSY", "MOVED"}
	next := 0
	s.serve = func(*conn, []string) (string, int64) { next++; return answers[next-1], s.now }
	s.begin(closedLoad(1, 1, uint64(len(want))))
	s.run()
	for i, r := range s.ended {
		if r.Status != request.Failed || r.Err != want[i] || r.Node != 0 {
			t.Errorf("%q: %v %q", answers[i], r.Status, r.Err)
		}
	}
	var w words
	for i := range 2 * maxWords {
		w.intern([]byte{'A' + byte(i/26%26), 'A' + byte(i%26), byte('0' + i/676)})
	}
	if len(w.seen) != maxWords || w.intern([]byte("NEW word")) != targets.ClassOther {
		t.Errorf("%d words are kept", len(w.seen))
	}
}
