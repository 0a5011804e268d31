package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"slotbench/internal/request"
	"slotbench/internal/slot"
	"slotbench/results"
	"slotbench/results/compare"
)

// measured is a record as a recorder makes it: histograms, intervals, slots.
func measured() *results.Record {
	rec := full()
	r := results.NewRecorder(results.RecorderOptions{Ops: []string{"GET", "SET"}, Nodes: 3, Interval: 100e6})
	random := rand.New(rand.NewPCG(1, 2))
	const requests, every = 30_000, 100_000
	for i := range int64(requests) {
		due, s := i*every, slot.Slot(min(slot.DefaultCount-1, slot.Count(random.ExpFloat64()*2000)))
		r.Record(0, &request.Request{
			Op: request.Op(i % 2), Slot: s, Frame: make([]byte, 40), Due: due,
			Outcome: request.Outcome{Ready: due + 5000, Written: due + 9000, Done: due + int64(150e3*math.Exp(random.NormFloat64()/2)), Node: int16(s) / 5462, BytesIn: 20},
		})
	}
	got := r.Result(request.Tally{End: requests * every}, 1e9/every)
	redirects := rec.Totals.Redirects
	rec.Totals, rec.Operations, rec.Intervals, rec.BySlot = got.Totals, got.Operations, got.Intervals, got.BySlot
	rec.Totals.Redirects = redirects
	rec.Skew.Slots, rec.Skew.SlotsUsed, rec.Skew.HottestSlot = got.Slots, got.SlotsUsed, got.HottestSlots
	for i := range rec.Nodes {
		rec.Nodes[i].Service, rec.Nodes[i].ServiceHDR = got.Nodes[i].Service, got.Nodes[i].ServiceHDR
		rec.Nodes[i].Response, rec.Nodes[i].ResponseHDR = got.Nodes[i].Response, got.Nodes[i].ResponseHDR
	}
	rec.Nodes[0].RangesStart, rec.Nodes[0].Ranges = []results.SlotRange{{0, 5460}}, []results.SlotRange{{0, 5360}}
	rec.Nodes[1].RangesStart, rec.Nodes[1].Ranges = []results.SlotRange{{5461, 10922}}, []results.SlotRange{{5361, 10922}}
	rec.Nodes[2].RangesStart, rec.Nodes[2].Ranges = []results.SlotRange{{10923, 16383}}, []results.SlotRange{{10923, 16383}}
	rec.Events = []results.Event{{AtSeconds: 1.5, Seconds: 0.4, Name: "migration", Detail: "100 slots"}}
	rec.Config.Workload = map[string]any{"name": "mixed"}
	rec.Certificate, rec.Calibration = certified(), calibrated()
	return rec
}

func pageOf(t *testing.T, records ...*results.Record) string {
	t.Helper()
	var out bytes.Buffer
	if err := HTML(&out, records, nil); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

var outside = regexp.MustCompile(`(?i)(src|href|action)\s*=\s*"?([^#"\s][^"\s>]*)|url\(|@import|https?://`)

// The page refers to nothing but itself.
func TestPageAsksForNothing(t *testing.T) {
	for _, page := range []string{pageOf(t, measured()), pageOf(t, measured(), full(), interrupted()), pageOf(t, nothing())} {
		page = strings.ReplaceAll(page, `xmlns="http://www.w3.org/2000/svg"`, "")
		page = strings.ReplaceAll(page, `const svgns = "http://www.w3.org/2000/svg"`, "")
		page = strings.ReplaceAll(page, `href="data:,"`, "")
		if found := outside.FindString(page); found != "" {
			t.Errorf("the page refers to %s", found)
		}
	}
}

// What comes from files and servers stays text.
func TestPageIsNotSpoilt(t *testing.T) {
	const bad = `</script></title><img src=x onerror=alert(1)>"'&`
	rec := measured()
	rec.Name, rec.Target.Version, rec.Verdict.Reasons = bad, bad, []string{bad}
	rec.Partial, rec.Command, rec.Config.Target = bad, []string{bad}, bad
	rec.Operations[0].Name, rec.Nodes[0].Addr, rec.Events[0].Detail = bad, bad, bad
	rec.Skew.HottestTags[0].Tag, rec.Checks[0].Text = bad, bad
	rec.Config.Workload = map[string]any{bad: bad}
	rec.Target.Settings = map[string]string{bad: bad}
	page := pageOf(t, rec, rec)
	if strings.Contains(page, "<img") || strings.Count(page, "</script>") != strings.Count(page, "<script") {
		t.Error("a name became part of the page")
	}
	files, err := Files(rec, bad)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name, ".svg") && bytes.Contains(f.Content, []byte("<img")) {
			t.Errorf("a name became part of %s", f.Name)
		}
	}
}

func TestPageHoldsWhatIsThere(t *testing.T) {
	page := pageOf(t, measured())
	for _, want := range []string{
		"<strong>VALID</strong>", "Latency by percentile", "Throughput over time", "Response time over time", "Response time by operation",
		"Service time by node", "migration: 100 slots, from 1.50 s for 400 ms", `data-layer="4"`, "Configuration and environment", "Migration", "Skew",
		`"moved":[[5361,5460]]`, "half of the probe",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s", want)
		}
	}
	for _, data := range regexp.MustCompile(`(?s)<script type="application/json">(.*?)</script>`).FindAllStringSubmatch(page, -1) {
		if !json.Valid([]byte(data[1])) {
			t.Errorf("no JSON: %.200s", data[1])
		}
	}
	several := pageOf(t, measured(), interrupted())
	if !strings.Contains(several, "1: mixed on slotbench reference 0.1") || !strings.Contains(several, "2: mixed") || !strings.Contains(several, "Beside each other") {
		t.Error("two runs do not stand beside each other")
	}
	if err := HTML(io.Discard, nil, nil); err == nil {
		t.Error("a page of nothing")
	}
}

