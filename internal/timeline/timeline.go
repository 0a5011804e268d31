// Package timeline is the language of events: what is to happen to a system
// under test while a load runs on it, and when.
//
//	at=WHEN KIND [option=value]…
//
// WHEN is a time from the start of the measurement (5s, 1m30s) or a share of
// it (50%). Values with spaces stand in quotes, as in redis-cli. The kinds and
// their options are in Kinds. The package reads no clock and knows no target.
package timeline

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"slotbench/internal/resp"
	"slotbench/internal/slot"
)

// The limits of a timeline.
const (
	MaxEvents    = 32
	MaxTextBytes = 4096 // of one event
	MaxFor       = time.Hour
	maxBatch     = 1 << 20
)

// Kind is what an event does.
type Kind string

// The kinds.
const (
	Migrate    Kind = "migrate"     // slots to other nodes
	Plan       Kind = "plan"        // the moves of a plan file
	Stop       Kind = "stop"        // SIGSTOP a node, and after a time SIGCONT
	Kill       Kind = "kill"        // SIGKILL a node, and start it again after a time, if one is given
	Start      Kind = "start"       // start a killed node again
	Failover   Kind = "failover"    // CLUSTER FAILOVER to a replica of a node
	AddNode    Kind = "add-node"    // launch one more node, without slots
	RemoveNode Kind = "remove-node" // make the others forget a node without slots, and end it
	Command    Kind = "command"     // run a command on a node
)

// All as a Node stands for all nodes but those on the other side, and as slots
// for all of a node's.
const All = "all"

// Event is one event as it was asked for. Zero means that an option was not
// given.
type Event struct {
	Text     string        // as written
	At       time.Duration // from the start of the measurement; counts where Share is 0
	Share    float64       // of the measurement, above 0 and below 1
	Kind     Kind
	Node     string       // an index, host:port or id
	From, To string       // the same, or All
	Slots    int          // how many; 0: Ranges or AllSlots
	AllSlots bool         // of From
	Ranges   []slot.Range // these
	For      time.Duration
	File     string
	Strategy string
	Batch    int      // keys a command
	Run      []string // the command's words
	Undo     []string // puts back what Run changed
	NoUndo   bool     // there is nothing to put back
	Keep     bool     // moved slots stay where they are after the run, also on an attached target
}

// Option is one option of a kind, for a help text.
type Option struct {
	Name     string
	Required bool
}

// Description is what there is to know of a kind.
type Description struct {
	Kind    Kind
	Options []Option
	Help    string
}

// Kinds is every kind with its options.
var Kinds = []Description{
	{Migrate, options("slots!", "from", "to", "strategy", "batch", "keep"), "move slots: a number, ranges (0-99,200) or all of from; to the node that owns least, or to=all for the others evenly; an attached target gets them back at the end, unless keep=yes"},
	{Plan, options("file!", "strategy", "batch", "keep"), "execute the moves of a plan file (analyze plan --emit plan); keep=yes as above"},
	{Stop, options("node!", "for!"), "stop a launched node's process (SIGSTOP), continue it after the time"},
	{Kill, options("node!", "for"), "kill a launched node (SIGKILL); start it again after the time, or never"},
	{Start, options("node!"), "start a killed node again"},
	{Failover, options("node!"), "make a replica of the node the primary (CLUSTER FAILOVER, or by its Sentinels)"},
	{AddNode, options(), "launch one more node, without slots; its number is the next"},
	{RemoveNode, options("node!"), "take a node out that owns no slot any more"},
	{Command, options("node!", "run!", "undo"), "run a command on a node; an attached target wants undo='…' or undo=none"},
}

func options(names ...string) []Option {
	list := make([]Option, len(names))
	for i, name := range names {
		bare, required := strings.CutSuffix(name, "!")
		list[i] = Option{bare, required}
	}
	return list
}

// describe is a kind's description, nil of an unknown one.
func describe(kind Kind) *Description {
	for i := range Kinds {
		if Kinds[i].Kind == kind {
			return &Kinds[i]
		}
	}
	return nil
}

// setters read an option's value.
var setters = map[string]func(e *Event, value string) error{
	"slots":    setSlots,
	"from":     func(e *Event, v string) error { e.From = v; return wantText(v) },
	"to":       func(e *Event, v string) error { e.To = v; return wantText(v) },
	"node":     func(e *Event, v string) error { e.Node = v; return wantText(v) },
	"file":     func(e *Event, v string) error { e.File = v; return wantText(v) },
	"strategy": func(e *Event, v string) error { e.Strategy = v; return wantText(v) },
	"for":      setFor,
	"batch":    setBatch,
	"run":      func(e *Event, v string) (err error) { e.Run, err = words(v); return err },
	"undo":     setUndo,
	"keep":     setKeep,
}

// Parse reads one event. The error says what is wrong and what is wanted.
func Parse(text string) (Event, error) {
	e := Event{Text: strings.TrimSpace(text)}
	if len(text) > MaxTextBytes {
		return e, fmt.Errorf("the event is %d bytes long, at most %d", len(text), MaxTextBytes)
	}
	parts, ok := resp.SplitWords([]byte(e.Text), nil)
	if !ok {
		return e, fmt.Errorf("%q: a quote is not closed, or text follows it directly", e.Text)
	}
	if len(parts) < 2 {
		return e, fmt.Errorf("%q: want at=WHEN KIND, as in at=5s migrate slots=100; kinds: %s", e.Text, kindNames())
	}
	at, timed := strings.CutPrefix(string(parts[0]), "at=")
	if !timed {
		return e, fmt.Errorf("%q: begins with %q; want at=WHEN, as at=5s or at=50%%", e.Text, parts[0])
	}
	if err := e.setAt(at); err != nil {
		return e, fmt.Errorf("%q: %w", e.Text, err)
	}
	e.Kind = Kind(parts[1])
	description := describe(e.Kind)
	if description == nil {
		return e, fmt.Errorf("%q: unknown kind %q; want one of %s", e.Text, parts[1], kindNames())
	}
	if err := e.setOptions(description, parts[2:]); err != nil {
		return e, fmt.Errorf("%q: %w", e.Text, err)
	}
	return e, nil
}

