// Package targets is the contract for a system under test: what a cluster is,
// who owns its slots, how it is steered while a load runs, and what it tells
// of itself. The folders below it hold one product each, and the drivers that
// send loads.
package targets

import (
	"context"
	"crypto/tls"
	"errors"
	"time"

	"slotbench/internal/slot"
)

// ErrUnsupported is what a target answers to a steering that it cannot do. It
// is wrapped with what was asked and why not; a run is refused before it
// begins where Description says so.
var ErrUnsupported = errors.New("not supported by this target")

// Cluster is a system under test that can be watched and steered. An error
// means that the watching or steering failed. Its methods may be called from
// several goroutines.
type Cluster interface {
	// Describe says what the system is and what can be done with it.
	Describe(ctx context.Context) (Description, error)
	// Topology says who owns each slot now. A server alone is one node that
	// owns every slot. Nodes keep their order for the Cluster's life, so that
	// an index into Topology.Nodes names a node for good.
	Topology(ctx context.Context) (*slot.Topology, error)
	// Stats is what each node says of itself, in the topology's order.
	Stats(ctx context.Context) ([]NodeStats, error)
	// SlotStats is what each node says of each slot it serves: [node][slot].
	// A target without such accounts answers ErrUnsupported.
	SlotStats(ctx context.Context) ([][]SlotStats, error)
	// CountKeys is how many keys a node holds in each of the slots, whoever
	// owns them.
	CountKeys(ctx context.Context, node int, slots []slot.Slot) ([]int64, error)
	// KeysInSlot lists at most limit of the keys that a node holds in a slot,
	// whoever owns it.
	KeysInSlot(ctx context.Context, node int, s slot.Slot, limit int) ([]string, error)
	// Migrate moves slots to their new owners and returns what each move took,
	// also of those before the one that failed. On failure, and when ctx ends,
	// it closes the slot that stands open; where it cannot, the error's text
	// ends with the commands that do.
	Migrate(ctx context.Context, moves []Move, strategy Migration) ([]Moved, error)
	// Signal stops, continues or kills a launched node.
	Signal(ctx context.Context, node int, signal Signal) error
	// Start brings a killed launched node back, on the same address.
	Start(ctx context.Context, node int) error
	// Access is how a driver connects.
	Access() Access
	// Failover makes a replica of a node the primary in its place (CLUSTER
	// FAILOVER), and returns when the replica serves. The topology follows: see
	// the product for what the node's index names from then on.
	Failover(ctx context.Context, node int) error
	// AddNode launches one more node, without slots. Its index is new and last.
	AddNode(ctx context.Context) (node int, err error)
	// RemoveNode makes the others forget a launched node and ends it. A node
	// that owns slots is refused: migrate them first. Its index stays taken.
	RemoveNode(ctx context.Context, node int) error
	// Command runs one command on a node and returns its reply as text, in the
	// form of redis-cli without a terminal. What the server answers with an
	// error is an error here.
	Command(ctx context.Context, node int, args ...string) (reply string, err error)
	// Close ends what was launched and leaves what was attached as it is.
	Close(ctx context.Context) error
}

// Description is what a system under test is.
type Description struct {
	Product   string            // "slotbench", "redis", "valkey", "dragonfly"
	Version   string            // as the server tells it
	Mode      string            // "cluster" or "standalone"
	Launched  bool              // by us: its processes can be steered, and its data is ours
	Can       Abilities         // what it can be asked
	Settings  map[string]string // what may explain a result: io-threads, appendonly, maxmemory-policy …
	Placement string            // the CPUs that its processes are pinned to, "" if they are not
}

// Abilities is what a target can be asked to do.
type Abilities struct {
	Migrate   bool // it has more than one node, and slots that move
	SlotStats bool
	Signal    bool // its processes are ours
	Failover  bool // its nodes have replicas that can take over
	Resize    bool // nodes can be added and removed
	// Strategies are the ways its slots can move; the first is the default.
	Strategies []Strategy
	// Cannot says why an ability is missing, by its name in lower case:
	// "migrate", "failover", "resize", "signal". A missing entry has no reason
	// beyond the kind of target.
	Cannot map[string]string
}

// Access is how a driver connects to every node of a target.
type Access struct {
	Addrs    []string    // where to begin: host:port
	Cluster  bool        // keys are routed by slot
	Username string      // "": the default user
	Password string      // "": no AUTH
	TLS      *tls.Config // nil: plain
	// Primary, where not nil, is where the one server is by now: Sentinels may
	// have appointed another. It is cheap and may be called at any time.
	Primary func() string
}

// Switch is a moment at which another server became the primary, by the word of
// those who watch it.
type Switch struct {
	At       time.Time
	From, To string // addresses
}

// NodeStats is what a node says of itself, or the operating system of its
// process. What cannot be known is negative.
type NodeStats struct {
	Addr        string
	PID         int           // 0: not on this machine
	Replica     bool          // it copies another node now: its keys are not its own
	Keys        int64         // DBSIZE
	Commands    int64         // processed since it started
	Evicted     int64         // keys evicted since it started
	Expired     int64         // keys expired since it started
	CPU         time.Duration // user and system time of its process
	RSSBytes    int64         // resident memory of its process
	UsedBytes   int64         // memory it says it uses
	ForkedSaves int64         // RDB or AOF rewrites begun: they disturb latency
	FullSyncs   int64         // whole copies sent to replicas since it started
	AOFRewrites int64         // of the append-only file since it started
	Rejected    int64         // connections turned away since it started
}

// SlotStats is a node's account of one slot it serves.
type SlotStats struct {
	Slot   slot.Slot
	Keys   int64
	Bytes  int64 // -1: not told
	Reads  int64 // -1: not told
	Writes int64 // -1: not told
}

// Move sends one slot to another node.
type Move struct {
	Slot     slot.Slot
	From, To int // indices into Topology.Nodes
}

// Migration is how slots move.
type Migration struct {
	// Strategy is one of the target's Strategies; "": its first. Another one is
	// answered with ErrUnsupported before anything is moved.
	Strategy Strategy
	Batch    int           // keys a MIGRATE; 0: DefaultBatch
	Timeout  time.Duration // of one MIGRATE; 0: DefaultMigrateTimeout
	// Begin and End, where not nil, are called when a slot's move begins and
	// when its new owner serves it.
	Begin func(Move)
	End   func(Moved)
}

// The defaults of a Migration.
const (
	DefaultBatch          = 100
	DefaultMigrateTimeout = 5 * time.Second
)

// Moved is what the move of one slot took.
type Moved struct {
	Move
	Keys    int64         // carried over
	Bytes   int64         // of keys and values as the source accounts them; -1: not told
	Started time.Time     // before the slot was opened
	Took    time.Duration // until its new owner was told to everyone
}

// Signal is what Cluster.Signal does to a node's process.
type Signal string

// The signals.
const (
	Pause  Signal = "stop"     // SIGSTOP
	Resume Signal = "continue" // SIGCONT
	Kill   Signal = "kill"     // SIGKILL
)
