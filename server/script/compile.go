package script

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// chunkName is what scripts are called in errors.
const chunkName = "user_script"

// Flags are what a script's shebang line says of it.
type Flags uint8

// The flags, as a shebang line names them.
const (
	NoWrites Flags = 1 << iota
	AllowOOM
	AllowStale
	NoCluster
	AllowCrossSlot
	// Compatible is a script without a shebang line: it may do what scripts
	// could before there were flags.
	Compatible
)

var flagNames = map[string]Flags{
	"no-writes": NoWrites, "allow-oom": AllowOOM, "allow-stale": AllowStale,
	"no-cluster": NoCluster, "allow-cross-slot-keys": AllowCrossSlot,
}

// Script is a compiled script.
type Script struct {
	Hash  string // SHA1 of the text, in hexadecimal
	Flags Flags
	// Roams is the host's note that the script touches more than its keys, and
	// Wide that it runs commands which touch all there are.
	Roams, Wide atomic.Bool

	text  string
	kept  bool // by SCRIPT LOAD; under Engine.mu
	proto *lua.FunctionProto
}

// Text is the script's source.
func (s *Script) Text() string { return s.text }

// compile makes a script of a text. An error's text is a reply.
func compile(text string) (*Script, error) {
	s := &Script{Hash: hashOf(text), Flags: Compatible, text: text}
	body := text
	if strings.HasPrefix(text, "#!") {
		line, _, _ := strings.Cut(text, "\n")
		if line == text {
			return nil, errors.New("ERR Invalid script shebang")
		}
		var err error
		if s.Flags, err = shebang(line); err != nil {
			return nil, err
		}
		body = text[len(line):] // with the line's end, so that lines count right
	}
	var err error
	if s.proto, err = compileChunk(body, chunkName); err != nil {
		return nil, fmt.Errorf("ERR Error compiling script (new function): %w", err)
	}
	return s, nil
}

// shebang reads a script's first line, such as "#!lua flags=no-writes".
func shebang(line string) (Flags, error) {
	words := strings.Fields(line)
	if words[0] != "#!lua" {
		return 0, fmt.Errorf("ERR Unexpected engine in script shebang: %s", words[0])
	}
	var flags Flags
	for _, word := range words[1:] {
		list, ok := strings.CutPrefix(word, "flags=")
		if !ok {
			return 0, fmt.Errorf("ERR Unknown lua shebang option: %s", word)
		}
		for name := range strings.SplitSeq(list, ",") {
			flag, known := flagNames[name]
			switch {
			case known:
				flags |= flag
			case name != "":
				return 0, fmt.Errorf("ERR Unexpected flag in script shebang: %s", name)
			}
		}
	}
	return flags, nil
}

// compileChunk makes Lua's prototype of a piece of source, as SCRIPT LOAD and
// loadstring need it.
func compileChunk(source, name string) (proto *lua.FunctionProto, err error) {
	if len(source) > MaxScriptBytes {
		return nil, fmt.Errorf("%s: script is longer than %d bytes", name, MaxScriptBytes)
	}
	defer func() { // the parser and the compiler panic at what they do not expect
		if fault := recover(); fault != nil {
			proto, err = nil, fmt.Errorf("%s: %v", name, fault)
		}
	}()
	chunk, err := parse.Parse(strings.NewReader(source), name)
	if err != nil {
		return nil, syntaxError(err, name)
	}
	arg, err := rewrite(chunk, name)
	if err != nil {
		return nil, err
	}
	if proto, err = lua.Compile(chunk, name); err != nil {
		return nil, syntaxError(err, name)
	}
	if !arg {
		proto.IsVarArg &^= lua.VarArgNeedsArg // the table is dear, and nobody asks for it
	}
	return proto, nil
}

// syntaxError words a fault in the source as Lua does, as far as is known.
func syntaxError(err error, name string) error {
	var parsed *parse.Error
	var compiled *lua.CompileError
	switch {
	case errors.As(err, &parsed):
		near, line := parsed.Token, parsed.Pos.Line
		if line == parse.EOF {
			return fmt.Errorf("%s: %s near '<eof>'", name, parsed.Message)
		}
		return fmt.Errorf("%s:%d: %s near '%s'", name, line, parsed.Message, near)
	case errors.As(err, &compiled):
		return fmt.Errorf("%s:%d: %s", name, compiled.Line, compiled.Message)
	}
	return fmt.Errorf("%s: %w", name, err)
}
