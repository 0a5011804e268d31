package goredis

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"syscall"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"slotbench/internal/request"
	"slotbench/internal/resp"
	"slotbench/targets"
)

func get(i uint64) []string { return []string{"GET", fmt.Sprint(i)} }

func TestFeedMakesRequestsInOrderOfDue(t *testing.T) {
	load := request.Load{Nanos: 100, Requests: 25, Streams: []request.Stream{
		{Source: &script{make: get}, Schedule: &every{0, 10}},
		{Source: &script{make: get}, Schedule: &every{5, 10}},
		{Source: &script{make: func(i uint64) []string {
			if i > 2 {
				return nil
			}
			return get(i)
		}}, Schedule: &every{5, 1}},
	}}
	f := newFeed(load)
	rs := []*request.Request{{}, {}, {}}
	if n := f.take(rs, -1); n != 1 || rs[0].Due != 0 {
		t.Fatalf("nothing is due, and %d were made: the next alone is wanted", n)
	}
	var dues []int64
	for now := int64(7); ; now += 7 {
		n := f.take(rs, now)
		if n == 0 {
			break
		}
		for _, r := range rs[:n] {
			dues = append(dues, r.Due)
		}
	}
	// Streams: 9, 8 and 8 requests; the third ends after 2.
	want := []int64{5, 5, 6, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80}
	if !slices.Equal(dues, want) {
		t.Errorf("due at\n%v, want\n%v", dues, want)
	}
	if n := f.take(rs, 1000); n != 0 {
		t.Errorf("%d made behind the end", n)
	}
}

func TestFeedEndsWithThePhase(t *testing.T) {
	f := newFeed(request.Load{Nanos: 30, Streams: []request.Stream{{Source: &script{make: get}, Schedule: &every{0, 10}}}})
	var r request.Request
	for _, want := range []bool{true, true, false} { // at 0 and 10; 20 is not overdue
		if got := f.overdue(&r, 15); got != want {
			t.Errorf("overdue %v at %d, want %v", got, r.Due, want)
		}
	}
	if n := f.take([]*request.Request{&r}, 0); n != 1 || r.Due != 20 {
		t.Errorf("%d made, due %d, want the one at 20", n, r.Due)
	}
	if n := f.take([]*request.Request{&r}, 1000); n != 0 {
		t.Errorf("made one that is due at %d, when the phase is over", r.Due)
	}
}

func TestKeyPosition(t *testing.T) {
	args := []string{"EVAL", string(make([]byte, 1234)), "1", "key", "value", "key"}
	frame := resp.AppendCommand(nil, args...)
	for want := range args {
		at := 0
		for i := range want + 1 {
			at = len(frame) - len(resp.AppendCommand(nil, args[i:]...)) + len(resp.AppendArray(nil, len(args)-i))
		}
		at += len(fmt.Sprintf("$%d\r\n", len(args[want])))
		list := make([][]byte, len(args))
		for i, arg := range args {
			list[i] = []byte(arg)
		}
		if got := keyPosition(list, at); got != want {
			t.Errorf("the argument at %d is number %d, want %d", at, got, want)
		}
	}
}

func TestWordsAndRetries(t *testing.T) {
	dial := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	for _, c := range []struct {
		err   error
		word  string
		again bool // go-redis may send the command again
	}{
		{dial, targets.ClassRefused, true},
		{fmt.Errorf("redis: %w", dial), targets.ClassRefused, true},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, targets.ClassReset, false},
		{&net.OpError{Op: "write", Err: syscall.EPIPE}, targets.ClassReset, false},
		{io.EOF, targets.ClassClosed, false},
		{&net.OpError{Op: "read", Err: timeout{}}, targets.ClassConnTimeout, false},
		{&net.OpError{Op: "dial", Err: errors.New("no route")}, targets.ClassConnFailed, true},
		{errors.New("something"), targets.ClassOther, false},
		{goredis.ErrPoolTimeout, targets.ClassOther, true},
		{goredis.Nil, targets.ClassOther, true},
		{nil, "", false},
	} {
		if c.err != nil && failureWord(c.err) != c.word {
			t.Errorf("%v is %q, want %q", c.err, failureWord(c.err), c.word)
		}
		cmd := &command{Cmd: &goredis.Cmd{}}
		cmd.SetErr(c.err)
		if cmd.NoRetry() == c.again {
			t.Errorf("%v: sent again: %v, want %v", c.err, !cmd.NoRetry(), c.again)
		}
	}
	for text, want := range map[string]string{
		"WRONGTYPE Operation": "WRONGTYPE", "ERR": "ERR", "": targets.ClassOther, " x": targets.ClassOther,
		"\x01bad": targets.ClassOther, string(make([]byte, 100)): targets.ClassOther,
	} {
		if got := answerWord(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

type timeout struct{}

func (timeout) Error() string   { return "i/o timeout" }
func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }
