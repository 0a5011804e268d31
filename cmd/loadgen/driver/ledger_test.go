package driver

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"slotbench/internal/request"
	"slotbench/internal/resp"
	"slotbench/internal/slot"
)

// stamped is a value of 64 bytes that carries a version of its key.
func stamped(key string, stream int32, seq uint64) string {
	value := make([]byte, 64)
	request.PutStamp(value, []byte(key), stream, seq)
	return string(value)
}

// ended is a write that was sent and answered at the given times.
func ended(status request.Status, sent, done int64, command ...string) *request.Request {
	r := &request.Request{Write: true, Frame: resp.AppendCommand(nil, command...)}
	r.Slot = slot.Of([]byte(command[1]))
	r.KeyAt, r.KeyLen = strings.Index(string(r.Frame), "\n"+command[1]+"\r")+1, len(command[1])
	r.Status, r.Written, r.Done = status, sent, done
	return r
}

const ledgerKey = "user:{7}:name"

func TestLedgerJudges(t *testing.T) {
	set := func(status request.Status, sent, done int64, stream int32, seq uint64) *request.Request {
		return ended(status, sent, done, "SET", ledgerKey, stamped(ledgerKey, stream, seq))
	}
	value := func(stream int32, seq uint64) *string {
		v := stamped(ledgerKey, stream, seq)
		return &v
	}
	plain := "plain"
	ok, unknown := request.OK, request.Unknown
	for name, test := range map[string]struct {
		writes []*request.Request
		value  *string // nil: absent
		want   finding
	}{
		"last write":               {[]*request.Request{set(ok, 1, 2, 0, 1), set(ok, 3, 4, 0, 2)}, value(0, 2), foundVersion},
		"superseded write":         {[]*request.Request{set(ok, 1, 2, 0, 1), set(ok, 3, 4, 0, 2)}, value(0, 1), foundLost},
		"recorded out of order":    {[]*request.Request{set(ok, 3, 4, 0, 2), set(ok, 1, 2, 0, 1)}, value(0, 1), foundLost},
		"overlapping, first":       {[]*request.Request{set(ok, 1, 5, 0, 1), set(ok, 3, 4, 1, 1)}, value(0, 1), foundVersion},
		"overlapping, second":      {[]*request.Request{set(ok, 1, 5, 0, 1), set(ok, 3, 4, 1, 1)}, value(1, 1), foundVersion},
		"touching counts as open":  {[]*request.Request{set(ok, 1, 3, 0, 1), set(ok, 3, 4, 1, 1)}, value(0, 1), foundVersion},
		"absent":                   {[]*request.Request{set(ok, 1, 2, 0, 1)}, nil, foundLost},
		"preloaded only":           {[]*request.Request{set(ok, 1, 2, request.PreloadStream, 9)}, value(request.PreloadStream, 9), foundVersion},
		"rolled back to preload":   {[]*request.Request{set(ok, 1, 2, request.PreloadStream, 9), set(ok, 3, 4, 0, 1)}, value(request.PreloadStream, 9), foundLost},
		"something else":           {[]*request.Request{set(ok, 1, 2, 0, 1)}, &plain, foundLost},
		"stamp of another key":     {[]*request.Request{set(ok, 1, 2, 0, 1)}, ptr(stamped("other", 0, 1)), foundLost},
		"unknown, arrived":         {[]*request.Request{set(ok, 1, 2, 0, 1), set(unknown, 3, 9, 0, 2)}, value(0, 2), foundUnknown},
		"unknown, did not arrive":  {[]*request.Request{set(ok, 1, 2, 0, 1), set(unknown, 3, 9, 0, 2)}, value(0, 1), foundUnknown},
		"unknown may come late":    {[]*request.Request{set(unknown, 1, 2, 0, 1), set(ok, 3, 4, 0, 2)}, value(0, 1), foundUnknown},
		"unknown, neither":         {[]*request.Request{set(ok, 1, 2, 0, 1), set(unknown, 3, 9, 0, 2)}, value(5, 5), foundLost},
		"unknown, absent":          {[]*request.Request{set(ok, 1, 2, 0, 1), set(unknown, 3, 9, 0, 2)}, nil, foundLost},
		"only unknown, absent":     {[]*request.Request{set(unknown, 3, 9, 0, 2)}, nil, foundUnknown},
		"timed out, never written": {[]*request.Request{set(ok, 1, 2, 0, 1), set(request.TimedOut, 0, 9, 0, 2)}, value(0, 2), foundLost},
		"failed write":             {[]*request.Request{set(ok, 1, 2, 0, 1), set(request.Failed, 3, 4, 0, 2)}, value(0, 2), foundLost},
		"counter there":            {[]*request.Request{ended(ok, 1, 2, "INCR", ledgerKey)}, &plain, foundPresent},
		"counter gone":             {[]*request.Request{ended(ok, 1, 2, "INCR", ledgerKey)}, nil, foundLost},
		"small value there":        {[]*request.Request{ended(ok, 1, 2, "SET", ledgerKey, "tiny")}, &plain, foundPresent},
		"deleted":                  {[]*request.Request{set(ok, 1, 2, 0, 1), ended(ok, 3, 4, "DEL", ledgerKey)}, nil, foundExempt},
		"expiring":                 {[]*request.Request{ended(ok, 1, 2, "SETEX", ledgerKey, "9", "v")}, nil, foundExempt},
		"not written, NX":          {[]*request.Request{set(ok, 1, 2, 0, 1), ended(request.Miss, 3, 4, "SET", ledgerKey, stamped(ledgerKey, 0, 2), "NX")}, value(0, 1), foundVersion},
	} {
		// One worker, and every write recorded by a worker of its own.
		for _, workers := range []int{1, len(test.writes)} {
			l := newLedger([]slot.Slot{slot.Of([]byte(ledgerKey))}, workers)
			for i, w := range test.writes {
				l.Record(i%workers, w)
			}
			accounts, dropped := l.accounts()
			if dropped != 0 || accounts[ledgerKey] == nil {
				t.Fatalf("%s: no account, %d dropped", name, dropped)
			}
			var held []byte
			if test.value != nil {
				held = []byte(*test.value)
			}
			got, text := accounts[ledgerKey].judge(ledgerKey, held, test.value != nil)
			if got != test.want {
				t.Errorf("%s, %d workers: finding %d, want %d (%s)", name, workers, got, test.want, text)
			}
		}
	}
}

