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
		Short: "List the workloads, show one, check a file",
		Long: `A workload says which keys there are, how often each is asked for, how large
values are, and which operations are done in which proportion. It is a preset's
name or a YAML file; workloads/FORMAT.md is its language.

The usual way to one's own: print the nearest preset into a file, change it,
check it, run it.`,
		Example: `  loadgen workloads
  loadgen workloads show session > mine.yaml
  loadgen workloads check mine.yaml
  loadgen run -w mine.yaml`,
		RunE: list,
	}
	cmd.AddCommand(
		&cobra.Command{Use: "list", Short: "List the presets", RunE: list},
		&cobra.Command{
			Use:   "show NAME|FILE",
			Short: "Print a workload's file",
			RunE: func(_ *cobra.Command, args []string) error {
				if len(args) != 1 {
					return misusef("workloads show wants one preset or file; presets: %v", workloads.Names())
				}
				return showWorkload(p, args[0])
			},
		},
		&cobra.Command{
			Use:   "check FILE|NAME",
			Short: "Check a workload's file and say what it sends",
			RunE: func(_ *cobra.Command, args []string) error {
				if len(args) != 1 {
					return misusef("workloads check wants one file, or a preset: %v", workloads.Names())
				}
				return checkWorkload(p, args[0])
			},
		})
	return cmd
}

// showWorkload prints the file as it is, faults or not.
func showWorkload(p *program, nameOrFile string) error {
	_, text, err := workloads.Text(nameOrFile)
	if err != nil {
		return usageError{err}
	}
	_, err = p.stdout.Write(text)
	return err
}

// checkWorkload reads the file and describes what it makes.
func checkWorkload(p *program, nameOrFile string) error {
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
