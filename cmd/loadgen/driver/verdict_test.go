package driver

import (
	"strings"
	"testing"

	"slotbench/results"
)

// goodRecord is a run of 10 s at 10,000/s with nothing to find fault with.
func goodRecord() *results.Record {
	rec := &results.Record{
		Config:  results.Config{DurationSeconds: 10},
		Preload: &results.Phase{Requests: 1000},
		Totals: results.Totals{
			Requests: 100_000, Succeeded: 100_000, Seconds: 10, OpsPerSec: 10_000,
			Response: results.Latency{P99: 800},
		},
		Client: results.Client{BusyShare: []float64{0.5, 0.6}},
		Pacing: &results.Pacing{OfferedPerSec: 10_000, Offered: 100_000, Sent: 100_000, Error: results.Latency{P99: 50}},
	}
	for i := range 40 {
		rec.Intervals = append(rec.Intervals, results.Interval{AtSeconds: float64(i) / 4, Seconds: 0.25, Requests: 2500})
	}
	return rec
}

func closedRecord() *results.Record {
	rec := goodRecord()
	rec.Pacing, rec.Totals.AtSaturation = nil, true
	return rec
}

// setIntervals gives the intervals from … to-1 so many requests each.
func setIntervals(rec *results.Record, from, to int, requests int64) {
	for i := from; i < to; i++ {
		rec.Intervals[i].Requests = requests
	}
}

// killed is the kill of a node for a second, in which so many requests failed.
func killed(errors int64) results.Event {
	return results.Event{
		AtSeconds: 4, Seconds: 1, Name: "node killed", Target: "a:1", Outcome: results.EventDone, ToBeExpected: true,
		During: &results.Window{AtSeconds: 4, Seconds: 1, Requests: 20_000, Errors: errors},
	}
}

func calibratedRun(share, headroom float64) *results.Calibration {
	return &results.Calibration{CeilingPerSec: 10_000 * headroom, FloorRate: 10_000, FloorP99US: 800 * share, HarnessShare: &share, Headroom: headroom}
}

