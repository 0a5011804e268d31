package command

import (
	"fmt"
	"strconv"
	"strings"
)

// clientCommands is the subcommands of CLIENT.
func clientCommands() []Command {
	const own = NoScript | Loading | Stale
	const others = Admin | NoScript | Loading | Stale | OffLoop | Alone
	rows := []Command{
		{Name: "id", Arity: 2, Flags: own, Run: func(c *Context) { c.Int(c.Client.ID) },
			Since: "5.0.0", Complexity: "O(1)", Summary: "The number of this connection"},
		{Name: "info", Arity: 2, Flags: own | OffLoop | Alone, Run: clientInfo,
			Since: "6.2.0", Complexity: "O(N) in the connections", Summary: "Figures of this connection"},
		{Name: "list", Arity: -2, Flags: others, Run: clientList,
			Since: "2.4.0", Complexity: "O(N) in the connections", Summary: "Figures of all connections", Syntax: "[TYPE NORMAL|MASTER|REPLICA|PUBSUB] [ID client-id [client-id ...]]"},
		{Name: "kill", Arity: -3, Flags: others, Run: clientKill,
			Since: "2.4.0", Complexity: "O(N) in the connections", Summary: "Close connections",
			Syntax: "ip:port | [ID client-id] [TYPE type] [USER username] [ADDR ip:port] [LADDR ip:port] [SKIPME YES|NO]"},
		{Name: "setname", Arity: 3, Flags: own, Run: clientSetName,
			Since: "2.6.9", Complexity: "O(1)", Summary: "Name this connection", Syntax: "connection-name"},
		{Name: "getname", Arity: 2, Flags: own, Run: clientGetName,
			Since: "2.6.9", Complexity: "O(1)", Summary: "The name of this connection"},
		{Name: "setinfo", Arity: 4, Flags: own, Run: clientSetInfo,
			Since: "7.2.0", Complexity: "O(1)", Summary: "Say which library this connection is made by", Syntax: "LIB-NAME libname | LIB-VER libver"},
		{Name: "reply", Arity: 3, Flags: own, Run: clientReply,
			Since: "3.2.0", Complexity: "O(1)", Summary: "Switch the replies on this connection on or off", Syntax: "ON|OFF|SKIP"},
		{Name: "no-evict", Arity: 3, Flags: Admin | own, Run: func(c *Context) { c.onOff(&c.Client.NoEvict) },
			Since: "7.0.0", Complexity: "O(1)", Summary: "Keep this connection when memory is short", Syntax: "ON|OFF"},
		{Name: "no-touch", Arity: 3, Flags: own, Run: func(c *Context) { c.onOff(&c.Client.NoTouch) },
			Since: "7.2.0", Complexity: "O(1)", Summary: "Let reads on this connection not count as a use of the key", Syntax: "ON|OFF"},
		{Name: "pause", Arity: -3, Flags: Admin | own, Run: clientPause,
			Since: "2.9.50", Complexity: "O(1)", Summary: "Hold back the commands of all clients for a time", Syntax: "timeout [WRITE|ALL]"},
		{Name: "unpause", Arity: 2, Flags: Admin | own, Run: func(c *Context) { c.endPause(); c.OK() },
			Since: "6.2.0", Complexity: "O(N) in the clients held back", Summary: "End CLIENT PAUSE"},
		{Name: "unblock", Arity: -3, Flags: Admin | own, Run: clientUnblock,
			Since: "5.0.0", Complexity: "O(1)", Summary: "End the wait of a client that is blocked", Syntax: "client-id [TIMEOUT|ERROR]"},
		{Name: "help", Arity: 2, Flags: Loading | Stale, Run: (*Context).help,
			Since: "5.0.0", Complexity: "O(1)", Summary: "What the subcommands are"},
	}
	for i := range rows {
		rows[i].Group = GroupConnection
	}
	return rows
}

// absentClient is what CLIENT has in Redis and not here.
var absentClient = map[string]string{
	"tracking": whyTracking, "trackinginfo": whyTracking, "caching": whyTracking, "getredir": whyTracking,
}

const whyTracking = "the server does not track what clients have cached"

const errClientName = "ERR Client names cannot contain spaces, newlines or special characters."

// printableName says whether text may be a client's name.
func printableName(text []byte) bool {
	for _, b := range text {
		if b < '!' || b > '~' {
			return false
		}
	}
	return true
}

