package report

import (
	"bytes"
	"strings"
	"testing"

	"slotbench/results"
)

// TestDeliveries shows subscribers who lost messages, and a group that is
// behind on a server that does not tell its lag.
func TestDeliveries(t *testing.T) {
	lost := int64(12)
	rec := full()
	rec.Deliveries = []results.Delivery{
		{
			Name: "SSUBSCRIBE", Command: "SSUBSCRIBE", Receivers: 1000, Published: 500, Expected: 5000, Delivered: 4988, Lost: &lost, PerSec: 498.8,
			Response: results.Latency{Count: 4988, P50: 250, P99: 2500}, Delay: results.Latency{Count: 4988, P50: 120, P99: 1200}, Reconnects: 1, Moved: 30,
		},
		{Name: "XREADGROUP g", Command: "XREADGROUP", Receivers: 3, Published: 40, Expected: 40, Delivered: 0, Group: &results.GroupDelivery{Group: "g", LagMax: 40}},
	}
	for _, format := range []string{FormatTable, FormatMarkdown} {
		var out bytes.Buffer
		if err := Write(&out, format, rec, Options{}); err != nil {
			t.Fatal(err)
		}
		got := strings.Join(strings.FieldsFunc(out.String(), func(r rune) bool { return strings.ContainsRune(" |\n", r) }), " ")
		for _, want := range []string{
			"SSUBSCRIBE 1,000 500 4,988 12 498.8/s 250 µs 2.50 ms 120 µs 1.20 ms",
			"XREADGROUP g 3 40 0 – ",
			"SSUBSCRIBE: 1 reconnection, 30 channels followed to another node, 0 errors",
			"XREADGROUP g: 0 entries acknowledged; at most 40 were waiting at once, an unknown number at the end",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is not in\n%s", format, want, out.String())
			}
		}
	}
	rec.Deliveries = nil
	var out bytes.Buffer
	if err := Write(&out, FormatTable, rec, Options{}); err != nil || strings.Contains(out.String(), "Deliveries") {
		t.Errorf("without receivers there is a section of them: %v", err)
	}
}
