package driver

import (
	"slices"
	"testing"
	"time"

	"slotbench/internal/request"
	"slotbench/results"
	"slotbench/targets"
)

func TestAgree(t *testing.T) {
	all := []bool{true, true, true, true}
	none := make([]bool, 4)
	for name, test := range map[string]struct {
		server, client   []int64
		counted, leftOut []bool
		doubtful         int64
		want             *results.Agreement
	}{
		"the same":           {[]int64{1, 2, 3, 4}, []int64{1, 2, 3, 4}, all, none, 0, &results.Agreement{ServerOps: 10, ClientOps: 10, Explained: true}},
		"apart":              {[]int64{1, 2, 3, 9}, []int64{1, 2, 3, 4}, all, none, 4, &results.Agreement{ServerOps: 15, ClientOps: 10, SlotsApart: 1}},
		"explained":          {[]int64{1, 2, 3, 9}, []int64{1, 2, 3, 4}, all, none, 5, &results.Agreement{ServerOps: 15, ClientOps: 10, SlotsApart: 1, Explained: true}},
		"both ways add up":   {[]int64{3, 1, 3, 4}, []int64{1, 3, 3, 4}, all, none, 3, &results.Agreement{ServerOps: 11, ClientOps: 11, SlotsApart: 2}},
		"left out":           {[]int64{1, 2, 3, 9}, []int64{1, 2, 3, 4}, all, []bool{false, false, false, true}, 0, &results.Agreement{ServerOps: 6, ClientOps: 6, Explained: true}},
		"not all counted":    {[]int64{1, 0, 0, 0}, []int64{1, 2, 3, 4}, []bool{true, false, false, false}, none, 0, &results.Agreement{ServerOps: 1, ClientOps: 1, Explained: true}},
		"nothing to compare": {[]int64{0, 0, 0, 0}, []int64{1, 2, 3, 4}, none, none, 0, nil},
	} {
		got := agree(test.server, test.counted, test.client, test.leftOut, test.doubtful)
		if (got == nil) != (test.want == nil) || got != nil && *got != *test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

func TestSlotOps(t *testing.T) {
	before := [][]targets.SlotStats{{{Slot: 0, Reads: 1, Writes: 2}, {Slot: 2, Reads: -1, Writes: -1}}, {{Slot: 1, Reads: 5, Writes: 5}}}
	after := [][]targets.SlotStats{{{Slot: 0, Reads: 4, Writes: 9}, {Slot: 2, Reads: -1, Writes: -1}}, {{Slot: 1, Reads: 5, Writes: 6}}}
	ops, counted := slotOps(before, after, 4)
	if !slices.Equal(ops, []int64{10, 1, 0, 0}) || !slices.Equal(counted, []bool{true, true, false, false}) {
		t.Errorf("%v, counted %v", ops, counted)
	}
}

func TestDoubled(t *testing.T) {
	for _, test := range []struct {
		lists [][]string
		want  []string
	}{
		{nil, nil},
		{[][]string{{"a", "b"}}, nil},
		{[][]string{{"a", "b"}, {"c"}}, nil},
		{[][]string{{"a", "b", "z"}, {"c", "b"}, {"z", "d", "b"}}, []string{"b", "z"}},
	} {
		if got := doubled(test.lists); !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, want %q", test.lists, got, test.want)
		}
	}
}

func TestFindings(t *testing.T) {
	f, out := findings{}, &results.Integrity{}
	of := func(change func(*account)) *account {
		a := &account{acked: true, candidates: []candidate{{version{1, 1}, 5}}}
		change(a)
		return a
	}
	good := Value{Bytes: []byte(stamped("k", 1, 1)), Present: true}
	f.add("k", of(func(*account) {}), good, out)
	f.add("k", of(func(*account) {}), Value{}, out)
	f.add("k", of(func(a *account) { a.unstamped = true }), good, out)
	f.add("k", of(func(a *account) { a.unknown = true }), good, out)
	f.add("k", of(func(a *account) { a.exempt = true }), Value{}, out)
	f.add("k", of(func(*account) {}), Value{Err: errPlanned}, out)
	f.unowned("k", out)
	if out.Keys != 6 || out.Stamped != 1 || out.Lost != 2 || out.Unknown != 2 || len(out.Examples) != 2 {
		t.Errorf("%+v", out)
	}
	const want = "of 1 keys only the presence was checked: some write left no version in them; " +
		"1 keys were left out: the load deletes them or lets them expire; 1 keys could not be read: planned; " +
		"3 writes to keys beyond the ledger's limit were not followed"
	if got := f.note(3); got != want {
		t.Errorf("note %q", got)
	}
	if got := (&findings{}).note(0); got != "" {
		t.Errorf("note %q of nothing", got)
	}
}

func TestTopShare(t *testing.T) {
	loads := make([]uint64, 200)
	for i := range loads {
		loads[i] = 1
	}
	loads[7], loads[9] = 101, 51
	// 350 in all; the fullest 1 % are 2 slots, the fullest 10 % 20.
	if one, ten := topShare(loads, 1), topShare(loads, 10); one != 152.0/350 || ten != 170.0/350 {
		t.Errorf("%g, %g", one*350, ten*350)
	}
	if got := topShare(make([]uint64, 10), 1); got != 0 {
		t.Errorf("%g of nothing", got)
	}
}

func TestClockTakesTheSmallestDifference(t *testing.T) {
	c := newClock(1)
	if _, ok := c.at(time.Now()); ok {
		t.Error("a clock that saw nothing tells the time")
	}
	// The driver's clock began 5 s after the base; records come late by
	// 3 ms, 1 ms and 2 ms, and only one in clockEvery is looked at.
	base := c.base
	for _, late := range []time.Duration{3, 1, 2} {
		c.base = time.Now().Add(-10*time.Second - late*time.Millisecond)
		c.shards[0].countdown = 0
		c.Record(0, &request.Request{Outcome: request.Outcome{Done: int64(5 * time.Second)}})
	}
	c.base = base
	got, ok := c.at(base.Add(7 * time.Second))
	late := int64(2*time.Second) - got
	if !ok || late < int64(time.Millisecond) || late > int64(2*time.Millisecond) {
		t.Errorf("7 s after the base it is %d on the driver's clock, %v", got, ok)
	}
	before := c.offset.Load()
	c.Record(0, &request.Request{Outcome: request.Outcome{Done: int64(time.Hour)}})
	if c.offset.Load() != before {
		t.Error("every record is looked at")
	}
}

func TestExtent(t *testing.T) {
	e := newExtent(2)
	for _, r := range []request.Request{
		{Stream: 1, Seq: 5, Outcome: request.Outcome{Written: 1}},
		{Stream: 1, Seq: 6},
		{Stream: 2, Seq: 9, Outcome: request.Outcome{Written: 1}},
	} {
		e.Record(0, &r)
	}
	e.Record(1, &request.Request{Stream: 1, Seq: 7, Outcome: request.Outcome{Written: 1}})
	if got := e.streams(); len(got) != 2 || got[1] != 7 || got[2] != 9 {
		t.Errorf("%v", got)
	}
}

func TestLook(t *testing.T) {
	start := time.Now()
	requests := int64(0)
	s := &stage{"phase", start, 10 * time.Second, 1000, func() State { return State{Requests: requests} }}
	var l look
	requests = 100
	if got := l.next(s, start.Add(time.Second)); got.Phase != "phase" || got.Share != 0.1 || got.OpsPerSec != 100 {
		t.Errorf("%+v", got)
	}
	requests = 500
	if got := l.next(s, start.Add(2*time.Second)); got.Share != 0.5 || got.OpsPerSec != 400 {
		t.Errorf("%+v", got)
	}
	if got := l.next(&stage{name: "next", since: start}, start.Add(time.Second)); got.Share != -1 || got.Requests != 0 {
		t.Errorf("%+v", got)
	}
}

func TestDebts(t *testing.T) {
	var d Debts
	first, second := d.owe("a"), d.owe("b")
	first()
	if got := d.Lines(); !slices.Equal(got, []string{"b"}) {
		t.Errorf("%q", got)
	}
	second()
	first()
	if got := d.Lines(); len(got) != 0 {
		t.Errorf("%q", got)
	}
}