func clientSetName(c *Context) {
	if !printableName(c.Args[2]) {
		c.Error(errClientName)
		return
	}
	c.Client.Name = string(c.Args[2])
	c.OK()
}

func clientGetName(c *Context) {
	if c.Client.Name == "" {
		c.Null()
		return
	}
	c.BulkString(c.Client.Name)
}

func clientSetInfo(c *Context) {
	var field *string
	switch {
	case isWord(c.Args[2], "lib-name"):
		field = &c.Client.LibName
	case isWord(c.Args[2], "lib-ver"):
		field = &c.Client.LibVersion
	default:
		c.Errorf("ERR Unrecognized option '%s'", quoted(c.Args[2], maxQuotedBytes))
		return
	}
	if !printableName(c.Args[3]) {
		c.Errorf("ERR %s cannot contain spaces, newlines or special characters.", strings.ToLower(string(c.Args[2])))
		return
	}
	*field = string(c.Args[3])
	c.OK()
}

func clientReply(c *Context) {
	switch {
	case isWord(c.Args[2], "on"):
		c.Client.Reply = ReplyOn
		c.OK()
	case isWord(c.Args[2], "off"):
		c.Client.Reply = ReplyOff
	case isWord(c.Args[2], "skip"):
		if c.Client.Reply == ReplyOn {
			c.Client.Reply = ReplySkipNext
		}
	default:
		c.Error(errSyntax)
	}
}

func (c *Context) onOff(field *bool) {
	switch {
	case isWord(c.Args[2], "on"):
		*field = true
	case isWord(c.Args[2], "off"):
		*field = false
	default:
		c.Error(errSyntax)
		return
	}
	c.OK()
}

// describe is a client's line of CLIENT LIST.
func (c *Context) describe(client *Client) string {
	last := "NULL"
	if client.Last != nil {
		last = client.Last.full
	}
	subs, queued := c.pubsub.counts(client.sub), -1
	if client.tx != nil {
		queued = len(client.tx.queue)
	}
	return fmt.Sprintf("id=%d addr=%s laddr=%s fd=%d name=%s age=%d idle=%d flags=%s db=0 sub=%d psub=%d ssub=%d multi=%d "+
		"qbuf=%d qbuf-free=%d argv-mem=0 multi-mem=%d rbs=0 rbp=0 obl=%d oll=0 omem=0 tot-mem=%d events=r cmd=%s "+
		"user=%s redir=-1 resp=%d lib-name=%s lib-ver=%s\n",
		client.ID, client.Addr, client.LocalAddr, client.FD, client.Name,
		(c.NowMillis-client.CreatedMillis)/1000, (c.NowMillis-client.ActiveMillis)/1000, client.flagLetters(),
		subs[toChannel], subs[toPattern], subs[toShard], queued,
		client.QueryBytes, client.QueryFreeBytes, client.QueuedBytes, client.OutputBytes,
		int64(client.QueryBytes+client.QueryFreeBytes+client.OutputBytes)+client.QueuedBytes, last,
		defaultUser, client.Proto, client.LibName, client.LibVersion)
}

// flagLetters is a client's flags in CLIENT LIST.
func (client *Client) flagLetters() string {
	var letters []byte
	for _, flag := range []struct {
		letter byte
		is     bool
	}{
		{'O', client.state&monitoring != 0},
		{'P', client.state&subscribed != 0},
		{'x', client.tx != nil},
		{'b', client.Waiter != nil},
		{'d', client.watch != nil && client.watch.dirty.Load()},
		{'c', client.CloseAfterReply},
		{'r', client.ReadOnly},
		{'e', client.NoEvict},
		{'T', client.NoTouch},
	} {
		if flag.is {
			letters = append(letters, flag.letter)
		}
	}
	if len(letters) == 0 {
		return "N"
	}
	return string(letters)
}

// clientUnblock ends another client's wait, as its timeout would or with an
// error.
func clientUnblock(c *Context) {
	id, ok := c.IntArg(2)
	if !ok {
		return
	}
	failing := false
	switch {
	case len(c.Args) == 3, len(c.Args) == 4 && isWord(c.Args[3], "timeout"):
	case len(c.Args) == 4 && isWord(c.Args[3], "error"):
		failing = true
	default:
		c.Error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
		return
	}
	w := c.blocked.find(id)
	ended := false
	switch {
	case w == nil:
	case failing:
		ended = w.Fail("UNBLOCKED client unblocked via CLIENT UNBLOCK")
	default:
		ended = w.TimeOut()
	}
	if ended {
		c.Int(1)
	} else {
		c.Int(0)
	}
}

