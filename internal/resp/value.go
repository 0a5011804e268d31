package resp

import (
	"fmt"
	"strconv"
)

// Value is a reply as a tree that shares nothing with any buffer: for set-up,
// steering and tests, where ease matters more than speed.
type Value struct {
	Kind  Kind
	Text  string  // of everything but aggregates; a verbatim string's "txt:" is cut off
	Elems []Value // of aggregates; a map's are key, value, key, value …
}

// Decode reads one whole reply, such as Reply.Raw. Attributes are left out.
func Decode(raw []byte) (Value, error) {
	v, at, err := decode(raw, 0, 0)
	if err == nil && at != len(raw) {
		err = protocolErrorf("%d bytes behind a reply", len(raw)-at)
	}
	return v, err
}

func decode(raw []byte, at, depth int) (Value, int, error) {
	if depth > MaxDepth {
		return Value{}, 0, protocolErrorf("a reply is nested deeper than %d", MaxDepth)
	}
	head, more, next, err := element(raw, at)
	if err != nil {
		return Value{}, 0, err
	}
	if next == 0 || next > len(raw) {
		return Value{}, 0, protocolErrorf("a reply ends early")
	}
	v := Value{Kind: head.Kind, Text: string(head.Text)}
	if v.Kind == Verbatim && len(v.Text) >= 4 {
		v.Text = v.Text[4:]
	}
	for range more {
		elem, after, err := decode(raw, next, depth+1)
		if err != nil {
			return Value{}, 0, err
		}
		v.Elems, next = append(v.Elems, elem), after
	}
	if v.Kind == Attribute {
		return decode(raw, next, depth+1)
	}
	return v, next, nil
}

// Int is the value as an integer, where it is one or reads as one.
func (v Value) Int() (int64, bool) {
	n, err := strconv.ParseInt(v.Text, 10, 64)
	return n, err == nil
}

// Field is the value of a key in a map, or in an array of alternating keys
// and values as RESP2 has it.
func (v Value) Field(name string) (Value, bool) {
	for i := 0; i+1 < len(v.Elems); i += 2 {
		if v.Elems[i].Text == name {
			return v.Elems[i+1], true
		}
	}
	return Value{}, false
}

// Err is the reply as an error, nil if it is not one.
func (v Value) Err() error {
	if v.Kind == Error || v.Kind == BulkError {
		return fmt.Errorf("%s", v.Text)
	}
	return nil
}
