package main

import (
	"bytes"
	"strings"
	"testing"

	"slotbench/workloads"
)

// The workload of a row is one, and its keys are where it says.
func TestMigrateWorkload(t *testing.T) {
	o := &migrateOptions{valueBytes: 100}
	for _, keys := range []int64{1, 100, 100_000} {
		spec, err := workloads.Parse("migrate.yaml", []byte(o.workloadText(keys)))
		if err != nil {
			t.Fatal(err)
		}
		w, err := spec.Compile(workloads.Options{Seed: 1, Streams: 1})
		if err != nil {
			t.Fatal(err)
		}
		inSlot := int64(0)
		for i := range w.Keys() {
			if strings.HasPrefix(string(w.Key(i)), "migrate:") {
				inSlot++
			}
		}
		if inSlot != keys || len(spec.Events) != 1 {
			t.Errorf("%d keys in the slot, want %d", inSlot, keys)
		}
	}
}

func TestNewCommandsRefuse(t *testing.T) {
	for args, want := range map[string]string{
		"migrate --sizes 0":                                   "--sizes",
		"migrate --sizes 5x":                                  "--sizes",
		"migrate --bytes 9tb":                                 "--bytes",
		"migrate --bytes 100gb":                               "--bytes",
		"migrate --nodes 1":                                   "another node",
		"migrate --target mysql":                              "want reference",
		"migrate --format html":                               "--format",
		"capacity --slo p99>1ms":                              "--slo",
		"capacity --during failover":                          "--during",
		"capacity --rate 5":                                   "decides that by itself",
		"capacity --migrate 5":                                "--during migrate",
		"capacity --resolution 2":                             "resolution 2",
		"capacity --searches 0":                               "0 searches",
		"calibrate --target local:redis":                      "responders of its own",
		"calibrate --driver go-redis":                         "only the wire driver",
		"run --event x":                                       "want at=WHEN",
		"run --calibration /nowhere":                          "no such file",
		"run --event at=1s,kill":                              "want at=WHEN",
		"run --migrate 0 --strategy atomic":                   "nothing migrates",
		"run --nodes 3 --event at=90s\u00a0stop":              "want at=WHEN",
		"capacity --during migrate --migrate 0 --slo p99<1ms": "1 or more slots",
	} {
		var stdout, stderr bytes.Buffer
		if code := execute(strings.Split(args, " "), &stdout, &stderr); code != exitUsage || !strings.Contains(stderr.String(), want) {
			t.Errorf("%s: exit %d, %q, want %q", args, code, stderr.String(), want)
		}
	}
}

func TestParseScaled(t *testing.T) {
	units := map[string]int64{"k": 1000, "mb": 1_000_000}
	for text, want := range map[string]int64{"1": 1, "5K": 5000, " 2mb ": 2_000_000, "": 0, "k": 0, "-1": 0, "0": 0, "1.5k": 0, "9g": 0, "9999999999999999mb": 0} {
		if got, err := parseScaled(text, units); got != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
}
