package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"slotbench/workloads"
)

func newWorkloads(p *program) *cobra.Command {
	list := func(cmd *cobra.Command, args []string) error {
		if err := noArgs(cmd, args); err != nil {
			return err
		}
		text, err := workloads.DescribeAll()
		if err != nil {
			return err
		}
		_, err = fmt.Fprint(p.stdout, text)
		return err
	}
	cmd := &cobra.Command{
		Use:   "workloads",
		Short: "List the workloads, or show one",
		Example: `  loadgen workloads
  loadgen workloads show mixed
  loadgen workloads show ./mine.yaml`,
		RunE: list,
	}
	cmd.AddCommand(
		&cobra.Command{Use: "list", Short: "List the presets", RunE: list},
		&cobra.Command{
			Use:   "show NAME|FILE",
			Short: "Show what a workload sends",
			RunE: func(_ *cobra.Command, args []string) error {
				if len(args) != 1 {
					return misusef("workloads show wants one preset or file; presets: %v", workloads.Names())
				}
				return showWorkload(p, args[0])
			},
		})
	return cmd
}

func showWorkload(p *program, nameOrFile string) error {
	spec, err := workloads.Load(nameOrFile)
	if err != nil {
		return usageError{err}
	}
	const anySeed, anyStreams = 1, 64 // they decide nothing that is shown
	w, err := spec.Compile(workloads.Options{Seed: anySeed, Streams: anyStreams})
	if err != nil {
		return usageError{err}
	}
	_, err = fmt.Fprint(p.stdout, w.Describe())
	return err
}
