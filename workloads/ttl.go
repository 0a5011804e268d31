package workloads

import (
	"fmt"
	"strings"
	"time"
)

// MaxTTL is the longest time to live that a workload sets: ten years.
const MaxTTL = 10 * 365 * 24 * time.Hour

// lifetime is a time to live: any from low to high, both included.
type lifetime struct{ low, high time.Duration }

// parseTTL reads "60s" or "60s-120s". The empty text is no time to live.
func parseTTL(text string) (lifetime, error) {
	if text == "" {
		return lifetime{}, nil
	}
	first, last, ranged := strings.Cut(text, "-")
	if !ranged {
		last = first
	}
	low, err := time.ParseDuration(strings.TrimSpace(first))
	if err != nil {
		return lifetime{}, fmt.Errorf(`%q is no time: want "60s", "500ms" or "60s-120s"`, text)
	}
	high, err := time.ParseDuration(strings.TrimSpace(last))
	if err != nil {
		return lifetime{}, fmt.Errorf(`%q is no time: want "60s", "500ms" or "60s-120s"`, text)
	}
	if low < time.Millisecond || high < low || high > MaxTTL {
		return lifetime{}, fmt.Errorf("%q is not from 1ms to %s, the first not above the second", text, MaxTTL)
	}
	if low%time.Millisecond != 0 || high%time.Millisecond != 0 {
		return lifetime{}, fmt.Errorf("%q is no whole number of milliseconds", text)
	}
	return lifetime{low, high}, nil
}

// wholeSeconds says whether the bounds are whole seconds.
func (l lifetime) wholeSeconds() bool { return l.low%time.Second == 0 && l.high%time.Second == 0 }
