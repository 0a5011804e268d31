package wire

import (
	"fmt"
	"strings"
	"testing"

	"slotbench/internal/request"
	"slotbench/internal/resp"
	"slotbench/internal/slot"
)

// transactions asks n times for MULTI, SET, GET, EXEC of one key.
type transactions struct {
	n, made uint64
	form    *request.Form
	open    bool
}

const transactionKey = "{a}key"

func (s *transactions) Next(r *request.Request) bool {
	if s.made == s.n {
		return false
	}
	s.made++
	r.Frame = resp.AppendCommand(r.Frame[:0], "MULTI")
	r.Frame = resp.AppendCommand(r.Frame, "SET", transactionKey, "v")
	r.KeyAt, r.KeyLen = strings.Index(string(r.Frame), transactionKey), len(transactionKey)
	r.Frame = resp.AppendCommand(r.Frame, "GET", transactionKey)
	r.Frame = resp.AppendCommand(r.Frame, "EXEC")
	r.Slot, r.Seq, r.Form = slot.Of([]byte("a")), s.made, s.form
	return true
}

func (s *transactions) load() request.Load {
	load := request.Load{Connections: 1, Pipeline: 3, Streams: []request.Stream{{Source: s}}}
	if s.open {
		load.Streams[0].Schedule = &every{1000, 10 * milli}
	}
	return load
}

// answerTransaction plays a server in which queued commands get an answer.
func answerTransaction(queued func(k *conn) string) func(*conn, []string) string {
	aborted := map[*conn]bool{}
	return func(k *conn, command []string) string {
		switch command[0] {
		case "MULTI":
			aborted[k] = false
			return "+OK\r\n"
		case "EXEC":
			if aborted[k] {
				return "-EXECABORT Transaction discarded because of previous errors.\r\n"
			}
			return "*2\r\n+OK\r\n$1\r\nv\r\n"
		}
		text := queued(k)
		aborted[k] = aborted[k] || text[0] == '-'
		return text
	}
}

func TestTransactionIsOneRequest(t *testing.T) {
	for _, open := range []bool{false, true} {
		for _, most := range []int{1 << 20, 7, 1} { // bytes that the kernel takes at once
			s := newSim(t, 1, false, Options{})
			answer := answerTransaction(func(*conn) string { return "+QUEUED\r\n" })
			s.serve = func(k *conn, command []string) (string, int64) { return answer(k, command), s.now }
			s.takes = func(_ *conn, n int) int { return min(n, most) }
			checked := 0
			form := &request.Form{Answers: 4, Check: func(_ *request.Request, raw []byte) string {
				if string(raw) == "*2\r\n+OK\r\n$1\r\nv\r\n" {
					checked++
				}
				return ""
			}}
			s.begin((&transactions{n: 5, form: form, open: open}).load())
			s.run()
			if len(s.ended) != 5 || s.statuses()[request.OK] != 5 || checked != 5 {
				t.Errorf("open %v, %d bytes: %v, %d checked", open, most, s.statuses(), checked)
			}
		}
	}
}

func TestTransactionFollowsWhatQueuedCommandsAnswer(t *testing.T) {
	s := newSim(t, 2, true, Options{})
	at := slot.Of([]byte("a"))
	owner := 1 - int32(s.core.owners[at])
	answer := answerTransaction(func(k *conn) string {
		if k.node.index != owner {
			return fmt.Sprintf("-MOVED %d 10.0.0.1:%d\r\n", at, 7000+owner)
		}
		return "+QUEUED\r\n"
	})
	s.serve = func(k *conn, command []string) (string, int64) { return answer(k, command), s.now }
	s.begin((&transactions{n: 6, form: &request.Form{Answers: 4}}).load())
	s.run()
	if s.statuses()[request.OK] != 6 || s.ended[len(s.ended)-1].Moved != 0 || s.core.owners[at] != int16(owner) {
		t.Fatalf("%v, owner %d", s.statuses(), s.core.owners[at])
	}
	if first := s.ended[0]; first.Moved != 1 || int32(first.Node) != owner {
		t.Errorf("%+v", first.Outcome)
	}
}

