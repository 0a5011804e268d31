package workloads

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"slotbench/internal/request"
	"slotbench/internal/slot"
)

// everything is a workload with every command, template form and size.
const everything = `
name: everything
keys: 5000
popularity: {kind: zipf, exponent: 0.9}
families:
  - {name: plain, key: "plain:%d"}
  - {name: padded, key: "padded:%08x", value_size: "0-60", popularity: {kind: hotspot}}
  - {name: tagged, key: "t{%[tag]d}:%[member]d", tags: {keys_per_tag: 5, exponent: 0.8}, value_size: "30:1,5000:1"}
  - {name: level, key: "l:{lv%[tag]04d}:%[member]x", tags: {keys_per_tag: 7}, popularity: {kind: sequential}}
  - name: ranged
    key: "%[region]d:%[shop]02d:{item}:%d"
    ranges: [{name: region, count: 4}, {name: shop, count: 25}]
    value_size: "lognormal:median=200,sigma=1,max=9000"
  - {name: count, key: "n:%d", counter: true}
  - {name: fresh, key: "f:%d:100%%", popularity: {kind: latest}}
operations:
  - {command: GET, weight: 30}
  - {command: GETRANGE, start: 1, end: 20}
  - {command: STRLEN}
  - {command: EXISTS}
  - {command: TTL}
  - {command: TYPE}
  - {command: TOUCH}
  - {command: MGET, families: [tagged, level], keys: 10}
  - {command: MSET, families: [level], keys: 3}
  - {command: MGET, name: MGET one slot, families: [ranged], keys: 4}
  - {command: SET, weight: 10}
  - {command: SET, name: SET px, ttl: 1s-2s}
  - {command: SET, name: insert, insert: true, families: [fresh], weight: 5}
  - {command: SETEX, ttl: 60s}
  - {command: PSETEX, ttl: 1500ms}
  - {command: SETNX}
  - {command: GETSET}
  - {command: APPEND}
  - {command: INCR}
  - {command: DECR}
  - {command: INCRBY, by: 5}
  - {command: DECRBY}
  - {command: SET, name: reset, families: [count]}
  - {command: GETDEL}
  - {command: DEL}
  - {command: UNLINK}
  - {command: GETEX, ttl: 5s}
  - {command: EXPIRE, ttl: 5s}
  - {command: PEXPIRE, ttl: 5s-6s}
  - {command: PERSIST}
`

// TestCommandForms reads every command back and checks its shape.
func TestCommandForms(t *testing.T) {
	w := mustParse(t, everything, Options{Seed: 2, Streams: 3})
	shapes := map[string]string{
		"GETRANGE": "K 1 20", "SET px": "K V PX N", "SETEX": "K 60 V", "PSETEX": "K 1500 V", "INCRBY": "K 5", "DECRBY": "K 1",
		"SET": "K V", "insert": "K V", "reset": "K N", "SETNX": "K V", "GETSET": "K V", "APPEND": "K V",
		"GETEX": "K PX 5000", "EXPIRE": "K 5", "PEXPIRE": "K N",
	}
	seen := map[string]int{}
	source := w.Stream(2)
	var r request.Request
	for range 20_000 {
		source.Next(&r)
		op := w.Ops()[r.Op]
		args := readCommand(t, r.Frame)
		seen[op.Name]++
		if slot.Of(r.Key()) != r.Slot {
			t.Fatalf("%q is in slot %d, said %d", r.Key(), slot.Of(r.Key()), r.Slot)
		}
		switch op.Command {
		case "MGET", "MSET":
			checkMany(t, op, args, r.Slot)
			continue
		}
		if args[0] != op.Command || args[1] != string(r.Key()) {
			t.Fatalf("%s: %q", op.Name, args)
		}
		shape := shapes[op.Name]
		if shape == "" {
			shape = "K"
		}
		words := strings.Fields(shape)
		if len(words) != len(args)-1 {
			t.Fatalf("%s: %q, want the shape %s", op.Name, args, shape)
		}
		for i, word := range words {
			switch arg := args[1+i]; word {
			case "K", "V":
			case "N":
				if arg == "" || strings.Trim(arg, "0123456789") != "" {
					t.Fatalf("%s: %q is no number", op.Name, arg)
				}
			default:
				if arg != word {
					t.Fatalf("%s: argument %q, want %s", op.Name, arg, word)
				}
			}
		}
	}
	for _, op := range w.Ops()[:len(w.Ops())-1] {
		if share := float64(seen[op.Name]) / 20_000; share < op.Weight*0.7 || share > op.Weight*1.3 {
			t.Errorf("%s: a share of %.4f, want %.4f", op.Name, share, op.Weight)
		}
	}
}

