package command

// Node is what commands need of the server around them.
type Node interface {
	// Info is the node's own figures.
	Info() NodeInfo
	// EachClient calls visit for every connection, on the goroutine that owns
	// it, one after the other. It waits for all: only commands off the loop
	// may call it. visit must not keep or change the client; the connection is
	// closed if it returns true.
	EachClient(visit func(*Client) (kill bool))
	// Password is what AUTH wants; "": none.
	Password() string
	// Settings is the configuration that CONFIG shows and changes.
	Settings() Settings
	// Limits is until when collections stay packed.
	Limits() *Limits
	// ResetStats sets the figures of INFO stats to zero.
	ResetStats()
	// SetActiveExpire says whether keys whose time has come are deleted although
	// nobody looks at them.
	SetActiveExpire(on bool)
	// Shutdown ends the server soon, after the replies that are due.
	Shutdown()
}

// Settings is the configuration by the names of redis.conf.
type Settings interface {
	// Names is every parameter's name, sorted.
	Names() []string
	// Get is a parameter's value as CONFIG GET shows it.
	Get(name string) (value string, ok bool)
	// Set changes parameters, all or none. An error's text is what CONFIG SET
	// answers behind "ERR ".
	Set(names, values []string) error
}

// NodeInfo is figures for INFO.
type NodeInfo struct {
	RunID                      string
	Port                       int
	StartedMillis              int64
	ClusterEnabled             bool
	Engine                     string // how the event loops read and write
	Loops                      int    // event loops there may be
	ActiveLoops                int
	Clients                    int
	MaxClients                 int
	WaitingClients             int // for a key in flight
	TotalConnections           int64
	RejectedConnections        int64
	RSSBytes                   int64   // resident memory of the process
	SystemBytes                int64   // memory of the machine
	UserSeconds, SystemSeconds float64 // processor time of the process
	NetInputBytes              int64
	NetOutputBytes             int64
	OutputLimitDisconnections  int64
	QueryLimitDisconnections   int64
}
