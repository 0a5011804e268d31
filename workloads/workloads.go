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
	"strings"
)

//go:embed presets/*.yaml
var presetFiles embed.FS

// presetNames is the presets, the default first, as they are to be listed.
var presetNames = []string{
	"mixed", "uniform",
	"ycsb-a-strings", "ycsb-b-strings", "ycsb-c-strings",
	"seed-write", "seed-slot",
}

// Default is the preset of a run that names none.
const Default = "mixed"

// Names is the presets as they are to be listed, the default first.
func Names() []string { return append([]string{}, presetNames...) }

// Load reads a preset by its name, or else a file by its path. A name that is
// neither is answered with the presets there are.
func Load(nameOrFile string) (*Spec, error) {
	for _, name := range presetNames {
		if name == nameOrFile {
			file := "presets/" + name + ".yaml"
			data, err := presetFiles.ReadFile(file)
			if err != nil {
				panic("workloads: a preset has no file: " + err.Error())
			}
			return Parse(file, data)
		}
	}
	file, err := os.Open(nameOrFile)
	if err != nil {
		if os.IsNotExist(err) && !strings.ContainsAny(nameOrFile, "./\\") {
			return nil, fmt.Errorf("workload %q: no preset of this name and no file; presets: %s", nameOrFile, strings.Join(presetNames, ", "))
		}
		return nil, fmt.Errorf("workload: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, MaxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("workload: %w", err)
	}
	return Parse(nameOrFile, data)
}