// checkMany checks that the keys of a call differ and share the slot, and
// that values carry the stamps of their own keys.
func checkMany(t *testing.T, op Operation, args []string, want slot.Slot) {
	t.Helper()
	every := 1
	if op.Command == "MSET" {
		every = 2
	}
	keys := map[string]bool{}
	for i := 1; i < len(args); i += every {
		keys[args[i]] = true
		if got := slot.Of([]byte(args[i])); got != want {
			t.Fatalf("%s: %q is in slot %d, the first key in %d", op.Name, args[i], got, want)
		}
		if every == 2 {
			if _, _, ok := request.ReadStamp([]byte(args[i+1]), []byte(args[i])); !ok {
				t.Fatalf("%s: the value of %q has no stamp of it", op.Name, args[i])
			}
		}
	}
	if len(keys) != (len(args)-1)/every || len(keys) > op.Keys || len(keys) == 0 {
		t.Fatalf("%s of %d: %d different keys in %q", op.Name, op.Keys, len(keys), args)
	}
}

// TestStreamsAreTheirOwn runs streams alone, in turns and side by side.
func TestStreamsAreTheirOwn(t *testing.T) {
	for name, text := range map[string]string{"strings": everything, "collections": collections} {
		t.Run(name, func(t *testing.T) { checkStreams(t, text) })
	}
}

func checkStreams(t *testing.T, text string) {
	const streams, requests = 8, 2000
	options := Options{Seed: 11, Streams: streams}
	alone := make([]string, streams)
	for i := range alone {
		alone[i] = frames(mustParse(t, text, options).Stream(i), requests)
		for j := range i {
			if alone[i] == alone[j] {
				t.Fatalf("streams %d and %d send the same", i, j)
			}
		}
	}
	w := mustParse(t, text, options)
	var wait sync.WaitGroup
	together := make([]string, streams)
	for i := range together {
		wait.Go(func() { together[i] = frames(w.Stream(i), requests) })
	}
	wait.Wait()
	inTurns := make([]strings.Builder, streams)
	sources := make([]request.Source, streams)
	for i := range sources {
		sources[i] = w.Stream(i)
	}
	var shared request.Request
	for range requests {
		for i := range sources {
			sources[i].Next(&shared)
			inTurns[i].Write(shared.Frame)
		}
	}
	for i := range alone {
		if together[i] != alone[i] || inTurns[i].String() != alone[i] {
			t.Errorf("stream %d depends on its host", i)
		}
	}
	if other := mustParse(t, text, Options{Seed: 12, Streams: streams}); frames(other.Stream(0), 20) == frames(w.Stream(0), 20) {
		t.Error("another seed sends the same")
	}
}

// TestPreloadIsEveryKeyOnce checks that the parts together set every key of
// the workload to the same value however many parts there are.
func TestPreloadIsEveryKeyOnce(t *testing.T) {
	w := mustParse(t, everything, Options{Seed: 4, Streams: 1})
	var whole map[string]string
	for _, parts := range []int{1, 2, 3, 7, 6000} {
		frameOf := map[string]string{}
		for part := range parts {
			source := w.Preload(part, parts)
			var r request.Request
			for source.Next(&r) {
				key := string(r.Key())
				if _, twice := frameOf[key]; twice {
					t.Fatalf("%s is set twice", key)
				}
				frameOf[key] = string(r.Frame)
				if want := w.Key(int64(r.Seq - 1)); key != string(want) {
					t.Fatalf("number %d is %s, Key says %s", r.Seq, key, want)
				}
			}
		}
		if int64(len(frameOf)) != w.Keys() {
			t.Fatalf("%d parts: %d keys of %d", parts, len(frameOf), w.Keys())
		}
		if whole == nil {
			whole = frameOf
		}
		for key, frame := range frameOf {
			if whole[key] != frame {
				t.Fatalf("%d parts: %s differs", parts, key)
			}
		}
	}
	bytes := 0
	for key, frame := range whole {
		args := readCommand(t, []byte(frame))
		bytes += len(key) + len(args[2])
	}
	if estimate := w.DataBytes(); float64(estimate) < 0.9*float64(bytes) || float64(estimate) > 1.1*float64(bytes) {
		t.Errorf("estimated %d bytes, are %d", estimate, bytes)
	}
}

