package command_test

import (
	"slices"
	"strings"
	"time"
)

// shrinkLimit is how long a shorter sequence is looked for.
const shrinkLimit = 60 * time.Second

// shrink leaves out what it can of steps that show a difference, by delta
// debugging: halves, quarters and so on; then words of long commands. What is
// left shows a difference of the same command.
func (d *differ) shrink(steps []step, fault string) ([]step, string) {
	limit := time.Now().Add(shrinkLimit)
	wanted := about(fault)
	try := func(candidate []step) bool {
		at, found := d.run(candidate)
		if about(found) != wanted {
			return false
		}
		steps, fault = candidate[:min(at+1, len(candidate))], found
		return true
	}
	for size := len(steps) / 2; size >= 1 && time.Now().Before(limit); {
		left := false
		for from := 0; from < len(steps) && time.Now().Before(limit); {
			to := min(from+size, len(steps))
			if to-from < len(steps) && try(slices.Concat(steps[:from], steps[to:])) {
				left = true // what comes next now stands at from
			} else {
				from = to
			}
		}
		if !left || size > len(steps)/2 {
			size /= 2
		}
	}
	for at := 0; at < len(steps); at++ {
		for which := 0; at < len(steps) && which < len(steps[at].commands); which++ {
			d.shrinkWords(&steps, at, which, limit, try)
		}
	}
	return steps, fault
}

// longCommand is from how many words on a command is shortened.
const longCommand = 6

// shrinkWords leaves out words of one command.
func (d *differ) shrinkWords(steps *[]step, at, which int, limit time.Time, try func([]step) bool) {
	words := func() []string {
		if at >= len(*steps) || which >= len((*steps)[at].commands) {
			return nil
		}
		return (*steps)[at].commands[which].words
	}
	for size := len(words()) / 2; size >= 1 && len(words()) > longCommand && time.Now().Before(limit); size /= 2 {
		for from := 2; from+size <= len(words()) && time.Now().Before(limit); {
			shorter := slices.Clone(*steps)
			shorter[at].commands = slices.Clone(shorter[at].commands)
			shorter[at].commands[which].words = slices.Concat(words()[:from], words()[from+size:])
			if !try(shorter) {
				from += size
			}
		}
	}
}

// about is the command that a fault is about.
func about(fault string) string {
	fault = strings.TrimPrefix(fault, "in the end, ")
	name, _, _ := strings.Cut(fault, " ")
	return name
}
