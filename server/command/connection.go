package command

import (
	"crypto/subtle"

	"slotbench/internal/resp"
)

// Version is the Redis whose behaviour and words the server keeps.
const Version = "7.0.15"

// connectionCommands is the connection group, and the cluster group's commands
// that change nothing but the connection.
func connectionCommands() []Command {
	const session = NoScript | Loading | Stale | Fast | NoAuth | AllowBusy
	rows := []Command{
		{Name: "ping", Arity: -1, Flags: Fast | WhenSubscribed, Run: ping,
			Since: "1.0.0", Complexity: "O(1)", Summary: "Answer PONG, or the message", Syntax: "[message]"},
		{Name: "echo", Arity: 2, Flags: Loading | Stale | Fast, Run: func(c *Context) { c.Bulk(c.Args[1]) },
			Since: "1.0.0", Complexity: "O(1)", Summary: "Answer the message", Syntax: "message"},
		{Name: "hello", Arity: -1, Flags: session, Run: hello,
			Since: "6.0.0", Complexity: "O(1)", Summary: "Agree on the protocol, authenticate and name the connection",
			Syntax: "[protover [AUTH username password] [SETNAME clientname]]"},
		{Name: "auth", Arity: -2, Flags: session, Run: auth,
			Since: "1.0.0", Complexity: "O(1)", Summary: "Authenticate the connection", Syntax: "[username] password"},
		{Name: "select", Arity: 2, Flags: Loading | Stale | Fast, Run: selectDB,
			Since: "1.0.0", Complexity: "O(1)", Summary: "Choose the database; there is only 0", Syntax: "index"},
		{Name: "quit", Arity: -1, Flags: session | AtOnce | WhenSubscribed, Run: quit,
			Since: "1.0.0", Complexity: "O(1)", Summary: "Close the connection"},
		{Name: "reset", Arity: 1, Flags: session | AtOnce | WhenSubscribed, Run: reset,
			Since: "6.2.0", Complexity: "O(1)", Summary: "Make the connection as it was when it was opened"},
		{Name: "client", Arity: -2, Subcommands: clientCommands(),
			Since: "2.4.0", Complexity: "by subcommand", Summary: "Connections", Absent: absentClient},
	}
	for i := range rows {
		rows[i].Group = GroupConnection
	}
	return append(rows,
		Command{Name: "asking", Arity: 1, Flags: Fast, Group: GroupCluster, Run: asking, Categories: "connection",
			Since: "3.0.0", Complexity: "O(1)", Summary: "Let the next command use a slot that is being imported"},
		Command{Name: "readonly", Arity: 1, Flags: Loading | Stale | Fast, Group: GroupCluster, Categories: "connection",
			Run:   func(c *Context) { c.setReadOnly(true) },
			Since: "3.0.0", Complexity: "O(1)", Summary: "Let reads use a replica"},
		Command{Name: "readwrite", Arity: 1, Flags: Loading | Stale | Fast, Group: GroupCluster, Categories: "connection",
			Run:   func(c *Context) { c.setReadOnly(false) },
			Since: "3.0.0", Complexity: "O(1)", Summary: "Let nothing use a replica"},
	)
}

func ping(c *Context) {
	if c.Client.Proto == 2 && c.Subscribed(c.Client) {
		c.Array(2)
		c.BulkString("pong")
		if len(c.Args) == 1 {
			c.BulkString("")
		} else {
			c.Bulk(c.Args[1])
		}
		return
	}
	switch len(c.Args) {
	case 1:
		c.Simple("PONG")
	case 2:
		c.Bulk(c.Args[1])
	default:
		c.Error("ERR wrong number of arguments for 'ping' command")
	}
}

func quit(c *Context) {
	c.Client.CloseAfterReply = true
	c.OK()
}

func selectDB(c *Context) {
	index, ok := c.IntArg(1)
	switch {
	case !ok:
	case index == 0:
		c.OK()
	case c.Router != nil:
		c.Error("ERR SELECT is not allowed in cluster mode")
	default:
		c.Error("ERR DB index is out of range")
	}
}

