package command_test

import (
	"slices"
	"strings"
	"testing"

	"slotbench/internal/peer"
	"slotbench/internal/resp"
)

// oracleSorted is oracle for replies in no order: those of a line behind "&"
// are sorted before they are compared; those behind "&2" in pairs, as of
// HGETALL. In the reply of a SCAN, which has a cursor before them, elements
// are sorted alike.
func oracleSorted(t *testing.T, conversation string) {
	t.Helper()
	theirs, ours := newSide(t, peer.Start(t, "--databases", "1"), false), newSide(t, startNode(t, false), false)
	for _, proto := range []string{"2", "3"} {
		theirs.conn.Value("HELLO", proto)
		ours.conn.Value("HELLO", proto)
		for line := range strings.Lines(conversation) {
			line, loose := strings.CutPrefix(strings.TrimSpace(line), "~")
			line, inPairs := strings.CutPrefix(line, "&2")
			line, sorted := strings.CutPrefix(line, "&")
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			ask := (*side).ask
			if sorted || inPairs {
				ask = func(s *side, t *testing.T, line string) string { return s.askSorted(t, line, inPairs) }
			}
			want, got := ask(theirs, t, line), ask(ours, t, line)
			if want != got && !loose {
				t.Errorf("RESP%s %s\n     Redis: %s\n slotbench: %s", proto, line, want, got)
			}
		}
	}
}

// askSorted sends a line and draws the answer with its elements sorted.
func (s *side) askSorted(t *testing.T, line string, inPairs bool) string {
	t.Helper()
	words, _ := resp.SplitWords([]byte(line), nil)
	args := make([]string, len(words))
	for i, word := range words {
		args[i] = string(word)
	}
	v, err := resp.Decode(s.conn.Do(args...))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	elems := v.Elems
	if len(elems) == 2 && elems[1].Elems != nil && elems[0].Elems == nil { // a cursor and elements
		elems = elems[1].Elems
	}
	step := 1
	if inPairs && len(elems) > 0 && elems[0].Elems == nil {
		step = 2
	}
	var parts []string
	for i := 0; i+step <= len(elems); i += step {
		part := ""
		for _, elem := range elems[i : i+step] {
			part += draw(elem) + " "
		}
		parts = append(parts, part)
	}
	if parts == nil {
		return draw(v)
	}
	slices.Sort(parts)
	return string(v.Kind) + strings.Join(parts, "")
}
