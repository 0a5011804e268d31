package report

import (
	"strings"
	"testing"

	"slotbench/results"
)

// A run that ended before its rate was known tells of none.
func TestLoadWithoutARate(t *testing.T) {
	rec := &results.Record{Config: results.Config{Arrival: "poisson", RateFrom: "half of the probe", Connections: 5, Pipeline: 1}}
	if got := loadText(rec); !strings.HasPrefix(got, "poisson arrivals at a rate that was not settled (half of the probe), 5 connections") {
		t.Error(got)
	}
	rec.Config.RatePerSec = 20
	if got := loadText(rec); !strings.HasPrefix(got, "poisson arrivals at 20.00/s") {
		t.Error(got)
	}
}
