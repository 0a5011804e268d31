package wire

import (
	"fmt"
	"strings"
	"testing"

	"slotbench/internal/request"
	"slotbench/internal/slot"
)

func TestParseRedirect(t *testing.T) {
	for _, v := range []struct {
		text string
		kind redirect
		slot int
		addr string
	}{
		{"MOVED 3999 127.0.0.1:6381", redirectMoved, 3999, "127.0.0.1:6381"},
		{"ASK 0 host.example:1", redirectAsk, 0, "host.example:1"},
		{"MOVED 16383 ::1:7000", redirectMoved, 16383, "::1:7000"},
		{"MOVED 1 [::1]:7000", redirectMoved, 1, "[::1]:7000"},
		{"MOVED 1 :7000", redirectMoved, 1, ":7000"},
		{"MOVED 1 ?:7000", redirectMoved, 1, "?:7000"},
		{"TRYAGAIN Multiple keys request during rehashing of slot", redirectTryAgain, 0, ""},
		{"MOVED", redirectNone, 0, ""},
		{"MOVED 1", redirectNone, 0, ""},
		{"MOVED x 1.1.1.1:1", redirectNone, 0, ""},
		{"MOVED 123456 1.1.1.1:1", redirectNone, 0, ""},
		{"MOVED 1 1.1.1.1", redirectNone, 0, ""},
		{"MOVED 1 1.1.1.1:", redirectNone, 0, ""},
		{"MOVED 1 1.1.1.1:0", redirectNone, 0, ""},
		{"MOVED 1 1.1.1.1:65536", redirectNone, 0, ""},
		{"ERR MOVED 1 1.1.1.1:1", redirectNone, 0, ""},
		{"", redirectNone, 0, ""},
	} {
		kind, s, addr := parseRedirect([]byte(v.text))
		if kind != v.kind || kind != redirectNone && (s != v.slot || string(addr) != v.addr) {
			t.Errorf("%q: %d %d %q", v.text, kind, s, addr)
		}
	}
}

func FuzzParseRedirect(f *testing.F) {
	f.Add("MOVED 3999 127.0.0.1:6381")
	f.Add("ASK 1 ::1:7000")
	f.Add("TRYAGAIN")
	f.Fuzz(func(t *testing.T, text string) {
		kind, s, addr := parseRedirect([]byte(text))
		if kind != redirectMoved && kind != redirectAsk {
			return
		}
		host, port, ok := splitAddr(addr)
		if !ok || s < 0 || s > 99999 || !strings.HasSuffix(text, string(addr)) || len(port) == 0 || len(host) > 253 {
			t.Fatalf("%q: slot %d, address %q", text, s, addr)
		}
	})
}

// cluster plays Redis Cluster nodes: who owns, migrates and imports a slot.
type cluster struct {
	s        *sim
	owner    map[slot.Slot]int32
	owners   func(slot.Slot) int32
	asking   map[*conn]bool
	tryAgain int
	to       map[slot.Slot]int32 // a migrating slot's importer: keys are there already
}

func playCluster(s *sim) *cluster {
	c := &cluster{s: s, owner: map[slot.Slot]int32{}, to: map[slot.Slot]int32{}, asking: map[*conn]bool{}}
	topology := append([]int16(nil), s.core.owners...)
	c.owners = func(at slot.Slot) int32 { return int32(topology[at]) }
	s.serve = c.serve
	return c
}

func (c *cluster) serve(k *conn, command []string) (string, int64) {
	if command[0] == "ASKING" {
		c.asking[k] = true
		return "+OK\r\n", c.s.now
	}
	asking := c.asking[k]
	c.asking[k] = false
	at := slot.Of([]byte(command[1]))
	owner, ok := c.owner[at]
	if !ok {
		owner = c.owners(at)
	}
	to, migrating := c.to[at]
	switch {
	case migrating && to == k.node.index && asking && c.tryAgain > 0:
		c.tryAgain--
		return "-TRYAGAIN Multiple keys request during rehashing of slot\r\n", c.s.now
	case owner == k.node.index && migrating:
		return fmt.Sprintf("-ASK %d 10.0.0.1:%d\r\n", at, 7000+to), c.s.now
	case owner == k.node.index, migrating && to == k.node.index && asking:
		return "$1\r\nv\r\n", c.s.now
	}
	return fmt.Sprintf("-MOVED %d 10.0.0.1:%d\r\n", at, 7000+owner), c.s.now
}

