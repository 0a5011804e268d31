// Package nodes speaks to the primaries of a system that understands Redis's
// commands, alone or as a cluster: what they are, who owns which slots, what
// they tell of themselves, and how slots move between them key by key. What
// Redis, Valkey and the reference cluster have in common as targets is here.
//
// It launches and ends nothing, and changes nothing but what Migrate moves.
package nodes

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"slotbench/internal/slot"
	"slotbench/targets"
)

// The limits of talking to nodes.
const (
	dialTimeout = 3 * time.Second
	// CallTimeout is how long one answer may take.
	CallTimeout = 10 * time.Second
	poolSize    = 4 // connections a node: steering is not what is measured
)

// Options is how nodes are reached.
type Options struct {
	Username string
	Password string
	TLS      *tls.Config
	Cluster  bool // they share slots; else there is one, which has all
}

// Nodes is a set of primaries in a fixed order.
type Nodes struct {
	options Options

	mu    sync.Mutex // guards what follows
	nodes []node
	alone int // without a cluster: the one that has all slots
}

// node is one primary and the way to it.
type node struct {
	slot.Node
	pid     int  // its process if it is known to be on this machine, else 0
	passive bool // it was no primary when the topology was last asked for
	gone    bool // removed: its index stays, nobody asks it
	client  *redis.Client
}

// silence keeps go-redis from writing to the terminal that the report uses:
// all that it would say is in the errors that it returns.
var silence = sync.OnceFunc(func() { redis.SetLogger(discard{log.New(io.Discard, "", 0)}) })

type discard struct{ *log.Logger }

// Printf drops a message.
func (discard) Printf(context.Context, string, ...any) {}

// Silence makes go-redis's own log silent, once for the process.
func Silence() { silence() }

// New is these primaries, in this order. It connects to none of them yet.
func New(options Options, primaries []slot.Node) *Nodes {
	Silence()
	n := &Nodes{options: options}
	for _, primary := range primaries {
		n.add(primary)
	}
	return n
}

// add appends a primary; n.mu is held, or n is not shared yet.
func (n *Nodes) add(primary slot.Node) {
	n.nodes = append(n.nodes, node{Node: primary, client: redis.NewClient(&redis.Options{
		Addr:        primary.Addr(),
		Username:    n.options.Username,
		Password:    n.options.Password,
		TLSConfig:   n.options.TLS,
		Protocol:    2, // what every version speaks
		DialTimeout: dialTimeout, DialerRetries: 1,
		// Every call has its own deadline; none is sent twice.
		ContextTimeoutEnabled: true, ReadTimeout: -1, WriteTimeout: -1, MaxRetries: -1,
		PoolSize:                 poolSize,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})})
}

// List is the primaries, in order.
func (n *Nodes) List() []slot.Node {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := make([]slot.Node, len(n.nodes))
	for i, node := range n.nodes {
		list[i] = node.Node
	}
	return list
}

// Addr is where a node serves.
func (n *Nodes) Addr(node int) (string, error) {
	list := n.List()
	if node < 0 || node >= len(list) {
		return "", fmt.Errorf("there is no node %d among %d", node, len(list))
	}
	return list[node].Addr(), nil
}

// SetID notes a node's own id.
func (n *Nodes) SetID(i int, id string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.nodes[i].ID = id
}

// SetPID notes which process of this machine a node is.
func (n *Nodes) SetPID(i, pid int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.nodes[i].pid = pid
}

// all is the nodes as they stand.
func (n *Nodes) all() []node {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.nodes)
}

func (n *Nodes) node(i int) (node, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if i < 0 || i >= len(n.nodes) {
		return node{}, fmt.Errorf("there is no node %d among %d", i, len(n.nodes))
	}
	if n.nodes[i].gone {
		return node{}, fmt.Errorf("node %d (%s) was removed", i, n.nodes[i].Addr())
	}
	return n.nodes[i], nil
}

// Access is how a driver connects to these nodes.
func (n *Nodes) Access() targets.Access {
	access := targets.Access{
		Cluster: n.options.Cluster, Username: n.options.Username, Password: n.options.Password, TLS: n.options.TLS,
	}
	for _, node := range n.all() {
		if !node.gone {
			access.Addrs = append(access.Addrs, node.Addr())
		}
	}
	return access
}

// Add appends a node and returns its index.
func (n *Nodes) Add(added slot.Node) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.add(added)
	return len(n.nodes) - 1
}

// Appoint says that another server is now the one that has all slots, where
// there is no cluster. Its index is the one that it had, or new and last.
func (n *Nodes) Appoint(primary slot.Node) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.alone = n.indexOf(primary)
	for i := range n.nodes {
		n.nodes[i].passive = i != n.alone
	}
	return n.alone
}

// Alone is the one that has all slots, where there is no cluster.
func (n *Nodes) Alone() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.alone
}

// Forget ends the connections to a node that is no more. Its index stays
// taken, its statistics are unknown.
func (n *Nodes) Forget(i int) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.nodes[i].gone, n.nodes[i].Away = true, true
	return n.nodes[i].client.Close()
}

// Gone says whether a node was removed.
func (n *Nodes) Gone(i int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.nodes[i].gone
}

// Beside is one node, reached in the same way as these. The caller closes it.
func (n *Nodes) Beside(node slot.Node) *Nodes { return New(n.options, []slot.Node{node}) }

// Close ends the connections.
func (n *Nodes) Close() error {
	var errs []error
	for _, node := range n.all() {
		if !node.gone {
			errs = append(errs, node.client.Close())
		}
	}
	return errors.Join(errs...)
}

// Do sends one command to a node. An error of the node's is an error here.
func (n *Nodes) Do(ctx context.Context, i int, args ...any) (any, error) {
	node, err := n.node(i)
	if err != nil {
		return nil, err
	}
	return node.do(ctx, args...)
}

// do sends one command with the usual deadline.
func (n node) do(ctx context.Context, args ...any) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	answer, err := n.client.Do(ctx, args...).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("node %s: %s: %w", n.Addr(), commandName(args), err)
	}
	return answer, nil
}

// pipeline sends commands in one write. An answer that is an error stays with
// its command; what failed as a whole is the error.
func (n node) pipeline(ctx context.Context, timeout time.Duration, commands [][]any) ([]*redis.Cmd, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	answers := make([]*redis.Cmd, len(commands))
	_, err := n.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for i, args := range commands {
			answers[i] = pipe.Do(ctx, args...)
		}
		return nil
	})
	if err != nil && !isAnswer(err) {
		return nil, fmt.Errorf("node %s: %s: %w", n.Addr(), commandName(commands[0]), err)
	}
	return answers, nil
}

// isAnswer says whether an error is what a node answered, rather than the
// failure to get an answer.
func isAnswer(err error) bool {
	var answer redis.Error
	return errors.As(err, &answer)
}

// commandName is a command as far as it says what it does: its first two
// words, never a password.
func commandName(args []any) string {
	if len(args) > 1 && (args[0] == "CLUSTER" || args[0] == "DFLYCLUSTER") {
		return fmt.Sprintf("%v %v", args[0], args[1])
	}
	return fmt.Sprint(args[0])
}

// each asks every node that there still is at the same time; the errors are joined.
func (n *Nodes) each(ask func(i int, node node) error) error {
	all := n.all()
	errs := make([]error, len(all))
	var asked sync.WaitGroup
	for i, node := range all {
		if !node.gone {
			asked.Go(func() { errs[i] = ask(i, node) })
		}
	}
	asked.Wait()
	return errors.Join(errs...)
}
