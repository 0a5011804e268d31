// Package workloads says what to ask and when: keys, values, the mix of
// operations and their arrivals, from presets and YAML files. It makes whole
// commands, byte for byte the same for the same seed. It opens no socket,
// reads no clock and starts no goroutine.
package workloads

import (
	"embed"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

//go:embed presets/*.yaml
var presetFiles embed.FS

// presetGroups is the presets as they are to be listed, the default first.
var presetGroups = []struct {
	title string
	names []string
}{
	{"to begin with", []string{"mixed", "uniform", "seed-write", "seed-slot"}},
	{"scenarios (synthetic)", []string{"e-commerce", "cart", "feed", "rate-limiter", "leaderboard", "session", "pubsub"}},
	{"YCSB core, records as hashes", []string{"ycsb-a", "ycsb-b", "ycsb-c", "ycsb-d", "ycsb-e", "ycsb-f"}},
	{"YCSB core, records as strings", []string{"ycsb-a-strings", "ycsb-b-strings", "ycsb-c-strings"}},
	{"production caches and stores", []string{"meta-etc", "mixgraph", "cachelib-kvcache-reg"}},
	{"Twitter's cache clusters", []string{
		"twitter-12", "twitter-14", "twitter-15", "twitter-18", "twitter-22", "twitter-23", "twitter-37", "twitter-50", "twitter-52", "twitter-53",
	}},
	{"Redis benchmarks specification", []string{
		"redis-spec-sessions", "redis-spec-session-hash", "redis-spec-leaderboard", "redis-spec-rate-limiter", "redis-spec-feature-store",
		"redis-spec-set-ex", "redis-spec-cluster", "redis-spec-set-fixed-rate", "redis-spec-multi-tenant", "redis-spec-mget", "redis-spec-pubsub", "redis-spec-streams",
	}},
}

// presetNames is all of them.
var presetNames = func() (names []string) {
	for _, group := range presetGroups {
		names = append(names, group.names...)
	}
	return names
}()

// Default is the preset of a run that names none.
const Default = "mixed"

// Names is the presets as they are to be listed, the default first.
func Names() []string { return append([]string{}, presetNames...) }

// Load reads a preset by its name, or else a file by its path. A name that is
// neither is answered with the presets there are.
func Load(nameOrFile string) (*Spec, error) {
	file, data, err := Text(nameOrFile)
	if err != nil {
		return nil, err
	}
	return Parse(file, data)
}

// Text is what stands in a preset or a file, and what errors call it.
func Text(nameOrFile string) (file string, data []byte, err error) {
	if slices.Contains(presetNames, nameOrFile) {
		file = "presets/" + nameOrFile + ".yaml"
		if data, err = presetFiles.ReadFile(file); err != nil {
			panic("workloads: a preset has no file: " + err.Error())
		}
		return file, data, nil
	}
	opened, err := os.Open(nameOrFile)
	if err != nil {
		if os.IsNotExist(err) && !strings.ContainsAny(nameOrFile, "./\\") {
			return "", nil, unknownPreset(nameOrFile)
		}
		return "", nil, fmt.Errorf("workload: %w", err)
	}
	defer opened.Close()
	if data, err = io.ReadAll(io.LimitReader(opened, MaxFileBytes+MaxNumberBytes+1)); err != nil {
		return "", nil, fmt.Errorf("workload: %w", err)
	}
	return nameOrFile, data, nil
}

func unknownPreset(name string) error {
	meant := ""
	if best := closest(name, presetNames); best != "" {
		meant = fmt.Sprintf("did you mean %s? ", best)
	}
	return fmt.Errorf("workload %q: no preset of this name and no file; %spresets: %s", name, meant, strings.Join(presetNames, ", "))
}
