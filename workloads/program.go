package workloads

import (
	"crypto/sha1"
	"encoding/hex"
	"strconv"

	"slotbench/internal/request"
	"slotbench/internal/resp"
)

// program is an operation, or one step of it, as the bytes and steps that make
// its frame.
type program struct {
	name    string // of its (first) command
	write   bool
	insert  bool
	last    bool // of the steps of its operation
	follows bool // is not the first of them
	calls   []callProgram
	form    *request.Form // nil: one command whose answer is not looked into
	keys    int           // of one request, at most
	shared  int64         // how many numbers its steps' families have in common; 0: it has no such steps
	// transaction: MULTI goes before the calls and EXEC behind them.
	transaction bool
}

// callProgram is one command of a frame.
type callProgram struct {
	family int    // whose key it is of; ownFamily: the drawn one's
	head   []byte // the array's length and the command's name; the name alone where the length varies
	steps  []step // what stands outside brackets, and before and behind them
	group  []step // what is repeated, where steps has a stepGroup
	items  sizes  // how often, or how many keys
	args   int    // of the array, without what is repeated
	each   int    // what one repetition adds
	varies bool   // the array's length does
	names  bool   // what is repeated are names of elements: each comes once
}

// ownFamily is the drawn key's family.
const ownFamily = -1

// step is one piece of a frame.
type step struct {
	kind   stepKind
	family int    // stepKey: ownFamily, or another
	text   []byte // stepText
	low    uint64 // stepNumber: from low to low+span, both included
	span   uint64
	ttl    *lifetime // stepSeconds, stepMillis
	sizes  *sizes    // stepValue: nil: the family's
}

type stepKind uint8

const (
	stepKey stepKind = iota
	stepValue
	stepText
	stepNumber
	stepGroup
	stepKeys
	stepPairs
	stepCount
	stepElement
	stepScore
	stepLow
	stepHigh
	stepIndex
	stepSeq
	stepUnique
	stepN
	stepSeconds
	stepMillis
)

// plainSteps is the holes that need nothing but a step of their kind.
var plainSteps = map[hole]stepKind{
	holeKeys: stepKeys, holePairs: stepPairs, holeCount: stepCount, holeElement: stepElement, holeScore: stepScore,
	holeLow: stepLow, holeHigh: stepHigh, holeIndex: stepIndex, holeSeq: stepSeq, holeUnique: stepUnique, holeN: stepN,
}

// newCall takes a validated command. family is the number of the family whose
// keys it is of, or ownFamily.
func (s *Spec) newCall(m *Mix, family int) callProgram {
	parsed, _ := m.call()
	p := callProgram{family: family, args: 1}
	p.items, _ = parseSizes(m.repeat())
	p.items.prepare()
	for i, w := range parsed.form.words {
		steps := s.stepsOf(m, w)
		inGroup := i >= parsed.form.from && i < parsed.form.to
		switch {
		case inGroup:
			if i == parsed.form.from {
				p.steps = append(p.steps, step{kind: stepGroup})
			}
			p.group = append(p.group, steps...)
			p.each += len(steps)
			p.names = p.names || w.hole == holeElement
		case w.hole == holeKeys:
			p.each++
			p.steps = append(p.steps, steps...)
		case w.hole == holePairs:
			p.each += 2
			p.steps = append(p.steps, steps...)
		default:
			p.args += len(steps)
			p.steps = append(p.steps, steps...)
		}
	}
	p.varies = p.each > 0
	if !p.varies {
		p.head = resp.AppendArray(p.head, p.args)
	}
	p.head = resp.AppendBulk(p.head, parsed.form.name)
	return p
}

// repeat is how often brackets are repeated, or how many keys there are.
func (m *Mix) repeat() string {
	switch {
	case m.Keys > 0:
		return strconv.Itoa(m.Keys)
	case m.Count != "":
		return m.Count
	}
	return "1"
}

// stepsOf is a word of a form as steps; each makes one argument.
func (s *Spec) stepsOf(m *Mix, w word) []step {
	text := func(text string) []step {
		return []step{{kind: stepText, text: resp.AppendBulk(nil, text)}}
	}
	number := func(n int64) []step { return text(strconv.FormatInt(n, 10)) }
	life, _ := parseTTL(m.TTL)
	if kind, plain := plainSteps[w.hole]; plain {
		return []step{{kind: kind}}
	}
	switch w.hole {
	case holeKey:
		return []step{{kind: stepKey, family: s.familyNumber(w.text)}}
	case holeValue:
		one := step{kind: stepValue}
		if w.text != "" {
			own, _ := parseSizes(w.text)
			own.prepare()
			one.sizes = &own
		}
		return []step{one}
	case holeNumber:
		low, high, _ := parseSpan(w.text)
		return []step{{kind: stepNumber, low: uint64(low), span: uint64(high - low)}}
	case holeSeconds:
		return []step{{kind: stepSeconds, ttl: &life}}
	case holeMillis:
		return []step{{kind: stepMillis, ttl: &life}}
	case holePX:
		if m.TTL == "" {
			return nil
		}
		return append(text("PX"), step{kind: stepMillis, ttl: &life})
	case holeStart:
		return number(m.Start)
	case holeEnd:
		return number(orPointed(m.End, -1))
	case holeBy:
		if m.By == 0 {
			return number(1)
		}
		return number(m.By)
	case holeScript:
		return text(scriptSHA(s.Scripts[w.text]))
	}
	return text(w.text)
}

// familyNumber is which family has a name; ownFamily for none.
func (s *Spec) familyNumber(name string) int {
	for i := range s.Families {
		if name != "" && s.Families[i].Name == name {
			return i
		}
	}
	return ownFamily
}

// scriptSHA is what EVALSHA calls a script.
func scriptSHA(source string) string {
	sum := sha1.Sum([]byte(source))
	return hex.EncodeToString(sum[:])
}

// mostKeys is how many keys a call has, at most.
func (p *callProgram) mostKeys() (keys int) {
	for _, step := range p.steps {
		switch step.kind {
		case stepKey:
			keys++
		case stepKeys, stepPairs:
			keys += p.items.max()
		}
	}
	return keys
}
