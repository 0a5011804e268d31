package rebalance

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

func at(t *testing.T, text string) time.Time {
	t.Helper()
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

func window(t *testing.T, text string) Window {
	t.Helper()
	w, err := ParseWindow(text, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// In Berlin 2026 summer time begins on March 29 at 02:00, which becomes 03:00,
// and ends on October 25 at 03:00, which becomes 02:00.
func TestWindowNext(t *testing.T) {
	for _, test := range []struct{ window, from, begin, end string }{
		{"02:00-05:00", "2026-01-05T00:00:00Z", "2026-01-05T02:00:00Z", "2026-01-05T05:00:00Z"},
		{"02:00-05:00", "2026-01-05T03:00:00Z", "2026-01-05T03:00:00Z", "2026-01-05T05:00:00Z"},
		{"02:00-05:00", "2026-01-05T05:00:00Z", "2026-01-06T02:00:00Z", "2026-01-06T05:00:00Z"},
		{"Mon-Fri 02:00-05:00", "2026-01-09T05:00:00Z", "2026-01-12T02:00:00Z", "2026-01-12T05:00:00Z"},
		{"Fri-Mon 02:00-05:00", "2026-01-06T00:00:00Z", "2026-01-09T02:00:00Z", "2026-01-09T05:00:00Z"},
		{"Sat,sun 22:00-04:00", "2026-01-12T01:00:00Z", "2026-01-12T01:00:00Z", "2026-01-12T04:00:00Z"},
		{"00:00-24:00", "2026-01-05T12:00:00Z", "2026-01-05T12:00:00Z", "2026-01-06T00:00:00Z"},
		{"Mon-Fri 02:00-05:00 Europe/Berlin", "2026-07-01T03:30:00Z", "2026-07-02T00:00:00Z", "2026-07-02T03:00:00Z"},
		{"Sun 02:00-05:00 Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00Z"},
		{"Sun 02:30-05:00 Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00Z"},
		{"Sun 02:10-02:50 Europe/Berlin", "2026-03-28T12:00:00Z", "2026-04-05T00:10:00Z", "2026-04-05T00:50:00Z"},
		{"Sun 01:00-05:00 Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-24T23:00:00Z", "2026-10-25T04:00:00Z"},
		{"Sun 02:30-05:00 Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T04:00:00Z"},
		{"Sat 23:00-02:30 America/New_York", "2026-10-31T12:00:00Z", "2026-11-01T03:00:00Z", "2026-11-01T07:30:00Z"},
	} {
		span, ok := window(t, test.window).Next(at(t, test.from))
		if !ok || !span.Begin.Equal(at(t, test.begin)) || !span.End.Equal(at(t, test.end)) {
			t.Errorf("%s from %s: %s to %s, want %s to %s", test.window, test.from, span.Begin.UTC(), span.End.UTC(), test.begin, test.end)
		}
		if span.Begin.Location() != span.End.Location() {
			t.Errorf("%s from %s: begins by the clocks of %s, ends by those of %s", test.window, test.from, span.Begin.Location(), span.End.Location())
		}
	}
}

func TestWindowRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "want [DAYS]",
		"Mon":                     "want [DAYS]",
		"Mon-Fry 02:00-03:00":     `day "Fry"`,
		"2:0-3:00":                "want [DAYS]",
		"02:00":                   "want [DAYS]",
		"02:60-03:00":             "want [DAYS]",
		"25:00-03:00":             "want [DAYS]",
		"24:01-03:00":             "want [DAYS]",
		"24:00-03:00":             "begins at 24:00",
		"02:00-03:00 Mars/Crater": `time zone "Mars/Crater"`,
		"02:00-03:00 UTC x":       "want [DAYS]",
	} {
		if _, err := ParseWindow(text, time.UTC); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func FuzzWindow(f *testing.F) {
	f.Add("Mon-Fri 02:00-05:00 Europe/Berlin", int64(1_790_000_000))
	f.Add("Sat,Sun 22:00-04:00 America/St_Johns", int64(1_793_500_000))
	f.Add("23:59-00:00 Pacific/Apia", int64(1_325_200_000))
	f.Fuzz(func(t *testing.T, text string, second int64) {
		w, err := ParseWindow(text, time.UTC)
		if err != nil || second < 0 || second > 1<<33 {
			return
		}
		from := time.Unix(second, 0)
		if span, ok := w.Next(from); ok && (!span.End.After(span.Begin) || span.Begin.Before(from)) {
			t.Fatalf("%q from %s: %s to %s", text, from.UTC(), span.Begin, span.End)
		}
	})
}

func TestSchedule(t *testing.T) {
	hours := func(n int) []float64 { // slots of one hour each at 1/s
		costs := make([]float64, n)
		for i := range costs {
			costs[i] = 3600
		}
		return costs
	}
	start := at(t, "2026-01-09T03:30:00Z") // a Friday
	windows := []Window{window(t, "Mon-Fri 02:00-05:00")}
	s, err := NewSchedule(hours(5), 1, windows, start)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, span := range s.Spans {
		got = append(got, span.Begin.UTC().Format("Mon 15:04")+" "+span.End.UTC().Format("15:04"))
	}
	if strings.Join(got, ", ") != "Fri 03:30 04:30, Mon 02:00 05:00, Tue 02:00 03:00" || s.Overrun != 0 {
		t.Errorf("%v, overrun %d", got, s.Overrun)
	}
	s, err = NewSchedule([]float64{4 * 3600, 3600}, 1, windows, start)
	if err != nil || s.Overrun != 1 || len(s.Spans) != 2 || s.Spans[1].First != 1 {
		t.Errorf("a slot longer than the window: %+v, %v", s, err)
	}
	s, err = NewSchedule(hours(48), 2, nil, start)
	if err != nil || len(s.Spans) != 1 || s.Spans[0].End.Sub(s.Spans[0].Begin) != 24*time.Hour {
		t.Errorf("without windows: %+v, %v", s, err)
	}
	for _, rate := range []float64{0, -1, 1e-9} {
		if _, err := NewSchedule(hours(1), rate, nil, start); err == nil {
			t.Errorf("rate %v is accepted", rate)
		}
	}
	if s, err := NewSchedule(nil, 1, windows, start); err != nil || len(s.Spans) != 0 {
		t.Errorf("nothing: %+v, %v", s, err)
	}
}
