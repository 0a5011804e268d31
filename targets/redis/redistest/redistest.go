// Package redistest launches real servers for tests. Where there is no real
// server it skips the test, and says so.
package redistest

import (
	"context"
	"os"
	"strconv"
	"testing"
	"time"

	"slotbench/internal/peer"
	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/targets/launch"
	"slotbench/targets/nodes"
	"slotbench/targets/redis"
)

// startLimit is how long a server may take to start, on a busy machine.
const startLimit = 60 * time.Second

// Main is the TestMain of a package that launches servers: the test binary is
// the guard of what it launches.
func Main(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == launch.GuardArg {
		os.Exit(launch.Guard())
	}
	os.Exit(m.Run())
}

// Launch is a launched target of so many nodes, closed when the test ends.
func Launch(t testing.TB, nodes int, args ...string) targets.Cluster {
	t.Helper()
	return LaunchWith(t, redis.LaunchOptions{Nodes: nodes, Args: args})
}

// LaunchWith is a launched target with these options beside the server.
func LaunchWith(t testing.TB, o redis.LaunchOptions) targets.Cluster {
	t.Helper()
	o.Product, o.Binary = "redis", peer.Binary(t)
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	c, err := redis.Launch(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return c
}

// Start launches one server with these options behind its port's and returns
// where it listens. answers says how to reach it; the TLS and password in it
// must fit the options. It ends with the test.
func Start(t testing.TB, answers nodes.Options, portOption string, args ...string) slot.Node {
	t.Helper()
	binary := peer.Binary(t)
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	spec := func(port int) launch.Spec {
		own := []string{portOption, strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"}
		return launch.Spec{Path: binary, Args: append(own, args...)}
	}
	ready := func(ctx context.Context, p *launch.Process, port int) error {
		one := nodes.New(answers, []slot.Node{{Host: "127.0.0.1", Port: port}})
		defer one.Close()
		return one.AwaitServing(ctx, 0, p.PID())
	}
	p, port, err := launch.OnFreePort(ctx, "127.0.0.1", false, spec, ready)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return slot.Node{Host: "127.0.0.1", Port: port}
}
