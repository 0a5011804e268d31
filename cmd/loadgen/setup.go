package main

import (
	"context"
	"time"

	"slotbench/cmd/loadgen/driver"
	"slotbench/internal/request"
	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/targets/goredis"
	"slotbench/targets/receive"
	"slotbench/targets/wire"
	"slotbench/workloads"
)

// setup is a run that is settled: what the flags, the workload and the
// defaults made of each other.
type setup struct {
	*runOptions
	spec       *workloads.Spec
	options    workloads.Options
	clientCPUs []int
	plan       driver.Plan
	followed   time.Duration // how much longer a server may be away that Sentinels replace
}

// sentinelPatience is how much longer a run waits for a server that Sentinels
// watch: they take 30 s by default to call it down, and then elect another.
const sentinelPatience = time.Minute

// connect hands the open target to the plan.
func (s *setup) connect(cluster targets.Cluster) {
	access := cluster.Access()
	if access.Primary != nil {
		s.followed = sentinelPatience
	}
	s.plan.Cluster = cluster
	s.plan.NewValues = func(t *slot.Topology) (driver.Values, error) {
		return driver.NewNodeValues(access, t), nil
	}
	s.plan.Ready = func(ctx context.Context, t *slot.Topology) error {
		if s.attached() && s.plan.Trace == nil {
			if err := driver.CheckPermissions(ctx, access, t, s.plan.Workload, !s.plan.Keep); err != nil {
				return err
			}
		}
		return driver.MakeReady(ctx, access, t, s.plan.Workload)
	}
	s.plan.Listen = func(ctx context.Context, t *slot.Topology, all []request.Reception, sink request.Receipts) (*receive.Receivers, error) {
		return receive.Open(ctx, access, t, all, sink)
	}
	s.plan.NewDriver = func(t *slot.Topology, role driver.Role) (request.Driver, error) {
		if s.driver == driver.DriverGoRedis {
			return goredis.New(access, t, goredis.Options{Timeout: s.timeout, GoneAfter: s.goneAfter() + s.followed, Protocol: s.resp})
		}
		return wire.New(access, t, s.wireOptions(len(t.Nodes), role))
	}
}

// wireOptions is how the wire driver works in a role. The pause probe takes
// the CPUs behind those of the load's threads, where there are more.
func (s *setup) wireOptions(nodes int, role driver.Role) wire.Options {
	o := wire.Options{Threads: s.plan.Threads, CPUs: s.clientCPUs, Timeout: s.timeout, GoneAfter: s.goneAfter() + s.followed, Protocol: s.resp}
	if role == driver.RolePause {
		o.Threads = 1
		if n := len(s.clientCPUs); n > 0 {
			o.CPUs = []int{s.clientCPUs[s.plan.Threads%n]}
		}
		return o
	}
	o.Spin = s.spins(!s.attached(), nodes, len(s.clientCPUs))
	return o
}
