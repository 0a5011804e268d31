package keyset

import (
	"context"
	"strings"
	"testing"
)

// Of two snapshots keys and bytes are the later's, operations the difference,
// whatever form and however many servers they come in.
func TestSince(t *testing.T) {
	const first = "5\nkey_count\n3\ntotal_reads\n100\ntotal_writes\n10\nmemory_bytes\n50\n9\nkey_count\n1\ntotal_reads\n7\ntotal_writes\n0\n"
	for _, test := range []struct {
		before, now []string
		ops5, ops9  uint64
		resets      int
	}{
		{[]string{first}, []string{`[[5,{"key-count":4,"total_reads":150,"total_writes":11}],[9,{"key-count":1,"total_reads":7}]]`}, 51, 0, 0},
		{[]string{first}, []string{first}, 0, 0, 0},
		{[]string{first, first}, []string{first, first}, 0, 0, 0},
		{[]string{first}, []string{`[[5,{"key-count":4,"total_reads":150,"total_writes":30}]]`, `[[9,{"key-count":1,"total_reads":8}],[5,{"key-count":0,"total_reads":6}]]`}, 76, 1, 0},
		{[]string{first}, []string{`[[5,{"key-count":4,"total_reads":20,"total_writes":30}],[9,{"key-count":1,"total_reads":9}]]`}, 20, 2, 1}, // restarted
		{[]string{first}, []string{"5\nkey_count\n3\n"}, 0, 0, 2},
	} {
		o := Options{}
		for _, text := range test.before {
			o.Since = append(o.Since, writeFile(t, "before", text))
		}
		var inputs []string
		for _, text := range test.now {
			inputs = append(inputs, writeFile(t, "now", text))
		}
		s, err := Read(context.Background(), inputs, o)
		if err != nil || s.Bins.Ops[5] != test.ops5 || s.Bins.Ops[9] != test.ops9 || s.ResetSlots != test.resets {
			t.Errorf("%q since %q: %d and %d operations, %d slots reset, %v", test.now, test.before, s.Bins.Ops[5], s.Bins.Ops[9], s.ResetSlots, err)
		}
		if s.Bins.Bytes[5] > 100 || s.Keys == 0 {
			t.Errorf("%q: %d keys, %d bytes", test.now, s.Keys, s.Bins.Bytes[5])
		}
	}
	keys := writeFile(t, "keys", "a\nb\n")
	for _, test := range []struct {
		before, now, want string
	}{
		{keys, writeFile(t, "now", first), "lines: an earlier snapshot can only be"},
		{writeFile(t, "before", first), keys, "no slot statistics to compare"},
		{writeFile(t, "before", first[:40]), keys, "the snapshot before"},
	} {
		if _, err := Read(context.Background(), []string{test.now}, Options{Since: []string{test.before}}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s since %s: %v, want %q", test.now, test.before, err, test.want)
		}
	}
}
