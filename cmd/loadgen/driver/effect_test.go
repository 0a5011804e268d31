package driver

import (
	"strings"
	"testing"

	"slotbench/internal/request"
	"slotbench/internal/resp"
)

func TestEffectOfWrites(t *testing.T) {
	for _, test := range []struct {
		command []string
		status  request.Status
		keys    []string
		values  []string
		effect  effect
	}{
		{[]string{"SET", "k", "v"}, request.OK, []string{"k"}, []string{"v"}, effectValue},
		{[]string{"set", "k", "v"}, request.OK, []string{"k"}, []string{"v"}, effectValue},
		{[]string{"SET", "k", "v", "NX"}, request.OK, []string{"k"}, []string{"v"}, effectValue},
		{[]string{"SET", "k", "v", "nx"}, request.Miss, []string{"k"}, []string{""}, effectNone},
		{[]string{"SET", "k", "v", "XX", "GET"}, request.Miss, []string{"k"}, []string{""}, effectPresent},
		{[]string{"SET", "k", "v", "GET"}, request.Miss, []string{"k"}, []string{"v"}, effectValue},
		{[]string{"SET", "k", "v", "EX", "10"}, request.OK, []string{"k"}, []string{""}, effectExempt},
		{[]string{"SET", "k", "v", "KEEPTTL"}, request.OK, []string{"k"}, []string{""}, effectExempt},
		{[]string{"GETSET", "k", "v"}, request.Miss, []string{"k"}, []string{"v"}, effectValue},
		{[]string{"SETNX", "k", "v"}, request.OK, []string{"k"}, []string{""}, effectPresent},
		{[]string{"INCR", "k"}, request.OK, []string{"k"}, []string{""}, effectPresent},
		{[]string{"APPEND", "k", "v"}, request.OK, []string{"k"}, []string{""}, effectPresent},
		{[]string{"MSET", "a", "1", "b", "2"}, request.OK, []string{"a", "b"}, []string{"1", "2"}, effectValue},
		{[]string{"DEL", "a", "b"}, request.OK, []string{"a", "b"}, []string{"", ""}, effectExempt},
		{[]string{"SETEX", "k", "5", "v"}, request.OK, []string{"k"}, []string{""}, effectExempt},
		{[]string{"GETDEL", "k"}, request.OK, []string{"k"}, []string{""}, effectExempt},
		{[]string{"A-COMMAND-OF-A-LONG-NAME", "k"}, request.OK, []string{"k"}, []string{""}, effectExempt},
	} {
		r := &request.Request{Frame: resp.AppendCommand(nil, test.command...)}
		r.KeyAt, r.KeyLen = strings.Index(string(r.Frame), "\n"+test.command[1]+"\r")+1, len(test.command[1])
		r.Status = test.status
		var args [][]byte
		got := appendWritten(nil, r, &args)
		if len(got) != len(test.keys) {
			t.Errorf("%q: %d keys, want %d", test.command, len(got), len(test.keys))
			continue
		}
		for i, w := range got {
			if string(w.key) != test.keys[i] || string(w.value) != test.values[i] || w.effect != test.effect {
				t.Errorf("%q: key %d is %q = %q with effect %d, want %q = %q with %d",
					test.command, i, w.key, w.value, w.effect, test.keys[i], test.values[i], test.effect)
			}
		}
	}
}