// oneKey asks for key n times.
func oneKey(key string, n uint64, open bool) request.Load {
	load := request.Load{Connections: 1, Streams: []request.Stream{{Source: &repeat{keySource{prefix: key, n: n}}}}}
	if open {
		load.Streams[0].Schedule = &every{1000, 10 * milli}
	}
	return load
}

type repeat struct{ keySource }

func (r *repeat) Next(q *request.Request) bool {
	if r.made == r.n {
		return false
	}
	next := keySource{prefix: r.prefix, n: 1}
	next.Next(q)
	r.made++
	q.Seq = r.made
	return true
}

func TestMovedPatchesTheSlotAndIsFollowed(t *testing.T) {
	for _, open := range []bool{false, true} {
		s := newSim(t, 3, true, Options{})
		c := playCluster(s)
		at := slot.Of([]byte("a0"))
		from := s.core.owners[at]
		c.owner[at] = (c.owners(at) + 1) % 3
		s.begin(oneKey("a", 3, open))
		s.run()
		if len(s.ended) != 3 || s.statuses()[request.OK] != 3 {
			t.Fatalf("%v", s.statuses())
		}
		for i, r := range s.ended {
			if want := uint8(1 - min(i, 1)); r.Moved != want || int32(r.Node) != c.owner[at] || r.Redirected() != (i == 0) {
				t.Errorf("open %v: request %d: %+v", open, i, r.Outcome)
			}
		}
		if s.core.owners[at] == from || s.core.sent != 3 {
			t.Errorf("the slot stays with %d; %d sent", from, s.core.sent)
		}
	}
}

func TestMovedToAnUnknownNode(t *testing.T) {
	s := newSim(t, 2, true, Options{})
	playCluster(s)
	s.serve = func(k *conn, command []string) (string, int64) {
		switch {
		case k.node.index == 2:
			return "+OK\r\n", s.now
		case command[1] == "a0":
			return fmt.Sprintf("-MOVED %d :7009\r\n", slot.Of([]byte("a0"))), s.now
		}
		return "+OK\r\n", s.now
	}
	s.begin(oneKey("a", 2, false))
	s.run()
	if s.core.book.len() != 3 || s.core.book.addrs()[2] != "10.0.0.1:7009" {
		t.Fatalf("nodes %v", s.core.book.addrs())
	}
	if s.ended[0].Node != 2 || s.ended[0].Moved != 1 || s.ended[1].Node != 2 || s.ended[1].Moved != 0 {
		t.Errorf("%+v\n%+v", s.ended[0].Outcome, s.ended[1].Outcome)
	}
}

func TestAskingGoesRightBeforeItsCommandInOneWrite(t *testing.T) {
	for _, open := range []bool{false, true} {
		s := newSim(t, 3, true, Options{})
		c := playCluster(s)
		at := slot.Of([]byte("a0"))
		c.to[at] = (c.owners(at) + 1) % 3
		s.begin(oneKey("a", 2, open))
		s.run()
		for i, r := range s.ended {
			if r.Status != request.OK || r.Ask != 1 || r.Moved != 0 || int32(r.Node) != c.to[at] || r.BytesIn != 7 {
				t.Errorf("open %v: request %d: %+v", open, i, r.Outcome)
			}
		}
		asked := 0
		for _, line := range s.wrote {
			if strings.Contains(line, "ASKING") {
				asked++
				if !strings.HasSuffix(line, ": ASKING GET a0") {
					t.Errorf("a write: %s", line)
				}
			}
		}
		if asked != 2 || int32(s.core.owners[at]) != c.owners(at) {
			t.Errorf("asked %d times; the slot is with %d", asked, s.core.owners[at])
		}
	}
}

func TestAskingSurvivesPartialWrites(t *testing.T) {
	s := newSim(t, 3, true, Options{})
	c := playCluster(s)
	at := slot.Of([]byte("a0"))
	c.to[at] = (c.owners(at) + 1) % 3
	s.takes = func(_ *conn, n int) int { return min(n, 5) }
	s.begin(oneKey("a", 5, false))
	s.run()
	if s.statuses()[request.OK] != 5 || s.core.sent != 5 {
		t.Errorf("%v, sent %d", s.statuses(), s.core.sent)
	}
}

func TestTryAgainBacksOff(t *testing.T) {
	s := newSim(t, 3, true, Options{})
	c := playCluster(s)
	at := slot.Of([]byte("a0"))
	c.to[at] = (c.owners(at) + 1) % 3
	c.tryAgain = 3
	s.begin(oneKey("a", 1, false))
	s.run()
	r := s.ended[0]
	if r.Status != request.OK || r.Ask != 1 || r.TryAgain != 3 {
		t.Fatalf("%+v", r.Outcome)
	}
	if want := 3 * int64(TryAgainDelay); r.ResponseNanos() < want || r.ResponseNanos() > want+milli {
		t.Errorf("took %d µs, want %d", r.ResponseNanos()/micro, want/micro)
	}
}

func TestHopsAreLimited(t *testing.T) {
	for answer, want := range map[string]request.Outcome{
		"-MOVED %d 10.0.0.1:%d\r\n":   {Err: "MOVED", Moved: MaxHops + 1},
		"-ASK %d 10.0.0.1:%d\r\n":     {Err: "ASK", Ask: MaxHops + 1},
		"-TRYAGAIN %d on node %d\r\n": {Err: "TRYAGAIN", TryAgain: MaxHops + 1},
	} {
		s := newSim(t, 3, true, Options{})
		asked := 0
		s.serve = func(k *conn, command []string) (string, int64) {
			if command[0] == "ASKING" {
				return "-ERR what\r\n", s.now
			}
			asked++
			return fmt.Sprintf(answer, slot.Of([]byte(command[1])), 7000+(k.node.index+1)%3), s.now
		}
		s.begin(oneKey("a", 1, false))
		s.run()
		r := s.ended[0]
		if r.Status != request.Failed || r.Err != want.Err || r.Moved != want.Moved || r.Ask != want.Ask || r.TryAgain != want.TryAgain || asked != MaxHops+1 {
			t.Errorf("%q: asked %d times, %+v", answer, asked, r.Outcome)
		}
	}
}

func TestRedirectedAndGivenUpIsNotUnsent(t *testing.T) {
	s := newSim(t, 2, true, Options{})
	c := playCluster(s)
	at := slot.Of([]byte("a0"))
	c.owner[at] = (c.owners(at) + 1) % 2
	s.accept = func(k *conn) (string, int64) {
		if k.node.index == c.owner[at] {
			return "", 1 << 60
		}
		return "", 0
	}
	load := oneKey("a", 1, true)
	load.DrainNanos = 100 * milli
	s.begin(load)
	s.run()
	if r := s.ended[0]; r.Status != request.CutOff || r.Moved != 1 || r.Written == 0 || s.core.sent != 1 {
		t.Errorf("%+v", r.Outcome)
	}
}

func TestOtherSlotCounts(t *testing.T) {
	for _, count := range []slot.Count{1024, 8192, 16384, 32768} {
		nodes := []slot.Node{{Host: "10.0.0.1", Port: 7000}, {Host: "10.0.0.1", Port: 7001}, {Host: "10.0.0.1", Port: 7002}}
		topology := slot.Even(count, nodes)
		b := newBook([]string{"10.0.0.1:7000", "10.0.0.1:7001", "10.0.0.1:7002"})
		c := newCore(0, target{topology: topology}, Options{}.withDefaults(), b)
		for i := range 1000 {
			var r request.Request
			(&keySource{prefix: fmt.Sprintf("%d:", i), n: 1}).Next(&r)
			if got, want := c.route(&r), topology.Owner(count.Of(r.Key())); int(got) != want {
				t.Fatalf("%d slots: %s goes to %d, its owner is %d", count, r.Key(), got, want)
			}
		}
		b.close()
	}
}
