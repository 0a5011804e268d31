package replay

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckFindsTracesWithoutOperations(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := file("good", "0,key,3,10,1,get,0\n")
	for _, c := range []struct {
		name, text, format, want string
	}{
		{"empty", "", Twitter, "it is empty"},
		{"empty", "", Auto, "nothing is in it"},
		{"empty", "", Oracle, "it is empty"},
		{"bad", "what is this\nand this\n", Twitter, "2 bad lines, the first of them: line 1"},
		{"skipped", "1.5 [0 127.0.0.1:1] \"PING\"\n", Monitor, "1 operations, none of a kind"},
	} {
		path := file(c.name, c.text)
		o := Options{Files: []string{path}, Format: c.format}
		if err := o.Check(); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s as %s: %v; want %q", c.name, c.format, err, c.want)
		}
		if o.Files = append(o.Files, good); c.format == Twitter {
			if err := o.Check(); err != nil {
				t.Errorf("%s beside a good one: %v", c.name, err)
			}
		}
	}
}
