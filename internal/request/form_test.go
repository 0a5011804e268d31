package request

import (
	"testing"

	"slotbench/internal/resp"
)

func TestEvalKeepsKeyAndArguments(t *testing.T) {
	frame := resp.AppendCommand(nil, "EVALSHA", "0123456789012345678901234567890123456789", "1", "{user:7}:limit", "60")
	const keyAt = 4 + 13 + 47 + 7 + 5
	r := Request{Frame: frame, KeyAt: keyAt, KeyLen: 14, Form: &Form{Answers: 1, Script: "return 1"}}
	if string(r.Key()) != "{user:7}:limit" {
		t.Fatalf("the test's own key is %q", r.Key())
	}
	if !r.Eval() {
		t.Fatal("not made an EVAL")
	}
	want := string(resp.AppendCommand(nil, "EVAL", "return 1", "1", "{user:7}:limit", "60"))
	if string(r.Frame) != want || string(r.Key()) != "{user:7}:limit" {
		t.Errorf("frame %q with key %q", r.Frame, r.Key())
	}
}

func TestEvalRefusesWhatIsNoScriptCall(t *testing.T) {
	for _, frame := range []string{"", "*1\r\n$4\r\nPING\r\n", "*2\r\n$7\r\nEVALSHA\r\n", "*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n"} {
		r := Request{Frame: []byte(frame), Form: &Form{Script: "return 1"}}
		if r.Eval() {
			t.Errorf("%q became %q", frame, r.Frame)
		}
	}
	for text, want := range map[string]bool{"NOSCRIPT No matching script.": true, "NOSCRIP": false, "ERR": false, "": false} {
		if NoScript([]byte(text)) != want {
			t.Errorf("NoScript(%q) is not %v", text, want)
		}
	}
}
