package workloads

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"slotbench/internal/resp"
)

// arg is an argument of a command, after its name.
type arg uint8

const (
	argKey     arg = iota
	argValue       // of the family's size
	argSeconds     // the operation's ttl
	argMillis
	argPX // PX and the ttl in milliseconds, if the operation has one
	argStart
	argEnd
	argBy
)

// command is what a workload needs to know of a Redis command.
type command struct {
	args    []arg
	write   bool
	removes bool // takes the key away
	counter bool // its keys must hold integers
	text    bool // its keys must not: it would make them none
	many    bool // args repeat for each of several keys
	ttl     bool // needs a ttl
}

// commands is what a mix may hold.
var commands = map[string]command{
	"GET":      {args: []arg{argKey}},
	"GETRANGE": {args: []arg{argKey, argStart, argEnd}},
	"STRLEN":   {args: []arg{argKey}},
	"EXISTS":   {args: []arg{argKey}},
	"TTL":      {args: []arg{argKey}},
	"TYPE":     {args: []arg{argKey}},
	"TOUCH":    {args: []arg{argKey}},
	"MGET":     {args: []arg{argKey}, many: true},

	"SET":    {args: []arg{argKey, argValue, argPX}, write: true},
	"SETEX":  {args: []arg{argKey, argSeconds, argValue}, write: true, ttl: true},
	"PSETEX": {args: []arg{argKey, argMillis, argValue}, write: true, ttl: true},
	"SETNX":  {args: []arg{argKey, argValue}, write: true},
	"GETSET": {args: []arg{argKey, argValue}, write: true},
	"APPEND": {args: []arg{argKey, argValue}, write: true, text: true},
	"MSET":   {args: []arg{argKey, argValue}, write: true, many: true},

	"INCR":   {args: []arg{argKey}, write: true, counter: true},
	"DECR":   {args: []arg{argKey}, write: true, counter: true},
	"INCRBY": {args: []arg{argKey, argBy}, write: true, counter: true},
	"DECRBY": {args: []arg{argKey, argBy}, write: true, counter: true},

	"GETDEL":  {args: []arg{argKey}, write: true, removes: true},
	"DEL":     {args: []arg{argKey}, write: true, removes: true},
	"UNLINK":  {args: []arg{argKey}, write: true, removes: true},
	"GETEX":   {args: []arg{argKey, argPX}, write: true, ttl: true},
	"EXPIRE":  {args: []arg{argKey, argSeconds}, write: true, ttl: true},
	"PEXPIRE": {args: []arg{argKey, argMillis}, write: true, ttl: true},
	"PERSIST": {args: []arg{argKey}, write: true},
}

// commandNames is the commands in alphabetical order, for errors and help.
func commandNames() string {
	return strings.Join(slices.Sorted(maps.Keys(commands)), ", ")
}

func (c *command) takes(a ...arg) bool {
	return slices.ContainsFunc(c.args, func(has arg) bool { return slices.Contains(a, has) })
}

// program is an operation as the bytes and steps that make its frame.
type program struct {
	command
	head   []byte // the array's length and the command's name; of many, the name alone
	steps  []step
	insert bool
	keys   int // many: keys of one call; else 1
}

// step is one piece of a frame.
type step struct {
	kind stepKind
	text []byte // stepText
	low  uint64 // stepNumber: from low to low+span, both included
	span uint64
}

type stepKind uint8

const (
	stepKey stepKind = iota
	stepValue
	stepText
	stepNumber
)

// newProgram takes a validated operation.
func newProgram(m *Mix) program {
	p := program{command: commands[m.Command], insert: m.Insert, keys: 1}
	life, _ := parseTTL(m.TTL)
	args := 1
	text := func(number int64) {
		p.steps = append(p.steps, step{kind: stepText, text: resp.AppendBulk(nil, strconv.FormatInt(number, 10))})
	}
	for _, a := range p.args {
		args++
		switch a {
		case argKey:
			p.steps = append(p.steps, step{kind: stepKey})
		case argValue:
			p.steps = append(p.steps, step{kind: stepValue})
		case argSeconds:
			low, high := uint64(life.low.Seconds()), uint64(life.high.Seconds())
			p.steps = append(p.steps, step{kind: stepNumber, low: low, span: high - low})
		case argPX, argMillis:
			if m.TTL == "" {
				args--
				break
			}
			if a == argPX {
				args++
				p.steps = append(p.steps, step{kind: stepText, text: resp.AppendBulk(nil, "PX")})
			}
			low, high := uint64(life.low.Milliseconds()), uint64(life.high.Milliseconds())
			p.steps = append(p.steps, step{kind: stepNumber, low: low, span: high - low})
		case argStart:
			text(m.Start)
		case argEnd:
			text(orPointed(m.End, -1))
		case argBy:
			by := m.By
			if by == 0 {
				by = 1
			}
			text(by)
		}
	}
	if p.many {
		p.keys = m.Keys
	} else {
		p.head = resp.AppendArray(p.head, args)
	}
	p.head = resp.AppendBulk(p.head, m.Command)
	return p
}

// orPointed is what p points to, or the default without one.
func orPointed[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}