// setOptions reads name=value words.
func (e *Event) setOptions(d *Description, parts [][]byte) error {
	given := map[string]bool{}
	for _, part := range parts {
		name, value, found := strings.Cut(string(part), "=")
		switch {
		case !found:
			return fmt.Errorf("%q is no option: want name=value", part)
		case !d.has(name):
			return fmt.Errorf("%s has no option %q; it has %s", d.Kind, name, d.optionNames())
		case given[name]:
			return fmt.Errorf("%s stands twice", name)
		}
		given[name] = true
		if err := setters[name](e, value); err != nil {
			return fmt.Errorf("%s=%s: %w", name, value, err)
		}
	}
	for _, option := range d.Options {
		if option.Required && !given[option.Name] {
			return fmt.Errorf("%s wants %s=…", d.Kind, option.Name)
		}
	}
	return e.check()
}

// check refuses options that contradict each other.
func (e *Event) check() error {
	switch {
	case e.AllSlots && (e.From == "" || e.From == All):
		return fmt.Errorf("slots=all wants from=NODE: all slots of that node move")
	case e.From != "" && e.From == e.To:
		return fmt.Errorf("from and to are both %s", e.From)
	case e.Ranges != nil && e.From != "":
		return fmt.Errorf("slots that are named move from where they are: leave out from=%s", e.From)
	}
	return nil
}

func (d *Description) has(name string) bool {
	for _, option := range d.Options {
		if option.Name == name {
			return true
		}
	}
	return false
}

func (d *Description) optionNames() string {
	if len(d.Options) == 0 {
		return "none"
	}
	names := make([]string, len(d.Options))
	for i, option := range d.Options {
		names[i] = option.Name
	}
	return strings.Join(names, ", ")
}

func kindNames() string {
	names := make([]string, len(Kinds))
	for i, d := range Kinds {
		names[i] = string(d.Kind)
	}
	return strings.Join(names, ", ")
}

func (e *Event) setAt(text string) error {
	if percent, ok := strings.CutSuffix(text, "%"); ok {
		share, err := strconv.ParseFloat(percent, 64)
		if err != nil || !(share > 0 && share < 100) {
			return fmt.Errorf("at=%s: want a share of the measurement above 0%% and below 100%%", text)
		}
		e.Share = share / 100
		return nil
	}
	at, err := time.ParseDuration(text)
	if err != nil || at < 0 {
		return fmt.Errorf("at=%s: want a time as 5s or 1m30s, or a share as 50%%", text)
	}
	e.At = at
	return nil
}

func setFor(e *Event, value string) error {
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 || d > MaxFor {
		return fmt.Errorf("want a time above 0 and at most %s, as 2s", MaxFor)
	}
	e.For = d
	return nil
}

func setBatch(e *Event, value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > maxBatch {
		return fmt.Errorf("want how many keys a command carries, from 1 to %d", maxBatch)
	}
	e.Batch = n
	return nil
}

func setSlots(e *Event, value string) error {
	if value == All {
		e.AllSlots = true
		return nil
	}
	if n, err := strconv.Atoi(value); err == nil && n > 0 && n <= int(slot.DefaultCount) {
		e.Slots = n
		return nil
	}
	ranges, err := slot.ParseRanges(value, slot.DefaultCount)
	if err != nil || len(ranges) == 0 || !strings.ContainsAny(value, "-,") {
		return fmt.Errorf("want how many, from 1 to %d, ranges as 0-99,200-200, or all", slot.DefaultCount)
	}
	e.Ranges = ranges
	return nil
}

func setUndo(e *Event, value string) (err error) {
	if value == "none" {
		e.NoUndo = true
		return nil
	}
	e.Undo, err = words(value)
	return err
}

func setKeep(e *Event, value string) error {
	if value != "yes" && value != "no" {
		return fmt.Errorf("want yes (slots stay where they were moved to) or no")
	}
	e.Keep = value == "yes"
	return nil
}

// words splits a command.
func words(text string) ([]string, error) {
	parts, ok := resp.SplitWords([]byte(text), nil)
	if !ok || len(parts) == 0 {
		return nil, fmt.Errorf("want a command, as run='CONFIG SET maxmemory 0'")
	}
	list := make([]string, len(parts))
	for i, part := range parts {
		list[i] = string(part)
	}
	return list, nil
}

func wantText(value string) error {
	if value == "" {
		return fmt.Errorf("is empty")
	}
	return nil
}

// Due is when the event is due in a measurement that is planned to take so
// long; false where it is due by a share of a measurement without a planned
// time.
func (e *Event) Due(planned time.Duration) (at time.Duration, ok bool) {
	if e.Share == 0 {
		return e.At, true
	}
	return time.Duration(math.Round(float64(planned) * e.Share)), planned > 0
}

// Help explains the language, a line a kind.
func Help() string {
	var b strings.Builder
	b.WriteString("  at=WHEN KIND [option=value]…; WHEN as 5s or 50%; NODE is a number from 0, host:port or an id\n")
	for _, d := range Kinds {
		line := string(d.Kind)
		for _, option := range d.Options {
			if text := option.Name + "=…"; option.Required {
				line += " " + text
			} else {
				line += " [" + text + "]"
			}
		}
		fmt.Fprintf(&b, "  %-52s %s\n", line, d.Help)
	}
	return b.String()
}
