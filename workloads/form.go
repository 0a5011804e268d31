package workloads

import (
	"fmt"
	"strings"
)

// A form is a command with holes for what changes from request to request:
//
//	ZADD {key} [{score} {member}]
//
// Words are set apart by spaces. What stands in brackets is repeated as often
// as the operation's count says. FORMAT.md lists the holes.

// hole is what fills a word of a form.
type hole uint8

const (
	holeText    hole = iota // the word itself
	holeKey                 // the drawn key; with a parameter that of another family, by the same number
	holeKeys                // count keys of one tag
	holePairs               // the same, each with a value
	holeCount               // how often brackets are repeated, or how many keys there are
	holeValue               // of the family's size; with a parameter of that
	holeElement             // a field's or member's name
	holeScore
	holeLow // a range of scores, a tenth of all
	holeHigh
	holeIndex  // of a list's element or a bit
	holeNumber // uniform in its parameter
	holeSeq    // the number of the request in its stream
	holeUnique // a text that no other request has
	holeN      // the drawn key's number
	holeSeconds
	holeMillis
	holePX // PX and the ttl in milliseconds, if there is one
	holeStart
	holeEnd
	holeBy
	holeScript // the SHA-1 of a script
)

// holes is what can stand in braces. Parameters follow a colon.
var holes = map[string]struct {
	hole      hole
	parameter bool // may have one
	needs     bool // must
}{
	"key": {holeKey, true, false}, "keys": {holeKeys, false, false}, "pairs": {holePairs, false, false},
	"count": {holeCount, false, false}, "value": {holeValue, true, false},
	"field": {holeElement, false, false}, "member": {holeElement, false, false}, "element": {holeElement, false, false},
	"score": {holeScore, false, false}, "low": {holeLow, false, false}, "high": {holeHigh, false, false},
	"index": {holeIndex, false, false}, "number": {holeNumber, true, true},
	"seq": {holeSeq, false, false}, "unique": {holeUnique, false, false}, "n": {holeN, false, false},
	"seconds": {holeSeconds, false, false}, "millis": {holeMillis, false, false}, "px": {holePX, false, false},
	"start": {holeStart, false, false}, "end": {holeEnd, false, false}, "by": {holeBy, false, false},
	"script": {holeScript, true, true},
}

// word is one word of a form.
type word struct {
	hole hole
	text string // of holeText, or the hole's parameter
}

// form is a parsed form: words[from:to] is what is repeated; from is to where
// nothing is.
type form struct {
	name     string // of the command, in capitals
	words    []word // behind the name
	from, to int
}

// parseForm reads a form.
func parseForm(text string) (form, error) {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return form{}, fmt.Errorf("is empty; write a command, as GET, or ZADD {key} {score} {member}")
	}
	if len(fields) > MaxForm {
		return form{}, fmt.Errorf("has %d words, the limit is %d", len(fields), MaxForm)
	}
	if strings.ContainsAny(fields[0], "{}[]") {
		return form{}, fmt.Errorf("begins with %q; the command's name comes first, as in ZADD {key} {score} {member}", clip(fields[0]))
	}
	f := form{name: strings.ToUpper(fields[0])}
	open := false
	for _, field := range fields[1:] {
		if strings.HasPrefix(field, "[") {
			if open || f.to > 0 {
				return form{}, fmt.Errorf("has a second '[' at %q; one part of a command can be repeated", clip(field))
			}
			open, field, f.from = true, field[1:], len(f.words)
		}
		closes := open && strings.HasSuffix(field, "]")
		if closes {
			field = field[:len(field)-1]
		}
		if field != "" {
			w, err := parseWord(field)
			if err != nil {
				return form{}, err
			}
			f.words = append(f.words, w)
		}
		if closes {
			open, f.to = false, len(f.words)
		}
	}
	if open {
		return form{}, fmt.Errorf("has a '[' without a ']'")
	}
	if f.to == 0 {
		f.from = 0
	} else if f.from == f.to {
		return form{}, fmt.Errorf("has nothing between '[' and ']'")
	}
	return f, nil
}

// parseWord reads a word: text, or one hole in braces.
func parseWord(field string) (word, error) {
	if !strings.ContainsAny(field, "{}[]") {
		return word{text: field}, nil
	}
	inner, isHole := strings.CutPrefix(field, "{")
	inner, isShut := strings.CutSuffix(inner, "}")
	if !isHole || !isShut || strings.ContainsAny(inner, "{}[]") {
		return word{}, fmt.Errorf("has %q; a word is either text or one placeholder, as {key}", clip(field))
	}
	name, parameter, given := strings.Cut(inner, ":")
	h, known := holes[name]
	switch {
	case !known:
		return word{}, fmt.Errorf("has %q; %s", clip(field), closestHole(name))
	case given && !h.parameter:
		return word{}, fmt.Errorf("has %q; {%s} takes nothing behind a colon", clip(field), name)
	case h.needs && parameter == "":
		return word{}, fmt.Errorf("has %q; write {number:1-100}, {script:NAME}", clip(field))
	}
	return word{h.hole, parameter}, nil
}

// closestHole says which placeholder was meant.
func closestHole(name string) string {
	names := []string{}
	for known := range holes {
		names = append(names, known)
	}
	if best := closest(name, names); best != "" {
		return fmt.Sprintf("did you mean {%s}?", best)
	}
	return "FORMAT.md lists the placeholders"
}

// has says whether the form has one of these holes.
func (f *form) has(wanted ...hole) bool {
	for _, w := range f.words {
		for _, h := range wanted {
			if w.hole == h {
				return true
			}
		}
	}
	return false
}

// repeats says whether a count has a meaning for it.
func (f *form) repeats() bool { return f.to > 0 || f.has(holeKeys, holePairs, holeCount) }

// call is one command of an operation, as its fields state it.
type call struct {
	command
	form form
}

// call reads the operation's command: one of the table by its name alone, or a
// form.
func (m *Mix) call() (call, error) {
	if c, known := commands[m.Command]; known {
		f, err := parseForm(m.Command + " " + c.form)
		if err != nil {
			panic("workloads: the table of commands: " + err.Error())
		}
		return call{c, f}, nil
	}
	f, err := parseForm(m.Command)
	if err != nil {
		return call{}, err
	}
	if why := refusal(f.name); why != "" {
		return call{}, fmt.Errorf("%s %s", f.name, why)
	}
	if len(f.words) == 0 {
		if best := closest(f.name, commandList()); best != "" && best != m.Command {
			return call{}, fmt.Errorf("%q is unknown; did you mean %s? FORMAT.md lists the commands; any other is written with its arguments, as ZADD {key} {score} {member}",
				clip(m.Command), best)
		}
		return call{}, fmt.Errorf("%q is unknown; want one of %s, or a command with its arguments, as ZADD {key} {score} {member}", clip(m.Command), commandNames())
	}
	if !f.has(holeKey, holeKeys, holePairs) {
		return call{}, fmt.Errorf("%q names no key; put {key} where the key stands", clip(m.Command))
	}
	// What the command is known to do holds for it in every form; which
	// answer it gives may depend on the form.
	c := commands[f.name]
	c.ttl, c.check, c.many = false, checkNothing, false
	if _, known := commands[f.name]; !known {
		c.write = !reads[f.name]
		c.removes = c.write
	}
	return call{c, f}, nil
}

func commandList() []string {
	names := make([]string, 0, len(commands))
	for name := range commands {
		names = append(names, name)
	}
	return names
}
