package compare

import (
	"bytes"
	"strings"
	"testing"

	"slotbench/results"
)

func metricOf(t *testing.T, name string, rec *results.Record) (float64, bool) {
	t.Helper()
	m, err := MetricNamed(name)
	if err != nil {
		t.Fatal(err)
	}
	return m.Value(rec)
}

func TestDeliveriesAreCompared(t *testing.T) {
	rec := &results.Record{}
	for _, name := range []string{"delivery.p99", "delivery.p999", "lost"} {
		if _, ok := metricOf(t, name, rec); ok {
			t.Errorf("%s of a run without receivers", name)
		}
	}
	one, none := int64(1), int64(0)
	rec.Deliveries = []results.Delivery{
		{Expected: 60, Lost: &one, Response: results.Latency{Count: 59, P99: 300}},
		{Expected: 40, Lost: &none, Response: results.Latency{Count: 40, P99: 500}},
		{Lost: &none}, // nobody published to it
	}
	if p99, ok := metricOf(t, "delivery.p99", rec); !ok || p99 != 500 {
		t.Errorf("p99 %v, %v", p99, ok)
	}
	if lost, ok := metricOf(t, "lost", rec); !ok || lost != 0.01 {
		t.Errorf("lost %v, %v", lost, ok)
	}
	rec.Deliveries[1].Lost = nil
	if lost, ok := metricOf(t, "lost", rec); ok {
		t.Errorf("lost %v of a group that cannot tell", lost)
	}
}

func TestBenchstatLeavesOutAThroughputThatIsNotClaimed(t *testing.T) {
	sides := []Side{side("a", 1, 1), side("b", 1, 1)}
	sides[1].Runs[0].Record.Verdict.NoClaim = "half of it\nfailed"
	var out bytes.Buffer
	if err := comparison(t, sides...).Benchstat(&out); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "/Throughput "); n != 1 {
		t.Errorf("%d throughputs in\n%s", n, out.String())
	}
	if !strings.Contains(out.String(), ": no throughput, half of it failed\n") {
		t.Errorf("no reason in\n%s", out.String())
	}
}

func TestANodeThatTookOverIsNoOtherTarget(t *testing.T) {
	sides := []Side{side("a", 1, 1), side("b", 1, 1)}
	for i := range sides {
		sides[i].Runs[0].Record.Nodes = make([]results.Node, 3)
	}
	joined := &sides[1].Runs[0].Record.Nodes
	*joined = append(*joined, results.Node{Joined: true})
	c := comparison(t, sides...)
	if !strings.Contains(c.Sides[1].Product, "3 nodes") {
		t.Error(c.Sides[1].Product)
	}
	for _, d := range c.Differs {
		if strings.HasPrefix(d, "nodes:") {
			t.Error(d)
		}
	}
}
