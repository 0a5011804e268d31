package workloads

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Parse reads a workload file; file is what errors call it. The error is a
// *Faults that points at each fault's line and column.
func Parse(file string, data []byte) (*Spec, error) {
	faults := &Faults{File: file}
	if text := textBytes(data); text > MaxFileBytes {
		faults.add("", "is %d bytes long, the limit is %d", text, MaxFileBytes)
		return nil, faults
	} else if len(data)-text > MaxNumberBytes {
		faults.add("", "has numbers of %d bytes, the limit is %d", len(data)-text, MaxNumberBytes)
		return nil, faults
	}
	tree, err := parseTree(data)
	if err != nil {
		faults.List = append(faults.List, syntaxFault(nil, err))
		return nil, faults
	}
	if len(tree.Docs) != 1 || tree.Docs[0].Body == nil {
		faults.add("", "holds %d YAML documents; want one, with name, keys, families and operations", nonEmpty(tree))
		return nil, faults
	}
	body := tree.Docs[0].Body
	if alias := findAlias(body); alias != nil {
		faults.List = append(faults.List, faultAt(body, alias.GetToken(), "aliases are not supported; write the value out"))
		return nil, faults
	}
	spec := new(Spec)
	if err := decode(body, spec); err != nil {
		faults.List = append(faults.List, syntaxFault(body, err))
		return nil, faults
	}
	var found *Faults
	if errors.As(spec.Validate(), &found) {
		for i := range found.List {
			locate(tree, &found.List[i])
		}
		found.File = file
		return nil, found
	}
	return spec, nil
}

// textBytes is how long a file is without its digits and the one sign behind a
// number that parts it from the next in slots.
func textBytes(data []byte) int {
	numbers, within := 0, false
	for _, b := range data {
		digit := '0' <= b && b <= '9'
		if digit || within && strings.IndexByte(" \n+/", b) >= 0 {
			numbers++
		}
		within = digit
	}
	return len(data) - numbers
}

// parseTree parses YAML. The parser's own panics become errors: the input is
// a stranger's.
func parseTree(data []byte) (tree *ast.File, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("can't be read as YAML: %v", p)
		}
	}()
	if at := bytes.IndexByte(data, 0); at >= 0 {
		return nil, fmt.Errorf("has a zero byte at offset %d; a workload file is text", at)
	}
	tokens := lexer.Tokenize(string(data))
	if deep := tooDeep(tokens); deep != nil {
		return nil, &yaml.SyntaxError{Message: fmt.Sprintf("is nested deeper than %d levels", maxNesting), Token: deep}
	}
	return parser.Parse(tokens, 0)
}

// maxNesting is how deep brackets and dashes of one line may nest: the parser
// takes quadratic time over them. Indentation costs its author more than that.
const maxNesting = 32

// tooDeep is the first token that is nested too deep.
func tooDeep(tokens token.Tokens) *token.Token {
	brackets, dashes, line := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, dashes = t.Position.Line, 0
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			brackets++
		case token.SequenceEndType, token.MappingEndType:
			brackets--
		case token.SequenceEntryType:
			dashes++
		}
		if brackets > maxNesting || dashes > maxNesting {
			return t
		}
	}
	return nil
}

func decode(body ast.Node, spec *Spec) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("can't be read as a workload: %v", p)
		}
	}()
	return yaml.NodeToValue(body, spec, yaml.Strict())
}

func nonEmpty(tree *ast.File) (count int) {
	for _, doc := range tree.Docs {
		if doc.Body != nil {
			count++
		}
	}
	return count
}

// visitor calls a function for each node.
type visitor func(ast.Node)

// Visit is ast.Visitor.
func (v visitor) Visit(n ast.Node) ast.Visitor { v(n); return v }

func findAlias(body ast.Node) (found ast.Node) {
	ast.Walk(visitor(func(n ast.Node) {
		if n.Type() == ast.AliasType && found == nil {
			found = n
		}
	}), body)
	return found
}

