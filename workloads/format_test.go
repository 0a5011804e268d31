package workloads

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestFormatIsDocumented checks that FORMAT.md's example is read, and that it
// names every field and command.
func TestFormatIsDocumented(t *testing.T) {
	data, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	_, rest, _ := strings.Cut(text, "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("no example")
	}
	w := mustParse(t, example, Options{Seed: 1})
	checkFrames(t, w, w.Stream(0), 1000)
	for _, field := range fieldNames(reflect.TypeFor[Spec](), nil) {
		if !strings.Contains(text, "`"+field+"`") && !strings.Contains(text, field+":") {
			t.Errorf("field %s is not there", field)
		}
	}
	for command := range commands {
		if !strings.Contains(text, command) {
			t.Errorf("command %s is not there", command)
		}
	}
}
