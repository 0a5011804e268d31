package replay

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"slotbench/internal/request"
	"slotbench/internal/resp"
	"slotbench/internal/slot"
)

// sent is a request as a driver would send it.
type sent struct {
	due    int64
	seq    uint64
	op     string
	frame  string
	key    string
	write  bool
	stream int32
}

// write puts a trace into a file.
func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// play replays as an open loop does whose clock is always in time: in the
// order of due times, or of the operations where they have none.
func play(t *testing.T, trace *Trace, streams int, cluster bool) []sent {
	t.Helper()
	if err := trace.Start(t.Context(), streams, cluster); err != nil {
		t.Fatal(err)
	}
	defer trace.Stop()
	schedules := make([]request.Schedule, streams)
	dues := make([]int64, streams)
	if !trace.Closed() {
		for i, s := range trace.Streams() {
			schedules[i] = s.Schedule()
			dues[i] = schedules[i].Next()
		}
	}
	var all []sent
	var r request.Request
	for left := streams; left > 0; {
		i := slices.Index(dues, slices.Min(dues))
		s := trace.Streams()[i]
		if !s.Next(&r) {
			dues[i] = math.MaxInt64
			left--
			continue
		}
		if len(r.Frame) > 0 {
			all = append(all, sent{dues[i], r.Seq, trace.Ops()[r.Op], string(r.Frame), string(r.Key()), r.Write, r.Stream})
			if r.Slot != slot.Of(r.Key()) {
				t.Fatalf("slot %d of key %q, want %d", r.Slot, r.Key(), slot.Of(r.Key()))
			}
		}
		if schedules[i] != nil {
			dues[i] = schedules[i].Next()
		}
	}
	slices.SortFunc(all, func(a, b sent) int { return cmp.Compare(a.seq, b.seq) })
	return all
}

// words is a frame's arguments.
func words(t *testing.T, frame string) []string {
	t.Helper()
	var reader resp.CommandReader
	args, size, err := reader.Next([]byte(frame), nil)
	if err != nil || size != len(frame) {
		t.Fatalf("frame %q: %d bytes, %v", frame, size, err)
	}
	var all []string
	for _, arg := range args {
		all = append(all, string(arg))
	}
	return all
}

func short(args []string) string {
	var b strings.Builder
	for i, arg := range args {
		if i > 0 {
			b.WriteByte(' ')
		}
		if len(arg) > 18 {
			fmt.Fprintf(&b, "<%d>", len(arg))
		} else {
			b.WriteString(arg)
		}
	}
	return b.String()
}

