package workloads

import (
	"fmt"
	"strconv"
	"strings"
)

// elements is what a family's keys of a collection consist of.
type elements struct {
	kind     Type
	count    sizes // at first
	universe int64 // names to draw from; of lists and bitmaps, places
	before   string
	after    string
	width    int
	hex      bool
	low      uint64 // of scores
	span     uint64
}

// The defaults of collections.
const (
	defaultElements = "10"
	defaultBits     = "1024"
	defaultScores   = "0-1000000"
)

// elementTemplates is how fields and members are named by default.
var elementTemplates = map[Type]string{Hash: "field%d", Set: "member%d", SortedSet: "member%d", List: "", Bitmap: "", Stream: "field%d", Channel: ""}

// elementCount is how many elements keys have at first.
func (f *Family) elementCount() string {
	switch {
	case f.Elements != "":
		return f.Elements
	case f.kind() == Bitmap:
		return defaultBits
	}
	return defaultElements
}

// newElements takes a validated family.
func newElements(f *Family) elements {
	e := elements{kind: f.kind()}
	if e.kind == String {
		return e
	}
	e.count, _ = parseSizes(f.elementCount())
	e.count.prepare()
	if e.universe = f.Universe; e.universe == 0 {
		e.universe = int64(max(e.count.max(), 1))
	}
	template := f.Element
	if template == "" {
		template = elementTemplates[e.kind]
	}
	parts, _ := parseElement(template)
	for seen, i := false, 0; i < len(parts); i++ {
		switch p := &parts[i]; {
		case p.kind == idField:
			seen, e.width, e.hex = true, p.width, p.hex
		case seen:
			e.after += p.text
		default:
			e.before += p.text
		}
	}
	scores := f.Scores
	if scores == "" {
		scores = defaultScores
	}
	low, high, _ := parseSpan(scores)
	e.low, e.span = uint64(low), uint64(high-low)
	return e
}

// parseElement reads the name of a field or member: text around one %d.
func parseElement(text string) ([]part, error) {
	if text == "" {
		return nil, nil
	}
	parts, err := parseTemplate(text)
	if err != nil {
		return nil, err
	}
	numbers := 0
	for _, p := range parts {
		switch {
		case p.kind == idField:
			numbers++
		case p.kind != literalField:
			return nil, fmt.Errorf("%q shows more than the element's number; write %%d, %%08d or %%x", clip(text))
		}
	}
	if numbers != 1 {
		return nil, fmt.Errorf("%q shows the element's number %d times; show it once, as in field%%d", clip(text), numbers)
	}
	return parts, nil
}

// parseSpan reads "LOW-HIGH", whole numbers from 0.
func parseSpan(text string) (low, high int64, err error) {
	first, last, ranged := strings.Cut(text, "-")
	if !ranged {
		last = first
	}
	low, errLow := strconv.ParseInt(strings.TrimSpace(first), 10, 64)
	high, errHigh := strconv.ParseInt(strings.TrimSpace(last), 10, 64)
	if errLow != nil || errHigh != nil || low < 0 || high < low || high > MaxScore {
		return 0, 0, fmt.Errorf("%q is no range of whole numbers; want LOW-HIGH, from 0 to 2^53", clip(text))
	}
	return low, high, nil
}

// element appends an element's name as a bulk string.
func (m *writer) element(e *elements, n int64) {
	digits := decimalDigits(uint64(n))
	if e.hex {
		digits = hexDigits(uint64(n))
	}
	m.length(len(e.before) + max(digits, e.width) + len(e.after))
	m.frame = append(m.frame, e.before...)
	m.frame = appendNumber(m.frame, uint64(n), e.hex, e.width)
	m.frame = append(m.frame, e.after...)
	m.frame = append(m.frame, '\r', '\n')
}

// meanBytes is about what the elements of one key take.
func (e *elements) meanBytes(value float64) float64 {
	name := float64(len(e.before) + max(decimalDigits(uint64(e.universe-1)), e.width) + len(e.after))
	switch e.kind {
	case Hash:
		return e.count.mean() * (name + value)
	case List:
		return e.count.mean() * value
	case Set:
		return e.count.mean() * name
	case SortedSet:
		return e.count.mean() * (name + scoreBytes)
	case Bitmap:
		return e.count.mean() / 8
	}
	return 0
}

// scoreBytes is what a score takes.
const scoreBytes = 8
