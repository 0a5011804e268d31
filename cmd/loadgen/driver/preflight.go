package driver

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/shirou/gopsutil/v3/mem"

	"slotbench/results"
	"slotbench/targets"
	"slotbench/targets/receive"
)

// The limits of this machine that a run is checked against.
const (
	spareFiles       = 128 // open files besides the connections
	memoryShareLimit = 0.5 // of what is available may be filled with data
)

// preflight refuses a run that cannot work or would harm, before anything is
// sent.
func (e *engine) preflight(ctx context.Context) error {
	stats, err := e.Cluster.Stats(ctx)
	if err != nil {
		return fmt.Errorf("target %s: %w", e.Target, err)
	}
	e.before, e.present = stats, totalKeys(stats)
	switch {
	case e.present > 0 && e.attached() && !e.AllowData:
		return refusef("target %s holds %d keys: a benchmark would share it with them; use an empty one, or --allow-data to run beside them under the prefix %q",
			e.Target, e.present, e.Prefix)
	case e.present > 0:
		e.note("the target held %d keys before the run", e.present)
	}
	if err := e.checkFiles(); err != nil {
		return err
	}
	if ports := localPorts(firstLine("/proc/sys/net/ipv4/ip_local_port_range")); ports > 0 && e.Connections > ports {
		return refusef("%d connections to a node need as many local ports, %d are there (net.ipv4.ip_local_port_range)", e.Connections, ports)
	}
	if local(stats) {
		e.rec.Environment.SharedHost = true
		e.note("%s", sharedHostNote(e.rec.Environment.CPUs))
		if memory, err := mem.VirtualMemory(); err == nil && float64(e.Workload.DataBytes()) > memoryShareLimit*float64(memory.Available) {
			e.warn("the data are about %d MiB, %d MiB of memory are available", e.Workload.DataBytes()>>20, memory.Available>>20)
		}
	}
	return nil
}

// checkFiles refuses more connections than this process may open.
func (e *engine) checkFiles() error {
	connections := uint64(e.Connections) * uint64(len(e.topology.Nodes))
	receiving := uint64(0)
	text := ""
	if e.listens() {
		receiving = uint64(receive.Links(e.topology, e.about.Mode == modeCluster, e.Workload.Receptions()))
		text = fmt.Sprintf(", and %d of the workload's receivers,", receiving)
	}
	if limit := openFilesLimit(); limit > 0 && connections+receiving+spareFiles > limit {
		return refusef("%d connections to each of %d nodes%s need %d open files, %d are allowed: raise the limit (ulimit -n) or lower --connections",
			e.Connections, len(e.topology.Nodes), text, connections+receiving+spareFiles, limit)
	}
	return nil
}

// localPorts is how many ports the range "first last" holds; 0 if it is none.
func localPorts(text string) int {
	fields := strings.Fields(text)
	if len(fields) != 2 {
		return 0
	}
	first, errFirst := strconv.Atoi(fields[0])
	last, errLast := strconv.Atoi(fields[1])
	if errFirst != nil || errLast != nil || last < first {
		return 0
	}
	return last - first + 1
}

// local says whether some node runs on this machine.
func local(stats []targets.NodeStats) bool {
	for _, node := range stats {
		if node.PID > 0 {
			return true
		}
	}
	return false
}

// totalKeys is how many keys all nodes hold, of those that tell; a replica's
// are not its own.
func totalKeys(stats []targets.NodeStats) int64 {
	var total int64
	for _, node := range stats {
		if !node.Replica {
			total += max(0, node.Keys)
		}
	}
	return total
}

// newRecord is a record with what is known before anything is sent.
func (e *engine) newRecord() *results.Record {
	rateFrom := "given"
	switch e.Rate {
	case 0:
		rateFrom = "closed loop"
	case RateProbe:
		rateFrom = "half of the probe"
	}
	affinity := Affinity()
	words := make([]string, len(affinity))
	for i, c := range affinity {
		words[i] = strconv.Itoa(c)
	}
	nodes := []results.Node{}
	for i, node := range e.topology.Nodes {
		nodes = append(nodes, results.Node{
			Addr: node.Addr(), SlotsStart: e.topology.Slots(i), Slots: e.topology.Slots(i),
			RangesStart: rangesOf(e.topology, i), Ranges: rangesOf(e.topology, i),
		})
	}
	return &results.Record{
		Schema:  results.Schema,
		Name:    e.Name,
		Command: e.Command,
		Config: results.Config{
			Target:          e.Target,
			Driver:          e.Plan.Driver,
			Workload:        e.workloadMap(),
			Seed:            e.Seed,
			Keys:            e.Workload.Keys(),
			KeyPrefix:       e.Prefix,
			Arrival:         string(e.Arrival),
			RatePerSec:      e.rate,
			RateFrom:        rateFrom,
			Connections:     e.Connections,
			Threads:         e.Threads,
			Pipeline:        e.Pipeline,
			Requests:        e.Requests,
			DurationSeconds: e.Duration.Seconds(),
			WarmupSeconds:   e.Warmup.Seconds(),
			DrainSeconds:    e.Drain.Seconds(),
			MigrateSlots:    e.Migrate,
			MigrateAtShare:  e.MigrateAt,
			Events:          eventTexts(e.steps),
			ServerCPUs:      e.ServerCPUs,
			ClientCPUs:      e.ClientCPUs,
		},
		Environment: environment(strings.Join(words, ",")),
		Target: results.Target{
			Product:   e.about.Product,
			Version:   e.about.Version,
			Mode:      e.about.Mode,
			Launched:  e.about.Launched,
			Settings:  e.about.Settings,
			Placement: e.about.Placement,
		},
		Operations: []results.Operation{},
		Deliveries: []results.Delivery{},
		Intervals:  []results.Interval{},
		Nodes:      nodes,
		Migrations: []results.Migration{},
		Events:     []results.Event{},
		Checks:     []results.Check{},
	}
}

// specMap is a workload's spec as the record holds it.
func specMap(spec any) map[string]any {
	text, err := json.Marshal(spec)
	if err != nil {
		panic("driver: a workload's spec cannot be written as JSON: " + err.Error())
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		panic("driver: a workload's spec is no JSON object: " + err.Error())
	}
	return fields
}
