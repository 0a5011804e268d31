package command

import "bytes"

// configCommands is the subcommands of CONFIG.
func configCommands() []Command {
	const flags = Admin | NoScript | Loading | Stale
	rows := []Command{
		{Name: "get", Arity: -3, Flags: flags, Run: configGet,
			Since: "2.0.0", Complexity: "O(N) in the parameters", Summary: "Parameters whose name matches", Syntax: "parameter [parameter ...]"},
		{Name: "set", Arity: -4, Flags: flags, Run: configSet,
			Since: "2.0.0", Complexity: "O(N) in the parameters", Summary: "Change parameters, all or none", Syntax: "parameter value [parameter value ...]"},
		{Name: "resetstat", Arity: 2, Flags: flags | OffLoop, Run: configResetStat,
			Since: "2.0.0", Complexity: "O(slots)", Summary: "Set the figures of INFO and the slots to zero"},
		{Name: "rewrite", Arity: 2, Flags: flags, Since: "2.8.0", Complexity: "O(1)",
			Run:     func(c *Context) { c.Error("ERR The server is running without a config file") },
			Summary: "Write the configuration to its file; there is none"},
		{Name: "help", Arity: 2, Flags: Loading | Stale, Run: (*Context).help,
			Since: "5.0.0", Complexity: "O(1)", Summary: "What the subcommands are"},
	}
	for i := range rows {
		rows[i].Group = GroupServer
	}
	return rows
}

func configGet(c *Context) {
	settings := c.Node.Settings()
	var names []string
	for _, name := range settings.Names() {
		for _, pattern := range c.Args[2:] {
			if len(pattern) > maxPatternBytes {
				c.Error(errLongPattern)
				return
			}
			if !matchGlob(lower(pattern), []byte(name)) {
				continue
			}
			if !bytes.ContainsAny(pattern, "[*?\\") { // shown as it was asked for
				name = string(pattern)
			}
			names = append(names, name)
			break
		}
	}
	c.Map(len(names))
	for _, name := range names {
		value, _ := settings.Get(name)
		c.BulkString(name)
		c.BulkString(value)
	}
}

// lower is a copy of text in lower case.
func lower(text []byte) []byte {
	low := make([]byte, len(text))
	for i, b := range text {
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		low[i] = b
	}
	return low
}

func configSet(c *Context) {
	if len(c.Args)%2 != 0 {
		c.Error("ERR wrong number of arguments for 'config|set' command")
		return
	}
	var names, values []string
	for at := 2; at < len(c.Args); at += 2 {
		names = append(names, string(c.Args[at]))
		values = append(values, string(c.Args[at+1]))
	}
	if err := c.Node.Settings().Set(names, values); err != nil {
		c.Error("ERR " + err.Error())
		return
	}
	c.OK()
}

func configResetStat(c *Context) {
	c.resetStats()
	c.Node.ResetStats()
	c.Store.ResetUse()
	c.OK()
}