// What failed is no throughput to quote, whatever the rest did.
func TestNoClaim(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*results.Record)
		want   string
	}{
		"good":        {func(*results.Record) {}, ""},
		"one in 1000": {func(r *results.Record) { r.Totals.Errors, r.Totals.ErrorKinds = 100, map[string]int64{"ERR": 100} }, ""},
		"OOM":         {func(r *results.Record) { r.Totals.Errors, r.Totals.ErrorKinds = 9_000, map[string]int64{"OOM": 9_000} }, "9.0 % of the requests failed (OOM 9000)"},
		"unsent": {func(r *results.Record) {
			r.Totals.Errors, r.Totals.ErrorKinds = 9_000, map[string]int64{"unsent": 9_000}
		}, ""},
		"an event": {func(r *results.Record) { r.Totals.Errors, r.Events = 9_000, []results.Event{killed(9_000)} }, ""},
		"preload":  {func(r *results.Record) { r.Preload.Errors = 1 }, "the preload failed"},
		"nothing":  {func(r *results.Record) { r.Totals.Requests = 0 }, "nothing was measured"},
	} {
		rec := goodRecord()
		test.change(rec)
		if got := Judge(rec).NoClaim; got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// judgeCase is a record and its verdict.
type judgeCase struct {
	rec    func() *results.Record
	change func(*results.Record)
	status string
	reason string // part of the first
}

// judgedErrors is what failed, was lost, or an event explains.
var judgedErrors = map[string]judgeCase{
	"good":        {goodRecord, func(*results.Record) {}, results.Valid, ""},
	"good closed": {closedRecord, func(*results.Record) {}, results.Valid, ""},

	"one error": {goodRecord, func(r *results.Record) {
		r.Totals.Errors, r.Totals.ErrorKinds = 1, map[string]int64{"MOVED": 1}
	}, results.Errors, "1 of 100000 requests failed (MOVED 1)"},
	"nothing measured":  {goodRecord, func(r *results.Record) { r.Totals.Requests = 0 }, results.Errors, "nothing was measured"},
	"a preload error":   {goodRecord, func(r *results.Record) { r.Preload.Errors = 2 }, results.Errors, "2 of 1000 preloaded"},
	"no preload at all": {goodRecord, func(r *results.Record) { r.Preload = nil }, results.Valid, ""},
	"migration failed": {goodRecord, func(r *results.Record) {
		r.Migrations = []results.Migration{{Asked: 9, Slots: 3, Error: "no route"}}
	}, results.Errors, "3 of 9 slots moved: no route"},
	"migration cut short by a signal": {goodRecord, func(r *results.Record) {
		r.Partial = "interrupted"
		r.Migrations = []results.Migration{{Asked: 9, Slots: 3, Error: "slot 7: context canceled"}}
	}, results.Valid, "3 of 9 slots had moved when the run was ended"},
	"lost":    {goodRecord, func(r *results.Record) { r.Integrity = &results.Integrity{Lost: 3} }, results.Errors, "3 keys lost"},
	"doubled": {goodRecord, func(r *results.Record) { r.Integrity = &results.Integrity{Doubled: 2} }, results.Errors, "2 keys are on two"},
	"unknown": {goodRecord, func(r *results.Record) { r.Integrity = &results.Integrity{Unknown: 5} }, results.Valid, ""},

	"OOM": {goodRecord, func(r *results.Record) {
		r.Totals.Errors, r.Totals.ErrorKinds, r.Totals.OpsPerSec = 10_000, map[string]int64{"OOM": 10_000}, 9000
	}, results.Errors, "10000 of 100000 requests failed (OOM 10000)"},
	"errors of an event": {goodRecord, func(r *results.Record) {
		r.Totals.Errors, r.Totals.ErrorKinds, r.Totals.OpsPerSec = 10_000, map[string]int64{"conn-refused": 10_000}, 9000
		r.Pacing.Sent = 90_000
		r.Events = []results.Event{killed(10_000)}
	}, results.Valid, "10000 of 20000 requests failed because of an event: node killed"},
	"errors beside an event": {goodRecord, func(r *results.Record) {
		r.Totals.Errors, r.Totals.ErrorKinds = 10_001, map[string]int64{"conn-refused": 10_001}
		r.Events = []results.Event{killed(10_000)}
	}, results.Errors, "1 of them while no event"},
	"an event that failed": {goodRecord, func(r *results.Record) {
		r.Events = []results.Event{{Name: "failover", Target: "a:1", Outcome: results.EventFailed, Error: "no replica"}}
	}, results.Errors, "failover a:1 failed: no replica"},
	"lost to an event":       {goodRecord, func(r *results.Record) { r.Integrity = &results.Integrity{Lost: 3, LostToEvents: 3} }, results.Valid, "3 keys lost an acknowledged write to an event"},
	"lost beside an event":   {goodRecord, func(r *results.Record) { r.Integrity = &results.Integrity{Lost: 3, LostToEvents: 2} }, results.Errors, "1 keys lost"},
	"calibrated, with room":  {goodRecord, func(r *results.Record) { r.Calibration = calibratedRun(0.5, 1.1) }, results.Valid, ""},
	"calibrated, harness":    {goodRecord, func(r *results.Record) { r.Calibration = calibratedRun(0.51, 5) }, results.ClientBound, "51 % of the response p99"},
	"calibrated, no room":    {goodRecord, func(r *results.Record) { r.Calibration = calibratedRun(0.1, 1.09) }, results.ClientBound, "only 9 % more"},
	"calibrated differently": {goodRecord, func(r *results.Record) { r.Calibration = calibratedRun(0.9, 1); r.Calibration.Differs = "threads" }, results.Valid, ""},
}

// judgedClients is a load generator that was late or starved.
var judgedClients = map[string]judgeCase{
	"lag at the floor":    {goodRecord, func(r *results.Record) { r.Pacing.Error.P99 = 100 }, results.Valid, ""},
	"lag above the floor": {goodRecord, func(r *results.Record) { r.Pacing.Error.P99 = 100.1 }, results.ClientBound, "100 µs late"},
	"lag of Go's timers": {goodRecord, func(r *results.Record) {
		r.Pacing.Error.P99, r.Config.Driver = 1100, DriverGoRedis
	}, results.ClientBound, "Go's timers"},
	"lag under pressure": {goodRecord, func(r *results.Record) {
		r.Pacing.Error.P99, r.Environment.PressureShare = 1100, 0.8
	}, results.ClientBound, "waited for a CPU 80 %"},
	"lag at the share":        {goodRecord, func(r *results.Record) { r.Totals.Response.P99 = 5000; r.Pacing.Error.P99 = 500 }, results.Valid, ""},
	"lag above the share":     {goodRecord, func(r *results.Record) { r.Totals.Response.P99 = 5000; r.Pacing.Error.P99 = 501 }, results.ClientBound, "501 µs late"},
	"waiting is no lag":       {goodRecord, func(r *results.Record) { r.Pacing.Wait.P99 = 90_000 }, results.Valid, ""},
	"busy at the limit":       {goodRecord, func(r *results.Record) { r.Client.BusyShare[1] = 0.90 }, results.Valid, ""},
	"one worker busy":         {goodRecord, func(r *results.Record) { r.Client.BusyShare[1] = 0.91 }, results.ClientBound, "busy 91 %"},
	"busy in a closed loop":   {closedRecord, func(r *results.Record) { r.Client.BusyShare[0] = 0.99 }, results.ClientBound, "busy 99 %"},
	"no account of busy time": {goodRecord, func(r *results.Record) { r.Client.BusyShare = nil }, results.Valid, ""},

	"starved": {goodRecord, func(r *results.Record) {
		r.Client.WorkerCPUSeconds = []float64{4.9, 3.9} // of 10 s, busy 50 and 60 %
	}, results.ClientBound, "wanted to run 60 % of the time and got a CPU for 39 %"},
	"nearly starved": {goodRecord, func(r *results.Record) { r.Client.WorkerCPUSeconds = []float64{4.9, 4.1} }, results.Valid, ""},
	"starved, so that answers are read too late": {goodRecord, func(r *results.Record) {
		r.Client.WorkerCPUSeconds = []float64{1, 1}
		r.Totals.Errors, r.Totals.ErrorKinds = 30, map[string]int64{"timeout": 10, "unsent": 20}
	}, results.ClientBound, "wanted to run"},
	"starved and refused": {goodRecord, func(r *results.Record) {
		r.Client.WorkerCPUSeconds = []float64{1, 1}
		r.Totals.Errors, r.Totals.ErrorKinds = 30, map[string]int64{"timeout": 10, "OOM": 20}
	}, results.Errors, "30 of 100000"},
}

// judgedLoads is what was not sent or not kept up with.
var judgedLoads = map[string]judgeCase{
	"one not sent": {goodRecord, func(r *results.Record) {
		r.Pacing.Sent, r.Totals.Errors, r.Totals.ErrorKinds = 99_999, 1, map[string]int64{"unsent": 1}
	}, results.ShortOffered, "99999 of 100000"},
	"not sent, and others out at the end": {goodRecord, func(r *results.Record) {
		r.Pacing.Sent, r.Totals.Errors, r.Totals.ErrorKinds = 60_050, 40_000, map[string]int64{"unsent": 39_950, "cut-off": 50}
		r.Totals.OpsPerSec = 6000
		for i := range r.Intervals { // a queue that grows
			r.Intervals[i].P50US = float64(100_000 * (1 + i))
		}
	}, results.ShortOffered, "did not take the rate"},
	"all sent, some out at the end": {goodRecord, func(r *results.Record) {
		r.Totals.Errors, r.Totals.ErrorKinds = 50, map[string]int64{"cut-off": 50}
	}, results.Errors, "cut-off 50"},
	"one not sent, one failed": {goodRecord, func(r *results.Record) {
		r.Pacing.Sent, r.Totals.Errors, r.Totals.ErrorKinds = 99_999, 2, map[string]int64{"unsent": 1, "ERR": 1}
	}, results.Errors, "ERR 1, unsent 1"},
	"less due than wanted":   {goodRecord, func(r *results.Record) { r.Pacing.Offered, r.Pacing.Sent = 95_000, 95_000 }, results.ShortOffered, "95000 requests were due"},
	"unsent":                 {goodRecord, func(r *results.Record) { r.Pacing.Sent-- }, results.ShortOffered, "99999 of 100000 due"},
	"unsent at a signal":     {goodRecord, func(r *results.Record) { r.Pacing.Sent--; r.Partial = "interrupted" }, results.Valid, ""},
	"cut off by a signal":    {goodRecord, func(r *results.Record) { r.Pacing.Offered, r.Pacing.Sent, r.Partial = 50_000, 50_000, "interrupted" }, results.Valid, ""},
	"ended by requests":      {goodRecord, func(r *results.Record) { r.Pacing.Offered, r.Pacing.Sent, r.Config.Requests = 50_000, 50_000, 50_000 }, results.Valid, ""},
	"did not keep up":        {goodRecord, func(r *results.Record) { r.Totals.OpsPerSec = 9000 }, results.ShortOffered, "did not keep up"},
	"kept up within scatter": {goodRecord, func(r *results.Record) { r.Totals.OpsPerSec = 9400 }, results.Valid, ""},
}

// judgedDrifts is what changed over the run.
var judgedDrifts = map[string]judgeCase{
	"drift":            {goodRecord, func(r *results.Record) { setIntervals(r, 0, 20, 3000) }, results.Unsteady, "drifted from 12000 to 10000"},
	"drift of 9 %":     {goodRecord, func(r *results.Record) { setIntervals(r, 0, 20, 2725) }, results.Valid, ""},
	"drift of noise":   {goodRecord, func(r *results.Record) { setIntervals(r, 0, 40, 5); setIntervals(r, 0, 20, 6) }, results.Valid, ""},
	"cold edge":        {goodRecord, func(r *results.Record) { setIntervals(r, 0, 1, 0) }, results.Valid, ""},
	"a short run":      {goodRecord, func(r *results.Record) { setIntervals(r, 0, 5, 9000); r.Intervals = r.Intervals[:10] }, results.Valid, ""},
	"a dip in between": {goodRecord, func(r *results.Record) { setIntervals(r, 18, 22, 0) }, results.Valid, ""},
	"an annotated event": {goodRecord, func(r *results.Record) {
		setIntervals(r, 27, 34, 500)
		r.Events = []results.Event{{AtSeconds: 6.8, Seconds: 1.6, Name: "migration"}}
	}, results.Valid, ""},
	"the same without its annotation": {goodRecord, func(r *results.Record) { setIntervals(r, 27, 34, 500) }, results.Unsteady, "drifted"},

	"the worst comes first": {goodRecord, func(r *results.Record) {
		setIntervals(r, 0, 20, 3000)
		r.Pacing.Error.P99, r.Pacing.Sent, r.Totals.Errors = 9000, 10, 7
	}, results.Errors, "7 of 100000"},
	"client before short": {goodRecord, func(r *results.Record) {
		r.Pacing.Error.P99, r.Pacing.Sent = 9000, 10
	}, results.ClientBound, "late"},
}

func TestJudge(t *testing.T) {
	for _, cases := range []map[string]judgeCase{judgedErrors, judgedClients, judgedLoads, judgedDrifts} {
		for name, test := range cases {
			rec := test.rec()
			test.change(rec)
			got := Judge(rec)
			if got.Status != test.status {
				t.Errorf("%s: %+v, want %s", name, got, test.status)
				continue
			}
			if (len(got.Reasons) == 0) != (test.reason == "") || len(got.Reasons) > 0 && !strings.Contains(got.Reasons[0], test.reason) {
				t.Errorf("%s: reasons %q, want %q first", name, got.Reasons, test.reason)
			}
		}
	}
}

func TestJudgeListsEveryReason(t *testing.T) {
	rec := goodRecord()
	setIntervals(rec, 0, 20, 3000)
	rec.Pacing.Error.P99, rec.Pacing.Sent, rec.Totals.Errors = 9000, 10, 7
	rec.Totals.ErrorKinds = map[string]int64{"a": 1, "b": 2, "c": 1, "d": 1, "e": 1, "f": 1}
	got := Judge(rec).Reasons
	for i, want := range []string{"(b 2, a 1, c 1, d 1, …)", "late", "were sent", "drifted"} {
		if i >= len(got) || !strings.Contains(got[i], want) {
			t.Fatalf("reasons %q, want %q as number %d", got, want, i)
		}
	}
}
