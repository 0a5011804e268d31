package workloads

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"slotbench/internal/request"
	"slotbench/internal/resp"
	"slotbench/internal/slot"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/presets.txt anew")

// TestPresetsGolden holds the presets' requests still: a seed must mean the
// same requests in every version.
func TestPresetsGolden(t *testing.T) {
	var b strings.Builder
	for _, name := range Names() {
		w := mustLoad(t, name, Options{Seed: 1, Streams: 50})
		fmt.Fprintf(&b, "%s: %d keys, %d bytes\n", name, w.Keys(), w.DataBytes())
		for _, source := range []request.Source{w.Stream(0), w.Stream(49), w.Preload(1, 3)} {
			for range 4 {
				var r request.Request
				if !source.Next(&r) {
					fmt.Fprintln(&b, "  ends")
					break
				}
				fmt.Fprintf(&b, "  %s %s slot %d stream %d seq %d bytes %d crc %04x\n", w.Ops()[r.Op].Name,
					r.Key(), r.Slot, r.Stream, r.Seq, len(r.Frame), slot.CRC16(r.Frame))
			}
		}
	}
	file := filepath.Join("testdata", "presets.txt")
	if *rewrite {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("requests changed (explain the difference, then -rewrite):\n%s", b.String())
	}
}

func TestPresetsAreWhole(t *testing.T) {
	files, err := presetFiles.ReadDir("presets")
	if err != nil {
		t.Fatal(err)
	}
	var stems []string
	for _, file := range files {
		stems = append(stems, strings.TrimSuffix(file.Name(), ".yaml"))
	}
	slices.Sort(stems)
	names := Names()
	slices.Sort(names)
	if !slices.Equal(stems, names) {
		t.Errorf("files %q, names %q", stems, names)
	}
	for _, name := range Names() {
		s, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if s.Name != name || s.Description == "" || s.Source == "" {
			t.Errorf("%s: name %q, description %q, source %q", name, s.Name, s.Description, s.Source)
		}
		w := mustLoad(t, name, Options{Streams: 1})
		if text := w.Describe(); !strings.Contains(text, name) || !strings.Contains(text, "operation") {
			t.Errorf("described as %q", text)
		}
	}
	list, err := DescribeAll()
	if lines := len(names) + 2*len(presetGroups) - 1; err != nil || strings.Count(list, "\n") != lines {
		t.Errorf("list %q, %v", list, err)
	}
}

// TestEveryFrameIsACommand reads the frames back with the codec and counts
// the slots of all keys by brute force.
func TestEveryFrameIsACommand(t *testing.T) {
	for _, name := range Names() {
		w := mustLoad(t, name, Options{Seed: 7, Streams: 2, Keys: 2000})
		checkFrames(t, w, w.Stream(1), 3000)
		if preloaded := checkFrames(t, w, w.Preload(0, 1), 3000); (w.Preloaded() == 0) != (preloaded == 0) {
			t.Errorf("%s: %d keys preloaded", name, preloaded)
		}
	}
}

// checkFrames checks up to n requests and says how many there were.
func checkFrames(t *testing.T, w *Workload, source request.Source, n int) int {
	t.Helper()
	var said, counted [slot.DefaultCount]int
	var r request.Request
	for i := range n {
		if !source.Next(&r) {
			if said != counted {
				t.Error("the slots of the requests are not those of their keys")
			}
			return i
		}
		op := w.Ops()[r.Op]
		commands := readCommands(t, r.Frame)
		args := commands[0]
		if op.Name != preloadName && args[0] != op.Command || r.Write != op.Write {
			t.Fatalf("%s: frame %.200q, write %v", op.Name, r.Frame, r.Write)
		}
		if answers := len(commands); r.Form != nil && r.Form.Answers != answers || r.Form == nil && answers != 1 {
			t.Fatalf("%s: %d commands in %.200q", op.Name, answers, r.Frame)
		}
		if !slices.ContainsFunc(commands, func(args []string) bool { return slices.Contains(args, string(r.Key())) }) {
			t.Fatalf("%s: key %q is not in %.200q", op.Name, r.Key(), r.Frame)
		}
		said[r.Slot]++
		counted[slot.Of(r.Key())]++
		if r.Seq == 0 || args[0] != "SET" || args[1] != string(r.Key()) {
			continue
		}
		if value := []byte(args[2]); len(value) >= request.StampBytes && strings.HasPrefix(args[2], "\xb5bt\x01") {
			stream, seq, ok := request.ReadStamp(value, r.Key())
			if !ok || stream != r.Stream || seq != r.Seq {
				t.Fatalf("stamp %d, %d, %v; want %d, %d", stream, seq, ok, r.Stream, r.Seq)
			}
		}
	}
	if said != counted {
		t.Error("the slots of the requests are not those of their keys")
	}
	return n
}