func clientInfo(c *Context) {
	var line string
	c.Node.EachClient(func(client *Client) bool {
		if client.ID == c.Client.ID {
			line = c.describe(client)
		}
		return false
	})
	c.Verbatim(line)
}

// matchType matches clients of a type. When ok is false the error is already
// the reply.
func (c *Context) matchType(arg []byte) (match func(*Client) bool, ok bool) {
	switch strings.ToLower(string(arg)) {
	case "normal":
		return func(client *Client) bool { return client.state&subscribed == 0 }, true
	case "pubsub":
		return func(client *Client) bool { return client.state&subscribed != 0 }, true
	case "master", "slave", "replica": // there are none
		return func(*Client) bool { return false }, true
	}
	c.Errorf("ERR Unknown client type '%s'", quoted(arg, maxQuotedBytes))
	return nil, false
}

func clientList(c *Context) {
	match := func(*Client) bool { return true }
	switch {
	case len(c.Args) == 2:
	case len(c.Args) == 4 && isWord(c.Args[2], "type"):
		var ok bool
		if match, ok = c.matchType(c.Args[3]); !ok {
			return
		}
	case len(c.Args) > 3 && isWord(c.Args[2], "id"):
		ids := make(map[int64]bool)
		for _, arg := range c.Args[3:] {
			id, ok := parseInt(arg)
			if !ok {
				c.Error("ERR Invalid client ID")
				return
			}
			ids[id] = true
		}
		match = func(client *Client) bool { return ids[client.ID] }
	default:
		c.Error(errSyntax)
		return
	}
	var list strings.Builder
	c.Node.EachClient(func(client *Client) bool {
		if match(client) {
			list.WriteString(c.describe(client))
		}
		return false
	})
	c.Verbatim(list.String())
}

func clientKill(c *Context) {
	if len(c.Args) == 3 {
		killed := c.kill(func(client *Client) bool { return client.Addr == string(c.Args[2]) })
		if killed == 0 {
			c.Error("ERR No such client")
			return
		}
		c.OK()
		return
	}
	match, ok := c.killFilter()
	if ok {
		c.Int(c.kill(match))
	}
}

// kill closes the connections that match and counts them. Its own is closed
// after the reply.
func (c *Context) kill(match func(*Client) bool) int64 {
	killed := int64(0)
	c.Node.EachClient(func(client *Client) bool {
		if !match(client) {
			return false
		}
		killed++
		if client.ID == c.Client.ID {
			c.Client.CloseAfterReply = true
			return false
		}
		return true
	})
	return killed
}

// killFilter reads the filters of CLIENT KILL. When ok is false the error is
// already the reply.
func (c *Context) killFilter() (match func(*Client) bool, ok bool) {
	skipMe := true
	var filters []func(*Client) bool
	if len(c.Args)%2 != 0 {
		c.Error(errSyntax)
		return nil, false
	}
	for at := 2; at < len(c.Args); at += 2 {
		value := string(c.Args[at+1])
		switch word := c.Args[at]; {
		case isWord(word, "id"):
			id, err := strconv.ParseInt(value, 10, 64)
			if err != nil || id < 1 {
				c.Error("ERR client-id should be greater than 0")
				return nil, false
			}
			filters = append(filters, func(client *Client) bool { return client.ID == id })
		case isWord(word, "type"):
			ofType, known := c.matchType(c.Args[at+1])
			if !known {
				return nil, false
			}
			filters = append(filters, ofType)
		case isWord(word, "addr"):
			filters = append(filters, func(client *Client) bool { return client.Addr == value })
		case isWord(word, "laddr"):
			filters = append(filters, func(client *Client) bool { return client.LocalAddr == value })
		case isWord(word, "user"):
			if value != defaultUser {
				c.Errorf("ERR No such user '%s'", quoted(c.Args[at+1], maxQuotedBytes))
				return nil, false
			}
		case isWord(word, "skipme") && isWord(c.Args[at+1], "yes"):
			skipMe = true
		case isWord(word, "skipme") && isWord(c.Args[at+1], "no"):
			skipMe = false
		default:
			c.Error(errSyntax)
			return nil, false
		}
	}
	return func(client *Client) bool {
		for _, filter := range filters {
			if !filter(client) {
				return false
			}
		}
		return !skipMe || client.ID != c.Client.ID
	}, true
}
