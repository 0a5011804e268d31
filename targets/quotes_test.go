package targets

import (
	"fmt"
	"strings"
	"testing"
)

func TestQuotes(t *testing.T) {
	var q Quotes
	if len(q.All()) != 0 {
		t.Error("something was said before anybody spoke")
	}
	q.Note("ERR", "ERR first")
	q.Note("ERR", "ERR second")
	q.Note("OOM", "OOM "+strings.Repeat("x", 2*MaxQuoteBytes))
	if all := q.All(); all["ERR"] != "ERR first" || len(all["OOM"]) != MaxQuoteBytes {
		t.Errorf("%q", all)
	}
	for i := range 2 * MaxQuotes {
		q.Note(fmt.Sprint(i), "x")
	}
	if n := len(q.All()); n != MaxQuotes {
		t.Errorf("%d quotes, want %d", n, MaxQuotes)
	}
}