// readCommands is the commands of a frame that is whole commands exactly.
func readCommands(t *testing.T, frame []byte) (commands [][]string) {
	t.Helper()
	var reader resp.CommandReader
	for rest := frame; len(rest) > 0; {
		raw, used, err := reader.Next(rest, nil)
		if err != nil || used == 0 || len(raw) == 0 {
			t.Fatalf("frame %.200q: %d arguments, %d of %d bytes, %v", frame, len(raw), used, len(rest), err)
		}
		var args []string
		for _, arg := range raw {
			args = append(args, string(arg))
		}
		commands, rest = append(commands, args), rest[used:]
	}
	return commands
}

// readCommand is the arguments of a frame that is one command exactly.
func readCommand(t *testing.T, frame []byte) []string {
	t.Helper()
	var reader resp.CommandReader
	raw, used, err := reader.Next(frame, nil)
	var args []string
	for _, arg := range raw {
		args = append(args, string(arg))
	}
	if err != nil || used != len(frame) || len(args) < 2 {
		t.Fatalf("frame %q: %d arguments, %d of %d bytes, %v", frame, len(args), used, len(frame), err)
	}
	return args
}

func TestSeedSlotFillsItsSlot(t *testing.T) {
	for _, s := range []slot.Slot{0, 1234, 5461, 16383} {
		w := mustLoad(t, "seed-slot", Options{Slot: &s})
		keys := map[string]bool{}
		for i := range w.Keys() {
			key := w.Key(i)
			keys[string(key)] = true
			if slot.Of(key) != s {
				t.Fatalf("%s is in slot %d, not %d", key, slot.Of(key), s)
			}
		}
		if len(keys) != 1000 {
			t.Errorf("%d keys", len(keys))
		}
	}
}

func TestLoadUnknown(t *testing.T) {
	for name, want := range map[string]string{
		"unifrom":           "presets: mixed, uniform",
		"./none-there.yaml": "no such file",
		t.TempDir():         "directory",
	} {
		if _, err := Load(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load(%q): %v, want %q", name, err, want)
		}
	}
	file := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(file, []byte(strings.Repeat("#", MaxFileBytes+1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(file); err == nil || !strings.Contains(err.Error(), "limit") {
		t.Errorf("an oversized file: %v", err)
	}
}

// TestSpecInRecord checks that the effective spec says what was overridden.
func TestSpecInRecord(t *testing.T) {
	w := mustLoad(t, "mixed", Options{Keys: 500, ValueSize: "10-20", Ratio: "1:3", Prefix: "run7:"})
	s := w.Spec()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back Spec
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	again, err := back.Compile(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if again.Keys() != 500 || string(again.Key(499)) != string(w.Key(499)) || !strings.HasPrefix(string(w.Key(0)), "run7:user:{") {
		t.Errorf("from the record: %d keys, %s; want %s", again.Keys(), again.Key(499), w.Key(499))
	}
	if ops := w.Ops(); ops[0].Weight != 0.75 || ops[1].Weight != 0.25 {
		t.Errorf("1:3 gives %+v", ops)
	}
	if got, want := frames(again.Stream(0), 50), frames(w.Stream(0), 50); got != want {
		t.Error("the recorded spec makes other requests")
	}
}

func mustLoad(t testing.TB, name string, o Options) *Workload {
	t.Helper()
	s, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.Compile(o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func mustParse(t testing.TB, text string, o Options) *Workload {
	t.Helper()
	s, err := Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.Compile(o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// frames is the next n frames of a source, joined.
func frames(source request.Source, n int) string {
	var b strings.Builder
	var r request.Request
	for range n {
		if !source.Next(&r) {
			break
		}
		b.Write(r.Frame)
	}
	return b.String()
}