func ptr[T any](v T) *T { return &v }

func TestLedgerWatchesOnlyItsSlots(t *testing.T) {
	l := newLedger([]slot.Slot{slot.Of([]byte("in"))}, 1)
	l.Record(0, ended(request.OK, 1, 2, "SET", "in", "v"))
	l.Record(0, ended(request.OK, 1, 2, "SET", "out", "v"))
	read := ended(request.OK, 1, 2, "GET", "in")
	read.Write = false
	l.Record(0, read)
	if accounts, _ := l.accounts(); len(accounts) != 1 || accounts["in"] == nil {
		t.Fatalf("accounts of %v", accounts)
	}
}

func TestLedgerLimits(t *testing.T) {
	l := newLedger([]slot.Slot{slot.Of([]byte("{t}"))}, 1)
	l.shards[0].limit = 3
	for i := range 5 {
		l.Record(0, ended(request.OK, 1, 2, "SET", fmt.Sprintf("{t}%d", i), "v"))
	}
	accounts, dropped := l.accounts()
	if len(accounts) != 3 || dropped != 2 {
		t.Errorf("%d accounts and %d dropped, want 3 and 2", len(accounts), dropped)
	}

	// More writes in the air than are kept apart: presence only, never "lost".
	l = newLedger([]slot.Slot{slot.Of([]byte(ledgerKey))}, 1)
	for i := range maxVersions + 9 {
		l.Record(0, ended(request.OK, 1, 1000, "SET", ledgerKey, stamped(ledgerKey, int32(i), 1)))
	}
	accounts, _ = l.accounts()
	a := accounts[ledgerKey]
	if got, _ := a.judge(ledgerKey, []byte(stamped(ledgerKey, maxVersions+5, 1)), true); got != foundPresent {
		t.Errorf("finding %d of a crowded key, want %d", got, foundPresent)
	}
	if got, _ := a.judge(ledgerKey, nil, false); got != foundLost {
		t.Errorf("finding %d of a crowded key that is absent, want %d", got, foundLost)
	}
}

// TestLedgerAgainstRegister plays random overlapping writes against one
// register: the value that a linearizable register could hold in the end is
// never called lost.
func TestLedgerAgainstRegister(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		l := newLedger([]slot.Slot{slot.Of([]byte(ledgerKey))}, 3)
		var final string
		var finalAt int64 = -1
		for i := range 30 {
			sent := random.Int64N(100)
			applied := sent + random.Int64N(20)
			done := applied + random.Int64N(20)
			value := stamped(ledgerKey, int32(i), uint64(i))
			if applied > finalAt {
				final, finalAt = value, applied
			}
			l.Record(random.IntN(3), ended(request.OK, sent, done, "SET", ledgerKey, value))
		}
		accounts, _ := l.accounts()
		if got, text := accounts[ledgerKey].judge(ledgerKey, []byte(final), true); got != foundVersion {
			t.Fatalf("seed %d: finding %d: %s", seed, got, text)
		}
	}
}
