// Package node assembles one node from the parts: store, control plane,
// commands, connections. It is what cmd/server and the children of loadgen
// run. It knows every part and decides nothing.
package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"slotbench/internal/slot"
	"slotbench/server"
	"slotbench/server/command"
	"slotbench/server/migrate"
	"slotbench/server/pushed"
	"slotbench/server/store"
	"slotbench/server/topology"
)

// Config is what a node is made of.
type Config struct {
	Server server.Config
	Slots  slot.Count   // 0: slot.DefaultCount
	Log    *slog.Logger // nil: no log
}

// Node is one node whose ports are open.
type Node struct {
	config   Config
	server   *server.Server
	commands command.Config
	closers  []io.Closer // in the order of closing
}

// New opens a node's ports. Run must be called, or Close.
func New(config Config) (*Node, error) {
	if config.Slots == 0 {
		config.Slots = slot.DefaultCount
	}
	if err := config.Slots.Validate(); err != nil {
		return nil, err
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	s, err := server.Listen(config.Server, config.Log)
	if err != nil {
		return nil, err
	}
	n := &Node{config: config, server: s}
	n.assemble()
	return n, nil
}

func nowMillis() int64 { return time.Now().UnixMilli() }

// assemble makes the parts that stand behind the connections.
func (n *Node) assemble() {
	st := store.NewArena(n.config.Slots, n.config.Server.Loops)
	flights := new(command.Flights)
	mover := migrate.New(migrate.Config{Store: st, Flights: flights, NowMillis: nowMillis,
		AppendDump: command.AppendDump, Dial: migrate.DialTCP})
	n.closers = append(n.closers, mover)
	n.commands = command.Config{
		Store:   st,
		Flights: flights,
		Migrate: func(m command.Migration) (bool, error) { return mover.Migrate(migrate.Request(m)) },
	}
	if n.config.Server.ClusterEnabled {
		self := slot.Node{ID: n.server.RunID(), Host: n.host(), Port: n.server.Port()}
		var plane server.ControlPlane = pushed.New(st, topology.Node{Node: self}, nowMillis)
		n.closers = append(n.closers, plane)
		n.commands.Router, n.commands.Cluster = plane, plane
	}
}

// host is the address at which clients reach the node: the announced one, or
// the first that it listens on, or this machine's own.
func (n *Node) host() string {
	if announced := n.config.Server.AnnounceIP; announced != "" {
		return announced
	}
	if first := strings.TrimPrefix(n.config.Server.Bind[0], "-"); net.ParseIP(first) != nil && !net.ParseIP(first).IsUnspecified() {
		return first
	}
	return "127.0.0.1"
}

// Addr is host:port at which clients reach the node.
func (n *Node) Addr() string { return net.JoinHostPort(n.host(), strconv.Itoa(n.server.Port())) }

// Run serves until ctx ends or SHUTDOWN comes, and gives everything back.
func (n *Node) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// MIGRATE waits for its peer off the loop; the server waits for it.
	stopped := context.AfterFunc(ctx, func() { _ = n.closers[0].Close() })
	defer stopped()
	err := n.server.Run(ctx, n.commands)
	return errors.Join(err, n.closeParts())
}

// Close gives a node back that will not Run.
func (n *Node) Close() error {
	n.server.Close()
	return n.closeParts()
}

func (n *Node) closeParts() error {
	var errs []error
	for _, part := range n.closers {
		if err := part.Close(); err != nil {
			errs = append(errs, fmt.Errorf("close %T: %w", part, err))
		}
	}
	return errors.Join(errs...)
}