func TestTwitterOperations(t *testing.T) {
	path := write(t, "t.csv", []byte("0,a,1,20,7,get,0\n1,b,1,30,7,set,60\n2,b,1,30,7,add,0\n3,b,1,30,7,replace,9\n4,b,1,30,7,cas,0\n"+
		"5,b,1,30,7,append,0\n6,b,1,30,7,prepend,0\n7,b,1,0,7,delete,0\n8,c,1,0,7,incr,0\r\n9,c,1,0,7,decr,0\n10,{k,1}:x,9,19,7,gets,0\n11,abc,5,19,7,SET,00\n"))
	trace := New(Options{Files: []string{path}, Speed: 1})
	var got []string
	for i, s := range play(t, trace, 4, true) {
		got = append(got, short(words(t, s.frame)))
		if tick := int64(i) * 1e9; s.due < tick || s.due >= tick+1e9 {
			t.Errorf("%s is due at %d", got[i], s.due)
		}
	}
	want := []string{"GET a", "SET b <30> EX 60", "SET b <30> NX", "SET b <30> XX EX 9", "SET b <30>", "APPEND b <30>", "APPEND b <30>",
		"DEL b", "INCR c", "DECR c", "GET {k,1}:x__", "SET abc__ <19>"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if c, err := trace.Counts(); err != nil || c.Read != 12 || c.Dealt != 12 || !c.Ended || c.Format != Twitter || c.SpanNanos != 11e9 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestMetaOperations(t *testing.T) {
	for name, text := range map[string]string{
		"with a header": "op_time,key,key_size,op,op_count,size,cache_hits,ttl,usecase,sub_usecase\n5,77,4,GET,2,10,1,0,3,4\n6,78,2,SET_LEASE,1,40,0,3600,3,4\n7,78,2,DELETE,1,0,0,0,3,4\n",
		"without":       "5,77,4,GET,2,10,1,0,3,4\n6,78,2,SET_LEASE,1,40,0,3600,3,4\n7,78,2,DELETE,1,0,0,0,3,4\n",
		"other columns": "op_time,op,key,size,key_size,op_count,ttl\n5,GET,77,10,4,2,0\n6,SET_LEASE,78,40,2,1,3600\n7,DELETE,78,0,2,1,0\n",
	} {
		trace := New(Options{Files: []string{write(t, "t.csv", []byte(text))}, Speed: 2})
		var got []string
		for _, s := range play(t, trace, 2, false) {
			got = append(got, short(words(t, s.frame)))
		}
		if want := []string{"GET 77__", "GET 77__", "SET 78 <40> EX 3600", "DEL 78"}; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		if c, _ := trace.Counts(); c.Format != Meta || c.Bad > 0 {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// oracle is a trace of so many records.
func oracle(n int, at func(i int) (time uint32, id uint64, size uint32)) []byte {
	var all []byte
	for i := range n {
		time, id, size := at(i)
		all = binary.LittleEndian.AppendUint32(all, time)
		all = binary.LittleEndian.AppendUint64(all, id)
		all = binary.LittleEndian.AppendUint32(all, size)
		all = binary.LittleEndian.AppendUint64(all, math.MaxUint64)
	}
	return all
}

// TestCompressedOracle reads the same trace plain, as gzip and as zstd, and
// fills what was read first.
func TestCompressedOracle(t *testing.T) {
	plain := oracle(3000, func(i int) (uint32, uint64, uint32) { return uint32(900 + i/100), uint64(i % 70), 50 })
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	w.Close()
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	var first []sent
	for name, content := range map[string][]byte{
		"a.oracleGeneral": plain, "a.oracleGeneral.gz": zipped.Bytes(), "a.oracleGeneral.zst": encoder.EncodeAll(plain, nil),
	} {
		trace := New(Options{Files: []string{write(t, name, content)}, Speed: 1, Fill: true, Seed: 4})
		got := play(t, trace, 8, false)
		fills := 0
		for _, s := range got {
			if s.op == fillOp {
				fills++
			}
		}
		if len(got) != 3070 || fills != 70 {
			t.Errorf("%s: %d requests, %d of them fill", name, len(got), fills)
		}
		if first == nil {
			first = got
		} else if !slices.Equal(first, got) {
			t.Errorf("%s: other requests", name)
		}
	}
}

func TestMonitorArguments(t *testing.T) {
	path := write(t, "m.log", []byte("+OK\n"+
		"1700000000.000001 [0 127.0.0.1:5] \"set\" \"k\\x00\\n\\r\\t\\a\\b\\\"\\\\\" \"\"\n"+
		"+1700000000.250000 [0 unix:/s] \"MGET\" \"{a}1\" \"{a}2\"\n"+
		"1700000000.300000 [0 lua] \"get\" \"x\"\n"+
		"1700000000.300000 [3 127.0.0.1:5] \"get\" \"x\"\n"+
		"1700000000.300000 [0 127.0.0.1:5] \"BLPOP\" \"x\" \"0\"\n"+
		"1700000000.300000 [0 127.0.0.1:5] \"mget\" \"x\" \"y\"\n"+
		"1700000000.300000 [0 127.0.0.1:5] \"ping\"\n"+
		"1700000000.300000 [0 127.0.0.1:5] \"multi\"\n"+
		"1700000000.300000 [0 127.0.0.1:5] \"frobnicate\" \"x\"\n"+
		"1700000000.500000 [0 127.0.0.1:5] \"eval\" \"return 1\" \"1\" \"{a}3\" \"v\"\n"+
		"1700000000.600000 [0 127.0.0.1:5] \"get\" \"x\n"+
		"1700000001.000001 [0 127.0.0.1:5] \"mset\" \"{a}1\" \"1\" \"{a}2\" \"2\"\n"))
	trace := New(Options{Files: []string{path}, Speed: 0.5, Prefix: "p:", Amplify: 2})
	var got []string
	for _, s := range play(t, trace, 3, true) {
		got = append(got, fmt.Sprintf("%.2f %q %v", float64(s.due)/1e9, words(t, s.frame), s.write))
	}
	want := []string{
		`0.00 ["SET" "p:k\x00\n\r\t\a\b\"\\" ""] true`, `0.25 ["SET" "p:1~k\x00\n\r\t\a\b\"\\" ""] true`,
		`0.50 ["MGET" "p:{a}1" "p:{a}2"] false`, `0.55 ["MGET" "p:{1~a}1" "p:{1~a}2"] false`,
		`1.00 ["EVAL" "return 1" "1" "p:{a}3" "v"] true`, `1.50 ["EVAL" "return 1" "1" "p:{1~a}3" "v"] true`,
		`2.00 ["MSET" "p:{a}1" "1" "p:{a}2" "2"] true`, `2.00 ["MSET" "p:{1~a}1" "1" "p:{1~a}2" "2"] true`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	c, _ := trace.Counts()
	if len(c.Skipped) != 7 || c.Bad != 1 || !strings.Contains(c.Faults[0], "line 12: a quote is not closed") {
		t.Errorf("%+v", c)
	}
}

// manyLines is a trace of n operations on keys, a thousand a second.
func manyLines(n, keys int) []byte {
	var b bytes.Buffer
	random := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		key := fmt.Sprintf("user:{%d}", int(float64(keys)*math.Pow(random.Float64(), 3)))
		fmt.Fprintf(&b, "%d,%s,%d,%d,1,%s,0\n", i/1000, key, len(key), random.IntN(3000), []string{"get", "set"}[random.IntN(2)])
	}
	return b.Bytes()
}

// TestSameSeedSameBytes: bytes and due times are the trace's and the seed's,
// whatever the number of streams; those of a key keep their order.
func TestSameSeedSameBytes(t *testing.T) {
	path := write(t, "t.csv", manyLines(20_000, 300))
	requests := func(seed uint64, streams int) []sent {
		all := play(t, New(Options{Files: []string{path}, Speed: 3, Amplify: 2, Seed: seed}), streams, true)
		last := map[string]sent{}
		for i, s := range all {
			if before, ok := last[s.key]; ok && (before.stream != s.stream || before.due > s.due) {
				t.Fatalf("key %s: request %d of stream %d at %d after one of stream %d at %d", s.key, s.seq, s.stream, s.due, before.stream, before.due)
			}
			last[s.key] = s
			all[i].stream = 0
		}
		return all
	}
	one := requests(7, 1)
	if len(one) != 40_000 {
		t.Fatalf("%d requests", len(one))
	}
	if !slices.Equal(one, requests(7, 64)) {
		t.Error("other requests with 64 streams than with one")
	}
	other := requests(8, 64)
	same := 0
	for i := range one {
		if one[i].frame == other[i].frame && len(one[i].frame) > 100 || one[i].due == other[i].due {
			same++
		}
	}
	if same > len(one)/100 {
		t.Errorf("%d of %d requests are the same under another seed", same, len(one))
	}
}

// TestMoreThanTheQueueHolds replays a trace that does not fit into the queue,
// with a stream that never gets anything, and with keys on one stream only.
func TestMoreThanTheQueueHolds(t *testing.T) {
	for name, speed := range map[string]float64{"in time": 1, "as fast as possible": 0} {
		lines := bytes.Repeat([]byte("0,{x}a,4,0,1,get,0\n"), queuedRecords+70_000)
		trace := New(Options{Files: []string{write(t, "t.csv", lines)}, Speed: speed})
		got := play(t, trace, 3, true)
		if len(got) != queuedRecords+70_000 {
			t.Errorf("%s: %d requests", name, len(got))
		}
		for i := range got {
			if got[i].due >= 1e9 || got[i].seq != uint64(i+1) {
				t.Fatalf("%s: request %d is due at %d", name, got[i].seq, got[i].due)
			}
		}
	}
}

// TestLateReader: what is read after it was due keeps its due time, and is
// counted.
func TestLateReader(t *testing.T) {
	trace := New(Options{Speed: 1, Files: []string{"-"}, Format: Twitter, Stdin: strings.NewReader("0,a,1,5,1,get,0\n")})
	if err := trace.Start(t.Context(), 1, false); err != nil {
		t.Fatal(err)
	}
	trace.Stop()
	trace.ended.Store(false) // the reader is as if it still waited for input
	s := trace.Streams()[0]
	schedule := s.Schedule()
	var r request.Request
	first := schedule.Next()
	if !s.Next(&r) || len(r.Frame) == 0 {
		t.Fatal("no first request")
	}
	polled := schedule.Next()
	for range 5 {
		if !s.Next(&r) || len(r.Frame) != 0 {
			t.Fatal("a request that was not read")
		}
		polled = schedule.Next()
	}
	if polled < first+5*pollNanos {
		t.Fatalf("asked again at %d", polled)
	}
	var late batch
	late.add(&renderer{head: []byte("*1\r\n$4\r\nPING\r\n"), valueBytes: -1}, record{due: first + 1000, number: 2})
	s.push(&late)
	if !s.Next(&r) || len(r.Frame) != 0 {
		t.Error("a request at a time that is not its own")
	}
	if due := schedule.Next(); due != first+1000 {
		t.Errorf("due at %d, want its own time %d", due, first+1000)
	}
	if !s.Next(&r) || len(r.Frame) == 0 {
		t.Error("no late request")
	}
	if c, _ := trace.Counts(); c.Late != 1 || c.LateNanos < 4*pollNanos {
		t.Errorf("%+v", c)
	}
}

func TestBadTraces(t *testing.T) {
	bad := write(t, "t.csv", []byte("0,a,1,5,1,get,0\nx,a,1,5,1,get,0\n1,a,1,5,1,steal,0\n1,a,99999999,5,1,get,0\n2,a,1\n3,,0,5,1,get,0\n4,a,1,5,1,get,0\n1,a,1,5,1,get,0\n"))
	trace := New(Options{Files: []string{bad}, Speed: 1})
	if got := play(t, trace, 2, false); len(got) != 3 {
		t.Errorf("%d requests", len(got))
	}
	c, err := trace.Counts()
	if err != nil || c.Bad != 5 || c.OutOfOrder != 1 || len(c.Faults) != 5 {
		t.Errorf("%+v, %v", c, err)
	}
	for i, want := range []string{`t.csv, line 2: "x" is no time`, `line 3: operation "steal"`, "line 4: key size 99999999, the limit", "line 5: 3 fields", "line 6: a key of 0 bytes"} {
		if !strings.Contains(c.Faults[i], want) {
			t.Errorf("fault %q, want %q", c.Faults[i], want)
		}
	}
	limited := New(Options{Files: []string{bad}, Speed: 1, MaxBad: 2})
	if got := play(t, limited, 2, false); len(got) != 1 {
		t.Errorf("%d requests before the limit of bad lines", len(got))
	}
	if _, err := limited.Counts(); err == nil || !strings.Contains(err.Error(), "more than 2 bad lines") {
		t.Errorf("%v", err)
	}
	header := New(Options{Files: []string{write(t, "t.csv", []byte("op_time,\n5,77,2,GET,1,10,1\n"))}, Format: Meta})
	if got := play(t, header, 1, false); len(got) != 1 {
		t.Errorf("%d requests behind a bad header", len(got))
	}
	if c, _ := header.Counts(); c.Bad != 1 || !strings.Contains(c.Faults[0], "line 1: a header without") {
		t.Errorf("%+v", c)
	}
	torn := New(Options{Files: []string{write(t, "x.oracleGeneral", oracle(2, func(int) (uint32, uint64, uint32) { return 1, 2, 3 })[:40])}, Speed: 0})
	if got := play(t, torn, 1, false); len(got) != 1 {
		t.Errorf("%d requests of a torn trace", len(got))
	}
	if c, _ := torn.Counts(); c.Bad != 1 || !strings.Contains(c.Faults[0], "offset 24: the last record has 16 bytes") {
		t.Errorf("%+v", c)
	}
	for want, file := range map[string]string{"no such file": "/none", "nothing tells": write(t, "p", []byte("hello\n")), "a directory": t.TempDir()} {
		if err := New(Options{Files: []string{file}}).Start(t.Context(), 1, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
		if err := (&Options{Files: []string{file}}).Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: checked: %v", want, err)
		}
	}
}

func TestLimitAndSeveralFiles(t *testing.T) {
	one, two := write(t, "1.csv", []byte("0,a,1,5,1,get,0\n1,b,1,5,1,get,0\n")), write(t, "2.csv", []byte("2,c,1,5,1,get,0\n3,d,1,5,1,get,0\n"))
	trace := New(Options{Files: []string{one, two}, Speed: 1, Limit: 3})
	var keys []string
	for _, s := range play(t, trace, 4, false) {
		keys = append(keys, s.key)
	}
	if !slices.Equal(keys, []string{"a", "b", "c"}) {
		t.Errorf("keys %q", keys)
	}
}

// TestRemovalCoversWrites: every key that a replay writes is deleted.
func TestRemovalCoversWrites(t *testing.T) {
	trace := New(Options{Files: []string{write(t, "t.csv", manyLines(5000, 200))}, Speed: 1, Amplify: 3, Prefix: "run:", Fill: true})
	written := map[string]bool{}
	for _, s := range play(t, trace, 8, true) {
		if s.write {
			written[s.key] = true
		}
	}
	for _, s := range play(t, trace.Removal(), 4, true) {
		if args := words(t, s.frame); args[0] != "DEL" || len(args) != 2 || args[1] != s.key {
			t.Fatalf("%q", args)
		}
		delete(written, s.key)
	}
	if len(written) > 0 {
		t.Errorf("%d keys remain", len(written))
	}
}

// TestStopWhileTheQueueIsFull: the reader ends when nobody reads any more.
func TestStopWhileTheQueueIsFull(t *testing.T) {
	trace := New(Options{Files: []string{write(t, "t.csv", bytes.Repeat([]byte("0,x,1,0,1,get,0\n"), queuedRecords+70_000))}, Speed: 1})
	if err := trace.Start(t.Context(), 2, false); err != nil {
		t.Fatal(err)
	}
	if c, _ := trace.Counts(); c.Ended {
		t.Error("the whole trace is in the queue")
	}
	trace.Stop()
	trace.Stop()
}

// TestStopWhileAPipeIsSilent: neither Start nor Stop waits for input that
// does not come.
func TestStopWhileAPipeIsSilent(t *testing.T) {
	silent, end := io.Pipe()
	defer end.Close()
	trace := New(Options{Files: []string{"-"}, Stdin: silent, Format: Twitter, Speed: 1})
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	cancel(interrupted)
	if err := trace.Start(ctx, 2, false); !errors.Is(err, interrupted) {
		t.Errorf("%v", err)
	}
	trace.Stop()
	if _, err := trace.Counts(); err != nil {
		t.Errorf("%v", err)
	}
}

func TestOptionFaults(t *testing.T) {
	err := (&Options{Format: "x", Speed: -1, Amplify: -1, Limit: -1, Prefix: "{"}).Validate()
	for _, want := range []string{"no file", `format "x"`, "speed -1", "amplify -1", "limit -1", "brace"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// FuzzTrace reads any bytes as any format: it ends, never panics, and what it
// makes are whole commands with their keys where they are said to be.
func FuzzTrace(f *testing.F) {
	f.Add(uint8(0), manyLines(5, 3))
	f.Add(uint8(1), []byte("op_time,key,key_size,op,op_count,size,cache_hits,ttl\n5,77,4,GET,2,10,1,0\n"))
	f.Add(uint8(2), oracle(3, func(i int) (uint32, uint64, uint32) { return uint32(i), 1, 9 }))
	f.Add(uint8(3), []byte("1700000000.000001 [0 127.0.0.1:5] \"set\" \"k\\x00\" \"v\"\n1.5 [0 x] \"eval\" \"\" \"1\" \"{a}\"\n"))
	f.Add(uint8(0), []byte("\x28\xb5\x2f\xfd\x04\x00\x41\x00\x00a\n"))
	f.Fuzz(func(t *testing.T, format uint8, content []byte) {
		o := Options{
			Files: []string{"-"}, Stdin: bytes.NewReader(content), Format: Formats()[1+int(format)%4],
			Speed: float64(format % 3), Amplify: 1 + int(format%2), Limit: 300, Fill: format%5 == 0,
		}
		trace := New(o)
		if err := trace.Start(t.Context(), 2, format%2 == 0); err != nil {
			trace.Stop()
			return
		}
		trace.Stop()
		for _, s := range trace.Streams() {
			last := int64(0)
			for r := s.head(); r != nil; r = s.head() {
				if r.due < last {
					t.Fatalf("due at %d after %d", r.due, last)
				}
				last = r.due
				if r.valueBytes > 1<<16 {
					s.at++
					continue
				}
				var q request.Request
				if !s.Next(&q) {
					t.Fatal("no request")
				}
				args := words(t, string(q.Frame))
				if !slices.Contains(args, string(q.Key())) {
					t.Fatalf("key %q is not in %q", q.Key(), args)
				}
			}
		}
	})
}

// FuzzParsers reads any bytes by each parser alone.
func FuzzParsers(f *testing.F) {
	f.Add(manyLines(5, 3))
	f.Add([]byte("op_time,key,key_size,op,op_count,size,cache_hits,ttl\n5,77,4,GET,2,10,1,0\n"))
	f.Add(oracle(3, func(i int) (uint32, uint64, uint32) { return uint32(i), 1, 9 }))
	f.Add([]byte("1700000000.000001 [0 127.0.0.1:5] \"set\" \"k\\x00\" \"v\"\n1.5 [0 x] \"zunionstore\" \"d\" \"2\" \"a\" \"b\"\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		reader := func() *bufio.Reader { return bufio.NewReader(bytes.NewReader(content)) }
		recognise("t", content)
		for _, p := range []parser{
			&csvTrace{lines: lines{in: reader()}, columns: twitterColumns},
			&csvTrace{lines: lines{in: reader()}, columns: metaColumns},
			&oracleTrace{in: reader()},
			&monitorTrace{lines: lines{in: reader()}},
		} {
			var e entry
			for range len(content) + 2 {
				err := p.next(&e)
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					continue
				}
				if e.repeat < 1 || e.repeat > MaxRepeat || e.nanos < 0 || e.valueBytes < 0 || len(e.keys) == 0 {
					t.Fatalf("%T: %+v", p, e)
				}
				for _, k := range e.keys {
					if k < 1 || k >= len(e.args) || k == e.value && e.value > 0 {
						t.Fatalf("%T: key %d of %d arguments", p, k, len(e.args))
					}
				}
			}
			if err := p.next(&e); !errors.Is(err, io.EOF) {
				t.Fatalf("%T does not end: %v", p, err)
			}
		}
	})
}
