package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"slotbench/internal/slot"
	"slotbench/targets"
)

// upOptions is the flags of up.
type upOptions struct {
	*program
	targetOptions
	format string
}

func newUp(p *program) *cobra.Command {
	o := &upOptions{program: p}
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Start a cluster on this machine and keep it until Ctrl-C",
		Example: `  # three reference nodes on free ports
  loadgen up

  # for scripts: one JSON object on stdout once the cluster serves
  loadgen up --nodes 5 --format json

  # the same with redis-server processes from PATH
  loadgen up --target local:redis`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.up(cmd.Context(), cmd.Flags().Changed)
		},
	}
	cmd.Flags().SortFlags = false
	o.register(cmd.Flags())
	cmd.Flags().StringVar(&o.format, "format", formatTable, "of the addresses on stdout: table or json")
	return cmd
}

func (o *upOptions) up(ctx context.Context, given func(string) bool) (err error) {
	if err := o.check(given); err != nil {
		return err
	}
	if o.attached() {
		return misusef("up starts a cluster: --target %s runs already", o.shown())
	}
	if o.format != formatTable && o.format != formatJSON {
		return misusef("--format %q: want table or json", o.format)
	}
	cluster, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Close(context.WithoutCancel(ctx))) }()
	if err := o.announce(ctx, cluster); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// upNode is a started node as scripts read it.
type upNode struct {
	Addr  string `json:"addr"`
	ID    string `json:"id"`
	Slots string `json:"slots"`
}

// announce prints where the cluster is.
func (o *upOptions) announce(ctx context.Context, cluster targets.Cluster) error {
	about, err := cluster.Describe(ctx)
	if err != nil {
		return err
	}
	topology, err := cluster.Topology(ctx)
	if err != nil {
		return err
	}
	var addrs []string
	var nodes []upNode
	for i, node := range topology.Nodes {
		addrs = append(addrs, node.Addr())
		nodes = append(nodes, upNode{node.Addr(), node.ID, rangesText(topology.Owned(i))})
	}
	if o.format == formatJSON {
		return json.NewEncoder(o.stdout).Encode(struct {
			Addrs   []string `json:"addrs"`
			Product string   `json:"product"`
			Version string   `json:"version"`
			Mode    string   `json:"mode"`
			Nodes   []upNode `json:"nodes"`
		}{addrs, about.Product, about.Version, about.Mode, nodes})
	}
	for _, node := range nodes {
		if _, err := fmt.Fprintf(o.stdout, "%-21s  slots %s\n", node.Addr, node.Slots); err != nil {
			return err
		}
	}
	fmt.Fprintf(o.stderr, "%s %s, %s; Ctrl-C ends it\n", about.Product, about.Version, about.Mode)
	return nil
}

func rangesText(ranges []slot.Range) string {
	text := ""
	for i, r := range ranges {
		if i > 0 {
			text += ","
		}
		text += r.String()
	}
	return text
}
