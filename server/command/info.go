package command

import (
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"strings"

	"slotbench/server/store"
)

// infoSections is the sections of INFO in their order. Those that are not
// default appear when they are named, or with "all" and "everything".
var infoSections = []struct {
	name  string
	more  bool // not among the default ones
	write func(*infoPage)
}{
	{"server", false, infoServer},
	{"clients", false, infoClients},
	{"memory", false, infoMemory},
	{"persistence", false, infoPersistence},
	{"stats", false, infoStats},
	{"replication", false, infoReplication},
	{"cpu", false, infoCPU},
	{"commandstats", true, infoCommandStats},
	{"cluster", false, infoCluster},
	{"keyspace", false, infoKeyspace},
}

// infoPage is an answer to INFO being written.
type infoPage struct {
	*Context
	text    strings.Builder
	node    NodeInfo
	account store.Account
}

// line writes name:value.
func (p *infoPage) line(name string, value any) { fmt.Fprintf(&p.text, "%s:%v\r\n", name, value) }

func info(c *Context) {
	wanted := make(map[string]bool)
	for _, arg := range c.Args[1:] {
		wanted[strings.ToLower(string(arg))] = true
	}
	all := wanted["all"] || wanted["everything"]
	defaults := len(wanted) == 0 || wanted["default"]
	page := &infoPage{Context: c, node: c.Node.Info(), account: store.Total(c.Store)}
	for _, section := range infoSections {
		if !all && !wanted[section.name] && (section.more || !defaults) {
			continue
		}
		if page.text.Len() > 0 {
			page.text.WriteString("\r\n")
		}
		page.text.WriteString("# " + strings.ToUpper(section.name[:1]) + section.name[1:] + "\r\n")
		section.write(page)
	}
	c.Verbatim(page.text.String())
}

func infoServer(p *infoPage) {
	mode := "standalone"
	if p.node.ClusterEnabled {
		mode = "cluster"
	}
	uptime := (p.NowMillis - p.node.StartedMillis) / 1000
	p.line("redis_version", Version)
	p.line("server_name", "slotbench")
	p.line("redis_mode", mode)
	p.line("os", runtime.GOOS+" "+runtime.GOARCH)
	p.line("arch_bits", 32<<(^uint(0)>>63))
	p.line("go_version", runtime.Version())
	p.line("process_id", os.Getpid())
	p.line("run_id", p.node.RunID)
	p.line("tcp_port", p.node.Port)
	p.line("server_time_usec", p.NowMillis*1000)
	p.line("uptime_in_seconds", uptime)
	p.line("uptime_in_days", uptime/86400)
	p.line("event_loops", p.node.Loops)
	p.line("active_event_loops", p.node.ActiveLoops)
}

func infoClients(p *infoPage) {
	p.line("connected_clients", p.node.Clients)
	p.line("maxclients", p.node.MaxClients)
	p.line("blocked_clients", p.node.WaitingClients+p.blocked.count())
	p.line("pubsub_clients", p.pubsub.clients())
}

func infoMemory(p *infoPage) {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/goal:bytes"}}
	metrics.Read(samples)
	used := samples[0].Value.Uint64()
	p.line("used_memory", used)
	p.line("used_memory_human", humanBytes(used))
	p.line("used_memory_rss", p.node.RSSBytes)
	p.line("used_memory_rss_human", humanBytes(uint64(p.node.RSSBytes)))
	p.line("used_memory_dataset", p.account.Bytes)
	p.line("gc_heap_goal", samples[1].Value.Uint64())
	p.line("maxmemory", 0)
	p.line("maxmemory_policy", "noeviction")
	p.line("mem_allocator", "go")
}

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

func infoPersistence(p *infoPage) {
	p.line("loading", 0)
	p.line("aof_enabled", 0)
	p.line("rdb_bgsave_in_progress", 0)
}

func infoStats(p *infoPage) {
	var commands, hits, misses, errors int64
	for _, s := range p.allStats() {
		commands += s.Commands.Load()
		hits += s.Hits.Load()
		misses += s.Misses.Load()
		errors += s.Errors.Load()
	}
	p.line("total_connections_received", p.node.TotalConnections)
	p.line("total_commands_processed", commands)
	p.line("total_net_input_bytes", p.node.NetInputBytes)
	p.line("total_net_output_bytes", p.node.NetOutputBytes)
	p.line("rejected_connections", p.node.RejectedConnections)
	p.line("expired_keys", p.Store.Expired())
	p.line("evicted_keys", 0)
	p.line("keyspace_hits", hits)
	p.line("keyspace_misses", misses)
	p.line("pubsub_channels", p.pubsub.channels(toChannel))
	p.line("pubsub_patterns", p.pubsub.channels(toPattern))
	p.line("pubsubshard_channels", p.pubsub.channels(toShard))
	p.line("total_error_replies", errors)
	p.line("client_query_buffer_limit_disconnections", p.node.QueryLimitDisconnections)
	p.line("client_output_buffer_limit_disconnections", p.node.OutputLimitDisconnections)
}

func infoReplication(p *infoPage) {
	p.line("role", "master")
	p.line("connected_slaves", 0)
}

func infoCPU(p *infoPage) {
	p.line("used_cpu_sys", fmt.Sprintf("%.6f", p.node.SystemSeconds))
	p.line("used_cpu_user", fmt.Sprintf("%.6f", p.node.UserSeconds))
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

func infoCluster(p *infoPage) {
	enabled := 0
	if p.node.ClusterEnabled {
		enabled = 1
	}
	p.line("cluster_enabled", enabled)
}

func infoKeyspace(p *infoPage) {
	if p.account.Keys > 0 {
		p.line("db0", fmt.Sprintf("keys=%d,expires=%d,avg_ttl=0", p.account.Keys, p.account.Expiring))
	}
}
