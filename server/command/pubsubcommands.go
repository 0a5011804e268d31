package command

import (
	"slices"

	"slotbench/internal/resp"
)

// pubsubCommands is the pub/sub group: messages within this node.
func pubsubCommands() []Command {
	const listen = Pubsub | NoScript | Loading | Stale | WhenSubscribed
	const say = Pubsub | Loading | Stale | Fast | MayWrite
	shard := func(cmd Command) Command {
		cmd.First, cmd.Last, cmd.Step, cmd.KeySpec, cmd.Since = 1, -1, 1, "NOT_KEY", "7.0.0"
		return cmd
	}
	rows := []Command{
		{Name: "subscribe", Arity: -2, Flags: listen, Run: func(c *Context) { c.subscribe(toChannel) },
			Since: "2.0.0", Complexity: "O(N) in the channels", Summary: "Listen to channels", Syntax: "channel [channel ...]"},
		{Name: "unsubscribe", Arity: -1, Flags: listen, Run: func(c *Context) { c.unsubscribe(toChannel) },
			Since: "2.0.0", Complexity: "O(N) in the channels", Summary: "Listen to channels no more", Syntax: "[channel [channel ...]]"},
		{Name: "psubscribe", Arity: -2, Flags: listen, Run: func(c *Context) { c.subscribe(toPattern) },
			Since: "2.0.0", Complexity: "O(N) in the patterns", Summary: "Listen to all channels that match patterns", Syntax: "pattern [pattern ...]"},
		{Name: "punsubscribe", Arity: -1, Flags: listen, Run: func(c *Context) { c.unsubscribe(toPattern) },
			Since: "2.0.0", Complexity: "O(N) in the patterns", Summary: "Listen to patterns no more", Syntax: "[pattern [pattern ...]]"},
		shard(Command{Name: "ssubscribe", Arity: -2, Flags: listen, Run: func(c *Context) { c.subscribe(toShard) },
			Complexity: "O(N) in the channels", Summary: "Listen to channels of this node's slots", Syntax: "shardchannel [shardchannel ...]"}),
		shard(Command{Name: "sunsubscribe", Arity: -1, Flags: listen, Run: func(c *Context) { c.unsubscribe(toShard) },
			Complexity: "O(N) in the channels", Summary: "Listen to channels of slots no more", Syntax: "[shardchannel [shardchannel ...]]"}),
		{Name: "publish", Arity: 3, Flags: say, Run: func(c *Context) { c.publish(toChannel) },
			Since: "2.0.0", Complexity: "O(N+M) in the subscribers and the patterns", Summary: "Send a message to all who listen to a channel", Syntax: "channel message"},
		shard(Command{Name: "spublish", Arity: 3, Flags: say, Run: func(c *Context) { c.publish(toShard) },
			Complexity: "O(N) in the subscribers", Summary: "Send a message to all who listen to a channel of a slot", Syntax: "shardchannel message"}),
		{Name: "pubsub", Arity: -2, Subcommands: pubsubSubcommands(),
			Since: "2.8.0", Complexity: "by subcommand", Summary: "Who listens to what"},
	}
	for i := range rows {
		rows[i].Group = GroupPubsub
		if rows[i].Name == "spublish" {
			rows[i].Last = 1
		}
	}
	return rows
}

func pubsubSubcommands() []Command {
	const flags = Pubsub | Loading | Stale
	rows := []Command{
		{Name: "channels", Arity: -2, Flags: flags, Run: func(c *Context) { c.channels(toChannel) },
			Since: "2.8.0", Complexity: "O(N) in the channels", Summary: "The channels that anybody listens to", Syntax: "[pattern]"},
		{Name: "numsub", Arity: -2, Flags: flags, Run: func(c *Context) { c.listeners(toChannel) },
			Since: "2.8.0", Complexity: "O(N) in the given channels", Summary: "How many listen to channels", Syntax: "[channel [channel ...]]"},
		{Name: "numpat", Arity: 2, Flags: flags, Run: numPatterns,
			Since: "2.8.0", Complexity: "O(1)", Summary: "How many patterns are listened to"},
		{Name: "shardchannels", Arity: -2, Flags: flags, Run: func(c *Context) { c.channels(toShard) },
			Since: "7.0.0", Complexity: "O(N) in the channels", Summary: "The channels of slots that anybody listens to", Syntax: "[pattern]"},
		{Name: "shardnumsub", Arity: -2, Flags: flags, Run: func(c *Context) { c.listeners(toShard) },
			Since: "7.0.0", Complexity: "O(N) in the given channels", Summary: "How many listen to channels of slots", Syntax: "[shardchannel [shardchannel ...]]"},
		{Name: "help", Arity: 2, Flags: Loading | Stale, Run: (*Context).help,
			Since: "6.2.0", Complexity: "O(1)", Summary: "What the subcommands are"},
	}
	for i := range rows {
		rows[i].Group = GroupPubsub
	}
	return rows
}

