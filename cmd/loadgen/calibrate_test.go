//go:build linux

package main

import (
	"os"
	"path/filepath"
	"testing"

	"slotbench/results"
)

// A calibration measures responders that do nothing, which are asked like any
// target, and the run with the same flags says what it takes from it.
func TestCalibrate(t *testing.T) {
	t.Parallel()
	flags := []string{"--keys", "500", "--nodes", "1", "--quiet"}
	p := start(t, append([]string{"calibrate", "--trial", "50ms", "--out", "mine.json"}, flags...)...)
	if code := p.wait(); code != exitOK {
		t.Fatalf("exit %d:\n%s", code, p.stderr.String())
	}
	text, err := os.ReadFile(filepath.Join(p.dir, "mine.json"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := results.ParseCalibration(text)
	if err != nil || c.CeilingPerSec <= 0 || len(c.Floors) == 0 {
		t.Errorf("calibration %+v, %v", c, err)
	}
}
