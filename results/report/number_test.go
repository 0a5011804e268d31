package report

import (
	"math"
	"testing"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{significant(20008.1, 4), "20,010"},
		{significant(1234567, 4), "1,235,000"},
		{significant(9.996, 3), "10.0"},
		{significant(0.012345, 3), "0.0123"},
		{significant(0, 3), "0"},
		{significant(-1234.5, 4), "-1,234"},
		{significant(math.NaN(), 3), none},
		{significant(math.Inf(1), 3), none},
		{count(0), "0"},
		{count(999), "999"},
		{count(-1234567), "-1,234,567"},
		{counted(1, "key"), "1 key"},
		{counted(1401, "key"), "1,401 keys"},
		{micros(0), "0"},
		{micros(0.131), "131 ns"},
		{micros(188.94), "189 µs"},
		{micros(999.4), "999 µs"},
		{micros(999.6), "1.00 ms"},
		{micros(908_123), "908 ms"},
		{micros(12_345_678), "12.3 s"},
		{micros(3_600e6), "3,600 s"},
		{millis(3.12), "3.12 ms"},
		{seconds(10.002), "10.0 s"},
		{size(312_400), "312 kB"},
		{size(61_200_000), "61.2 MB"},
		{size(0), "0 B"},
		{rate(40_074.2), "40,070/s"},
		{rate(12.3456), "12.35/s"},
		{percent(0.3299), "33.0 %"},
		{percent(0.00048), "0.05 %"},
		{ratio(0), none},
		{ratio(1.03112), "1.031"},
		{ratio(12.3456), "12.35"},
		{optional(nil, micros), none},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		line  string
		width int
		want  []string
	}{
		{"a bc d", 0, []string{"a bc d"}},
		{"a bc d", 6, []string{"a bc d"}},
		{"a bc d", 4, []string{"a bc", "d"}},
		{"µµ µµ", 3, []string{"µµ", "µµ"}},
		{"toolong x", 3, []string{"toolong", "x"}},
		{"", 3, []string{""}},
	} {
		got := wrap(c.line, c.width)
		if len(got) != len(c.want) {
			t.Errorf("%q at %d: %q", c.line, c.width, got)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%q at %d: %q", c.line, c.width, got)
			}
		}
	}
}
