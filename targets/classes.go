package targets

// The classes of what goes wrong outside of a server's answers, as
// request.Outcome.Err names them in every driver. The class of an error
// answer is its first word.
const (
	ClassTimeout     = "timeout"
	ClassRefused     = "conn-refused"
	ClassReset       = "conn-reset"
	ClassClosed      = "conn-closed" // the server ended the connection in good order
	ClassConnTimeout = "conn-timeout"
	ClassConnFailed  = "conn-failed"
	ClassNoFiles     = "too-many-files"
	ClassNoPort      = "no-local-port"
	ClassUnresolved  = "host-unresolved"
	ClassProtocol    = "protocol" // what came was not RESP, or nobody asked for it
	ClassQueue       = "queue-full"
	ClassOther       = "other-error"

	// MaxClassBytes is the longest class that a server can make up.
	MaxClassBytes = 32
)
