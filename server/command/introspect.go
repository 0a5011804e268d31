package command

import (
	"slices"
	"strings"
)

// introspectCommands is COMMAND, which serves the table itself.
func introspectCommands() []Command {
	const flags = Loading | Stale
	subs := []Command{
		{Name: "count", Arity: 2, Flags: flags, Run: func(c *Context) { c.Int(int64(len(c.sorted))) },
			Since: "2.8.13", Complexity: "O(1)", Summary: "How many commands there are"},
		{Name: "info", Arity: -2, Flags: flags, Run: commandInfo,
			Since: "2.8.13", Complexity: "O(N) in the commands", Summary: "What is known of commands", Syntax: "[command-name [command-name ...]]"},
		{Name: "docs", Arity: -2, Flags: flags, Run: commandDocs,
			Since: "7.0.0", Complexity: "O(N) in the commands", Summary: "What commands are for", Syntax: "[command-name [command-name ...]]"},
		{Name: "list", Arity: -2, Flags: flags, Run: commandList,
			Since: "7.0.0", Complexity: "O(N) in the commands", Summary: "The names of commands", Syntax: "[FILTERBY MODULE module-name|ACLCAT category|PATTERN pattern]"},
		{Name: "getkeys", Arity: -4, Flags: flags, Run: func(c *Context) { c.commandKeys(false) },
			Since: "2.8.13", Complexity: "O(N) in the arguments", Summary: "The keys of a whole command", Syntax: "command [arg [arg ...]]"},
		{Name: "getkeysandflags", Arity: -4, Flags: flags, Run: func(c *Context) { c.commandKeys(true) },
			Since: "7.0.0", Complexity: "O(N) in the arguments", Summary: "The keys of a whole command and what it does to them", Syntax: "command [arg [arg ...]]"},
		{Name: "help", Arity: 2, Flags: flags, Run: (*Context).help,
			Since: "5.0.0", Complexity: "O(1)", Summary: "What the subcommands are"},
	}
	for i := range subs {
		subs[i].Group, subs[i].Categories = GroupServer, "connection"
	}
	return []Command{{Name: "command", Arity: -1, Flags: flags, Group: GroupServer, Run: commandAll, Subcommands: subs, Categories: "connection",
		Since: "2.8.13", Complexity: "O(N) in the commands", Summary: "What is known of all commands"}}
}

func commandAll(c *Context) {
	c.Array(len(c.sorted))
	for _, cmd := range c.sorted {
		c.describeCommand(cmd)
	}
}

func commandInfo(c *Context) {
	if len(c.Args) == 2 {
		commandAll(c)
		return
	}
	c.Array(len(c.Args) - 2)
	for _, name := range c.Args[2:] {
		if cmd := c.named(name); cmd != nil {
			c.describeCommand(cmd)
		} else {
			c.Null()
		}
	}
}

// named is the command or, as "container|name", the subcommand of that name.
func (t *table) named(name []byte) *Command {
	container, sub, isSub := strings.Cut(string(name), "|")
	cmd := lookup(t.byName, []byte(container))
	if cmd == nil || !isSub {
		return cmd
	}
	return lookup(cmd.subs, []byte(sub))
}

// describeCommand answers the ten elements of COMMAND INFO.
func (c *Context) describeCommand(cmd *Command) {
	c.Array(10)
	c.BulkString(cmd.full)
	c.Int(int64(cmd.Arity))
	c.statuses(cmd.flagNames())
	c.Int(int64(cmd.First))
	c.Int(int64(cmd.Last))
	c.Int(int64(cmd.Step))
	c.statuses(cmd.categories())
	c.tips(cmd)
	c.keySpecs(cmd)
	if len(cmd.Subcommands) == 0 {
		c.Set(0) // as Redis, though those that there are stand in an array
		return
	}
	c.Array(len(cmd.Subcommands))
	for i := range cmd.Subcommands {
		c.describeCommand(&cmd.Subcommands[i])
	}
}

// tips answers what clients of a cluster may want to know.
func (c *Context) tips(cmd *Command) {
	tips := strings.Fields(commandTips[cmd.full])
	c.Set(len(tips))
	for _, tip := range tips {
		c.BulkString(tip)
	}
}

// statuses answers a set of simple strings.
func (c *Context) statuses(words []string) {
	c.Set(len(words))
	for _, word := range words {
		c.Simple(word)
	}
}

func (c *Command) flagNames() []string {
	var names []string
	for _, f := range flagNames {
		if c.Flags&f.flag != 0 {
			names = append(names, f.name)
		}
	}
	return names
}

// categoryOrder is the order in which COMMAND lists ACL categories.
var categoryOrder = []string{
	"keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo",
	"stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting",
}

// groupCategories is the ACL categories that groups imply.
var groupCategories = map[Group]string{
	GroupString: "string", GroupBitmap: "bitmap", GroupHash: "hash", GroupList: "list", GroupSet: "set",
	GroupSortedSet: "sortedset", GroupScripting: "scripting", GroupGeneric: "keyspace", GroupConnection: "connection", GroupTransactions: "transaction",
}