// syntaxFault is a decoder's error as a fault, in words of the file and not
// of the program.
func syntaxFault(body ast.Node, err error) Fault {
	var described yaml.Error
	if !errors.As(err, &described) {
		return Fault{Problem: err.Error()}
	}
	problem := described.GetMessage()
	var unknown *yaml.UnknownFieldError
	var mismatch *yaml.TypeError
	var overflow *yaml.OverflowError
	var unexpected *yaml.UnexpectedNodeTypeError
	switch {
	case errors.As(err, &unknown):
		problem = unknownField(described.GetToken())
	case errors.As(err, &mismatch):
		problem = "is no " + kindName(mismatch.DstType)
	case errors.As(err, &overflow):
		problem = fmt.Sprintf("%s does not fit a %s", overflow.SrcNum, kindName(overflow.DstType))
	case errors.As(err, &unexpected):
		problem = fmt.Sprintf("is a %s, want a %s", strings.ToLower(unexpected.Actual.YAMLName()), strings.ToLower(unexpected.Expected.YAMLName()))
	}
	return faultAt(body, described.GetToken(), problem)
}

// kindName is what a file's author calls a Go type.
func kindName(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Int, reflect.Int64, reflect.Uint16:
		return "whole number in range"
	case reflect.Float64:
		return "number"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "list"
	case reflect.String:
		return "text"
	}
	return "group of fields"
}

// faultAt is a fault at a token; its field is that of the node there.
func faultAt(body ast.Node, at *token.Token, problem string) Fault {
	fault := Fault{Problem: problem}
	if at == nil || at.Position == nil {
		return fault
	}
	fault.Line, fault.Column = at.Position.Line, at.Position.Column
	if body == nil {
		return fault
	}
	ast.Walk(visitor(func(n ast.Node) {
		if t := n.GetToken(); t != nil && t.Position != nil && t.Position.Line == fault.Line && t.Position.Column == fault.Column {
			fault.Field = strings.TrimPrefix(strings.TrimPrefix(n.GetPath(), "$"), ".")
		}
	}), body)
	return fault
}

// locate finds the line and column of a fault's field, or of the nearest that
// encloses it where the field itself is missing.
func locate(tree *ast.File, fault *Fault) {
	defer func() { _ = recover() }() // a field that can't be looked up stays without a line
	for field := fault.Field; ; {
		path, err := yaml.PathString(strings.TrimSuffix("$."+field, "."))
		if err == nil {
			if node, err := path.FilterFile(tree); err == nil && node != nil {
				if m, ok := node.(*ast.MappingNode); ok && len(m.Values) > 0 {
					node = m.Values[0].Key
				} else if m, ok := node.(*ast.MappingValueNode); ok {
					node = m.Key
				}
				if at := node.GetToken(); at != nil && at.Position != nil {
					fault.Line, fault.Column = at.Position.Line, at.Position.Column
				}
				return
			}
		}
		if field == "" {
			return
		}
		field = field[:max(strings.LastIndexAny(field, ".["), 0)]
	}
}

// unknownField names the field at a token, and the known one that is closest.
func unknownField(at *token.Token) string {
	best := closest(at.Value, fieldNames(reflect.TypeFor[Spec](), nil))
	if best == "" || best == at.Value {
		return fmt.Sprintf("there is no field %q here; FORMAT.md lists them", clip(at.Value))
	}
	return fmt.Sprintf("there is no field %q; did you mean %q?", clip(at.Value), best)
}

// closest is the name that is at most two letters away, "" without one; of
// several that are as close one with the same first letter, which is seldom
// mistyped, then the first in the alphabet.
func closest(text string, names []string) string {
	const closeEnough, longest = 2, 64
	if len(text) > longest {
		return ""
	}
	best, distance := "", 2*closeEnough+2
	for _, name := range names {
		d := 2 * editDistance(text, name)
		if text == "" || name[0] != text[0] {
			d++
		}
		if d < distance || d == distance && best != "" && name < best {
			best, distance = name, d
		}
	}
	return best
}

// fieldNames is the YAML names of a struct's fields and of those below it.
func fieldNames(t reflect.Type, names []string) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return names
	}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		names = fieldNames(t.Field(i).Type, append(names, name))
	}
	return names
}

// editDistance is Levenshtein's: insertions, deletions and replacements.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
