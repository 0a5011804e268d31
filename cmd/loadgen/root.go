package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"slotbench/cmd/loadgen/driver"
)

// newRoot is the command line: run is also what happens without a subcommand.
func newRoot(p *program) *cobra.Command {
	o := &runOptions{program: p}
	root := &cobra.Command{
		Use:   "loadgen",
		Short: "Measure a slot-sharded cluster under a realistic load, while slots migrate",
		Long: `loadgen puts a realistic load on a slot-sharded cluster, moves slots in its
midst, and reports throughput, p99, migration time and slot skew.

Without a subcommand it does what "loadgen run" does: it starts a reference
cluster of 3 nodes on this machine, fills it, finds its capacity, offers half of
it as an open loop, migrates 100 slots at half-time, and stops the cluster.

--connections and --requests are totals of the whole run, not of a thread or a
client.`,
		Example:       runExamples,
		Version:       driver.ToolVersion(),
		Args:          noArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return misusef("%w (see %s --help)", err, cmd.CommandPath())
	})
	o.register(root.Flags())
	root.AddCommand(newRun(p), newReplay(p), newMigrate(p), newCapacity(p), newCalibrate(p), newUp(p), newWorkloads(p), newReport(p), newCompare(p), newVersion(p))
	root.CompletionOptions.HiddenDefaultCmd = true
	return root
}

// noArgs refuses words that are no flags: often a misspelt subcommand.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return misusef("unknown command or argument %q for %q: see %s --help", args[0], cmd.CommandPath(), cmd.CommandPath())
}

func newVersion(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(p.stdout, "loadgen", driver.ToolVersion())
			return err
		},
	}
}
