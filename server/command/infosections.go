package command

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"runtime/metrics"
	"slices"
	"strconv"

	"slotbench/internal/slot"
	"slotbench/server/store"
)

// lines writes name:value lines, given by turns.
func (p *infoPage) lines(namesAndValues ...any) {
	for i := 0; i < len(namesAndValues); i += 2 {
		p.line(namesAndValues[i].(string), namesAndValues[i+1])
	}
}

func infoServer(p *infoPage) {
	mode := "standalone"
	if p.node.ClusterEnabled {
		mode = "cluster"
	}
	uptime := (p.NowMillis - p.node.StartedMillis) / 1000
	hz, _ := p.Node.Settings().Get("hz")
	executable, _ := os.Executable() // a name to show, no more
	p.lines(
		"redis_version", Version,
		"server_name", "slotbench",
		"redis_git_sha1", "00000000",
		"redis_git_dirty", 0,
		"redis_mode", mode,
		"os", runtime.GOOS+" "+runtime.GOARCH,
		"arch_bits", 32<<(^uint(0)>>63),
		"multiplexing_api", p.node.Engine,
		"go_version", runtime.Version(),
		"process_id", os.Getpid(),
		"process_supervised", "no",
		"run_id", p.node.RunID,
		"tcp_port", p.node.Port,
		"server_time_usec", p.NowMillis*1000,
		"uptime_in_seconds", uptime,
		"uptime_in_days", uptime/86400,
		"hz", hz,
		"configured_hz", hz,
		"lru_clock", p.NowMillis/1000&maxLRUClock,
		"executable", executable,
		"config_file", "",
		"event_loops", p.node.Loops,
		"active_event_loops", p.node.ActiveLoops,
	)
}

func infoClients(p *infoPage) {
	p.lines(
		"connected_clients", p.node.Clients,
		"cluster_connections", 0,
		"maxclients", p.node.MaxClients,
		"blocked_clients", p.node.WaitingClients+p.blocked.count(),
		"pubsub_clients", p.pubsub.clients(),
		"tracking_clients", 0,
	)
}

func infoMemory(p *infoPage) {
	m := p.figures
	sized := func(name string, bytes int64) {
		p.line(name, bytes)
		p.line(name+"_human", humanBytes(uint64(bytes)))
	}
	ratio := func(name, bytesName string, part, whole int64) {
		p.line(name, fmt.Sprintf("%.2f", share(part, whole)))
		p.line(bytesName, part-whole)
	}
	sized("used_memory", m.used)
	sized("used_memory_rss", m.rss)
	sized("used_memory_peak", m.peak)
	p.lines(
		"used_memory_peak_perc", percent(m.used, m.peak),
		"used_memory_overhead", m.overhead(),
		"used_memory_startup", m.startup,
		"used_memory_dataset", m.dataset,
		"used_memory_dataset_perc", percent(m.dataset, m.used-m.startup),
		"allocator_allocated", m.used,
		"allocator_active", m.active,
		"allocator_resident", m.resident,
		"gc_heap_goal", m.heapGoal,
		"runtime_overhead", m.runtime,
	)
	sized("total_system_memory", p.node.SystemBytes)
	sized("maxmemory", 0)
	p.line("maxmemory_policy", "noeviction")
	ratio("allocator_frag_ratio", "allocator_frag_bytes", m.active, m.used)
	ratio("allocator_rss_ratio", "allocator_rss_bytes", m.resident, m.active)
	ratio("rss_overhead_ratio", "rss_overhead_bytes", m.rss, m.resident)
	ratio("mem_fragmentation_ratio", "mem_fragmentation_bytes", m.rss, m.used)
	p.lines("mem_not_counted_for_evict", 0, "mem_replication_backlog", 0, "mem_aof_buffer", 0,
		"mem_allocator", "go", "active_defrag_running", 0)
}

// percent is a part as INFO writes it: 12.50%.
func percent(part, whole int64) string { return fmt.Sprintf("%.2f%%", 100*share(part, whole)) }

// humanBytes is a size as INFO writes it for people: 1.50M.
func humanBytes(n uint64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%dB", n)
	}
	size, unit := float64(n)/(1<<10), 0
	for size >= 1<<10 && unit < 3 {
		size, unit = size/(1<<10), unit+1
	}
	return fmt.Sprintf("%.2f%c", size, "KMGT"[unit])
}

// infoPersistence says that nothing is kept on disk, in the words that monitors
// look for.
func infoPersistence(p *infoPage) {
	p.lines("loading", 0, "async_loading", 0, "rdb_bgsave_in_progress", 0, "rdb_saves", 0,
		"rdb_last_bgsave_time_sec", -1, "rdb_current_bgsave_time_sec", -1,
		"aof_enabled", 0, "aof_rewrite_in_progress", 0, "aof_rewrite_scheduled", 0,
		"aof_last_rewrite_time_sec", -1, "aof_current_rewrite_time_sec", -1, "aof_rewrites", 0)
}

