package keyset

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// commandsOf are commands as an append-only file has them.
func commandsOf(lines ...string) string {
	var b strings.Builder
	for _, line := range lines {
		words := strings.Fields(line)
		fmt.Fprintf(&b, "*%d\r\n", len(words))
		for _, word := range words {
			fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(word), word)
		}
	}
	return b.String()
}

func TestFlushedDatabases(t *testing.T) {
	for _, test := range []struct {
		commands string
		keys     uint64
	}{
		{"select 0,set a 1,set b 1,select 5,set a 1,flushdb,set c 1", 3},
		{"select 0,set a 1,set b 1,select 5,set a 1,select 0,flushdb", 1},
		{"select 0,set a 1,select 5,set a 1,flushall,set c 1", 1},
		{"select 5,set a 1,move a 7,flushdb", 1},
		{"select 300,set a 1,select 2,set a 1,select 300,flushdb", 1},
	} {
		data := commandsOf(strings.Split(test.commands, ",")...)
		s, err := Read(context.Background(), []string{"-"}, Options{Format: AOF, Stdin: strings.NewReader(data)})
		if err != nil || s.Keys != test.keys {
			t.Errorf("%s: %d keys, error %v, want %d", test.commands, s.Keys, err, test.keys)
		}
	}
}
