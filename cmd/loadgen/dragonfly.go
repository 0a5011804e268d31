package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"

	"github.com/spf13/pflag"

	"slotbench/targets"
	"slotbench/targets/dragonfly"
	"slotbench/targets/redis"
)

// dragonflyOptions is what only Dragonfly has.
type dragonflyOptions struct {
	emulated    bool
	adminOffset int
}

func (o *dragonflyOptions) register(f *pflag.FlagSet) {
	f.BoolVar(&o.emulated, "emulated", false, "with local:dragonfly: one node that emulates a cluster")
	f.IntVar(&o.adminOffset, "admin-port-offset", 0, "with an attached Dragonfly cluster: how far each node's admin port is above its port, as 10000; slots migrate through it")
}

// launchDragonfly starts Dragonfly from PATH or a given path.
func (o *targetOptions) launchDragonfly(ctx context.Context, cpus []int) (targets.Cluster, error) {
	nodes := o.nodes
	if o.emulated {
		nodes = 1
	}
	cluster, err := dragonfly.Launch(ctx, dragonfly.Options{Nodes: nodes, Emulated: o.emulated, Binary: o.binary, CPUs: cpus})
	if errors.Is(err, exec.ErrNotFound) {
		err = fmt.Errorf("%w: install it, or name it with --binary PATH", err)
	}
	return cluster, err
}

// attach connects to what runs already, and sees what it is.
func (o *targetOptions) attach(ctx context.Context) (targets.Cluster, error) {
	config, err := o.tls.config()
	if err != nil {
		return nil, err
	}
	options := redis.AttachOptions{TLS: config}
	n, err := redis.Connect(ctx, o.target, options)
	if err != nil {
		return nil, err
	}
	info, err := n.Info(ctx, 0)
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	product, _ := info.Product()
	switch {
	case product == "dragonfly" && n.Access().Cluster:
		return dragonfly.Over(ctx, n, o.adminOffset)
	case o.adminOffset != 0:
		return nil, errors.Join(misusef("--admin-port-offset: %s is %s, not a Dragonfly cluster", o.shown(), product), n.Close())
	}
	return redis.Over(n, o.target, options)
}
