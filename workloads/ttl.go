package workloads

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MaxTTL is the longest time to live that a workload sets: ten years.
const MaxTTL = 10 * 365 * 24 * time.Hour

// maxTTLs is how many times to live an operation chooses among, at most.
const maxTTLs = 64

// lifetime is a time to live: any from low to high, both included; or one of
// several such, by weight.
type lifetime struct {
	low, high time.Duration
	list      []lifetime
	choice    choice
}

const ttlForms = `want "60s", "500ms", "2d", "60s-120s" or weights, "1d:65,14d:35"`

// parseTTL reads "60s", "60s-120s" or "1d:65,14d:35". The empty text is no
// time to live.
func parseTTL(text string) (lifetime, error) {
	if !strings.ContainsAny(text, ":,") {
		return parseOneTTL(text)
	}
	var all lifetime
	var weights []float64
	for entry := range strings.SplitSeq(text, ",") {
		if len(all.list) == maxTTLs {
			return lifetime{}, fmt.Errorf("has more than %d times to live", maxTTLs)
		}
		timeText, weightText, _ := strings.Cut(entry, ":")
		one, err := parseOneTTL(strings.TrimSpace(timeText))
		if err != nil {
			return lifetime{}, err
		}
		weight, err := strconv.ParseFloat(strings.TrimSpace(weightText), 64)
		if err != nil || !(weight > 0) || weight > maxWeight || one.high == 0 {
			return lifetime{}, fmt.Errorf("%q: want TIME:WEIGHT, the weight above 0 and at most %g", clip(entry), maxWeight)
		}
		all.list, weights = append(all.list, lifetime{low: one.low, high: one.high}), append(weights, weight)
	}
	all.low, all.high = all.list[0].low, all.list[0].high
	for _, one := range all.list {
		all.low, all.high = min(all.low, one.low), max(all.high, one.high)
	}
	all.choice = newChoice(weights)
	return all, nil
}

func parseOneTTL(text string) (lifetime, error) {
	if text == "" {
		return lifetime{}, nil
	}
	first, last, ranged := strings.Cut(text, "-")
	if !ranged {
		last = first
	}
	low, errLow := parseTime(first)
	high, errHigh := parseTime(last)
	if errLow != nil || errHigh != nil {
		return lifetime{}, fmt.Errorf(`%q is no time: %s`, clip(text), ttlForms)
	}
	if low < time.Millisecond || high < low || high > MaxTTL {
		return lifetime{}, fmt.Errorf("%q is not from 1ms to %s, the first not above the second", clip(text), MaxTTL)
	}
	if low%time.Millisecond != 0 || high%time.Millisecond != 0 {
		return lifetime{}, fmt.Errorf("%q is no whole number of milliseconds", clip(text))
	}
	return lifetime{low: low, high: high}, nil
}

// parseTime reads a Go duration, or whole days as "14d".
func parseTime(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil || n > uint64(MaxTTL/(24*time.Hour)) {
			return 0, errors.New("no number of days")
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	return time.ParseDuration(text)
}

// wholeSeconds says whether the bounds are whole seconds.
func (l *lifetime) wholeSeconds() bool {
	for i := range l.list {
		if !l.list[i].wholeSeconds() {
			return false
		}
	}
	return l.low%time.Second == 0 && l.high%time.Second == 0
}

// draw is a time to live in so long units.
func (l *lifetime) draw(r *random, unit time.Duration) uint64 {
	one := l
	if len(l.list) > 0 {
		one = &l.list[l.choice.draw(r)]
	}
	low, high := uint64(one.low/unit), uint64(one.high/unit)
	return low + r.below(high-low+1)
}
