// Package goredis is the driver that sends a load through go-redis, the client
// library: what an application would see. It measures the library too, and so
// is for comparison; the measuring client is targets/wire.
//
// Where it does as wire does: times and their origin, the meaning of a load,
// of an outcome's status and words, of the drain, and that what was written to
// a lost connection is Unknown and never sent again (go-redis would repeat it;
// it is told not to).
//
// Where it cannot:
//   - A logical client is a goroutine, and all share one go-redis client whose
//     pool has as many connections a node as there are logical clients.
//   - Open loop: a free logical client takes the next request by due time,
//     whichever node it goes to, where wire takes a connection of that node.
//     What is due while no client is free waits unmade.
//   - A request is sent late by what the Go timer is late. Ready is Due plus
//     this lag of the driver's own, counted from when a client was free; the
//     wait for a free client is the system's time, as in wire.
//   - Written is when go-redis was given the request for the node that
//     answered: the wait within the library counts as service. FirstByte
//     cannot be known and is 0. BytesIn counts what the answer holds, without
//     the bytes of the protocol.
//   - Redirects are followed by go-redis, which gives up after as many as its
//     options say (3), and are counted by a hook on each of its attempts. It
//     repeats what was answered with TRYAGAIN, CLUSTERDOWN or LOADING.
//   - Pipelines are go-redis's: in a cluster one is cut by node and sent at
//     once to all; every request in it ends when the whole does.
//   - The CPU time and busy share of a worker cannot be told.
package goredis

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"slotbench/internal/request"
	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/targets/nodes"
)

// The defaults of Options, and the limits of the driver.
const (
	MaxConnections = 1 << 16

	watchInterval = 50 * time.Millisecond // between two attempts to reach a lost target
)

// Options is how the driver works; the zero value is ready to use.
type Options struct {
	Timeout        time.Duration // from a request's write to its answer; 0: targets.DefaultTimeout
	ConnectTimeout time.Duration // of opening a connection; 0: targets.DefaultConnectTimeout
	GoneAfter      time.Duration // every node unreachable for so long ends the phase; 0: targets.DefaultGoneAfter
	Protocol       int           // 2 or 3; 0: go-redis's own default
}

// Driver sends loads through go-redis.
type Driver struct {
	options  Options
	access   targets.Access
	addrs    []string // of the target's nodes, in the order of the topology
	recorder []recorder

	running sync.Mutex // one phase at a time; guards what follows
	closed  bool
	client  client // nil until the first phase, and after one that was cut off
	pool    int    // its connections a node

	book sync.Mutex // guards what follows
	seen []string   // the nodes by index: addrs, then those that redirects named
}

var _ request.Driver = (*Driver)(nil)

// client is what both kinds of go-redis client can do.
type client interface {
	Process(ctx context.Context, cmd redis.Cmder) error
	Pipeline() redis.Pipeliner
	TxPipeline() redis.Pipeliner
	Close() error
}

// New makes a driver for a target whose topology is known; a nil topology, or
// an access that is not a cluster's, is a server alone. It connects to nothing
// yet.
func New(access targets.Access, topology *slot.Topology, o Options) (*Driver, error) {
	if o.Timeout < 0 || o.ConnectTimeout < 0 || o.GoneAfter < 0 {
		return nil, errors.New("go-redis: a time limit is negative")
	}
	nodes.Silence()
	d := &Driver{options: o.withDefaults(), access: access, addrs: access.Addrs}
	if topology != nil && len(topology.Nodes) > 0 {
		d.addrs = nil
		for _, node := range topology.Nodes {
			d.addrs = append(d.addrs, node.Addr())
		}
	}
	switch {
	case len(d.addrs) == 0:
		return nil, errors.New("go-redis: no address to connect to")
	case len(d.addrs) > targets.MaxNodes:
		return nil, fmt.Errorf("go-redis: %d nodes: at most %d", len(d.addrs), targets.MaxNodes)
	case topology != nil && access.Cluster && topology.Count() != slot.DefaultCount:
		return nil, fmt.Errorf("go-redis: it knows %d slots only, the target has %d", slot.DefaultCount, topology.Count())
	}
	d.seen = append(d.seen, d.addrs...)
	d.recorder = make([]recorder, runtime.GOMAXPROCS(0))
	return d, nil
}

