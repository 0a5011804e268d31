package driver

import (
	"testing"
	"time"

	"slotbench/results"
)

func TestParsePressure(t *testing.T) {
	for text, want := range map[string]int64{
		"some avg10=1.53 avg60=0.87 avg300=0.73 total=2157453\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n": 2157453,
		"full avg10=0.00 total=7\n": -1,
		"some avg10=1.53\n":         -1,
		"some total=12x\n":          -1,
		"":                          -1,
	} {
		if got := parsePressure(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func TestParseCPUTicks(t *testing.T) {
	for line, want := range map[string][2]int64{
		"cpu  100 2 30 4000 5 6 7 8 99 1": {100 + 2 + 30 + 4000 + 5 + 6 + 7 + 8, 8},
		"cpu 1 1 1 1 1 1 1 1":             {8, 1},
		"cpu 1 1 1 1 1 1 1":               {-1, -1},
		"cpu0 1 1 1 1 1 1 1 1":            {-1, -1},
		"cpu 1 1 x 1 1 1 1 1":             {-1, -1},
		"":                                {-1, -1},
	} {
		if total, steal := parseCPUTicks(line); total != want[0] || steal != want[1] {
			t.Errorf("%q: %d, %d, want %v", line, total, steal, want)
		}
	}
}

func TestParseCPUModel(t *testing.T) {
	const text = "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC 7B13\nmodel name\t: another\n"
	if got := parseCPUModel(text); got != "AMD EPYC 7B13" {
		t.Errorf("%q", got)
	}
	if got := parseCPUModel("model: 1\n"); got != "" {
		t.Errorf("%q", got)
	}
}

func FuzzParsers(f *testing.F) {
	f.Add("some avg10=1.53 total=2157453\n")
	f.Add("cpu  100 2 30 4000 5 6 7 8 99 1")
	f.Add("model name : x")
	f.Add("32768 60999")
	f.Fuzz(func(t *testing.T, text string) {
		if got := parsePressure(text); got < -1 {
			t.Errorf("pressure %d", got)
		}
		if total, steal := parseCPUTicks(text); (total < 0) != (steal < 0) || steal > total {
			t.Errorf("ticks %d, %d", total, steal)
		}
		if got := localPorts(text); got < 0 {
			t.Errorf("ports %d", got)
		}
		parseCPUModel(text)
	})
}

func TestLocalPorts(t *testing.T) {
	for text, want := range map[string]int{"32768\t60999": 28232, "5 5": 1, "9 5": 0, "": 0, "a b": 0} {
		if got := localPorts(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func TestFillUsage(t *testing.T) {
	at := time.Now()
	before := hostUsage{at: at, totalTicks: 1000, stealTicks: 10, stalledMicro: 1_000_000, selfCPU: time.Second}
	after := hostUsage{at: at.Add(10 * time.Second), totalTicks: 2000, stealTicks: 60, stalledMicro: 3_500_000, selfCPU: 3 * time.Second}
	before.gcPauses.NumGC, after.gcPauses.NumGC = 4, 6
	after.gcPauses.Pause = []time.Duration{50 * time.Microsecond, 120 * time.Microsecond, time.Second}
	rec := &results.Record{Totals: results.Totals{Requests: 100_000}}
	fillUsage(rec, before, after)
	if rec.Environment.StealShare != 0.05 || rec.Environment.PressureShare != 0.25 {
		t.Errorf("steal %g, pressure %g", rec.Environment.StealShare, rec.Environment.PressureShare)
	}
	if c := rec.Client; c.CPUSeconds != 2 || c.RequestsPerCPUSecond != 50_000 || c.GCCycles != 2 || c.GCPauseMaxUS != 120 {
		t.Errorf("%+v", c)
	}
}

func TestThisMachine(t *testing.T) {
	env := environment("0,1")
	if env.OS == "" || env.CPUs < 1 || env.MemoryBytes == 0 || env.Kernel == "" || env.Tool == "" {
		t.Errorf("%+v", env)
	}
	if usage := readHostUsage(); usage.selfCPU <= 0 {
		t.Errorf("%+v", usage)
	}
}
