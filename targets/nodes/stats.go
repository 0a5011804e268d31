package nodes

import (
	"context"
	"net"
	"path/filepath"
	"strconv"
	"time"

	"github.com/shirou/gopsutil/v3/process"

	"slotbench/targets"
)

// uptimeTolerance is how far a process's age may be from the uptime that a
// server tells, both told in whole seconds, for the process to be the server.
const uptimeTolerance = 4 * time.Second

// Stats is what each node says of itself. CPU time and resident memory are the
// operating system's word where the node's process is on this machine, and
// INFO's elsewhere.
func (n *Nodes) Stats(ctx context.Context) ([]targets.NodeStats, error) {
	stats := make([]targets.NodeStats, len(n.all()))
	for i, node := range n.all() {
		if node.gone {
			stats[i] = fromInfo(Info{})
			stats[i].Addr, stats[i].Keys = node.Addr(), -1
		}
	}
	err := n.each(func(i int, node node) error {
		info, err := node.info(ctx)
		if err != nil && node.passive && !n.options.Cluster { // it was replaced, perhaps as it died
			stats[i] = fromInfo(Info{})
			stats[i].Addr, stats[i].Keys, stats[i].Replica = node.Addr(), -1, true
			return nil
		}
		if err != nil {
			return err
		}
		stats[i] = fromInfo(info)
		stats[i].Addr = node.Addr()
		proc := node.process(info)
		if proc == nil {
			return nil
		}
		stats[i].PID = int(proc.Pid)
		if times, err := proc.TimesWithContext(ctx); err == nil {
			stats[i].CPU = time.Duration((times.User + times.System) * float64(time.Second))
		}
		if memory, err := proc.MemoryInfoWithContext(ctx); err == nil {
			stats[i].RSSBytes = int64(memory.RSS)
		}
		return nil
	})
	return stats, err
}

func fromInfo(info Info) targets.NodeStats {
	return targets.NodeStats{
		Replica:     info["role"] == "slave",
		Keys:        info.Keys(),
		Commands:    info.Int("total_commands_processed"),
		Evicted:     info.Int("evicted_keys"),
		Expired:     info.Int("expired_keys"),
		CPU:         info.CPU(),
		RSSBytes:    info.Int("used_memory_rss"),
		UsedBytes:   info.Int("used_memory"),
		ForkedSaves: info.Int("total_forks"),
		FullSyncs:   info.Int("sync_full"),
		AOFRewrites: info.Int("aof_rewrites"),
		Rejected:    info.Int("rejected_connections"),
	}
}

// process is a node's process, nil if it is not on this machine.
func (n node) process(info Info) *process.Process {
	if n.pid != 0 {
		proc, err := process.NewProcess(int32(n.pid))
		if err != nil {
			return nil
		}
		return proc
	}
	if ip := net.ParseIP(n.Host); n.Host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil
	}
	pid, err := strconv.ParseInt(info["process_id"], 10, 32)
	if err != nil || pid <= 0 {
		return nil
	}
	proc, err := process.NewProcess(int32(pid))
	if err != nil || !isServer(proc, info, time.Now()) {
		return nil
	}
	return proc
}

// isServer says whether a process is the server that told the info. A server
// behind a forwarded port or in a container tells a pid that is somebody
// else's here.
func isServer(proc *process.Process, info Info, now time.Time) bool {
	name, err := proc.Name()
	if err != nil || info["executable"] != "" && filepath.Base(info["executable"]) != name {
		return false
	}
	createdMillis, err := proc.CreateTime()
	uptime := info.Int("uptime_in_seconds")
	if err != nil || uptime < 0 {
		return false
	}
	age := now.Sub(time.UnixMilli(createdMillis))
	return (age - time.Duration(uptime)*time.Second).Abs() <= uptimeTolerance
}