func (o Options) withDefaults() Options {
	if o.Timeout == 0 {
		o.Timeout = targets.DefaultTimeout
	}
	if o.ConnectTimeout == 0 {
		o.ConnectTimeout = targets.DefaultConnectTimeout
	}
	if o.GoneAfter == 0 {
		o.GoneAfter = targets.DefaultGoneAfter
	}
	return o
}

// Workers is how many workers record outcomes.
func (d *Driver) Workers() int { return len(d.recorder) }

// Nodes is the addresses of the nodes by request.Outcome.Node: the target's
// own in the order of the topology, then those that redirects named.
func (d *Driver) Nodes() []string {
	d.book.Lock()
	defer d.book.Unlock()
	return append([]string(nil), d.seen...)
}

// index is the number of a node's address; -1 when there are too many.
func (d *Driver) index(addr string) int16 {
	d.book.Lock()
	defer d.book.Unlock()
	for i, known := range d.seen {
		if known == addr {
			return int16(i)
		}
	}
	if len(d.seen) >= targets.MaxNodes {
		return -1
	}
	d.seen = append(d.seen, addr)
	return int16(len(d.seen) - 1)
}

// Close ends the connections. It waits for a phase that still runs.
func (d *Driver) Close() error {
	d.running.Lock()
	defer d.running.Unlock()
	d.closed = true
	return d.drop()
}

// drop ends the client's connections, if there is one. d.running is held.
func (d *Driver) drop() error {
	if d.client == nil {
		return nil
	}
	err := d.client.Close()
	d.client = nil
	return err
}

// open makes a client with so many connections a node, unless there is one.
func (d *Driver) open(connections int) {
	if d.client != nil && d.pool == connections {
		return
	}
	_ = d.drop() // of idle connections that are not needed any more
	d.pool = connections
	var tlsConfig *tls.Config
	if d.access.TLS != nil {
		tlsConfig = d.access.TLS.Clone()
	}
	quiet := &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	if !d.access.Cluster {
		options := &redis.Options{
			Addr: d.addrs[0], Username: d.access.Username, Password: d.access.Password, TLSConfig: tlsConfig,
			DialTimeout: d.options.ConnectTimeout, DialerRetries: 1, MaxRetries: -1,
			ReadTimeout: d.options.Timeout, WriteTimeout: d.options.Timeout, Protocol: d.options.Protocol,
			PoolSize: connections, MaintNotificationsConfig: quiet,
		}
		if primary := d.access.Primary; primary != nil {
			dial := redis.NewDialer(options)
			options.Dialer = func(ctx context.Context, network, _ string) (net.Conn, error) { return dial(ctx, network, primary()) }
		}
		alone := redis.NewClient(options)
		alone.AddHook(hook{node: 0})
		d.client = alone
		return
	}
	cluster := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: d.addrs, Username: d.access.Username, Password: d.access.Password, TLSConfig: tlsConfig,
		DialTimeout: d.options.ConnectTimeout, DialerRetries: 1,
		ReadTimeout: d.options.Timeout, WriteTimeout: d.options.Timeout, Protocol: d.options.Protocol,
		PoolSize: connections, MaintNotificationsConfig: quiet,
		// A request is one command to one node, and not spread out by keys.
		DisableRoutingPolicies: true,
	})
	cluster.OnNewNode(func(node *redis.Client) {
		node.AddHook(hook{node: d.index(node.Options().Addr)})
	})
	d.client = cluster
}

// recorder hands outcomes to the sink under one worker's number. Logical
// clients share it.
type recorder struct {
	sync.Mutex
	_ [48]byte // to be alone on a cache line
}