// categories is the ACL categories that the flags imply, and those of the row,
// or else the one that the group implies of all but mere containers.
func (c *Command) categories() []string {
	implied := map[string]bool{
		"read":      c.Flags&ReadOnly != 0 && c.Group != GroupScripting,
		"write":     c.Flags&Write != 0,
		"admin":     c.Flags&Admin != 0,
		"dangerous": c.Flags&(Admin|Dangerous) != 0,
		"pubsub":    c.Flags&Pubsub != 0,
		"blocking":  c.Flags&Blocking != 0,
		"fast":      c.Flags&Fast != 0,
		"slow":      c.Flags&Fast == 0,
	}
	if c.Run != nil && c.Categories == "" {
		implied[groupCategories[c.Group]] = true
	}
	for _, word := range strings.Fields(c.Categories) {
		implied[word] = true
	}
	var names []string
	for _, name := range categoryOrder {
		if implied[name] {
			names = append(names, "@"+name)
		}
	}
	return names
}

func commandDocs(c *Context) {
	docs := c.sorted
	if len(c.Args) > 2 {
		docs = nil
		for _, name := range c.Args[2:] {
			if cmd := c.named(name); cmd != nil {
				docs = append(docs, cmd)
			}
		}
	}
	c.Map(len(docs))
	for _, cmd := range docs {
		c.document(cmd)
	}
}

// document answers what a command is for. Redis has the arguments too, and the
// history; both may be left out.
func (c *Context) document(cmd *Command) {
	old, deprecated := deprecations[cmd.full]
	fields := 4
	if len(cmd.Subcommands) > 0 {
		fields++
	}
	if internalCommands[cmd.full] {
		fields++
	}
	if deprecated {
		fields += 3
	}
	c.BulkString(cmd.full)
	c.Map(fields)
	c.docField("summary", cmd.Summary)
	c.docField("since", cmd.Since)
	c.docField("group", string(cmd.Group))
	c.docField("complexity", cmd.Complexity)
	if internalCommands[cmd.full] {
		c.BulkString("doc_flags")
		c.statuses([]string{"syscmd"})
	}
	if deprecated {
		c.BulkString("doc_flags")
		c.statuses([]string{"deprecated"})
		c.docField("deprecated_since", old.since)
		c.docField("replaced_by", "`"+old.instead+"`")
	}
	if len(cmd.Subcommands) > 0 {
		c.BulkString("subcommands")
		c.Map(len(cmd.Subcommands))
		for i := range cmd.Subcommands {
			c.document(&cmd.Subcommands[i])
		}
	}
}

func (c *Context) docField(name, text string) {
	c.BulkString(name)
	c.BulkString(text)
}

func commandList(c *Context) {
	keep := func(*Command) bool { return true }
	switch {
	case len(c.Args) == 2:
	case len(c.Args) != 5 || !isWord(c.Args[2], "filterby"):
		c.Error(errSyntax)
		return
	case isWord(c.Args[3], "module"):
		keep = func(*Command) bool { return false }
	case isWord(c.Args[3], "aclcat"):
		category := "@" + string(lower(c.Args[4]))
		keep = func(cmd *Command) bool { return slices.Contains(cmd.categories(), category) }
	case isWord(c.Args[3], "pattern"):
		if len(c.Args[4]) > maxPatternBytes {
			c.Error(errLongPattern)
			return
		}
		pattern := lower(c.Args[4])
		keep = func(cmd *Command) bool { return matchGlob(pattern, []byte(cmd.full)) }
	default:
		c.Error(errSyntax)
		return
	}
	var names []string
	for _, cmd := range c.all {
		if keep(cmd) {
			names = append(names, cmd.full)
		}
	}
	c.Array(len(names))
	for _, name := range names {
		c.BulkString(name)
	}
}

// commandKeys answers the keys of the command that its own arguments are.
func (c *Context) commandKeys(withFlags bool) {
	args := c.Args[2:]
	cmd, _ := c.find(args)
	switch {
	case cmd == nil:
		c.Error("ERR Invalid command specified")
		return
	case cmd.First == 0 && cmd.Keys == nil:
		c.Error("ERR The command has no key arguments")
		return
	case !cmd.arityOK(len(args)):
		c.Error("ERR Invalid number of arguments specified for command")
		return
	}
	positions, ok := cmd.appendKeys(nil, args)
	if !ok || len(positions) == 0 {
		if keysOptional[cmd.full] {
			c.Array(0)
		} else {
			c.Error("ERR Invalid arguments specified for command")
		}
		return
	}
	flags := cmd.flagsOfKeys(args)
	c.Array(len(positions))
	for i, at := range positions {
		if !withFlags {
			c.Bulk(args[at])
			continue
		}
		c.Array(2)
		c.Bulk(args[at])
		c.statuses(keySpecWords(flags[min(i, len(flags)-1)]))
	}
}
