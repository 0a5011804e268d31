package wire

import (
	"slotbench/internal/request"
	"slotbench/internal/resp"
)

// Requests with a form: several answers to one frame, scripts that a server
// may not know, answers that are looked into.

// partAnswer takes an answer that came while the frame of the request it
// belongs to is not all written, as MULTI's may. It reports false where no
// such request is there.
func (c *core) partAnswer(k *conn, reply *resp.Reply) bool {
	if k.head == k.tail || k.partial == 0 {
		return false
	}
	f := k.at(k.head)
	if f.Form == nil || int(f.heard)+1 >= f.Form.Answers {
		return false
	}
	return c.wholeAnswer(k, f, reply)
}

// wholeAnswer counts an answer of a request with several, and reports true
// while more are to come. Where an error was among them, the last becomes that
// error: EXECABORT hides the MOVED that was the cause.
func (c *core) wholeAnswer(k *conn, f *flight, reply *resp.Reply) bool {
	if f.heard++; int(f.heard) < f.Form.Answers {
		if reply.IsError() && len(k.early) == 0 {
			k.early = append(k.early[:0], reply.Text...)
		}
		return true
	}
	f.heard = 0
	if len(k.early) > 0 {
		reply.Kind, reply.Text = resp.Error, k.early
		k.early = k.early[:0] // its bytes stay until the next answer is read
	}
	return false
}

// checkAnswer looks into an answer that is no error.
func (c *core) checkAnswer(f *flight, reply *resp.Reply) {
	if f.Form.Check == nil {
		return
	}
	if class := f.Form.Check(&f.Request, reply.Raw); class != "" {
		f.Status, f.Err = request.Failed, class
	}
}

// evaluate sends a script that the server does not know as a whole. It reports
// false where the error means something else.
func (c *core) evaluate(k *conn, f *flight, text []byte, now int64) bool {
	if f.Form == nil || f.Form.Script == "" || f.hops == MaxHops || !request.NoScript(text) || !f.Eval() {
		return false
	}
	f.hops++
	f.FirstByte = 0
	c.place(f, true, now)
	return true
}
