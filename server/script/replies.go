package script

import (
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"slotbench/internal/resp"
)

// value makes a Lua value of the reply at the beginning of raw, and returns
// how many bytes it was. The reply is one that a command of this server made.
func (f frame) value(raw []byte) (lua.LValue, int) {
	line, next := cutLine(raw)
	if len(line) == 0 {
		return lua.LNil, len(raw)
	}
	switch line[0] {
	case ':':
		return integerValue(line[1:]), next
	case '$', '=':
		n, _ := strconv.Atoi(string(line[1:]))
		if n < 0 || next+n+2 > len(raw) {
			return lua.LFalse, next
		}
		text := raw[next : next+n]
		next += n + 2
		if line[0] == '=' {
			return f.verbatim(text), next
		}
		f.budget.grow(n)
		return lua.LString(text), next
	case '+':
		return f.field("ok", lua.LString(line[1:])), next
	case '-':
		return f.field("err", lua.LString(line[1:])), next
	case '(':
		return f.field("big_number", lua.LString(line[1:])), next
	case ',':
		n, _ := strconv.ParseFloat(string(line[1:]), 64)
		return f.field("double", lua.LNumber(n)), next
	case '#':
		return lua.LBool(len(line) > 1 && line[1] == 't'), next
	case '*', '%', '~', '>':
		return f.collection(raw, line, next)
	}
	return lua.LNil, next // '_'
}

// collection makes a table of the array, map or set whose head is line.
func (f frame) collection(raw, line []byte, next int) (lua.LValue, int) {
	n, _ := strconv.Atoi(string(line[1:]))
	if n < 0 {
		return lua.LFalse, next
	}
	f.budget.grow(32 * n)
	var used int
	switch line[0] {
	case '%':
		t := f.L.CreateTable(0, n)
		for range n {
			var key, value lua.LValue
			key, used = f.value(raw[next:])
			next += used
			value, used = f.value(raw[next:])
			next += used
			if key != lua.LNil {
				f.L.RawSet(t, key, value)
			}
		}
		return f.field("map", t), next
	case '~':
		t := f.L.CreateTable(0, n)
		for range n {
			var key lua.LValue
			key, used = f.value(raw[next:])
			next += used
			if key != lua.LNil {
				f.L.RawSet(t, key, lua.LTrue)
			}
		}
		return f.field("set", t), next
	}
	t := f.L.CreateTable(n, 0)
	for i := range n {
		var element lua.LValue
		element, used = f.value(raw[next:])
		next += used
		t.RawSetInt(i+1, element)
	}
	return t, next
}

func (f frame) verbatim(text []byte) lua.LValue {
	inner := f.L.CreateTable(0, 2)
	if len(text) > 4 {
		inner.RawSetString("format", lua.LString(text[:3]))
		inner.RawSetString("string", lua.LString(text[4:]))
	}
	return f.field("verbatim_string", inner)
}

// field is a table with one field.
func (f frame) field(name string, v lua.LValue) *lua.LTable {
	t := f.L.CreateTable(0, 1)
	t.RawSetString(name, v)
	return t
}

func integerValue(digits []byte) lua.LValue {
	if len(digits) == 1 && digits[0] >= '0' && digits[0] <= '9' {
		return small[digits[0]-'0']
	}
	n, _ := strconv.ParseInt(string(digits), 10, 64)
	return number(float64(n))
}

// cutLine is the first line of raw without its end, and where the next begins.
func cutLine(raw []byte) (line []byte, next int) {
	for i, b := range raw {
		if b == '\r' {
			return raw[:i], i + 2
		}
	}
	return raw, len(raw)
}

// maxReplyDepth is how deep the table that a script returns may nest. It is
// where Lua's stack ends in Redis.
const maxReplyDepth = 7994

// appendReply appends the value that a script returned as the client's
// protocol has it.
func (r *Runner) appendReply(out []byte, v lua.LValue, depth int) []byte {
	proto := r.job.Proto
	if depth > maxReplyDepth {
		return resp.AppendError(out, "ERR reached lua stack limit")
	}
	if int64(len(out)) > r.engine.config.MemoryBytes {
		r.budget.stop(errMemory)
	}
	if r.budget.spend(1); r.budget.done != nil {
		return out // what is made so far will not be sent
	}
	switch v := v.(type) {
	case lua.LString:
		return resp.AppendBulk(out, string(v))
	case lua.LNumber:
		return resp.AppendInt(out, truncate(float64(v)))
	case lua.LBool:
		switch {
		case r.proto == 3:
			return resp.AppendBool(out, proto, bool(v))
		case bool(v):
			return resp.AppendInt(out, 1)
		}
		return resp.AppendNull(out, proto)
	case *lua.LTable:
		return r.appendTable(out, r.shown(v), depth)
	}
	return resp.AppendNull(out, proto)
}

