package rebalance

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Window is a stretch of the day in which slots may move, on some days of the
// week, by the clock of one place.
type Window struct {
	days       [7]bool // of its beginning, by time.Weekday
	begin, end clock
	zone       *time.Location
	text       string
}

// clock is a time of day, 00:00 to 24:00.
type clock struct{ hour, minute int }

func (c clock) minutes() int { return 60*c.hour + c.minute }

// String is the window as it was written.
func (w Window) String() string { return w.text }

// length is how long the window is by the clock.
func (w Window) length() time.Duration {
	minutes := w.end.minutes() - w.begin.minutes()
	if minutes <= 0 {
		minutes += 24 * 60
	}
	return time.Duration(minutes) * time.Minute
}

// Span is one window on one day: an absolute stretch of time.
type Span struct{ Begin, End time.Time }

// errWindow says how a window is written.
var errWindow = errors.New("want [DAYS] HH:MM-HH:MM [ZONE], such as 'Mon-Fri 02:00-05:00 Europe/Berlin' or 'Sat,Sun 22:00-06:00'")

// ParseWindow reads "Mon-Fri 02:00-05:00 Europe/Berlin". Days are names of
// three letters, lists and ranges of them; without any it is every day, without
// a zone local's. An end that is not after the beginning is on the next day.
func ParseWindow(text string, local *time.Location) (Window, error) {
	w := Window{zone: local, text: strings.Join(strings.Fields(text), " ")}
	fields := strings.Fields(text)
	if len(fields) > 0 && !strings.Contains(fields[0], ":") {
		if err := w.parseDays(fields[0]); err != nil {
			return w, fmt.Errorf("window %q: %w", text, err)
		}
		fields = fields[1:]
	} else {
		w.days = [7]bool{true, true, true, true, true, true, true}
	}
	if len(fields) == 0 || len(fields) > 2 {
		return w, fmt.Errorf("window %q: %w", text, errWindow)
	}
	begin, end, found := strings.Cut(fields[0], "-")
	var errBegin, errEnd error
	w.begin, errBegin = parseClock(begin)
	w.end, errEnd = parseClock(end)
	if err := errors.Join(errBegin, errEnd); !found || err != nil {
		return w, fmt.Errorf("window %q: %w", text, errWindow)
	}
	if w.begin.hour == 24 {
		return w, fmt.Errorf("window %q: begins at 24:00; write 00:00 of the next day", text)
	}
	if len(fields) == 2 {
		zone, err := time.LoadLocation(fields[1])
		if err != nil {
			return w, fmt.Errorf("window %q: time zone %q is not known: want a name such as Europe/Berlin or UTC", text, fields[1])
		}
		w.zone = zone
	}
	return w, nil
}

var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func parseDay(text string) (int, error) {
	for day, name := range dayNames {
		if strings.EqualFold(text, name) {
			return day, nil
		}
	}
	return 0, fmt.Errorf("day %q: want Mon, Tue, Wed, Thu, Fri, Sat or Sun", text)
}

func (w *Window) parseDays(text string) error {
	for part := range strings.SplitSeq(text, ",") {
		from, to, isRange := strings.Cut(part, "-")
		first, err := parseDay(from)
		if err != nil {
			return err
		}
		last := first
		if isRange {
			if last, err = parseDay(to); err != nil {
				return err
			}
		}
		for day := first; ; day = (day + 1) % 7 {
			w.days[day] = true
			if day == last {
				break
			}
		}
	}
	return nil
}

func parseClock(text string) (clock, error) {
	hour, minute, found := strings.Cut(text, ":")
	if !found || len(hour) == 0 || len(hour) > 2 || len(minute) != 2 {
		return clock{}, errWindow
	}
	h, errHour := strconv.ParseUint(hour, 10, 8)
	m, errMinute := strconv.ParseUint(minute, 10, 8)
	c := clock{int(h), int(m)}
	if errHour != nil || errMinute != nil || m > 59 || c.minutes() > 24*60 {
		return clock{}, errWindow
	}
	return c, nil
}

// maxIdleDays is how far ahead the next window is looked for.
const maxIdleDays = 15

// Next is the first span of the window that ends after t, cut off at t; false
// where there is none within two weeks.
func (w Window) Next(t time.Time) (Span, bool) {
	local := t.In(w.zone)
	for ahead := -2; ahead < maxIdleDays; ahead++ {
		day := time.Date(local.Year(), local.Month(), local.Day()+ahead, 12, 0, 0, 0, time.UTC) // noon: a date, whatever the clock does
		if !w.days[day.Weekday()] {
			continue
		}
		endDay := day
		if w.end.minutes() <= w.begin.minutes() {
			endDay = day.AddDate(0, 0, 1)
		}
		span := Span{instant(day, w.begin, w.zone), instant(endDay, w.end, w.zone)}
		if span.Begin.Before(t) {
			span.Begin = local // in the window's zone, as its end is
		}
		if span.End.After(span.Begin) {
			return span, true
		}
	}
	return Span{}, false
}

// instant is when a place's clock shows a time on a day. A time that comes
// twice, when summer time ends, is its first; one that is left out, when
// summer time begins, is the moment of the change.
func instant(day time.Time, c clock, zone *time.Location) time.Time {
	wall := time.Date(day.Year(), day.Month(), day.Day(), c.hour, c.minute, 0, 0, time.UTC)
	_, before := wall.Add(-24 * time.Hour).In(zone).Zone()
	_, after := wall.Add(24 * time.Hour).In(zone).Zone()
	shows := func(offset int) (time.Time, bool) {
		at := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		_, actual := at.Zone()
		return at, actual == offset
	}
	early, earlyOK := shows(max(before, after))
	late, lateOK := shows(min(before, after))
	switch {
	case earlyOK:
		return early
	case lateOK:
		return late
	}
	change, _ := late.ZoneBounds() // late lies after the change: its offset is the one from before
	return change
}
