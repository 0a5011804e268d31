// Package slotbench_test holds the checks of the house as a whole: who may
// import whom, and that ARCHITECTURE.md tells the truth about it.
package slotbench_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "slotbench/"

// arrow is one import of a package of this module by another, both without
// the module's name.
type arrow struct{ from, to string }

// forbidden says why an arrow may not be, or "".
//
// The rooms: cmd may import anything. workloads, targets, results and server
// do not know each other; they meet in internal, which imports only internal.
// Within server the parts are handed to each other by server/node.
func forbidden(a arrow) string {
	from, to := room(a.from), room(a.to)
	switch {
	case from == "cmd" || from == "scripts":
		return ""
	case to == "cmd" || to == "scripts":
		return "nothing imports a command"
	case from == "internal" && to != "internal":
		return "internal imports only internal"
	case from != "internal" && to != "internal" && from != to:
		return from + " and " + to + " meet only in internal"
	case from == "server":
		return forbiddenInServer(a)
	case a.from == "results" && a.to != "internal" && strings.HasPrefix(a.to, "results/"):
		return "the record does not know its readers"
	}
	return ""
}

// forbiddenInServer keeps the parts of the server apart: what decides imports
// nothing that does, and only node knows them all.
func forbiddenInServer(a arrow) string {
	if room(a.to) == "internal" || a.from == "server/node" {
		return ""
	}
	may := map[string][]string{
		"server":            {"server/command", "server/store", "server/topology", "server/script"},
		"server/command":    {"server/store", "server/collection", "server/topology", "server/script"},
		"server/collection": nil,
		"server/script":     nil,
		"server/store":      nil,
		"server/topology":   nil,
		"server/pushed":     {"server/topology", "server/store"},
		"server/migrate":    {"server/store"},
	}
	targets, known := may[a.from]
	if !known {
		return a.from + " is not in the list of the server's parts"
	}
	for _, to := range targets {
		if a.to == to {
			return ""
		}
	}
	return fmt.Sprintf("%s may import %v and internal", a.from, targets)
}

// room is the first folder of a package's path.
func room(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}

func TestImportArrows(t *testing.T) {
	for path, imports := range listPackages(t) {
		for _, to := range imports {
			if why := forbidden(arrow{path, to}); why != "" {
				t.Errorf("%s imports %s: %s", path, to, why)
			}
		}
	}
}

// TestForbiddenArrows shows that the check can fail.
func TestForbiddenArrows(t *testing.T) {
	for _, a := range []arrow{
		{"internal/slot", "server/store"},
		{"workloads", "targets"},
		{"targets/reference", "server/node"},
		{"results", "workloads"},
		{"server/topology", "server/store"},
		{"server/store", "server/command"},
		{"server", "server/node"},
		{"server/command", "cmd/server"},
	} {
		if forbidden(a) == "" {
			t.Errorf("%s may import %s, but must not", a.from, a.to)
		}
	}
}

// TestArchitectureNamesEveryPackage compares ARCHITECTURE.md's house with what
// go list finds: neither may know a package that the other does not.
func TestArchitectureNamesEveryPackage(t *testing.T) {
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, line := range regexp.MustCompile("(?m)^\\| `([a-z0-9/]+)` +\\|").FindAllStringSubmatch(string(text), -1) {
		named[strings.TrimSuffix(line[1], "/")] = true
	}
	packages := listPackages(t)
	for path := range packages {
		if !named[path] {
			t.Errorf("ARCHITECTURE.md has no row for the package %s", path)
		}
	}
	for path := range named {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("ARCHITECTURE.md has a row for %s, which is not there", path)
		}
	}
}

// listPackages is every package of the module but this one, and what of the
// module it imports; for every operating system that the
// suite builds on.
func listPackages(t *testing.T) map[string][]string {
	t.Helper()
	packages := map[string][]string{}
	for _, system := range []string{"linux", "darwin"} {
		list := exec.Command("go", "list", "-e", "-json=ImportPath,Imports", "./...")
		list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		output, err := list.Output()
		if err != nil {
			t.Fatalf("go list for %s: %v", system, err)
		}
		decoder := json.NewDecoder(strings.NewReader(string(output)))
		for {
			var p struct {
				ImportPath string
				Imports    []string
			}
			if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			path, ours := strings.CutPrefix(p.ImportPath, module)
			if !ours {
				continue
			}
			for _, to := range p.Imports {
				if to, ours := strings.CutPrefix(to, module); ours && !slices.Contains(packages[path], to) {
					packages[path] = append(packages[path], to)
				}
			}
			packages[path] = append([]string{}, packages[path]...)
		}
	}
	return packages
}
