package command

// ReplyMode is what CLIENT REPLY asked for.
type ReplyMode uint8

// The reply modes.
const (
	ReplyOn ReplyMode = iota
	ReplyOff
	ReplySkipNext // the reply of CLIENT REPLY SKIP itself is left out
	ReplySkip     // the reply of this command is left out
)

// clientState is the bits of a client that few are in.
type clientState uint8

const (
	inTransaction clientState = 1 << iota
	subscribed
	monitoring
)

// Client is one connection as commands see it. It belongs to the goroutine
// that runs the connection's commands; others reach it by Node.EachClient.
type Client struct {
	ID            int64
	Addr          string // host:port of the peer
	LocalAddr     string
	FD            int
	Name          string
	LibName       string
	LibVersion    string
	Proto         int // 2 or 3
	Authenticated bool
	Asking        bool // the next command may use an importing slot
	ReadOnly      bool
	NoEvict       bool
	NoTouch       bool // its reads do not count as a use of the key
	Reply         ReplyMode
	Last          *Command // the last command that ran
	CreatedMillis int64
	ActiveMillis  int64 // when it was last heard of

	// CloseAfterReply ends the connection once the reply is written.
	CloseAfterReply bool
	// Resume has a parked connection's command dispatched anew. It may be
	// called from any goroutine.
	Resume func()

	// Deliver hands over the reply of a command that was Blocked. It may be
	// called from any goroutine.
	Deliver func(reply []byte)
	// Push hands over a message that is no reply: a RESP2 array, which becomes a
	// push in RESP3, or a line. It may be called from any goroutine and keeps
	// frame.
	Push func(frame []byte)
	// Waiter is what the client waits by since its command was Blocked; nil: it
	// is not blocked.
	Waiter *Waiter

	state clientState  // what commands must look out for
	tx    *transaction // between MULTI and EXEC
	watch *watching    // since WATCH
	sub   *subscriber  // since the first SUBSCRIBE
	// script is a script that began on the loop and is to end off it.
	script *scriptRun

	QueryBytes     int   // in the input buffer, parsed or not
	QueryFreeBytes int   // free room in the input buffer
	OutputBytes    int   // of replies not yet written
	QueuedBytes    int64 // of commands between MULTI and EXEC
}

// heldOverhead is about what a watched key or a subscription takes beyond its
// name.
const heldOverhead = 200

// HeldBytes is the memory that the server keeps because of what the client has
// said: commands between MULTI and EXEC, watched keys, subscriptions.
func (c *Client) HeldBytes() int64 {
	held := c.QueuedBytes
	if c.watch != nil {
		held += c.watch.bytes
	}
	if c.sub != nil {
		held += c.sub.bytes.Load()
	}
	return held
}