func TestFiles(t *testing.T) {
	files, err := Files(measured(), "run.json")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
		if strings.HasSuffix(f.Name, ".svg") {
			wellFormed(t, f)
		}
	}
	want := []string{"report.html", "latency.svg", "throughput.svg", "quantiles.svg", "operations.svg", "nodes-response.svg", "nodes.svg", "certificate.svg", "mean.svg", "calibration.svg", "slots.svg", "report.md",
		"report.csv", "memtier.json", "redis-benchmark.csv", "response.hgrm", "service.hgrm", "response.hlog"}
	if !slices.Equal(names, want) {
		t.Errorf("files %q", names)
	}
	markdown := string(files[slices.Index(names, FileMarkdown)].Content)
	for _, name := range names {
		if strings.HasSuffix(name, ".svg") && !strings.Contains(markdown, "]("+name+")") {
			t.Errorf("the Markdown does not show %s", name)
		}
	}
	if files, err := Files(nothing(), ""); err != nil || len(files) < 3 {
		t.Errorf("of nothing: %d files, %v", len(files), err)
	}
}

func wellFormed(t *testing.T, f File) {
	t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(f.Content))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Errorf("%s: %v", f.Name, err)
			return
		}
	}
}

func TestExchangeFormats(t *testing.T) {
	rec := measured()
	written := func(format string) *bytes.Buffer {
		var out bytes.Buffer
		if err := Write(&out, format, rec, Options{}); err != nil {
			t.Fatal(err)
		}
		return &out
	}
	rows, err := csv.NewReader(written(FormatRedis)).ReadAll()
	if err != nil || len(rows) != 3 || rows[0][4] != "p50_latency_ms" || rows[1][0] != "GET" {
		t.Errorf("redis-benchmark: %v %q", err, rows)
	}
	hgrm := written(FormatHGRM).String()
	if !strings.Contains(hgrm, "Percentile") || !strings.Contains(hgrm, "#[Mean") || !strings.Contains(hgrm, "inf") {
		t.Errorf("percentile text %s", hgrm)
	}
	reader := hdrhistogram.NewHistogramLogReader(written(FormatHDRLog))
	var all int64
	for i := 0; ; i++ {
		h, err := reader.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			break
		}
		all += h.TotalCount()
		if want := int64(math.Round(rec.Intervals[i].AtSeconds * 1e3)); h.StartTimeMs()-begun(rec).UnixMilli()/1000*1000 != want && h.StartTimeMs() != want {
			t.Errorf("interval %d begins at %d ms, want %d", i, h.StartTimeMs(), want)
		}
	}
	if all != rec.Totals.Response.Count {
		t.Errorf("the log holds %d of %d", all, rec.Totals.Response.Count)
	}
}

// A damaged record gives a poorer report, never a panic.
func FuzzFiles(f *testing.F) {
	small := measured() // what is fuzzed must be short
	small.Skew.Slots, small.BySlot = small.Skew.Slots[:16], &results.BySlot{Keys: []int64{1, 0, 5}, P99US: []float64{1, 2.5}}
	small.Intervals = small.Intervals[:3]
	for _, rec := range []*results.Record{small, nothing()} {
		text, err := results.Marshal(rec)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"schema":1,"skew":{"slots":[1,-2]},"by_slot":{"keys":[1]},"nodes":[{"slot_ranges":[[5,-3],[-9,99999999]]},{}],"intervals":[{"seconds":-1},{"at_seconds":1e300}]}`))
	f.Fuzz(func(_ *testing.T, text []byte) {
		rec, err := results.Unmarshal(text)
		if err != nil {
			return
		}
		_, _ = Files(rec, "run.json")
		_ = HTML(io.Discard, []*results.Record{rec, rec}, nil)
	})
}

// A comparison as a page: what the table says, its intervals as pictures, and
// the sides' latencies.
func TestComparisonPage(t *testing.T) {
	base := measured()
	var sides []compare.Side
	for i, name := range []string{"before", "after <b>"} {
		side := compare.Side{Name: name}
		for run := range 6 {
			rec := *base
			rec.Started = base.Started.Add(time.Duration(10*i+run) * time.Minute)
			rec.Totals.OpsPerSec *= 1 + float64(i)/4 + float64(run)/100
			rec.Totals.Response.P99 *= 1 - float64(i)/4 + float64(run)/100
			side.Runs = append(side.Runs, compare.Run{Path: fmt.Sprint(name, run), Record: &rec})
		}
		sides = append(sides, side)
	}
	c, err := compare.Compare(sides, compare.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := ComparisonHTML(&out, c, sides, Options{}); err != nil {
		t.Fatal(err)
	}
	page := out.String()
	for _, want := range []string{"after &lt;b&gt; vs before", `class="span l1"`, "Response time of the sides", "throughput"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(page, "<b>") {
		t.Error("a name became part of the page")
	}
	if err := Comparison(io.Discard, FormatHTML, c, Options{}); err != nil {
		t.Error(err)
	}
}
