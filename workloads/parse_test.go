package workloads

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"slotbench/internal/slot"
)

// whole is a file without faults, which the cases below spoil.
const whole = `name: mine
keys: 1000
popularity: {kind: zipf, exponent: 0.99}
value_size: 100
families:
  - name: user
    key: "user:{%d}"
    tags: {keys_per_tag: 4}
    share: 2
  - name: hits
    key: "hits:%d"
    counter: true
operations:
  - {command: GET, weight: 90}
  - command: SET
    weight: 10
run:
  rate: 1000
  duration: 30s
`

func TestParseAcceptsWhole(t *testing.T) {
	s, err := Parse("mine.yaml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	if s.ValueSize != "100" || *s.Run.Rate != 1000 || s.Run.Length().Seconds() != 30 || *s.Families[0].Share != 2 {
		t.Errorf("read as %+v", s)
	}
}

// TestFaultsPoint spoils one thing at a time; the answer names line, column
// and field, and says what to do.
func TestFaultsPoint(t *testing.T) {
	for _, test := range []struct{ from, to, want string }{
		{"weight: 90", "weigth: 90", `f.yaml:14:20: operations[0].weigth: there is no field "weigth"; did you mean "weight"?`},
		{"run:\n", "frobnicate: 1\nrun:\n", `f.yaml:17:1: frobnicate: there is no field "frobnicate" here; FORMAT.md lists them`},
		{"keys: 1000", "keys: lots", `f.yaml:2:7: keys: is no whole number in range`},
		{"keys: 1000", "keys: 0", `f.yaml:2:7: keys: is 0; want how many keys`},
		{"keys: 1000", "keys: [1]", `f.yaml:2:7: keys: `},
		{"exponent: 0.99", "exponent: -1", `f.yaml:3:36: popularity.exponent: is -1; want a number from 0`},
		{"kind: zipf", "kind: zipfian", `f.yaml:3:20: popularity.kind: "zipfian" is unknown; want one of uniform, zipf`},
		{"kind: zipf", "kind: uniform", `popularity.exponent: has no meaning for kind uniform`},
		{"value_size: 100", "value_size: 1e3", `f.yaml:4:13: value_size: "1e3" is no size: want bytes`},
		{"value_size: 100", "value_size: 100-10", `runs backwards`},
		{`"user:{%d}"`, `"user:{%s}"`, `f.yaml:7:10: families[0].key: has "%s}": want %d`},
		{`"user:{%d}"`, `"user:{x}"`, `families[0].key: does not tell the keys of a tag apart`},
		{`"hits:%d"`, `"hits:1"`, `f.yaml:11:10: families[1].key: tells only 1 keys apart, but the family has`},
		{`"hits:%d"`, `"user:{%d}"`, `families[1].key: could make a key that family "user" makes too`},
		{`"hits:%d"`, `"hits:%[shop]d"`, `families[1].key: shows %[shop], but the family has no range of that name`},
		{`"hits:%d"`, `"hits:%[slot]s:%d"`, `families[1].key: shows %[slot]s, but no slot is chosen`},
		{`"hits:%d"`, "\"hits:%d\"\n    slots: \"1 2\"", `f.yaml:11:10: families[1].key: shows %[slot]s not once where the slot is decided`},
		{`"hits:%d"`, "\"{a}hits:%d:%[slot]s\"\n    slots: \"1 2\"", `families[1].key: shows %[slot]s not once where the slot is decided`},
		{`"hits:%d"`, "\"{%[slot]s}:%[member]d\"\n    slots: \"1 2+3\"", `families[1].key: does not tell the keys of a slot apart`},
		{`"hits:%d"`, "\"hits:%d:%[slot]s\"\n    slots: \"@16384 1\"", `families[1].slots: has "@16384": want @ and a slot from 0 to 16383`},
		{`"hits:%d"`, "\"hits:%d:%[slot]s\"\n    slots: \"@16383 1 1\"", `families[1].slots: has more than 16384 slots`},
		{`"hits:%d"`, "\"hits:%d:%[slot]s\"\n    slots: \"3 1/0\"", `families[1].slots: has "1/0" at slot 1`},
		{`"hits:%d"`, "\"hits:%d:%[slot]s\"\n    slots: \"0 0\"", `families[1].slots: puts no key into any slot`},
		{`"hits:%d"`, "\"hits:%d:%[slot]s\"\n    slots: \"1\"\n    tags: {keys_per_tag: 2}", `families[1].slots: can't stand beside tags`},
		{"name: hits", "name: user", `f.yaml:10:11: families[1].name: "user" stands twice`},
		{"share: 2", "share: 0", `f.yaml:9:12: families[0].share: is 0`},
		{"command: GET", "command: GTE", `f.yaml:14:15: operations[0].command: "GTE" is unknown; did you mean GET?`},
		{"command: GET", "command: INCR, families: [user]", `operations[0].families: INCR needs integers; add counter: true to family "user"`},
		{"command: GET", "command: GET, families: [usr]", `f.yaml:14:31: operations[0].families[0]: "usr" is none of the families`},
		{"command: GET", "command: GET, ttl: 5s", `f.yaml:14:25: operations[0].ttl: is no argument of GET`},
		{"command: GET", "command: SETEX", `f.yaml:14:6: operations[0].ttl: is missing; SETEX needs one`},
		{"command: GET", "command: SETEX, ttl: 500ms", `SETEX takes whole seconds`},
		{"command: GET", "command: MGET, keys: 3", `operations[0].families: the keys of one MGET must share a slot`},
		{"command: GET", "command: SET", `operations[1].name: "SET" stands already`},
		{"weight: 90", "weight: -1", `f.yaml:14:28: operations[0].weight: is -1`},
		{"duration: 30s", "duration: soon", `f.yaml:19:13: run.duration: "soon" is no time`},
		{"rate: 1000", "arrival: bursty", `f.yaml:18:12: run.arrival: arrival "bursty": want closed`},
		{"name: mine\n", "", `name: is missing`},
		{"name: mine\n", "slot: 20000\nname: mine\n", `f.yaml:1:7: slot: is 20000; slots are 0 to 16383`},
		{"name: mine\n", "name: mine\nname: yours\n", `f.yaml:2:1: `},
		{"name: mine\n", "prefix: \"{a\"\nname: mine\n", `f.yaml:1:9: prefix: "{a" has a brace`},
		{"name: mine\n", "name: &n mine\nsource: *n\n", `aliases are not supported`},
		{"name: mine\n", "name: [mine\n", `f.yaml:2:1: ',' or ']' must be specified`},
		{whole, "", `want one, with name, keys, families and operations`},
		{whole, "a\x00", `zero byte at offset 1`},
		{whole, "just text", `f.yaml:1:1: `},
	} {
		text := strings.Replace(whole, test.from, test.to, 1)
		_, err := Parse("f.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q for %q:\n got %v\nwant %s", test.to, test.from, err, test.want)
		}
	}
}