func reset(c *Context) {
	client := c.Client
	c.endTransaction()
	c.unwatch()
	if client.sub != nil {
		c.pubsub.leave(client.sub)
	}
	c.endMonitor(client)
	client.Proto, client.Reply, client.Name = 2, ReplyOn, ""
	client.Asking, client.ReadOnly, client.NoEvict, client.NoTouch = false, false, false, false
	client.Authenticated = c.Node.Password() == ""
	c.Simple("RESET")
}

const errNoCluster = "ERR This instance has cluster support disabled"

func asking(c *Context) {
	if c.Router == nil {
		c.Error(errNoCluster)
		return
	}
	c.Client.Asking = true
	c.OK()
}

func (c *Context) setReadOnly(on bool) {
	if c.Router == nil {
		c.Error(errNoCluster)
		return
	}
	c.Client.ReadOnly = on
	c.OK()
}

const (
	defaultUser  = "default"
	errWrongPass = "WRONGPASS invalid username-password pair or user is disabled."
)

func auth(c *Context) {
	user, password := []byte(defaultUser), c.Args[1]
	switch len(c.Args) {
	case 2:
		if c.Node.Password() == "" {
			c.Error("ERR AUTH <password> called without any password configured for the default user. " +
				"Are you sure your configuration is correct?")
			return
		}
	case 3:
		user, password = c.Args[1], c.Args[2]
	default:
		c.Error(errSyntax)
		return
	}
	if !c.authenticate(user, password) {
		c.Error(errWrongPass)
		return
	}
	c.OK()
}

// authenticate lets the client in if the password is right. Without one the
// default user takes any.
func (c *Context) authenticate(user, password []byte) bool {
	want := c.Node.Password()
	if string(user) != defaultUser ||
		want != "" && subtle.ConstantTimeCompare([]byte(want), password) != 1 {
		return false
	}
	c.Client.Authenticated = true
	return true
}

func hello(c *Context) {
	proto := c.Client.Proto
	if len(c.Args) > 1 {
		n, ok := parseInt(c.Args[1])
		switch {
		case !ok:
			c.Error("ERR Protocol version is not an integer or out of range")
			return
		case n < 2 || n > 3:
			c.Error("NOPROTO unsupported protocol version")
			return
		}
		proto = int(n)
	}
	var name []byte
	named := false
	for at := 2; at < len(c.Args); at++ {
		left := len(c.Args) - 1 - at
		switch {
		case isWord(c.Args[at], "auth") && left >= 2:
			if !c.authenticate(c.Args[at+1], c.Args[at+2]) {
				c.Error(errWrongPass)
				return
			}
			at += 2
		case isWord(c.Args[at], "setname") && left >= 1:
			at++
			name, named = c.Args[at], true
			if !printableName(name) {
				c.Error(errClientName)
				return
			}
		default:
			c.Errorf("ERR Syntax error in HELLO option '%s'", quoted(c.Args[at], maxQuotedBytes))
			return
		}
	}
	if !c.Client.Authenticated {
		c.Error("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> " +
			"AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time")
		return
	}
	c.Client.Proto = proto
	if named {
		c.Client.Name = string(name)
	}
	c.answerHello()
}

func (c *Context) answerHello() {
	mode := "standalone"
	if c.Router != nil {
		mode = "cluster"
	}
	c.Map(7)
	c.Out = resp.AppendBulk(resp.AppendBulk(c.Out, "server"), "redis")
	c.Out = resp.AppendBulk(resp.AppendBulk(c.Out, "version"), Version)
	c.Out = resp.AppendInt(resp.AppendBulk(c.Out, "proto"), int64(c.Client.Proto))
	c.Out = resp.AppendInt(resp.AppendBulk(c.Out, "id"), c.Client.ID)
	c.Out = resp.AppendBulk(resp.AppendBulk(c.Out, "mode"), mode)
	c.Out = resp.AppendBulk(resp.AppendBulk(c.Out, "role"), "master")
	c.Out = resp.AppendArray(resp.AppendBulk(c.Out, "modules"), 0)
}
