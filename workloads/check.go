package workloads

import (
	"bytes"
	"strings"

	"slotbench/internal/request"
	"slotbench/internal/resp"
)

// answerCheck is where values stand in a command's answer.
type answerCheck uint8

const (
	checkNothing answerCheck = iota
	checkWhole               // the answer is a value
	checkEach                // each element is
	checkSecond              // every second is: names and values in turn
	checkByKey               // each element is the value of the key of the same number
)

// newForm is what a driver must know of an operation's requests; nil where
// they are one command with one answer that is not looked into.
func (s *Spec) newForm(calls []Mix, transaction bool) *request.Form {
	f := &request.Form{Answers: 1}
	var checks []check
	for i := range calls {
		c, _ := calls[i].call()
		one := check{expect: parseExpect(calls[i].Expect)}
		if s.Checked {
			one.where = c.check
		}
		checks = append(checks, one)
		for _, w := range c.form.words {
			if w.hole == holeScript {
				f.Script = s.Scripts[w.text]
			}
		}
	}
	switch {
	case transaction:
		f.Answers += 1 + len(calls)
		f.Check = func(r *request.Request, raw []byte) string { return checkExec(r, raw, checks) }
	case checks[0].where != checkNothing || len(checks[0].expect) > 0:
		f.Check = checks[0].answer
	case f.Script == "":
		return nil
	}
	return f
}

// check is what is right of one command's answer.
type check struct {
	where  answerCheck
	expect [][]byte // texts; empty: any
}

// parseExpect reads "0|1".
func parseExpect(text string) (texts [][]byte) {
	if text == "" {
		return nil
	}
	for one := range strings.SplitSeq(text, "|") {
		texts = append(texts, []byte(strings.TrimSpace(one)))
	}
	return texts
}

// answer says what is wrong with a whole answer. Errors are no matter of a
// check, nor is null: both are told apart before.
func (c check) answer(r *request.Request, raw []byte) string {
	elements := resp.ElementsOf(raw)
	first, ok := elements.Next()
	switch {
	case !ok:
		return request.ClassUnexpected
	case first.IsError() || first.Kind == resp.Null:
		return ""
	case len(c.expect) > 0 && !c.expects(first.Text):
		return request.ClassUnexpected
	}
	return c.values(r, first, &elements)
}

func (c *check) expects(text []byte) bool {
	for _, right := range c.expect {
		if bytes.Equal(text, right) {
			return true
		}
	}
	return false
}

// values checks the values of an answer against the request's key.
func (c *check) values(r *request.Request, first resp.Reply, rest *resp.Elements) string {
	switch c.where {
	case checkNothing:
		return ""
	case checkWhole:
		return checkValue(first.Text, r.Key())
	}
	key := r.Key()
	at, length := r.KeyAt, r.KeyLen
	for i := range first.Len {
		part, ok := rest.Next()
		if !ok {
			return request.ClassUnexpected
		}
		if c.where == checkByKey && at+length <= len(r.Frame) {
			key = r.Frame[at : at+length]
			at, length = bulkBehind(r.Frame, at, length)
		}
		if part.Kind == resp.Bulk && (c.where != checkSecond || i%2 == 1) {
			if class := checkValue(part.Text, key); class != "" {
				return class
			}
		}
	}
	return ""
}

// bulkBehind is where the argument behind another, of a frame that we made,
// has its text.
func bulkBehind(frame []byte, at, length int) (nextAt, nextLength int) {
	at += length + len("\r\n$")
	for ; at < len(frame) && frame[at] != '\r'; at++ {
		nextLength = nextLength*10 + int(frame[at]-'0')
	}
	return at + len("\r\n"), nextLength
}

// checkValue says whether a value is one of a key's. Values that are too short
// for a stamp pass; those of a counter are.
func checkValue(value, key []byte) string {
	if len(value) < request.StampBytes {
		return ""
	}
	if _, _, ok := request.ReadStamp(value, key); !ok {
		return request.ClassForeign
	}
	return ""
}

// checkExec checks EXEC's answer: an array of as many answers as commands were
// queued, none of them an error.
func checkExec(r *request.Request, raw []byte, checks []check) string {
	elements := resp.ElementsOf(raw)
	first, ok := elements.Next()
	if !ok || first.Kind != resp.Array || first.Len != len(checks) {
		return request.ClassUnexpected
	}
	for i := range checks {
		part, ok := elements.Next()
		switch {
		case !ok:
			return request.ClassUnexpected
		case part.IsError():
			return "EXEC:" + firstWord(part.Text)
		case len(checks[i].expect) > 0 && part.Kind != resp.Null && !checks[i].expects(part.Text):
			return request.ClassUnexpected
		}
		for skip := part.Len; skip > 0; skip-- { // what is in it
			inner, ok := elements.Next()
			if !ok {
				return request.ClassUnexpected
			}
			skip += inner.Len
		}
	}
	return ""
}

// innerWords is the first words of errors that EXEC's answer is known to hold.
// Others are called by the first of them: a class must not borrow the answer.
var innerWords = []string{"ERR", "WRONGTYPE", "OOM", "MOVED", "NOSCRIPT", "READONLY", "NOAUTH", "NOPERM"}

func firstWord(text []byte) string {
	for _, word := range innerWords {
		if bytes.HasPrefix(text, []byte(word)) {
			return word
		}
	}
	return innerWords[0]
}
