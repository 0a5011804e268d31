package script

import (
	"fmt"
	"slices"

	"github.com/yuin/gopher-lua/ast"
)

// maxSyntaxDepth is how deep expressions and blocks may nest: the compiler
// calls itself for each.
const maxSyntaxDepth = 1000

// The globals by which rewritten source reaches what no script can name.
const (
	concatName   = "\x00concat"   // what .. became
	readOnlyName = "\x00readonly" // what an assignment to a global became
	quietSuffix  = "\x00quiet"    // redis.call whose result nobody takes
)

// rewriter changes a parsed script before it is compiled:
//   - a..b becomes a call, since gopher-lua prints numbers in its own way and
//     knows no limit to a string's length;
//   - an assignment to a global becomes one that fails: the globals are
//     read-only, but gopher-lua asks no metatable about those that exist;
//   - redis.call and the like become one lookup of a global "redis.call" in
//     place of two, the second by way of the read-only table's metatable.
type rewriter struct {
	name   string
	scopes [][]string // the names of locals, the innermost scope last
	depth  int
	err    error
	arg    bool // it names arg, the table of a function's further arguments
}

// rewrite changes a chunk in place, and reports whether it names arg.
func rewrite(chunk []ast.Stmt, name string) (arg bool, err error) {
	w := &rewriter{name: name}
	w.block(chunk)
	return w.arg, w.err
}

// enter notes a level of nesting, and reports false if there are too many.
func (w *rewriter) enter(line int) bool {
	w.depth++
	if w.depth > maxSyntaxDepth && w.err == nil {
		w.err = fmt.Errorf("%s:%d: chunk has too many syntax levels", w.name, line)
	}
	return w.err == nil
}

func (w *rewriter) push(names ...string) { w.scopes = append(w.scopes, names) }
func (w *rewriter) pop()                 { w.scopes = w.scopes[:len(w.scopes)-1] }

func (w *rewriter) declare(names ...string) {
	last := len(w.scopes) - 1
	w.scopes[last] = append(w.scopes[last], names...)
}

func (w *rewriter) isLocal(name string) bool {
	for _, scope := range w.scopes {
		if slices.Contains(scope, name) {
			return true
		}
	}
	return false
}

func (w *rewriter) block(stmts []ast.Stmt, names ...string) {
	w.push(slices.Clone(names)...)
	for _, s := range stmts {
		w.stmt(s)
	}
	w.pop()
}

func (w *rewriter) stmt(s ast.Stmt) {
	defer func() { w.depth-- }()
	if !w.enter(s.Line()) {
		return
	}
	switch s := s.(type) {
	case *ast.AssignStmt:
		w.exprs(s.Rhs)
		for i := range s.Lhs {
			s.Lhs[i] = w.target(s.Lhs[i])
		}
	case *ast.LocalAssignStmt:
		w.localAssign(s)
	case *ast.FuncCallStmt:
		s.Expr = w.expr(s.Expr)
		w.quiet(s.Expr)
	case *ast.DoBlockStmt:
		w.block(s.Stmts)
	case *ast.WhileStmt:
		s.Condition = w.expr(s.Condition)
		w.block(s.Stmts)
	case *ast.RepeatStmt:
		w.push()
		for _, inner := range s.Stmts {
			w.stmt(inner)
		}
		s.Condition = w.expr(s.Condition) // sees the block's locals
		w.pop()
	case *ast.IfStmt:
		s.Condition = w.expr(s.Condition)
		w.block(s.Then)
		w.block(s.Else)
	case *ast.NumberForStmt:
		s.Init, s.Limit, s.Step = w.expr(s.Init), w.expr(s.Limit), w.expr(s.Step)
		w.block(s.Stmts, s.Name)
	case *ast.GenericForStmt:
		w.exprs(s.Exprs)
		w.block(s.Stmts, s.Names...)
	case *ast.FuncDefStmt:
		w.funcDef(s)
	case *ast.ReturnStmt:
		w.exprs(s.Exprs)
	}
}

// localAssign handles "local x = …" and "local function f", which the parser
// tells apart by the function's line only: f is declared first if it may name
// itself.
func (w *rewriter) localAssign(s *ast.LocalAssignStmt) {
	if len(s.Names) == 1 && len(s.Exprs) == 1 {
		if f, ok := s.Exprs[0].(*ast.FunctionExpr); ok {
			// gopher-lua's compiler lets a function see the local that it becomes.
			w.declare(s.Names[0])
			s.Exprs[0] = w.expr(f)
			return
		}
	}
	w.exprs(s.Exprs)
	w.declare(s.Names...)
}

