// Package command is what the server can be asked: every command with its
// metadata as data, a file for each group of the Redis manual, and the
// dispatcher that checks, routes and runs them. It declares what it needs of
// the node around it. It opens no client socket and reads no clock of its own:
// the event loop hands in bytes, time and buffers.
package command

// Flags are what Redis says about a command in COMMAND.
type Flags uint32

// The flags, as COMMAND names them, and those of our own at the end.
const (
	Write Flags = 1 << iota
	ReadOnly
	DenyOOM
	Admin
	NoScript
	Loading
	Stale
	SkipMonitor
	SkipSlowlog
	Asking
	Fast
	NoAuth
	MovableKeys
	NoMulti
	NoAsyncLoading
	AllowBusy
	Pubsub
	Blocking
	Dangerous // no flag of COMMAND, but an ACL category

	// OffLoop marks work without a bound: the handler runs on a goroutine of
	// its own, without a slot's lock, while its connection is parked.
	OffLoop

	// AnyPlace marks a keyed command that runs on both sides of an open slot,
	// whichever keys are here: MIGRATE.
	AnyPlace

	// AllSlots marks a command that touches keys its arguments do not name.
	// Within a transaction or script it runs only where all slots are held.
	AllSlots

	// Alone marks a command that waits for other event loops, or takes slots'
	// locks in its own ways: it cannot run where slots are held.
	Alone

	// Holding marks an OffLoop command that has its keys' slots locked while it
	// runs: a script.
	Holding

	// AtOnce marks what runs at once between MULTI and EXEC.
	AtOnce

	// MayWrite marks a command without Write that CLIENT PAUSE WRITE stops too.
	MayWrite

	// WhenSubscribed marks what a RESP2 client may send while it is subscribed.
	WhenSubscribed

	// NoMandatoryKeys is what COMMAND says of commands that may have no keys.
	NoMandatoryKeys
)

// flagNames is the order in which COMMAND lists flags.
var flagNames = []struct {
	flag Flags
	name string
}{
	{Write, "write"}, {ReadOnly, "readonly"}, {DenyOOM, "denyoom"}, {Admin, "admin"},
	{Pubsub, "pubsub"}, {NoScript, "noscript"}, {Blocking, "blocking"}, {Loading, "loading"},
	{Stale, "stale"}, {SkipMonitor, "skip_monitor"}, {SkipSlowlog, "skip_slowlog"}, {Asking, "asking"},
	{Fast, "fast"}, {NoAuth, "no_auth"}, {NoAsyncLoading, "no_async_loading"}, {NoMulti, "no_multi"},
	{NoMandatoryKeys, "no_mandatory_keys"}, {MovableKeys, "movablekeys"}, {AllowBusy, "allow_busy"},
}

// Group is a group of the Redis manual, as COMMAND DOCS names it.
type Group string

// The groups.
const (
	GroupString     Group = "string"
	GroupList       Group = "list"
	GroupBitmap     Group = "bitmap"
	GroupHash       Group = "hash"
	GroupSet        Group = "set"
	GroupGeneric    Group = "generic"
	GroupConnection Group = "connection"
	GroupServer     Group = "server"
	GroupCluster    Group = "cluster"

	GroupTransactions Group = "transactions"
	GroupPubsub       Group = "pubsub"
	GroupSortedSet    Group = "sorted-set"
	GroupScripting    Group = "scripting"
)

// Command is one command or subcommand. What COMMAND, the arity check and the
// routing know about a command is what stands here.
type Command struct {
	Name  string // lower case; of a subcommand without its container
	Arity int    // arguments with the name; -n: at least n. With the container's name, as Redis counts.
	Flags Flags
	// First, Last and Step say which arguments are keys; Last counts from the
	// end when negative. First 0: none, or those that Keys finds.
	First, Last, Step int
	// KeySpec is the flags of its keys as COMMAND INFO shows them, such as
	// "RO ACCESS".
	KeySpec string
	// Keys appends the positions of the keys among args where First, Last and
	// Step cannot say it; false: the arguments are not valid.
	Keys func(positions []int, args [][]byte) ([]int, bool)
	// Reaches says of a command without AllSlots whether these args have it look
	// at keys that they do not name: on a standalone server, of any slot. By
	// itself it takes their locks as it goes. Nil: never.
	Reaches func(args [][]byte) bool

	Group      Group
	Categories string // ACL categories, with spaces between them, in place of the one that Group implies
	Since      string // the version of Redis
	Complexity string
	Summary    string
	Syntax     string // the arguments behind the name, for HELP

	// Run carries the command out. Nil in a container of subcommands.
	Run func(*Context)
	// Subcommands makes the command a container.
	Subcommands []Command
	// Absent says of subcommands that Redis has and this server does not, in
	// lower case, why.
	Absent map[string]string

	// Work is about how many steps, of some 30 ns, the command in c.Args will
	// take for what its keys hold; its slots are locked. Nil: few, whatever
	// they hold. Rows of their own say it (workRows).
	Work func(c *Context) int

	full string              // "client|list"
	rank int64               // by which commands that may take long come before others: 0 or unboundedWork
	id   int                 // index of its statistics
	subs map[string]*Command // Subcommands by name
}

// FullName is the name with its container: "get", "client|list".
func (c *Command) FullName() string { return c.full }

// arityOK says whether a command may have n arguments.
func (c *Command) arityOK(n int) bool {
	if c.Arity >= 0 {
		return n == c.Arity
	}
	return n >= -c.Arity
}

// appendKeys appends the positions of the keys among args. It reports false if
// the arguments are too few or wrong.
func (c *Command) appendKeys(positions []int, args [][]byte) ([]int, bool) {
	if c.Keys != nil {
		return c.Keys(positions, args)
	}
	if c.First == 0 {
		return positions, true
	}
	last := c.Last
	if last < 0 {
		last += len(args)
	}
	for at := c.First; at <= last; at += c.Step {
		if at >= len(args) {
			return positions, false
		}
		positions = append(positions, at)
	}
	return positions, true
}
