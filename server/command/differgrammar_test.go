package command_test

import (
	"fmt"
	"strings"
)

// form is a command with all that may stand behind it, and how the answers to
// it are compared.
//
//	WORD        itself
//	<hole>      what holes has by that name
//	[A|B C]     one of these or nothing
//	(A|B C)     one of these
//	{A}         once to four times
type form struct {
	syntax string
	judge  judge // nil: exact
	weight int   // how often it comes beside others; 0: 1
	bare   bool  // the encoding of its keys is not asked for
	strict bool  // its arguments are never damaged

	parsed sequence
}

// name is the command's.
func (f *form) name() string {
	name, _, _ := strings.Cut(f.syntax, " ")
	return name
}

// sequence is parts one behind the other.
type sequence []part

// part is a word, a hole, or a choice among sequences.
type part struct {
	word     string
	hole     string
	choice   []sequence
	optional bool
	most     int // times that it comes at most
}

// maxTimes is how often what stands in braces comes at most.
const maxTimes = 4

// parser reads a form's syntax.
type parser struct {
	rest string
}

// parseForm reads a syntax; a fault in it is our own.
func parseForm(syntax string) sequence {
	p := parser{syntax}
	s := p.sequence()
	if p.rest != "" {
		panic(fmt.Sprintf("form %q: %q is left", syntax, p.rest))
	}
	return s
}

const brackets = "[](){}|<"

func (p *parser) sequence() (s sequence) {
	for {
		p.rest = strings.TrimLeft(p.rest, " ")
		if p.rest == "" || strings.IndexByte("])}|", p.rest[0]) >= 0 {
			return s
		}
		s = append(s, p.part())
	}
}

func (p *parser) part() part {
	switch open := p.rest[0]; open {
	case '<':
		hole, rest, ok := strings.Cut(p.rest[1:], ">")
		if _, known := holes[hole]; !ok || !known {
			panic(fmt.Sprintf("no such hole: %q", hole))
		}
		p.rest = rest
		return part{hole: hole}
	case '[', '(', '{':
		p.rest = p.rest[1:]
		group := part{choice: []sequence{p.sequence()}, optional: open == '[', most: 1}
		for strings.HasPrefix(p.rest, "|") {
			p.rest = p.rest[1:]
			group.choice = append(group.choice, p.sequence())
		}
		if p.rest == "" {
			panic("a bracket without an end")
		}
		p.rest = p.rest[1:]
		if open == '{' {
			group.most = maxTimes
		}
		return group
	}
	end := strings.IndexAny(p.rest, brackets+" ")
	if end < 0 {
		end = len(p.rest)
	}
	word := p.rest[:end]
	p.rest = p.rest[end:]
	return part{word: word}
}

// append appends the words that a sequence comes to this time.
func (s sequence) append(words []string, g *generator) []string {
	for _, p := range s {
		switch {
		case p.word != "":
			words = append(words, p.word)
		case p.hole != "":
			words = append(words, holes[p.hole](g)...)
		default:
			if p.optional && g.chance(60) {
				continue
			}
			for range 1 + g.IntN(p.most) {
				words = p.choice[g.IntN(len(p.choice))].append(words, g)
			}
		}
	}
	return words
}
