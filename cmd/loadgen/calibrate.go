package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"slotbench/cmd/loadgen/driver"
	"slotbench/results"
	"slotbench/results/report"
	"slotbench/targets/null"
)

// nullArg is the argument with which this program is run again as a responder
// that does nothing.
const nullArg = "run-a-null-responder"

// maxCalibrationBytes is the longest calibration file that is read.
const maxCalibrationBytes = 1 << 20

// calibrationOptions is where a run finds its calibration.
type calibrationOptions struct {
	calibration string
}

func (o *calibrationOptions) register(f *pflag.FlagSet) {
	f.StringVar(&o.calibration, "calibration", "", "`file` of loadgen calibrate (default: what it kept for this machine and these flags, if anything)")
}

// attach hands a calibration to a plan: the file that was named, else the one
// that was kept for what the run turns out to be.
func (o *calibrationOptions) attach(plan *driver.Plan) error {
	if o.calibration != "" {
		c, err := readCalibration(o.calibration)
		if err != nil {
			return misusef("--calibration: %w", err)
		}
		plan.Calibration = func(*results.CalibrationFile) (*results.CalibrationFile, string) { return c, o.calibration }
		return nil
	}
	plan.Calibration = func(own *results.CalibrationFile) (*results.CalibrationFile, string) {
		path, err := calibrationPath(own)
		if err != nil {
			return nil, ""
		}
		c, err := readCalibration(path)
		if err != nil {
			return nil, "" // none was kept
		}
		return c, path
	}
	return nil
}

// calibrationPath is where a calibration is kept.
func calibrationPath(c *results.CalibrationFile) (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("calibration: %w: name a file with --out", err)
	}
	return filepath.Join(dir, "slotbench", driver.CalibrationName(c)), nil
}

func readCalibration(path string) (*results.CalibrationFile, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxCalibrationBytes {
		return nil, fmt.Errorf("%s: longer than %d bytes", path, maxCalibrationBytes)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c, err := results.ParseCalibration(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// calibrateOptions is the flags of calibrate, beside those of run.
type calibrateOptions struct {
	runOptions
	trial time.Duration
}

func newCalibrate(p *program) *cobra.Command {
	o := &calibrateOptions{runOptions: runOptions{program: p}}
	cmd := &cobra.Command{
		Use:   "calibrate",
		Short: "Measure the load generator itself: its ceiling and its latency floor on this machine",
		Long: `calibrate sends a workload to responders that do nothing: child processes that
take commands and send canned replies of the right type. What is measured is the
load generator, its kernel and its machine: the most requests a second that it
can send, and the response time that no server could beat.

It is kept for this machine and these flags, and every later run with the same
says how much of its p99 is the harness's own, and how much headroom was left.`,
		Example: `  # for the default run
  loadgen calibrate

  # for a run with these flags, into a file that the run is given
  loadgen calibrate -w uniform --connections 200 --nodes 6 --out mine.json
  loadgen run -w uniform --connections 200 --nodes 6 --calibration mine.json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.DurationVar(&o.trial, "trial", driver.DefaultCalibration, "how long each of its loads is measured")
	o.runOptions.register(f)
	for _, name := range append([]string{"target", "binary", "migrate", "strategy", "allow-data", "keep", "key-prefix", "calibration", "warmup"}, notOfSearches...) {
		_ = f.MarkHidden(name)
	}
	return cmd
}

func (o *calibrateOptions) run(cmd *cobra.Command) (err error) {
	given := cmd.Flags().Changed
	switch {
	case given("target"):
		return misusef("--target: calibrate measures the load generator itself, against responders of its own; --nodes says how many")
	case given("driver") && o.driver != driver.DriverWire:
		return misusef("--driver %s: only the wire driver can be calibrated", o.driver)
	case o.trial <= 0:
		return misusef("--trial %s: want more than 0, as 2s", o.trial)
	case o.format != formatTable && o.format != formatJSON:
		return misusef("--format %q: want table or json", o.format)
	}
	setup, err := o.settle(given)
	if err != nil {
		return err
	}
	if err := setup.compile(); err != nil {
		return err
	}
	talk := newTalk(o.stderr, o.quiet)
	defer talk.end()
	c, err := o.measure(cmd, setup, talk)
	if err != nil {
		return err
	}
	path := o.out
	if path == "" {
		if path, err = calibrationPath(c); err != nil {
			return err
		}
	}
	talk.end()
	if err := writeJSON(path, c); err != nil {
		return err
	}
	if o.format == formatJSON {
		return json.NewEncoder(o.stdout).Encode(c)
	}
	return report.CalibrationFile(o.stdout, c, report.Options{Path: path, Width: widthOf(o.stdout)})
}

// measure starts the responders and ends them again.
func (o *calibrateOptions) measure(cmd *cobra.Command, setup *setup, talk *talk) (c *results.CalibrationFile, err error) {
	ctx := cmd.Context()
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program, to run responders with it: %w", err)
	}
	cpus, err := parseCPUs("--server-cpus", o.serverCPUs)
	if err != nil {
		return nil, err
	}
	w := setup.plan.Workload
	valueBytes := min(null.MaxValueBytes, int(w.DataBytes()/max(1, w.Keys())))
	cluster, err := null.Launch(ctx, null.Options{Command: []string{self, nullArg}, Nodes: o.nodes, ValueBytes: valueBytes, CPUs: cpus})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, cluster.Close(ctx)) }()
	makeRoom(setup.plan.Threads)
	setup.connect(cluster)
	setup.plan.Watch = talk.show
	session, err := driver.Open(ctx, setup.plan, false)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, session.Close(ctx)) }()
	return driver.Calibrate(ctx, session, o.trial)
}
