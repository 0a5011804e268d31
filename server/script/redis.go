package script

import (
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// redisLibrary is the table redis. redis.breakpoint and redis.debug are absent
// with SCRIPT DEBUG.
var redisLibrary = library{
	name: "redis",
	functions: map[string]function{
		"call": redisCall, "pcall": redisPcall, "error_reply": redisErrorReply, "status_reply": redisStatusReply,
		"sha1hex": redisHash, "log": redisLog, "setresp": redisSetResp, "acl_check_cmd": redisAllowed,
		"replicate_commands": redisReplicateCommands, "set_repl": redisSetRepl,
	},
	constants: map[string]lua.LValue{
		"LOG_DEBUG": lua.LNumber(LogDebug), "LOG_VERBOSE": lua.LNumber(LogVerbose),
		"LOG_NOTICE": lua.LNumber(LogNotice), "LOG_WARNING": lua.LNumber(LogWarning),
		"REPL_NONE": lua.LNumber(0), "REPL_AOF": lua.LNumber(1), "REPL_SLAVE": lua.LNumber(2),
		"REPL_REPLICA": lua.LNumber(2), "REPL_ALL": lua.LNumber(3),
	},
}

func redisCall(f frame) int {
	reply := f.command(true)
	if reply[0] == '-' {
		f.raiseReply(reply)
	}
	v, _ := f.value(reply)
	return f.push(v)
}

// redisCallQuiet is redis.call where nobody looks at the result.
func redisCallQuiet(f frame) int {
	if reply := f.command(true); reply[0] == '-' {
		f.raiseReply(reply)
	}
	return 0
}

func redisPcall(f frame) int {
	reply := f.command(false)
	if len(reply) == 0 { // the error is pushed
		return 1
	}
	v, _ := f.value(reply)
	return f.push(v)
}

func (f frame) raiseReply(reply []byte) {
	v, _ := f.value(reply)
	f.raise(v)
}

// command runs the command whose arguments are on the stack, and returns its
// reply. If the arguments are wrong it raises the error, or pushes it and
// returns nothing.
func (f frame) command(raise bool) []byte {
	args, problem := f.arguments()
	if problem != "" {
		v := f.field("err", lua.LString(problem))
		if raise {
			f.raise(v)
		}
		f.L.Push(v)
		return nil
	}
	f.budget.spend(callInstructions)
	f.ask(args)
	return f.reply
}

// ask has the host run a command. A panic there is no error of the script's:
// it is kept from Lua, which would take it for one, and goes on in run.
func (f frame) ask(args [][]byte) {
	whole := false
	defer func() {
		if !whole {
			f.fault = recover()
			f.budget.stop(errGiven)
			f.reply = append(f.reply[:0], "-ERR\r\n"...)
		}
	}()
	reply, wrote := f.job.Host.Call(args, f.proto, f.reply[:0])
	whole = true
	if wrote {
		f.wrote.Store(true)
	}
	f.reply = reply
}

// arguments copies the arguments of a command out of Lua's memory.
func (f frame) arguments() (args [][]byte, problem string) {
	top := f.L.GetTop()
	if top == 0 {
		return nil, "ERR Please specify at least one argument for this redis lib call"
	}
	f.packed, f.ends = f.packed[:0], f.ends[:0]
	for i := 1; i <= top; i++ {
		switch v := f.L.Get(i).(type) {
		case lua.LString:
			f.packed = append(f.packed, v...)
		case lua.LNumber:
			f.packed = appendArgument(f.packed, float64(v))
		default:
			return nil, "ERR Lua redis lib command arguments must be strings or integers"
		}
		f.ends = append(f.ends, len(f.packed))
	}
	f.argv = f.argv[:0]
	begin := 0
	for _, end := range f.ends {
		f.argv = append(f.argv, f.packed[begin:end:end])
		begin = end
	}
	return f.argv, ""
}

// appendArgument prints a number that a command is given, by "%.17g".
func appendArgument(dst []byte, n float64) []byte {
	if whole := int64(n); float64(whole) == n && n < 1e17 && n > -1e17 && (whole != 0 || !math.Signbit(n)) {
		return appendInteger(dst, whole)
	}
	return appendG(dst, n, 17)
}

func redisErrorReply(f frame) int {
	text, ok := f.L.Get(1).(lua.LString)
	if f.L.GetTop() != 1 || !ok {
		return f.push(f.field("err", lua.LString("ERR wrong number or type of arguments")))
	}
	message := string(text)
	if rest, coded := strings.CutPrefix(message, "-"); coded {
		message = rest
	}
	if !strings.Contains(message, " ") {
		message = "ERR " + message
	}
	return f.push(f.field("err", lua.LString(message)))
}

func redisStatusReply(f frame) int {
	text, ok := f.L.Get(1).(lua.LString)
	if f.L.GetTop() != 1 || !ok {
		return f.push(f.field("err", lua.LString("ERR wrong number or type of arguments")))
	}
	return f.push(f.field("ok", text))
}

// refuse raises an error as the redis functions do: a table.
func (f frame) refuse(message string) { f.raise(f.field("err", lua.LString("ERR "+message))) }

func redisHash(f frame) int {
	if f.L.GetTop() != 1 {
		f.refuse("wrong number of arguments")
	}
	text := ""
	if v := f.L.Get(1); lua.LVCanConvToString(v) {
		text = f.text(v)
	}
	return f.push(lua.LString(hashOf(text)))
}

func redisLog(f frame) int {
	top := f.L.GetTop()
	if top < 2 {
		f.refuse("redis.log() requires two arguments or more.")
	}
	level, ok := f.L.Get(1).(lua.LNumber)
	if !ok {
		f.refuse("First argument must be a number (log level).")
	}
	if level < lua.LNumber(LogDebug) || level > lua.LNumber(LogWarning) {
		f.refuse("Invalid debug level.")
	}
	var words []string
	for i := 2; i <= top; i++ {
		if v := f.L.Get(i); lua.LVCanConvToString(v) {
			words = append(words, f.text(v))
		}
	}
	f.job.Host.Log(LogLevel(level), strings.Join(words, " "))
	return 0
}

func redisSetResp(f frame) int {
	if f.L.GetTop() != 1 {
		f.refuse("redis.setresp() requires one argument.")
	}
	n := f.L.Get(1)
	if n != lua.LNumber(2) && n != lua.LNumber(3) {
		f.refuse("RESP version must be 2 or 3.")
	}
	f.proto = int(n.(lua.LNumber))
	return 0
}

func redisReplicateCommands(f frame) int { return f.push(lua.LTrue) }

func redisSetRepl(f frame) int {
	if f.L.GetTop() != 1 {
		f.refuse("redis.set_repl() requires two arguments.")
	}
	if n := f.num(1); n < 0 || n > 3 {
		f.refuse("Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.")
	}
	return 0
}

func redisAllowed(f frame) int {
	args, problem := f.arguments()
	if problem != "" {
		f.raise(f.field("err", lua.LString(problem)))
	}
	allowed, known := f.job.Host.Allowed(args)
	if !known {
		f.refuse("Invalid command passed to redis.acl_check_cmd()")
	}
	return f.push(lua.LBool(allowed))
}
