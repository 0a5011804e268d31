package command

import (
	"regexp"
	"strings"

	"slotbench/server/script"
)

// compileOnLoopBytes is the longest script that is compiled on a loop.
const compileOnLoopBytes = 16 << 10

// scriptingCommands is EVAL and its kin.
func scriptingCommands() []Command {
	const flags = NoScript | Stale | SkipMonitor | OffLoop | Holding | NoMandatoryKeys | MovableKeys
	eval := func(name, since, what, syntax string, more Flags) Command {
		return Command{
			Name: name, Arity: -3, Flags: flags | more, Keys: evalKeys, Run: eval, Since: since,
			Reaches:    func([][]byte) bool { return true },
			Complexity: "that of the script", Summary: what, Syntax: syntax + " numkeys [key [key ...]] [arg [arg ...]]",
		}
	}
	rows := []Command{
		eval("eval", "2.6.0", "Run a Lua script", "script", MayWrite),
		eval("evalsha", "2.6.0", "Run a Lua script that the server knows", "sha1", MayWrite),
		eval("eval_ro", "7.0.0", "Run a Lua script that only reads", "script", ReadOnly),
		eval("evalsha_ro", "7.0.0", "Run a Lua script that the server knows and that only reads", "sha1", ReadOnly),
		{Name: "script", Arity: -2, Subcommands: scriptCommands(), Since: "2.6.0", Complexity: "by subcommand",
			Summary: "The scripts that the server knows", Absent: map[string]string{"debug": "there is no debugger for scripts"}},
	}
	for i := range rows {
		rows[i].Group = GroupScripting
	}
	return rows
}

func scriptCommands() []Command {
	rows := []Command{
		{Name: "exists", Arity: -3, Flags: NoScript, Run: scriptExists, Since: "2.6.0", Complexity: "O(N) in the scripts asked for",
			Summary: "Whether the server knows scripts", Syntax: "sha1 [sha1 ...]"},
		{Name: "flush", Arity: -2, Flags: NoScript, Run: scriptFlush, Since: "2.6.0", Complexity: "O(N) in the scripts",
			Summary: "Forget all scripts", Syntax: "[ASYNC|SYNC]"},
		{Name: "help", Arity: 2, Flags: Loading | Stale, Run: (*Context).help, Since: "5.0.0", Complexity: "O(1)",
			Summary: "What the subcommands are"},
		{Name: "kill", Arity: 2, Flags: NoScript | AllowBusy, Run: scriptKill, Since: "2.6.0", Complexity: "O(1)",
			Summary: "End the scripts that run and have not written"},
		{Name: "load", Arity: 3, Flags: NoScript | Stale | OffLoop, Run: scriptLoad, Since: "2.6.0", Complexity: "O(N) in the script",
			Summary: "Have the server know a script", Syntax: "script"},
	}
	for i := range rows {
		rows[i].Group = GroupScripting
	}
	return rows
}

// evalKeys finds the keys behind their number.
func evalKeys(positions []int, args [][]byte) ([]int, bool) {
	if len(args) < 3 {
		return positions, false
	}
	n, ok := parseInt(args[2])
	if !ok || n < 0 || n > int64(len(args)-3) {
		return positions, false
	}
	for at := range int(n) {
		positions = append(positions, 3+at)
	}
	return positions, true
}

// scriptJob makes the job of the command in Args. It answers the error if it
// cannot be run; ready is false if the script is better compiled off the loop.
func (c *Context) scriptJob() (job script.Job, ready, ok bool) {
	n, isInt := parseInt(c.Args[2])
	switch {
	case !isInt:
		c.Error(errNotInt)
		return job, true, false
	case n > int64(len(c.Args)-3):
		c.Error("ERR Number of keys can't be greater than number of args")
		return job, true, false
	case n < 0:
		c.Error("ERR Number of keys can't be negative")
		return job, true, false
	}
	job.Keys, job.Args = c.Args[3:3+n], c.Args[3+n:]
	job.Proto, job.ReadOnly = c.Client.Proto, c.Command.Flags&ReadOnly != 0
	if job.Script, ready = c.findScript(); job.Script == nil {
		return job, ready, false
	}
	flags := job.Script.Flags
	switch {
	case flags&script.NoCluster != 0 && c.Router != nil:
		c.Error("ERR Can not run script on cluster, 'no-cluster' flag is set.")
		return job, true, false
	case flags&(script.Compatible|script.NoWrites) == 0 && job.ReadOnly:
		c.Error("ERR Can not execute a script with write flag using *_ro command.")
		return job, true, false
	}
	job.ReadOnly = job.ReadOnly || flags&script.NoWrites != 0
	return job, true, true
}

// findScript is the script that the command names or carries. It answers the
// error if there is none; ready is false if it is to be compiled off the loop.
func (c *Context) findScript() (s *script.Script, ready bool) {
	engine := c.scripting.engine
	if strings.HasPrefix(c.Command.Name, "evalsha") {
		if s = engine.Lookup(c.Args[1]); s == nil {
			c.Error("NOSCRIPT No matching script. Please use EVAL.")
		}
		return s, true
	}
	if s = engine.Find(c.Args[1]); s != nil {
		return s, true
	}
	if !c.detached && len(c.Args[1]) > compileOnLoopBytes && c.mode == Direct {
		return nil, false
	}
	return c.loadScript(false), true
}

// loadScript compiles the script in Args[1] or, of SCRIPT LOAD, Args[2]. It
// answers the error and returns nil if that fails.
func (c *Context) loadScript(keep bool) *script.Script {
	text := c.Args[1]
	if keep {
		text = c.Args[2]
	}
	s, err := c.scripting.engine.Load(text, keep)
	if err != nil {
		c.Error(err.Error())
		return nil
	}
	if c.scripting.wide.MatchString(s.Text()) {
		s.Wide.Store(true)
	}
	return s
}

// wideCommands matches, in a script, the names of the commands that touch keys
// which their arguments do not name.
func wideCommands(all []*Command) *regexp.Regexp {
	var names []string
	for _, cmd := range all {
		if cmd.Flags&AllSlots != 0 && cmd.Flags&NoScript == 0 {
			names = append(names, regexp.QuoteMeta(cmd.Name))
		}
	}
	return regexp.MustCompile(`(?i)['"](` + strings.Join(names, "|") + `)['"]`)
}

func scriptExists(c *Context) {
	c.Array(len(c.Args) - 2)
	for _, hash := range c.Args[2:] {
		if c.scripting.engine.Lookup(hash) != nil {
			c.Int(1)
		} else {
			c.Int(0)
		}
	}
}

func scriptFlush(c *Context) {
	if len(c.Args) > 3 || len(c.Args) == 3 && !isWord(c.Args[2], "async") && !isWord(c.Args[2], "sync") {
		c.Error("ERR SCRIPT FLUSH only support SYNC|ASYNC option")
		return
	}
	c.scripting.engine.Flush()
	c.OK()
}

func scriptLoad(c *Context) {
	if s := c.loadScript(true); s != nil {
		c.BulkString(s.Hash)
	}
}

func scriptKill(c *Context) {
	running, killed := c.scripting.kill()
	switch {
	case running == 0:
		c.Error("NOTBUSY No scripts in execution right now.")
	case killed == 0:
		c.Error("UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.")
	default:
		c.OK()
	}
}