// TestHostileFilesEnd reads the largest files of the deepest nesting.
func TestHostileFilesEnd(t *testing.T) {
	for _, unit := range []string{"[", "{", "- ", "a: ", "? ", "&a ", "*a ", "!t ", "|\n", "'", "- {a: [", "\t", "---\n", "a:\n ", "# \n", "families:\n", "%"} {
		if _, err := Parse("f", []byte(strings.Repeat(unit, MaxFileBytes/len(unit)))); err == nil {
			t.Errorf("%q over and over is accepted", unit)
		}
	}
	for _, unit := range []string{"1 ", "1\n", "1", "a: 1\n", "1+1/"} {
		if _, err := Parse("f", []byte(strings.Repeat(unit, (MaxNumberBytes+MaxFileBytes)/len(unit)))); err == nil {
			t.Errorf("%q over and over is accepted", unit)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	for _, test := range []struct{ from, to, want string }{
		{"keys: 1000", "keys: 120000000", "families[0].tags: makes 20000000 tags together with those before, the limit is 16777216"},
		{"value_size: 100", "value_size: 1MiB", "one call may hold 268435456 bytes"},
	} {
		text := strings.Replace(whole, "{command: GET, weight: 90}", "{command: MSET, keys: 1000, families: [user]}", 1)
		text = strings.Replace(text, "{keys_per_tag: 4}", "{keys_per_tag: 4, exponent: 1}", 1)
		text = strings.Replace(text, "user:{%d}", "user:{%[tag]d}:%d", 1)
		if _, err := Parse("f.yaml", []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, err := Parse("f.yaml", []byte(strings.Replace(text, test.from, test.to, 1))); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", test.to, err, test.want)
		}
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	s := Spec{Keys: -1, ValueSize: "x", Families: []Family{{}, {Key: "%"}}, Run: Suggestions{Pipeline: -1}}
	var faults *Faults
	if err := s.Validate(); !errors.As(err, &faults) {
		t.Fatalf("%v", err)
	}
	for _, field := range []string{"name", "keys", "value_size", "families[0].name", "families[1].key", "operations", "run.pipeline"} {
		found := false
		for _, fault := range faults.List {
			found = found || fault.Field == field
		}
		if !found {
			t.Errorf("%s is not named in:\n%v", field, faults)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, test := range []struct {
		preset string
		o      Options
		want   string
	}{
		{"mixed", Options{Keys: 3}, "there are 4 families"},
		{"mixed", Options{Keys: -3}, "keys: is -3"},
		{"mixed", Options{ValueSize: "big"}, "value_size"},
		{"mixed", Options{Ratio: "9"}, "want SET:GET"},
		{"mixed", Options{Ratio: "0:0"}, "want SET:GET"},
		{"mixed", Options{Ratio: "NaN:1"}, "want SET:GET"},
		{"mixed", Options{Prefix: "}"}, "brace"},
		{"mixed", Options{Slot: slotOne()}, "no %[slot]s"},
	} {
		s, err := Load(test.preset)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Compile(test.o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v, want %q", test.o, err, test.want)
		}
	}
	if w := mustLoad(t, "ycsb-c-strings", Options{Ratio: "1:3"}); len(w.Ops()) != 3 || w.Ops()[1].Command != "SET" || w.Ops()[1].Weight != 0.25 {
		t.Errorf("a ratio where there was no SET: %+v", w.Ops())
	}
	w := mustParse(t, everything, Options{Streams: 1, Ratio: "1:0"})
	for _, op := range w.Ops() {
		if op.Name == "GET" && op.Weight != 0 {
			t.Errorf("1:0 leaves GET %v", op.Weight)
		}
	}
}

func slotOne() *slot.Slot { s := slot.Slot(1); return &s }

func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte(everything))
	f.Add([]byte(collections))
	for _, name := range Names() {
		data, err := presetFiles.ReadFile("presets/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("[[[[[[{{{{:"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse("f", data)
		if err != nil {
			var faults *Faults
			if !errors.As(err, &faults) || len(faults.List) == 0 || faults.Error() == "" {
				t.Fatalf("no fault is named: %v", err)
			}
			return
		}
		s.Keys = min(s.Keys, 2000)
		for i := range s.Operations {
			for _, m := range append([]Mix{s.Operations[i]}, stepMixes(&s.Operations[i])...) {
				if count, err := parseSizes(m.repeat()); err == nil && count.max() > 5000 {
					return // frames of many megabytes only cost time
				}
			}
		}
		if w, err := s.Compile(Options{Seed: 1, Streams: 2, ValueSize: "40"}); err == nil {
			checkFrames(t, w, w.Stream(1), 50)
			checkFrames(t, w, w.Preload(1, 2), 50)
		}
	})
}

// TestManyHeavySizesEndSoon reads a file with as many distributions as it can
// hold, each asked for by every operation.
func TestManyHeavySizesEndSoon(t *testing.T) {
	var b strings.Builder
	b.WriteString("name: n\nkeys: 64\nfamilies:\n")
	for i := range 50 {
		fmt.Fprintf(&b, "- {name: f%d, key: \"f%d:%%d\", value_size: \"%s1 5\"}\n", i, i, strings.Repeat("1 gpareto:scale=1 | ", 55))
	}
	b.WriteString("operations:\n")
	for i := range 100 {
		fmt.Fprintf(&b, "- {command: SET, name: s%d}\n", i)
	}
	if _, err := Parse("f", []byte(b.String())); err != nil {
		t.Fatal(err)
	}
}

// stepMixes is an operation's steps as operations.
func stepMixes(m *Mix) (all []Mix) {
	for i := range m.Steps {
		all = append(all, m.Steps[i].mix())
	}
	return all
}

func FuzzForm(f *testing.F) {
	for _, text := range []string{"GET {key}", "ZADD {key} GT [{score} {member}]", "SET {key} {value:10-20} EX {seconds}", "EVALSHA {script:a} 1 {key}", "[", "X [] {", "A {b:", "XREAD {key}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parseForm(text)
		if err == nil && (parsed.name == "" || parsed.from > parsed.to || parsed.to > len(parsed.words)) {
			t.Fatalf("%q is read as %+v", text, parsed)
		}
		m := Mix{Command: text}
		if c, err := m.call(); err == nil && !c.form.has(holeKey, holeKeys, holePairs) {
			t.Fatalf("%q names no key", text)
		}
	})
}

// FuzzSlots wants of every text that is accepted that keys are spread over its
// tags as it says.
func FuzzSlots(f *testing.F) {
	for _, text := range []string{"1", "@5 3+0+2 7/3 @16383 1", "0 @0 1", "1/9", "9999999999999", "1+", "/1", "@", "+1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		terms, err := parseSlots(text)
		if err != nil {
			return
		}
		total, tags := int64(0), int64(0)
		for _, term := range terms {
			total, tags = total+term.keys, tags+term.tags
		}
		if tags > 10_000 {
			return // only takes time
		}
		g := placedTagging(total, terms)
		first := int64(0)
		for tag := range g.tags {
			at, size := g.size(tag)
			if back, ok := g.placed(g.slots[tag], g.shown(tag)); size < 1 || at != first || !ok || back != tag {
				t.Fatalf("%q: tag %d from %d with %d keys, expected from %d, read back as %d, %v", text, tag, at, size, first, back, ok)
			}
			first += size
		}
		if first != total {
			t.Fatalf("%q has %d keys for %d", text, first, total)
		}
	})
}

func FuzzTTL(f *testing.F) {
	for _, text := range []string{"", "60s", "1d:65,14d:35", "500ms-2s", "9999d", ":", "1s:,"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := parseTTL(text)
		if err != nil || text == "" {
			return
		}
		r := newRandom(1, forRequests, 0)
		for range 5 {
			if ms := l.draw(&r, time.Millisecond); ms < uint64(l.low.Milliseconds()) || ms > uint64(l.high.Milliseconds()) || l.high > MaxTTL {
				t.Fatalf("%q draws %d ms", text, ms)
			}
		}
	})
}

func TestSizes(t *testing.T) {
	r := newRandom(1, forRequests, 0)
	for text, mean := range map[string]float64{
		"0": 0, "100": 100, "1KiB": 1024, " 2 KiB ": 2048, "1MiB": 1 << 20, "100-1000": 550, "7-7": 7,
		"100:70,1000:30": 370, "5:1": 5,
		"lognormal:median=200,sigma=1":                     200 * 1.6487,
		"lognormal:median=200,sigma=1,max=300":             0, // against the sample alone
		"lognormal:median=1KiB,sigma=0.5,min=512,max=4096": 0,
	} {
		s, err := parseSizes(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		const draws = 200_000
		sum := 0.0
		for range draws {
			size := s.draw(&r)
			if size < 0 || size > s.max() {
				t.Fatalf("%s: %d", text, size)
			}
			sum += float64(size)
		}
		if mean == 0 {
			mean = s.mean()
		}
		if sampled := sum / draws; fmt.Sprintf("%.0f", s.mean()/mean*50) != "50" && mean > 0 || sampled < mean*0.98 || sampled > mean*1.02 {
			t.Errorf("%s: mean %.1f, sampled %.1f, want %.1f", text, s.mean(), sampled, mean)
		}
	}
	for _, text := range []string{"", "-1", "x", "1-", "-", "5-1", "99999999999", "65MiB", "1:0", "1:-1", "1:NaN", "1:Inf", "1,2", ",", ":",
		"lognormal:", "lognormal:median=0,sigma=1", "lognormal:median=5", "lognormal:median=5,sigma=NaN", "lognormal:median=5,sigma=1,min=9,max=3", "lognormal:mode=3",
		"gpareto:", "gpareto:location=5", "gpareto:scale=0", "gpareto:scale=-1", "gpareto:scale=NaN", "gpareto:scale=1,shape=99", "gev:scale=1,min=9,max=3", "gev:mode=1",
		"histogram:", "histogram:5", "histogram:1-2:0", "1 5 | ", "5 | 5", "x 5 | 1 5", "1 histogram:1:1 | 1 5"} {
		if s, err := parseSizes(text); err == nil {
			t.Errorf("%q is read as %+v", text, s)
		}
	}
}

func FuzzSizes(f *testing.F) {
	for _, text := range []string{"100", "1-2", "1:2,3:4", "lognormal:median=200,sigma=1,max=65536",
		"gpareto:location=15,scale=214.476,shape=0.348238,max=1MiB", "gev:location=30.8,scale=8.2,shape=0.08", "histogram:0-63:10,64-127:30", "0.56 gpareto:scale=214 | 0.44 2-14"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseSizes(text)
		if err != nil {
			return
		}
		r := newRandom(1, forRequests, 0)
		for range 20 {
			if size := s.draw(&r); size < 0 || size > s.max() || size > MaxValueBytes {
				t.Fatalf("%q draws %d", text, size)
			}
		}
	})
}
