package results

import (
	"strings"
	"testing"
)

const goodCalibration = `{"schema":1,"ceiling_per_sec":1000,"floors":[{"rate_per_sec":10,"p99_us":5}]}`

func TestParseCalibration(t *testing.T) {
	if c, err := ParseCalibration([]byte(goodCalibration)); err != nil || c.CeilingPerSec != 1000 || len(c.Floors) != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	for text, want := range map[string]string{
		"":  "unexpected end",
		"5": "cannot unmarshal",
		strings.Replace(goodCalibration, `"schema":1`, `"schema":9`, 1): "schema 9",
		strings.Replace(goodCalibration, "1000", "0", 1):                "not above 0",
		strings.Replace(goodCalibration, ":10,", ":-1,", 1):             "floors[0]",
	} {
		if _, err := ParseCalibration([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func FuzzParseCalibration(f *testing.F) {
	f.Add([]byte(goodCalibration))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := ParseCalibration(text)
		if err == nil && !(c.CeilingPerSec > 0) {
			t.Errorf("%q: %+v", text, c)
		}
	})
}