// appendTable appends a table: by the field that says what it stands for, or
// as an array.
func (r *Runner) appendTable(out []byte, t *lua.LTable, depth int) []byte {
	proto := r.job.Proto
	if key, _ := t.Next(lua.LNil); key == lua.LNil {
		return resp.AppendArray(out, 0)
	}
	if text, ok := stringField(t, "err"); ok {
		r.failed = r.failed || depth == 0
		return appendErrorLine(out, text)
	}
	if text, ok := stringField(t, "ok"); ok {
		return resp.AppendSimple(out, oneLine(text))
	}
	if n, ok := t.RawGetString("double").(lua.LNumber); ok {
		return resp.AppendDouble(out, proto, float64(n))
	}
	if inner, ok := t.RawGetString("map").(*lua.LTable); ok {
		return r.appendMap(out, inner, depth)
	}
	if inner, ok := t.RawGetString("set").(*lua.LTable); ok {
		n := 0
		inner.ForEach(func(lua.LValue, lua.LValue) { n++ })
		out = resp.AppendSet(out, proto, n)
		for key, _ := inner.Next(lua.LNil); key != lua.LNil; key, _ = inner.Next(key) {
			out = r.appendReply(out, key, depth+1)
		}
		return out
	}
	if text, ok := stringField(t, "big_number"); ok {
		if proto == 3 {
			return append(append(append(out, '('), oneLine(text)...), "\r\n"...)
		}
		return resp.AppendBulk(out, oneLine(text))
	}
	if inner, ok := t.RawGetString("verbatim_string").(*lua.LTable); ok {
		text, isText := stringField(inner, "string")
		format, isFormat := stringField(inner, "format")
		if isText && isFormat {
			return appendVerbatim(out, proto, text, format)
		}
	}
	n := 0
	for t.RawGetInt(n+1) != lua.LNil {
		n++
	}
	out = resp.AppendArray(out, n)
	for i := range n {
		out = r.appendReply(out, t.RawGetInt(i+1), depth+1)
	}
	return out
}

func (r *Runner) appendMap(out []byte, t *lua.LTable, depth int) []byte {
	n := 0
	t.ForEach(func(lua.LValue, lua.LValue) { n++ })
	out = resp.AppendMap(out, r.job.Proto, n)
	for key, value := t.Next(lua.LNil); key != lua.LNil; key, value = t.Next(key) {
		out = r.appendReply(out, key, depth+1)
		out = r.appendReply(out, value, depth+1)
	}
	return out
}

func appendVerbatim(out []byte, proto int, text, format string) []byte {
	if proto != 3 {
		return resp.AppendBulk(out, text)
	}
	format = (format + "   ")[:3]
	out = append(out, '=')
	out = strconv.AppendInt(out, int64(len(text)+4), 10)
	out = append(out, "\r\n"...)
	out = append(out, format...)
	out = append(out, ':')
	out = append(out, text...)
	return append(out, "\r\n"...)
}

// stringField is a field that is a string, or a number as one.
func stringField(t *lua.LTable, name string) (string, bool) {
	text, ok := t.RawGetString(name).(lua.LString)
	return string(text), ok
}

// oneLine is a text whose line ends are spaces.
func oneLine(text string) string {
	for i := range len(text) {
		if text[i] == '\r' || text[i] == '\n' {
			b := []byte(text)
			for j := i; j < len(b); j++ {
				if b[j] == '\r' || b[j] == '\n' {
					b[j] = ' '
				}
			}
			return string(b)
		}
	}
	return text
}

func appendErrorLine(out []byte, text string) []byte {
	out = append(out, '-')
	out = append(out, oneLine(text)...)
	return append(out, "\r\n"...)
}

// appendFailure appends the error that ended a script.
func (r *Runner) appendFailure(out []byte, err error) []byte {
	message := ""
	switch v := thrown(err).(type) {
	case *lua.LTable:
		text, ok := stringField(v, "err")
		if !ok {
			text = "ERR unknown error"
		}
		message = text
	case lua.LString:
		message = "ERR " + string(v)
	default:
		message = "ERR " + v.String()
	}
	if why := r.budget.err; why != nil {
		message = "ERR " + why.Error()
	}
	if r.errorLine > 0 {
		chunk := r.errorChunk
		if given, ok := r.sources[chunk]; ok {
			chunk = given
		} else if chunk == chunkName {
			chunk = "@" + chunkName
		}
		message += " script: " + r.job.Script.Hash + ", on " + chunk + ":" + strconv.Itoa(r.errorLine) + "."
	}
	return appendErrorLine(out, message)
}
