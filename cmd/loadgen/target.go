package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"slotbench/targets"
	"slotbench/targets/redis"
	"slotbench/targets/reference"
)

// The targets that are launched.
const (
	targetReference = "reference"
	targetRedis     = "local:redis"
	targetValkey    = "local:valkey"
	targetDragonfly = "local:dragonfly"
)

// maxCPU is the highest CPU number that can be named.
const maxCPU = 1023

// targetOptions is which system is under test.
type targetOptions struct {
	target   string
	nodes    int
	replicas int
	dragonflyOptions
	binary     string
	serverCPUs string
	tls        tlsOptions
}

func (o *targetOptions) register(f *pflag.FlagSet) {
	f.StringVar(&o.target, "target", targetReference, "`system` under test: reference (launched), local:redis, local:valkey or local:dragonfly (launched), or redis://[user:password@]host:port, rediss:// for TLS (attached; alone or a cluster), redis+sentinel://host:port,…/NAME")
	f.IntVar(&o.nodes, "nodes", 3, "how many nodes to launch; an attached target has its own")
	f.IntVar(&o.replicas, "replicas", 0, "replicas of each launched node, with local:redis and local:valkey")
	f.StringVar(&o.binary, "binary", "", "`path` of the server to launch with local:… (default: from PATH)")
	o.dragonflyOptions.register(f)
	f.StringVar(&o.serverCPUs, "server-cpus", "", "`CPUs` for launched servers, as 0,2-3 (default: not pinned)")
	o.tls.register(f)
}

func (o *targetOptions) attached() bool {
	return redis.IsURL(o.target)
}

// check refuses what contradicts itself, before anything is begun.
func (o *targetOptions) check(given func(string) bool) error {
	switch {
	case !slices.Contains([]string{targetReference, targetRedis, targetValkey, targetDragonfly}, o.target) && !o.attached():
		return misusef("--target %q: want reference, local:redis, local:valkey, local:dragonfly, redis://host:port, rediss://host:port or redis+sentinel://host:port/NAME", o.shown())
	case o.attached() && given("nodes"):
		return misusef("--nodes says how many nodes to launch: the attached target %s has its own", o.shown())
	case o.attached() && given("server-cpus"):
		return misusef("--server-cpus pins launched servers: the attached target %s is not ours to pin", o.shown())
	case o.binary != "" && !strings.HasPrefix(o.target, "local:"):
		return misusef("--binary is the server of local:redis, local:valkey and local:dragonfly, not of %s", o.shown())
	case o.emulated && (o.target != targetDragonfly || given("nodes") && o.nodes != 1):
		return misusef("--emulated is a mode of local:dragonfly, with one node")
	case o.adminOffset != 0 && !o.attached():
		return misusef("--admin-port-offset is for an attached Dragonfly cluster, not for %s", o.shown())
	case o.tls.given(given) && !redis.IsTLS(o.target):
		return misusef("--tls-… flags need a target of rediss:// or rediss+sentinel://, not %s", o.shown())
	case o.replicas != 0 && o.target != targetRedis && o.target != targetValkey:
		return misusef("--replicas is for the servers of local:redis and local:valkey, not for %s", o.shown())
	case o.replicas < 0 || o.replicas > 0 && o.nodes == 1:
		return misusef("--replicas %d with --nodes %d: replicas belong to a cluster; want --nodes 2 or more", o.replicas, o.nodes)
	case o.nodes < 1:
		return misusef("--nodes %d: want 1 or more", o.nodes)
	}
	_, err := parseCPUs("--server-cpus", o.serverCPUs)
	return err
}

// shown is the target without its password.
func (o *targetOptions) shown() string {
	if !o.attached() {
		return o.target
	}
	u, err := url.Parse(o.target)
	if err != nil {
		return "redis://…"
	}
	u.User, u.RawQuery = nil, ""
	return u.String()
}

// open launches the target, or attaches to it.
func (o *targetOptions) open(ctx context.Context) (targets.Cluster, error) {
	cpus, err := parseCPUs("--server-cpus", o.serverCPUs)
	if err != nil {
		return nil, err
	}
	switch o.target {
	case targetReference:
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find this program, to run nodes with it: %w", err)
		}
		return reference.Launch(ctx, reference.Options{Command: []string{self, nodeArg}, Nodes: o.nodes, CPUs: cpus})
	case targetDragonfly:
		return o.launchDragonfly(ctx, cpus)
	case targetRedis, targetValkey:
		cluster, err := redis.Launch(ctx, redis.LaunchOptions{
			Product: strings.TrimPrefix(o.target, "local:"), Nodes: o.nodes, Replicas: o.replicas, Binary: o.binary, CPUs: cpus,
		})
		if errors.Is(err, exec.ErrNotFound) {
			err = fmt.Errorf("%w: install it, or name it with --binary PATH", err)
		}
		return cluster, err
	}
	return o.attach(ctx)
}

// parseCPUs reads "0,2-3"; nil for "".
func parseCPUs(flag, text string) ([]int, error) {
	if text == "" {
		return nil, nil
	}
	var cpus []int
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		a, errA := strconv.Atoi(first)
		b, errB := strconv.Atoi(last)
		if errA != nil || errB != nil || a < 0 || b < a || b > maxCPU {
			return nil, misusef("%s %q: %q is no CPU: want numbers and ranges, as 0,2-3", flag, text, part)
		}
		for c := a; c <= b; c++ {
			cpus = append(cpus, c)
		}
	}
	return cpus, nil
}

// tlsOptions is how to connect to a rediss:// target.
type tlsOptions struct {
	ca, cert, key, serverName string
	skipVerify                bool
}

func (o *tlsOptions) register(f *pflag.FlagSet) {
	f.StringVar(&o.ca, "tls-ca", "", "`file` with the certificates to trust (default: the system's)")
	f.StringVar(&o.cert, "tls-cert", "", "`file` with the client's certificate")
	f.StringVar(&o.key, "tls-key", "", "`file` with the client's key")
	f.StringVar(&o.serverName, "tls-server-name", "", "`name` that the server's certificate must have (default: the target's host)")
	f.BoolVar(&o.skipVerify, "tls-skip-verify", false, "accept any certificate")
}

func (o *tlsOptions) given(given func(string) bool) bool {
	return given("tls-ca") || given("tls-cert") || given("tls-key") || given("tls-server-name") || given("tls-skip-verify")
}

// config is nil where nothing departs from the default.
func (o *tlsOptions) config() (*tls.Config, error) {
	if *o == (tlsOptions{}) {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: o.serverName, InsecureSkipVerify: o.skipVerify}
	if o.ca != "" {
		text, err := os.ReadFile(o.ca)
		if err != nil {
			return nil, misusef("--tls-ca: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, misusef("--tls-ca %s: no certificate in it", o.ca)
		}
	}
	if (o.cert == "") != (o.key == "") {
		return nil, misusef("--tls-cert and --tls-key go together")
	}
	if o.cert != "" {
		pair, err := tls.LoadX509KeyPair(o.cert, o.key)
		if err != nil {
			return nil, misusef("--tls-cert, --tls-key: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}
