package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"slotbench/internal/slot"
	"slotbench/server"
	"slotbench/server/command"
)

// The exit codes of Main.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// parentOption names the descriptor of a pipe that the parent holds open; the
// node ends when it closes.
const parentOption = "exit-with-parent-fd"

// slotsOption is how many hash slots the node has.
const slotsOption = "cluster-slots"

// options is a command line.
type options struct {
	config   server.Config
	slots    slot.Count
	parentFD int // -1: none
	help     bool
	version  bool
}

// Main runs one node with redis-server's command line until ctx ends, SHUTDOWN
// comes, or the parent's pipe closes, and returns the exit code: 0, 1 for a
// failure, 2 for a wrong command line. When it serves it prints one line,
//
//	ready addr=HOST:PORT pid=N
//
// to stdout; the log goes to stderr.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args)
	switch {
	case err != nil:
		fmt.Fprintf(stderr, "server: %v\nTry --help.\n", err)
		return exitUsage
	case o.help:
		printHelp(stdout)
		return exitOK
	case o.version:
		fmt.Fprintf(stdout, "slotbench server, as Redis %s (%s)\n", command.Version, runtime.Version())
		return exitOK
	}
	if err := run(ctx, o, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "server: %v\n", err)
		return exitFailed
	}
	return exitOK
}

func run(ctx context.Context, o options, stdout, stderr io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.parentFD >= 0 {
		parent := os.NewFile(uintptr(o.parentFD), "parent")
		if parent == nil {
			return fmt.Errorf("--%s %d: not a descriptor", parentOption, o.parentFD)
		}
		go func() { // ends with the process: a read of a pipe cannot be broken off
			_, _ = io.Copy(io.Discard, parent)
			cancel()
		}()
	}
	if err := os.Chdir(o.config.Dir); err != nil {
		return err
	}
	if path := o.config.LogFile; path != "" {
		file, err := os.OpenFile(filepath.Clean(path), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		defer file.Close()
		stderr = file
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: levels[o.config.LogLevel]}))
	n, err := New(Config{Server: o.config, Slots: o.slots, Log: log})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(stdout, "ready addr=%s pid=%d\n", n.Addr(), os.Getpid()); err != nil {
		return errors.Join(err, n.Close())
	}
	return n.Run(ctx)
}

// levels are what loglevel means.
var levels = map[string]slog.Level{
	"debug": slog.LevelDebug, "verbose": slog.LevelInfo - 1, "notice": slog.LevelInfo, "warning": slog.LevelWarn,
}

// parse reads a command line: --name value …, where a value may be several
// words, as redis-server takes it.
func parse(args []string) (options, error) {
	o := options{config: server.DefaultConfig(runtime.NumCPU()), slots: slot.DefaultCount, parentFD: -1}
	var faults []error
	for at := 0; at < len(args); {
		name, isOption := strings.CutPrefix(args[at], "--")
		switch args[at] {
		case "-h":
			name, isOption = "help", true
		case "-v":
			name, isOption = "version", true
		}
		if !isOption {
			return o, fmt.Errorf("%q: options begin with --, and there are no configuration files", args[at])
		}
		at++
		var values []string
		for at < len(args) && !strings.HasPrefix(args[at], "--") {
			values = append(values, args[at])
			at++
		}
		if err := o.set(name, values); err != nil {
			faults = append(faults, err)
		}
	}
	if err := errors.Join(faults...); err != nil {
		return o, err
	}
	return o, o.config.Validate()
}

func (o *options) set(name string, values []string) error {
	switch {
	case name == "help":
		o.help = true
		return nil
	case name == "version":
		o.version = true
		return nil
	case name != parentOption && name != slotsOption && !server.IsParameter(name):
		return fmt.Errorf("unknown option --%s", name)
	case len(values) == 0:
		return fmt.Errorf("--%s wants a value", name)
	case name == slotsOption:
		n, err := strconv.Atoi(strings.Join(values, " "))
		if err == nil {
			err = slot.Count(n).Validate()
		}
		if err != nil {
			return fmt.Errorf("--%s %q: %w", name, strings.Join(values, " "), err)
		}
		o.slots = slot.Count(n)
		return nil
	case name == parentOption:
		fd, err := strconv.Atoi(values[0])
		if err != nil || fd < 0 || len(values) > 1 {
			return fmt.Errorf("--%s %q: want the number of a descriptor", name, strings.Join(values, " "))
		}
		o.parentFD = fd
		return nil
	}
	return o.config.SetParameter(name, strings.Join(values, " "))
}

func printHelp(w io.Writer) {
	fmt.Fprintf(w, `Usage: server [--OPTION VALUE ...]

One node of the reference cluster, with redis-server's options:

%s  --%-28s hash slots, %d as in Redis unless told otherwise
  --%-28s end when this inherited descriptor closes
  --%-28s this text
  --%-28s the version

It prints "ready addr=HOST:PORT pid=N" when it serves.
`, server.ParameterHelp(server.DefaultConfig(runtime.NumCPU())), slotsOption, slot.DefaultCount, parentOption, "help", "version")
}
