package report

import (
	"math"
	"slices"
	"strings"
	"testing"

	"slotbench/results"
)

// certified is a certificate in which the sent sizes are not those asked for.
func certified() *results.Certificate {
	ranks := &results.CertifiedSpread{UpTo: []int64{1, 2, 3, 100}, Asked: []float64{0.4, 0.2, 0.1, 0.3}, Sent: []float64{0.41, 0.2, 0, 0.39}, Samples: 900}
	sizes := &results.CertifiedSpread{UpTo: []int64{16, 64, 1024}, Asked: []float64{0.5, 0.25, 0.25}, Sent: []float64{0.25, 0.25, 0.5}, Samples: 90}
	return &results.Certificate{OneIn: 32, Samples: 900, Families: []results.CertifiedFamily{
		{Name: "user", Samples: 900, Exponent: &results.CertifiedExponent{Asked: 0.99, Sent: 0.98, Margin: 0.02}, Ranks: ranks, ValueSizes: sizes,
			KeySizes: &results.CertifiedSpread{UpTo: []int64{12}, Asked: []float64{1}, Sent: []float64{1}, Samples: 900},
			TagSizes: &results.CertifiedSpread{UpTo: []int64{1, 9}, Asked: []float64{}, Sent: []float64{0.5, 0.5}, Samples: 900}},
	}}
}

func calibrated() *results.Calibration {
	return &results.Calibration{CeilingPerSec: 90_000, FloorRate: 10_000, FloorP50US: 60, FloorP99US: 90, HarnessShare: point(0.2), Headroom: 9,
		FloorServiceMeanUS: point(55.0), Floors: []results.CalibrationFloor{{RatePerSec: 1000, P50US: 50, P99US: 80}, {RatePerSec: 50_000, P50US: 70, P99US: 200}}}
}

// The certificate's figures say how far asked and sent are apart; what cannot
// be drawn is left out.
func TestCertificatePlates(t *testing.T) {
	rec := measured()
	p := spreadPlate(rec)
	var rows []string
	for _, row := range p.table.rows {
		rows = append(rows, strings.Join(row, "|"))
	}
	want := []string{
		"user|popularity, rank|2|2|100|100|100|100|9.0 %|4.5 %|900",
		"user|value bytes|16|64|1,024|1,024|1,024|1,024|25.0 %|14.3 %|90",
		"user|keys of the tag|–|1|–|9|–|9|–|4.5 %|900",
	}
	if !slices.Equal(rows, want) {
		t.Errorf("table %q", rows)
	}
	rec.Certificate.Families[0].Ranks.Sent = nil // a damaged record
	if p := spreadPlate(rec); len(p.table.rows) != 2 {
		t.Errorf("%d rows of a damaged certificate", len(p.table.rows))
	}
	rec.Certificate = nil
	if spreadPlate(rec) != nil {
		t.Error("a figure of no certificate")
	}
}

// The parts of the mean add up to it, and are not shown where they don't.
func TestMeanParts(t *testing.T) {
	rec := measured()
	rec.Pacing.Error.Mean, rec.Pacing.Wait.Mean = 5, 4
	sum := 0.0
	parts := meanParts(rec)
	for _, p := range parts {
		sum += p.us
	}
	if len(parts) != 4 || math.Abs(sum/rec.Totals.Response.Mean-1) > 0.01 || parts[2].us != 55 {
		t.Errorf("%v of %g", parts, rec.Totals.Response.Mean)
	}
	rec.Pacing.Wait.Mean *= 10
	if parts := meanParts(rec); parts != nil {
		t.Errorf("%v do not add up", parts)
	}
}

func TestTickPower(t *testing.T) {
	for v, want := range map[float64]string{1: "1", 10: "10¹", 0.001: "10⁻³", 2e-5: "2·10⁻⁵", 0: "0"} {
		if got := tickPower(v); got != want {
			t.Errorf("%g: %s, want %s", v, got, want)
		}
	}
}