// TestInsertsAreNewAndLatestFollows runs all streams and checks that inserted
// keys are new, consecutive and those that latest reads.
func TestInsertsAreNewAndLatestFollows(t *testing.T) {
	const streams, keys = 4, 1000
	w := mustParse(t, `
name: latest
keys: 1000
popularity: {kind: latest}
families: [{name: k, key: "k:%d"}]
operations: [{command: GET, weight: 80}, {command: SET, insert: true, weight: 20}]
`, Options{Seed: 1, Streams: streams})
	inserted, newestRead := map[int64]bool{}, int64(0)
	for i := range streams {
		source := w.Stream(i)
		var r request.Request
		for range 5000 {
			source.Next(&r)
			var n int64
			if _, err := fmt.Sscanf(string(r.Key()), "k:%d", &n); err != nil {
				t.Fatal(err)
			}
			if !r.Write {
				newestRead = max(newestRead, n)
				continue
			}
			if n < keys || inserted[n] || (n-keys)%streams != int64(i) {
				t.Fatalf("stream %d inserts key %d", i, n)
			}
			inserted[n] = true
		}
	}
	if newestRead < keys+3000 || newestRead > keys+5000 {
		t.Errorf("the newest key read is %d", newestRead)
	}
}

func TestStreamsMustBeKnown(t *testing.T) {
	s, err := Load("seed-write")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Compile(Options{}); err == nil || !strings.Contains(err.Error(), "Options.Streams") {
		t.Errorf("sequential keys without Streams: %v", err)
	}
	w := mustLoad(t, "seed-write", Options{Streams: 50})
	seen := map[string]bool{}
	for i := range 50 {
		source := w.Stream(i)
		var r request.Request
		for range 100 {
			source.Next(&r)
			seen[string(r.Key())] = true
		}
	}
	if len(seen) != 5000 {
		t.Errorf("50 streams of 100 writes set %d keys", len(seen))
	}
}

// TestValuesDoNotPack checks that values are random bytes.
func TestValuesDoNotPack(t *testing.T) {
	w := mustLoad(t, "uniform", Options{ValueSize: "100000"})
	var r request.Request
	w.Preload(0, 1).Next(&r)
	var counts [256]int
	value := []byte(readCommand(t, r.Frame)[2])
	for _, b := range value {
		counts[b]++
	}
	for b, count := range counts {
		if count < 250 || count > 550 { // 390 on average, deviation 20
			t.Errorf("byte %#x stands %d times in %d", b, count, len(value))
		}
	}
	if bytes.Equal(value[24:chunkBytes], value[chunkBytes+24:2*chunkBytes]) {
		t.Error("a long value repeats")
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	for name, text := range map[string]string{"strings": everything, "collections": collections} {
		t.Run(name, func(t *testing.T) { checkAllocations(t, text) })
	}
}

func checkAllocations(t *testing.T, text string) {
	w := mustParse(t, text, Options{Seed: 1, Streams: 1})
	source := w.Stream(0)
	poisson := w.Schedule(Poisson, 0, 1, 1000)
	r := request.Request{Frame: make([]byte, 0, 1<<20)}
	if n := testing.AllocsPerRun(10, func() {
		for range 1000 {
			source.Next(&r)
			poisson.Next()
		}
	}); n != 0 {
		t.Errorf("%v allocations in 1000 requests", n)
	}
	preload := w.Preload(0, 1)
	if n := testing.AllocsPerRun(4, func() {
		for range 300 {
			preload.Next(&r)
		}
	}); n != 0 {
		t.Errorf("%v allocations in 300 preloads", n)
	}
}

func benchmarkStream(b *testing.B, text string) {
	w := mustParse(b, text, Options{Seed: 1, Streams: 1})
	source := w.Stream(0)
	var r request.Request
	b.ReportAllocs()
	for b.Loop() {
		source.Next(&r)
	}
}

const benchmarkHead = "name: b\nkeys: 100000\nfamilies: [{name: k, key: \"key:%012d\"}]\n"

func BenchmarkUniformGet(b *testing.B) {
	benchmarkStream(b, benchmarkHead+"operations: [{command: GET}]")
}

func BenchmarkZipfGet(b *testing.B) {
	benchmarkStream(b, benchmarkHead+"operations: [{command: GET}]\npopularity: {kind: zipf}")
}

func BenchmarkZipfGetMillionKeys(b *testing.B) {
	benchmarkStream(b, strings.Replace(benchmarkHead, "100000", "1000000", 1)+"operations: [{command: GET}]\npopularity: {kind: zipf}")
}

func BenchmarkUniformSet100(b *testing.B) {
	benchmarkStream(b, benchmarkHead+"operations: [{command: SET}]")
}

func BenchmarkUniformSet1KiB(b *testing.B) {
	benchmarkStream(b, benchmarkHead+"operations: [{command: SET}]\nvalue_size: 1KiB")
}

func BenchmarkMixed(b *testing.B) {
	source := mustLoad(b, "mixed", Options{Seed: 1}).Stream(0)
	var r request.Request
	for b.Loop() {
		source.Next(&r)
	}
}

func BenchmarkPoisson(b *testing.B) {
	schedule := mustLoad(b, "uniform", Options{}).Schedule(Poisson, 0, 1, 1e6)
	for b.Loop() {
		schedule.Next()
	}
}