// The words with which subscriptions are confirmed.
var (
	subscribeWords   = [subscriptionKinds]string{"subscribe", "psubscribe", "ssubscribe"}
	unsubscribeWords = [subscriptionKinds]string{"unsubscribe", "punsubscribe", "sunsubscribe"}
)

func (c *Context) subscribe(kind subscription) {
	client := c.Client
	if client.sub == nil {
		client.sub = &subscriber{push: client.Push}
	}
	for _, name := range c.Args[1:] {
		if len(name) > maxPatternBytes && kind == toPattern {
			c.Error(errLongPattern)
			return
		}
		n := c.pubsub.add(client.sub, kind, string(name))
		c.confirm(subscribeWords[kind])
		c.Bulk(name)
		c.Int(int64(n))
		client.state |= subscribed
	}
}

// confirm begins the push that confirms a subscription or its end.
func (c *Context) confirm(word string) {
	c.Out = resp.AppendBulk(resp.AppendPush(c.Out, c.Client.Proto, 3), word)
	c.pushed = true
}

func (c *Context) unsubscribe(kind subscription) {
	client := c.Client
	names := c.Args[1:]
	if len(names) == 0 && client.sub != nil {
		for _, name := range c.pubsub.namesOf(client.sub, kind) {
			names = append(slices.Clip(names), []byte(name))
		}
	}
	if len(names) == 0 {
		left := 0
		if client.sub != nil {
			counts := c.pubsub.counts(client.sub)
			if left = counts[toChannel] + counts[toPattern]; kind == toShard {
				left = counts[toShard]
			}
		}
		c.confirm(unsubscribeWords[kind])
		c.Null()
		c.Int(int64(left))
	}
	for _, name := range names {
		left := 0
		if client.sub != nil {
			left = c.pubsub.remove(client.sub, kind, string(name))
		}
		c.confirm(unsubscribeWords[kind])
		c.Bulk(name)
		c.Int(int64(left))
	}
	c.Subscribed(client) // forgets the state with the last subscription
}

// publish sends a message. The client's own copy stands before the reply, if it
// is subscribed itself.
func (c *Context) publish(kind subscription) {
	var self func(frame []byte)
	if c.mode == Direct && !c.detached && c.Client.sub != nil {
		self = func(frame []byte) { c.Out = AppendPushed(c.Out, c.Client.Proto, frame) }
	}
	c.Int(int64(c.pubsub.publish(kind, c.Args[1], c.Args[2], c.Client.sub, self)))
}

// AppendPushed appends what Client.Push was given, in a protocol.
func AppendPushed(dst []byte, proto int, frame []byte) []byte {
	at := len(dst)
	dst = append(dst, frame...)
	if proto >= 3 && frame[0] == '*' {
		dst[at] = '>'
	}
	return dst
}

func (c *Context) channels(kind subscription) {
	if len(c.Args) > 3 {
		c.wrongSubcommand()
		return
	}
	var pattern []byte
	if len(c.Args) == 3 {
		if pattern = c.Args[2]; len(pattern) > maxPatternBytes {
			c.Error(errLongPattern)
			return
		}
	}
	var names []string
	c.pubsub.mu.RLock()
	for name := range c.pubsub.subs[kind] {
		if pattern == nil || matchGlob(pattern, []byte(name)) {
			names = append(names, name)
		}
	}
	c.pubsub.mu.RUnlock()
	c.Array(len(names))
	for _, name := range names {
		c.BulkString(name)
	}
}

// wrongSubcommand answers that a subcommand has too many arguments.
func (c *Context) wrongSubcommand() {
	c.Errorf("ERR unknown subcommand or wrong number of arguments for '%s'. Try %s HELP.",
		quoted(c.Args[1], maxQuotedBytes), "PUBSUB")
}

func (c *Context) listeners(kind subscription) {
	c.pubsub.mu.RLock()
	defer c.pubsub.mu.RUnlock()
	c.Array(2 * len(c.Args[2:]))
	for _, name := range c.Args[2:] {
		c.Bulk(name)
		c.Int(int64(len(c.pubsub.subs[kind][string(name)])))
	}
}

func numPatterns(c *Context) {
	c.pubsub.mu.RLock()
	defer c.pubsub.mu.RUnlock()
	c.Int(int64(len(c.pubsub.subs[toPattern])))
}
