package driver

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v3/host"
	"github.com/shirou/gopsutil/v3/load"
	"github.com/shirou/gopsutil/v3/mem"

	"slotbench/results"
)

// environment describes this machine and this program. What the system does
// not tell stays empty.
func environment(affinity string) results.Environment {
	env := results.Environment{
		OS:            runtime.GOOS,
		Arch:          runtime.GOARCH,
		CPUs:          runtime.NumCPU(),
		GOMAXPROCS:    runtime.GOMAXPROCS(0),
		Governor:      firstLine("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
		Affinity:      affinity,
		PressureShare: -1,
		Go:            runtime.Version(),
		Tool:          ToolVersion(),
	}
	if info, err := host.Info(); err == nil {
		env.Kernel = info.KernelVersion
		if info.VirtualizationRole == "guest" {
			env.Virtual = info.VirtualizationSystem
		}
	}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		env.CPUModel = parseCPUModel(string(text))
	}
	if memory, err := mem.VirtualMemory(); err == nil {
		env.MemoryBytes = memory.Total
	}
	if average, err := load.Avg(); err == nil {
		env.LoadAverage1 = average.Load1
	}
	return env
}

// ToolVersion is this program's version: its module's, or the revision that it
// was built from.
func ToolVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version, dirty := info.Main.Version, ""
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision" && (version == "" || version == "(devel)"):
			version = setting.Value[:min(12, len(setting.Value))]
		case setting.Key == "vcs.modified" && setting.Value == "true" && !strings.HasSuffix(version, "+dirty"):
			dirty = "+dirty"
		}
	}
	if version == "" {
		version = "(devel)"
	}
	if strings.HasSuffix(version, "+dirty") {
		dirty = ""
	}
	return version + dirty
}

// hostUsage is what the machine and this process had used up at one moment.
type hostUsage struct {
	at           time.Time
	totalTicks   int64 // of all CPUs, in every state; -1: not told
	stealTicks   int64
	stalledMicro int64 // some task waited for a CPU; -1: not told
	selfCPU      time.Duration
	gcPauses     debug.GCStats
}

func readHostUsage() hostUsage {
	usage := hostUsage{at: time.Now(), totalTicks: -1, stalledMicro: -1, selfCPU: selfCPU()}
	usage.totalTicks, usage.stealTicks = parseCPUTicks(firstLine("/proc/stat"))
	if text, err := os.ReadFile("/proc/pressure/cpu"); err == nil {
		usage.stalledMicro = parsePressure(string(text))
	}
	debug.ReadGCStats(&usage.gcPauses)
	return usage
}

// parseCPUModel reads the first CPU's model from /proc/cpuinfo; "" if it does
// not tell.
func parseCPUModel(text string) string {
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// parseCPUTicks reads the first line of /proc/stat, "cpu user nice system idle
// iowait irq softirq steal guest guest_nice": the ticks in all, and the stolen
// ones. The guests' time is part of user and nice. Both are -1 if the line is
// another.
func parseCPUTicks(line string) (total, steal int64) {
	const stealField = 8
	fields := strings.Fields(line)
	if len(fields) <= stealField || fields[0] != "cpu" {
		return -1, -1
	}
	for _, field := range fields[1 : stealField+1] {
		ticks := parseCount(field)
		if ticks < 0 {
			return -1, -1
		}
		total += ticks
	}
	return total, parseCount(fields[stealField])
}

// parsePressure reads the microseconds in which some task waited, the total of
// the line "some" of /proc/pressure/cpu; -1 if there is none.
func parsePressure(text string) int64 {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] != "some" {
			continue
		}
		for _, field := range fields[1:] {
			if digits, ok := strings.CutPrefix(field, "total="); ok {
				return parseCount(digits)
			}
		}
	}
	return -1
}

// parseCount reads a decimal count; -1 if it is none.
func parseCount(digits string) int64 {
	if digits == "" || len(digits) > 18 {
		return -1
	}
	var n int64
	for _, d := range []byte(digits) {
		if d < '0' || d > '9' {
			return -1
		}
		n = n*10 + int64(d-'0')
	}
	return n
}

// fillUsage writes what the machine and this process used between two moments.
func fillUsage(rec *results.Record, before, after hostUsage) {
	if total := after.totalTicks - before.totalTicks; before.totalTicks >= 0 && total > 0 {
		rec.Environment.StealShare = max(0, float64(after.stealTicks-before.stealTicks)/float64(total))
	}
	if elapsed := after.at.Sub(before.at); elapsed > 0 && before.stalledMicro >= 0 && after.stalledMicro >= before.stalledMicro {
		stalled := time.Duration(after.stalledMicro-before.stalledMicro) * time.Microsecond
		rec.Environment.PressureShare = min(1, stalled.Seconds()/elapsed.Seconds()) // the kernel adds up late
	}
	rec.Client.CPUSeconds = (after.selfCPU - before.selfCPU).Seconds()
	if rec.Client.CPUSeconds > 0 {
		rec.Client.RequestsPerCPUSecond = float64(rec.Totals.Requests) / rec.Client.CPUSeconds
	}
	rec.Client.RSSBytes = selfRSS()
	rec.Client.GCCycles = after.gcPauses.NumGC - before.gcPauses.NumGC
	for i := range min(int(rec.Client.GCCycles), len(after.gcPauses.Pause)) {
		rec.Client.GCPauseMaxUS = max(rec.Client.GCPauseMaxUS, float64(after.gcPauses.Pause[i])/1e3)
	}
}

// selfRSS is the resident memory of this process, 0 where it can't be known.
func selfRSS() int64 {
	fields := strings.Fields(firstLine("/proc/self/statm"))
	if len(fields) < 2 {
		return 0
	}
	return max(0, parseCount(fields[1])) * int64(os.Getpagesize())
}

// firstLine is a small file's first line, "" if there is no such file.
func firstLine(path string) string {
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSpace(line)
}

// sharedHostNote warns of servers on the client's own machine.
func sharedHostNote(cpus int) string {
	text := "servers and load generator share this machine: they slow each other down"
	if cpus < 4 {
		text += "; on so few CPUs, compare runs with each other, not with other machines"
	}
	return text
}