func infoStats(p *infoPage) {
	var commands, hits, misses, errors int64
	for _, s := range p.allStats() {
		commands += s.Commands.Load()
		hits += s.Hits.Load()
		misses += s.Misses.Load()
		errors += s.Errors.Load()
	}
	now := p.vitals.rates()
	kilobytes := func(bytes float64) string { return fmt.Sprintf("%.2f", bytes/1024) }
	p.lines(
		"total_connections_received", p.node.TotalConnections,
		"total_commands_processed", commands,
		"instantaneous_ops_per_sec", int64(now.commands),
		"total_net_input_bytes", p.node.NetInputBytes,
		"total_net_output_bytes", p.node.NetOutputBytes,
		"instantaneous_input_kbps", kilobytes(now.bytesIn),
		"instantaneous_output_kbps", kilobytes(now.bytesOut),
		"rejected_connections", p.node.RejectedConnections,
		"sync_full", 0, "sync_partial_ok", 0, "sync_partial_err", 0,
		"expired_keys", p.Store.Expired(),
		"evicted_keys", 0, "evicted_clients", 0,
		"keyspace_hits", hits,
		"keyspace_misses", misses,
		"pubsub_channels", p.pubsub.channels(toChannel),
		"pubsub_patterns", p.pubsub.channels(toPattern),
		"pubsubshard_channels", p.pubsub.channels(toShard),
		"latest_fork_usec", 0, "total_forks", 0,
		"total_error_replies", errors,
		"client_query_buffer_limit_disconnections", p.node.QueryLimitDisconnections,
		"client_output_buffer_limit_disconnections", p.node.OutputLimitDisconnections,
	)
}

func infoReplication(p *infoPage) {
	p.lines("role", "master", "connected_slaves", 0, "master_failover_state", "no-failover",
		"master_replid", p.node.RunID, "master_repl_offset", 0, "repl_backlog_active", 0)
}

func infoCPU(p *infoPage) {
	seconds := func(s float64) string { return fmt.Sprintf("%.6f", s) }
	p.lines("used_cpu_sys", seconds(p.node.SystemSeconds), "used_cpu_user", seconds(p.node.UserSeconds),
		"used_cpu_sys_children", seconds(0), "used_cpu_user_children", seconds(0),
		"gc_cpu_seconds", seconds(gcSeconds()))
}

// gcSeconds is the processor time of the garbage collector as of its last
// cycle, without what it did on processors that nobody wanted.
func gcSeconds() float64 {
	samples := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}, {Name: "/cpu/classes/gc/mark/idle:cpu-seconds"}}
	metrics.Read(samples)
	return samples[0].Value.Float64() - samples[1].Value.Float64()
}

func infoCommandStats(p *infoPage) {
	stats := p.allStats()
	for _, cmd := range p.all {
		var calls, nanos, rejected, failed int64
		for _, s := range stats {
			calls += s.calls[cmd.id].Calls.Load()
			nanos += s.calls[cmd.id].Nanos.Load()
			rejected += s.calls[cmd.id].Rejected.Load()
			failed += s.calls[cmd.id].Failed.Load()
		}
		if calls+rejected == 0 {
			continue
		}
		p.line("cmdstat_"+cmd.full, fmt.Sprintf("calls=%d,usec=%d,usec_per_call=%.2f,rejected_calls=%d,failed_calls=%d",
			calls, nanos/1000, float64(nanos)/1000/float64(max(calls, 1)), rejected, failed))
	}
}

func infoErrorStats(p *infoPage) {
	codes := p.errorCodes()
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		p.line("errorstat_"+code, fmt.Sprintf("count=%d", codes[code]))
	}
}

// infoPercentiles is those that INFO latencystats tells of.
var infoPercentiles = []float64{50, 99, 99.9}

func infoLatencyStats(p *infoPage) {
	for _, cmd := range p.all {
		counts, calls := p.durationsOf(cmd)
		if calls == 0 {
			continue
		}
		text := ""
		for _, percent := range infoPercentiles {
			if text != "" {
				text += ","
			}
			text += fmt.Sprintf("p%s=%.3f", strconv.FormatFloat(percent, 'f', -1, 64), float64(percentile(&counts, calls, percent/100))/1000)
		}
		p.line("latency_percentiles_usec_"+cmd.full, text)
	}
}

func infoCluster(p *infoPage) {
	enabled := 0
	if p.node.ClusterEnabled {
		enabled = 1
	}
	p.line("cluster_enabled", enabled)
}

func infoKeyspace(p *infoPage) {
	if p.account.Keys > 0 {
		p.line("db0", fmt.Sprintf("keys=%d,expires=%d,avg_ttl=%d", p.account.Keys, p.account.Expiring, p.meanTTLMillis()))
	}
}

// The keys by which the mean time to live is estimated.
const (
	ttlSample     = 64   // that have an expiry
	ttlSampleLook = 1024 // that are looked at for them
)

// meanTTLMillis is the mean time that keys with an expiry have left, estimated
// from some keys of a random part of the store.
func (c *Context) meanTTLMillis() int64 {
	slots := uint64(c.Store.Count())
	sum, seen, looked := int64(0), int64(0), 0
	for i, first := uint64(0), c.Random()%slots; i < slots && seen < ttlSample && looked < ttlSampleLook; i++ {
		s := slot.Slot((first + i) % slots)
		if outer, nested := c.Store.(*heldSlots); c.Store.Account(s).Expiring == 0 || nested && outer.table(s) == nil {
			continue
		}
		c.Store.Lock(s, c.NowMillis).Scan(0, ttlSample, func(_ []byte, e store.Entry) {
			looked++
			if e.ExpireAtMillis != 0 {
				sum += e.ExpireAtMillis - c.NowMillis
				seen++
			}
		})
		c.Store.Unlock(s)
	}
	return sum / max(seen, 1)
}