func (w *rewriter) funcDef(s *ast.FuncDefStmt) {
	if s.Name.Func == nil { // function t:m()
		s.Name.Receiver = w.object(s.Name.Receiver)
		w.function(s.Func, "self")
		return
	}
	w.function(s.Func)
	s.Name.Func = w.target(s.Name.Func)
}

func (w *rewriter) function(f *ast.FunctionExpr, names ...string) {
	w.block(f.Stmts, append(names, f.ParList.Names...)...)
}

// target is the left side of an assignment.
func (w *rewriter) target(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.IdentExpr:
		if !w.isLocal(e.Value) {
			e.Value = readOnlyName
		}
	case *ast.AttrGetExpr:
		e.Object, e.Key = w.object(e.Object), w.expr(e.Key)
	}
	return e
}

// object is an expression that is indexed to be assigned to: a table of a
// library stays what it is.
func (w *rewriter) object(e ast.Expr) ast.Expr { return w.expr(e) }

func (w *rewriter) exprs(list []ast.Expr) {
	for i := range list {
		list[i] = w.expr(list[i])
	}
}

func (w *rewriter) expr(e ast.Expr) ast.Expr {
	if e == nil {
		return nil
	}
	defer func() { w.depth-- }()
	if !w.enter(e.Line()) {
		return e
	}
	switch e := e.(type) {
	case *ast.IdentExpr:
		w.arg = w.arg || e.Value == "arg"
	case *ast.AttrGetExpr:
		return w.attribute(e)
	case *ast.TableExpr:
		for _, f := range e.Fields {
			f.Key, f.Value = w.expr(f.Key), w.expr(f.Value)
		}
	case *ast.FuncCallExpr:
		e.Func, e.Receiver = w.expr(e.Func), w.expr(e.Receiver)
		w.exprs(e.Args)
	case *ast.LogicalOpExpr:
		e.Lhs, e.Rhs = w.expr(e.Lhs), w.expr(e.Rhs)
	case *ast.RelationalOpExpr:
		e.Lhs, e.Rhs = w.expr(e.Lhs), w.expr(e.Rhs)
	case *ast.ArithmeticOpExpr:
		e.Lhs, e.Rhs = w.expr(e.Lhs), w.expr(e.Rhs)
	case *ast.StringConcatOpExpr:
		return w.concat(e)
	case *ast.UnaryMinusOpExpr:
		e.Expr = w.expr(e.Expr)
	case *ast.UnaryNotOpExpr:
		e.Expr = w.expr(e.Expr)
	case *ast.UnaryLenOpExpr:
		e.Expr = w.expr(e.Expr)
	case *ast.FunctionExpr:
		w.function(e)
	}
	return e
}

// attribute makes one lookup of "redis.call" where redis is the global.
func (w *rewriter) attribute(e *ast.AttrGetExpr) ast.Expr {
	object, isName := e.Object.(*ast.IdentExpr)
	key, isString := e.Key.(*ast.StringExpr)
	if isName && isString && !w.isLocal(object.Value) && isFlat[object.Value+"."+key.Value] {
		return ident(object.Value+"."+key.Value, e)
	}
	e.Object, e.Key = w.expr(e.Object), w.expr(e.Key)
	return e
}

// quiet lets a call of redis.call whose result is dropped make no value of it.
func (w *rewriter) quiet(e ast.Expr) {
	call, ok := e.(*ast.FuncCallExpr)
	if !ok {
		return
	}
	if f, ok := call.Func.(*ast.IdentExpr); ok && f.Value == "redis.call" {
		f.Value += quietSuffix
	}
}

// concat makes one call of a chain a..b..c, which is a..(b..c).
func (w *rewriter) concat(e *ast.StringConcatOpExpr) ast.Expr {
	call := &ast.FuncCallExpr{Func: ident(concatName, e), AdjustRet: true}
	call.SetLine(e.Line())
	call.SetLastLine(e.LastLine())
	var rest ast.Expr = e
	for {
		link, ok := rest.(*ast.StringConcatOpExpr)
		if !ok || len(call.Args) >= maxConcatArgs {
			break
		}
		call.Args = append(call.Args, single(w.expr(link.Lhs)))
		rest = link.Rhs
	}
	call.Args = append(call.Args, single(w.expr(rest)))
	return call
}

// maxConcatArgs is how many operands one call takes; registers are few.
const maxConcatArgs = 100

// single takes one value of an expression that could give several.
func single(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		e.AdjustRet = true
	case *ast.Comma3Expr:
		e.AdjustRet = true
	}
	return e
}

func ident(name string, at ast.PositionHolder) *ast.IdentExpr {
	e := &ast.IdentExpr{Value: name}
	e.SetLine(at.Line())
	e.SetLastLine(at.LastLine())
	return e
}