func TestTransactionFailsByItsFirstError(t *testing.T) {
	s := newSim(t, 1, false, Options{})
	answer := answerTransaction(func(*conn) string { return "-OOM command not allowed\r\n" })
	s.serve = func(k *conn, command []string) (string, int64) { return answer(k, command), s.now }
	s.begin((&transactions{n: 2, form: &request.Form{Answers: 4}}).load())
	s.run()
	for _, r := range s.ended {
		if r.Status != request.Failed || r.Err != "OOM" {
			t.Errorf("%+v", r.Outcome)
		}
	}
}

// A connection that is lost in the midst of the answers leaves the outcome
// open, and the next transaction begins anew.
func TestTransactionIsLostAsAWhole(t *testing.T) {
	s := newSim(t, 1, false, Options{})
	lost := false
	answer := answerTransaction(func(*conn) string { return "+QUEUED\r\n" })
	s.serve = func(k *conn, command []string) (string, int64) {
		if command[0] == "GET" && !lost {
			lost = true
			s.lose(k, "conn-reset", s.now)
			return "", s.now
		}
		return answer(k, command), s.now
	}
	load := (&transactions{n: 4, form: &request.Form{Answers: 4}}).load()
	load.Pipeline = 1
	s.begin(load)
	s.run()
	if got := s.statuses(); got[request.Unknown] != 1 || got[request.OK] != 3 {
		t.Errorf("%v", got)
	}
}

// scripts calls a script n times.
type scripts struct{ n, made uint64 }

func (s *scripts) Next(r *request.Request) bool {
	if s.made == s.n {
		return false
	}
	s.made++
	r.Frame = resp.AppendCommand(r.Frame[:0], "EVALSHA", "sha", "1", transactionKey, "7")
	r.KeyAt, r.KeyLen = strings.Index(string(r.Frame), transactionKey), len(transactionKey)
	r.Slot, r.Seq = slot.Of([]byte("a")), s.made
	r.Form = &request.Form{Answers: 1, Script: "return 1", Check: func(q *request.Request, raw []byte) string {
		if string(q.Key()) != transactionKey || string(raw) != ":1\r\n" {
			return request.ClassUnexpected
		}
		return ""
	}}
	return true
}

func TestUnknownScriptIsSentByEval(t *testing.T) {
	s := newSim(t, 1, false, Options{})
	known, evals := false, 0
	s.serve = func(_ *conn, command []string) (string, int64) {
		switch {
		case command[0] == "EVAL":
			known = true
			evals++
			if strings.Join(command, " ") != "EVAL return 1 1 {a}key 7" {
				t.Errorf("sent %q", command)
			}
		case !known:
			return "-NOSCRIPT No matching script.\r\n", s.now
		}
		return ":1\r\n", s.now
	}
	s.begin(request.Load{Connections: 1, Streams: []request.Stream{{Source: &scripts{n: 5}}}})
	s.run()
	if s.statuses()[request.OK] != 5 || evals != 1 || s.ended[0].Redirected() {
		t.Errorf("%v, %d by EVAL", s.statuses(), evals)
	}
}

func TestWrongAnswersFail(t *testing.T) {
	s := newSim(t, 1, false, Options{})
	s.serve = func(*conn, []string) (string, int64) { return ":2\r\n", s.now }
	s.begin(request.Load{Connections: 1, Streams: []request.Stream{{Source: &scripts{n: 2}}}})
	s.run()
	if s.statuses()[request.Failed] != 2 || s.ended[0].Err != request.ClassUnexpected {
		t.Errorf("%v, %q", s.statuses(), s.ended[0].Err)
	}
}

// A flight that was a transaction's serves a source that knows of no form.
func TestFormDoesNotStayBehind(t *testing.T) {
	s := newSim(t, 1, false, Options{})
	answer := answerTransaction(func(*conn) string { return "+QUEUED\r\n" })
	s.serve = func(k *conn, command []string) (string, int64) { return answer(k, command), s.now }
	s.begin((&transactions{n: 3, form: &request.Form{Answers: 4}}).load())
	s.run()
	s.serve = func(*conn, []string) (string, int64) { return "$1\r\nv\r\n", s.now }
	s.ended = nil
	s.begin(closedLoad(2, 2, 8))
	s.run()
	if s.statuses()[request.OK] != 8 {
		t.Errorf("%v", s.statuses())
	}
}
