package rdb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"slotbench/internal/peer"
)

// dumpFile is an RDB file that is being written.
type dumpFile struct{ bytes.Buffer }

func newDumpFile(magic string) *dumpFile {
	d := &dumpFile{}
	d.WriteString(magic)
	return d
}

func (d *dumpFile) op(op byte) *dumpFile { d.WriteByte(op); return d }

func (d *dumpFile) lengths(n ...uint64) *dumpFile {
	for _, n := range n {
		d.Write(AppendLength(nil, n))
	}
	return d
}

func (d *dumpFile) texts(texts ...string) *dumpFile {
	for _, text := range texts {
		d.Write(AppendString(nil, []byte(text)))
	}
	return d
}

func (d *dumpFile) raw(n int) *dumpFile { d.Write(make([]byte, n)); return d }

func (d *dumpFile) millis(n int64) *dumpFile {
	d.Write(binary.LittleEndian.AppendUint64(nil, uint64(n)))
	return d
}

// end closes the file with its checksum.
func (d *dumpFile) end() []byte {
	d.WriteByte(opEOF)
	sum := CRC64(0, d.Bytes())
	d.Write(binary.LittleEndian.AppendUint64(nil, sum))
	return d.Bytes()
}

// pack is a listpack of so many entries, as far as its head.
func pack(entries int) string {
	return string(binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint32(nil, 20), uint16(entries))) + strings.Repeat("x", 14)
}

// redisFile holds what Redis's newest format can, valkeyFile what Valkey's has
// of its own.
func redisFile() []byte {
	d := newDumpFile("REDIS0014")
	d.op(opAux).texts("redis-ver", "8.8.0").op(opAux).texts("ctime", "1700000000").op(opAux).texts("used-mem", "123456")
	d.op(opModuleAux).lengths(1<<63|5, moduleUnsigned, 2, moduleUnsigned, 1, moduleString).texts("aux").lengths(moduleEOF)
	d.op(opFunction).texts("#!lua name=x")
	d.op(opSelectDB).lengths(0).op(opResizeDB).lengths(20, 1).op(opSlotInfo).lengths(5, 2, 1)
	d.op(byte(TypeString)).texts("int", "12345")
	d.op(opExpireMS).millis(1900000000000).op(opIdle).lengths(7).op(byte(TypeString)).texts("text", "hello")
	d.op(opFrequency).op(9).op(byte(TypeString)).texts("long", strings.Repeat("y", 300))
	d.op(byte(TypeSet)).texts("set").lengths(3).texts("a", "b", "77")
	d.op(byte(TypeHash)).texts("hash").lengths(2).texts("f", "v", "g", "w")
	d.op(byte(TypeSortedSet)).texts("zset").lengths(2).texts("a").raw(8).texts("b").raw(8)
	d.op(byte(TypeSortedSetText)).texts("zold").lengths(2).texts("a").op(textInfinity).texts("b").op(3).raw(3)
	d.op(byte(TypeList)).texts("list").lengths(2).texts("a", "b")
	d.op(byte(TypeListNodes)).texts("nodes").lengths(2, nodePacked).texts(pack(5)).lengths(nodePlain).texts(strings.Repeat("p", 90))
	d.op(byte(TypeHashListpack)).texts("lphash").texts(pack(6))
	d.op(byte(TypeSetIntset)).texts("ints").texts("\x02\x00\x00\x00\x03\x00\x00\x00abcdef")
	d.op(byte(typeHashExpiring)).texts("hfe").millis(1900000000000).lengths(2, 0).texts("f", "v").lengths(5).texts("g", "w")
	d.op(byte(typeHashListpackExpiring)).texts("hfelp").millis(1900000000000).texts(pack(9))
	d.op(byte(typeHashExpiring0)).texts("hfe0").lengths(1, 1900000000000).texts("f", "v")
	d.op(byte(typeModule2)).texts("module").lengths(1<<62, moduleSigned, 4, moduleFloat).raw(4).lengths(moduleDouble).raw(8).lengths(moduleEOF)
	d.op(opKeyMeta).lengths(1).raw(4).lengths(moduleUnsigned, 3, moduleEOF).op(byte(TypeString)).texts("meta", "v")
	d.op(byte(typeArray)).texts("array").lengths(4, 1, 9, 0, 1).raw(8).lengths(1, 2).raw(8).lengths(2, 0).texts("text").lengths(3, 3).texts("s")
	for layout, t := range []Type{typeStream, typeStream2, typeStream3, typeStream4, typeStream5} {
		d.stream(t, layout+1)
	}
	return d.end()
}

// stream adds a stream with a group of two consumers in a layout.
func (d *dumpFile) stream(t Type, layout int) {
	d.op(byte(t)).texts(fmt.Sprintf("stream%d", layout)).lengths(1).texts("0123456789abcdef", pack(40)).lengths(8, 100, 1)
	if layout >= 2 {
		d.lengths(90, 1, 0, 0, 12)
	}
	d.lengths(1).texts("group").lengths(95, 0)
	if layout >= 2 {
		d.lengths(4)
	}
	d.lengths(2).raw(24).lengths(1).raw(24).lengths(3)
	d.lengths(2)
	for _, name := range []string{"alice", "bob"} {
		d.texts(name).raw(8)
		if layout >= 3 {
			d.raw(8)
		}
		d.lengths(1).raw(16)
	}
	if layout >= 5 {
		d.lengths(1).raw(16)
	}
	if layout >= 4 {
		d.lengths(60, 100, 1).texts("producer").lengths(2).texts("i").lengths(1, 2).texts("j").lengths(3, 4).lengths(2, 0)
	}
}

func valkeyFile() []byte {
	d := newDumpFile("VALKEY080")
	d.op(opAux).texts("valkey-ver", "9.1.0").op(opSelectDB).lengths(3)
	d.op(opSlotImport).texts("0123456789012345678901234567890123456789").lengths(2, 0, 5, 10, 20)
	d.op(byte(typeHashExpiring0)).texts("hfe").lengths(2).texts("f", "v").millis(-1).texts("g", "w").millis(1900000000000)
	d.op(byte(TypeSetListpack)).texts("set", pack(4))
	return d.end()
}

// skimAll tells every entry in a line.
func skimAll(s *Skimmer) (told []string, err error) {
	for {
		e, err := s.Next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return told, err
		}
		told = append(told, fmt.Sprintf("%d %s %s %s %d %d %d", e.DB, e.Key, e.Kind, e.Encoding, e.Elements, e.ExpireMillis, e.MemoryBytes))
	}
}

// withoutBytes drops what the model says, which may change.
func withoutBytes(told []string) (short []string) {
	for _, line := range told {
		short = append(short, line[:strings.LastIndexByte(line, ' ')])
	}
	return short
}

func TestSkimEveryType(t *testing.T) {
	const expires = "1900000000000"
	for _, test := range []struct {
		file []byte
		want []string
		info Info
	}{
		{redisFile(), []string{
			"0 int string int 1 0", "0 text string embstr 1 " + expires, "0 long string raw 1 0", "0 set set hashtable 3 0",
			"0 hash hash hashtable 2 0", "0 zset zset skiplist 2 0", "0 zold zset skiplist 2 0", "0 list list quicklist 2 0",
			"0 nodes list quicklist 6 0", "0 lphash hash listpack 3 0", "0 ints set intset 3 0", "0 hfe hash hashtable 2 0",
			"0 hfelp hash listpackex 3 0", "0 hfe0 hash hashtable 1 0", "0 module module module 1 0", "0 meta string embstr 1 0",
			"0 array array array 4 0", "0 stream1 stream stream 8 0", "0 stream2 stream stream 8 0", "0 stream3 stream stream 8 0",
			"0 stream4 stream stream 8 0", "0 stream5 stream stream 8 0",
		}, Info{Redis, 14, "8.8.0", 1700000000, 123456, true, false, 1, 1}},
		{valkeyFile(), []string{"3 hfe hash hashtable 2 0", "3 set set listpack 4 0"}, Info{Valkey, 80, "9.1.0", 0, 0, true, false, 0, 0}},
	} {
		memory := NewMemorySkimmer(test.file)
		told, err := skimAll(memory)
		if got := withoutBytes(told); err != nil || strings.Join(got, "\n") != strings.Join(test.want, "\n") {
			t.Fatalf("%v\n%s\nwant\n%s", err, strings.Join(got, "\n"), strings.Join(test.want, "\n"))
		}
		if memory.Info() != test.info || memory.Offset() != int64(len(test.file)) {
			t.Errorf("%+v, %d of %d bytes", memory.Info(), memory.Offset(), len(test.file))
		}
		for _, in := range []io.Reader{bytes.NewReader(test.file), iotest.OneByteReader(bytes.NewReader(test.file))} {
			s := NewSkimmer(in, true)
			streamed, err := skimAll(s)
			if _, right := s.Checksum(); err != nil || !right || strings.Join(streamed, "\n") != strings.Join(told, "\n") {
				t.Fatalf("as a stream: %v, checksum %v\n%s", err, right, strings.Join(streamed, "\n"))
			}
		}
	}
}

// Wherever a file is cut off, what came before is read and the cut is told.
func TestSkimCutOff(t *testing.T) {
	file := redisFile()
	whole, _ := skimAll(NewMemorySkimmer(file))
	for length := range len(file) {
		told, err := skimAll(NewMemorySkimmer(file[:length]))
		var where *FormatError
		if !errors.As(err, &where) || where.At > int64(length) || len(told) > len(whole) {
			t.Fatalf("cut at %d: %d keys, %v", length, len(told), err)
		}
		for i := range told {
			if told[i] != whole[i] {
				t.Fatalf("cut at %d: %s, want %s", length, told[i], whole[i])
			}
		}
	}
}

func TestSkimFaults(t *testing.T) {
	head := func() *dumpFile { return newDumpFile("REDIS0011") }
	for _, test := range []struct {
		file []byte
		want string
	}{
		{[]byte("REDIS00x1yyy"), "no RDB file"},
		{head().op(99).texts("k").end(), `value of "k": value type 99`},
		{head().op(29).texts("k").end(), "value type 29"},
		{newDumpFile("VALKEY080").op(byte(typeHashExpiring)).texts("k").end(), "which Valkey 80 does not have"},
		{head().op(opFunctionOld).end(), "opcode 246"},
		{head().op(byte(typeModule)).texts("k").lengths(1).end(), "only the module can read"},
		{head().op(byte(typeModule2)).texts("k").lengths(1, 9).end(), "module's value of kind 9"},
		{head().op(byte(TypeHashListpack)).texts("k", "abc").end(), "listpack that is damaged"},
		{head().op(byte(TypeHashListpack)).texts("k", "1").end(), "an integer where packed memory"},
		{head().op(byte(TypeListNodes)).texts("k").lengths(1, 7).end(), "node of kind 7"},
		{head().op(byte(TypeString)).texts("k").lengths(1 << 60).end(), "ends early"},
		{head().op(byte(TypeString)).lengths(1 << 60).end(), "a key longer than"},
		{head().op(byte(TypeString)).op(encodedLZF).lengths(3, 1<<40).end(), "cannot be as long"},
		{head().op(byte(TypeSet)).op(0xC5).end(), "no length"},
		{head().op(byte(TypeSet)).texts("k").op(encodedInt8).op(1).end(), "encoded string where a length"},
		{head().op(byte(TypeSet)).texts("k").lengths(1 << 60).end(), "offset 9"},
		{head().op(opSelectDB).lengths(1 << 40).end(), "database"},
	} {
		_, err := skimAll(NewMemorySkimmer(test.file))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %q", test.file, err, test.want)
		}
	}
	file := redisFile()
	file[30] ^= 1
	s := NewSkimmer(bytes.NewReader(file), true)
	if _, err := skimAll(s); err != nil {
		t.Fatal(err)
	}
	if _, right := s.Checksum(); right {
		t.Error("a damaged file has the right checksum")
	}
}

// A pulse can end reading, within one value as well.
func TestSkimStops(t *testing.T) {
	d := newDumpFile("REDIS0011").op(byte(TypeSet)).texts("k").lengths(100 * beatEvery)
	for range 100 * beatEvery {
		d.texts("m")
	}
	s := NewMemorySkimmer(d.end())
	stop := errors.New("stop")
	s.Pulse = func(int64) error { return stop }
	if _, err := s.Next(); !errors.Is(err, stop) || s.Offset() > 3*beatEvery {
		t.Fatalf("%v at %d", err, s.Offset())
	}
}

// The tree's nodes are those of a radix tree that is built.
func TestRadixTree(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 0))
		seen := map[string]bool{}
		var tree radixTree
		at, spread := r.Uint64N(1<<40), 1+r.Uint64N(1<<r.IntN(30))
		for range r.IntN(400) {
			at += r.Uint64N(spread)
			id := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, at>>4), at&15)
			if !seen[string(id)] {
				seen[string(id)] = true
				tree.add(id)
			}
		}
		tree.end()
		if want := naiveRadixNodes(seen); tree.nodes != want || tree.ids != uint64(len(seen)) {
			t.Fatalf("seed %d: %d ids, %d nodes, want %d", seed, tree.ids, tree.nodes, want)
		}
	}
}

// naiveRadixNodes counts from the set of all prefixes.
func naiveRadixNodes(ids map[string]bool) uint64 {
	children := map[string]map[byte]bool{}
	for id := range ids {
		for i := range len(id) {
			if children[id[:i]] == nil {
				children[id[:i]] = map[byte]bool{}
			}
			children[id[:i]][id[i]] = true
		}
	}
	nodes := uint64(len(ids))
	for prefix, next := range children {
		if len(next) > 1 {
			nodes++ // a fork
			continue
		}
		before := children[prefix[:max(len(prefix)-1, 0)]]
		if prefix == "" || len(before) > 1 {
			nodes++ // a chain of single children begins
		}
	}
	return nodes
}

func TestHeadOfCompressed(t *testing.T) {
	packed := "\x02abc\x60\x02\x04fghij\xe0\xff\x00"
	whole, err := appendLZF(nil, []byte(packed), 3+5+5+7+255+2)
	if err != nil {
		t.Fatal(err)
	}
	head := lzfHead(make([]byte, 0, blobHeadBytes), []byte(packed))
	if string(head) != string(whole[:blobHeadBytes]) {
		t.Fatalf("%q, want %q", head, whole[:blobHeadBytes])
	}
}

func TestAllocated(t *testing.T) {
	for n, want := range map[uint64]uint64{1: 8, 9: 16, 17: 32, 33: 48, 128: 128, 129: 160, 257: 320, 1025: 1280, 20000: 20480, 70000: 81920} {
		if got := allocated(n); got != want {
			t.Errorf("%d bytes: %d, want %d", n, got, want)
		}
	}
}

func FuzzSkim(f *testing.F) {
	f.Add(redisFile())
	f.Add(valkeyFile())
	f.Add([]byte("REDIS0009\xfe\x00\x00\x01a\xc3\x05\x10abcde"))
	f.Fuzz(func(t *testing.T, file []byte) {
		told, err := skimAll(NewMemorySkimmer(file))
		streamed, failed := skimAll(NewSkimmer(iotest.HalfReader(bytes.NewReader(file)), true))
		if strings.Join(told, "\n") != strings.Join(streamed, "\n") || (err == nil) != (failed == nil) {
			t.Fatalf("in memory %d keys, %v; as a stream %d keys, %v", len(told), err, len(streamed), failed)
		}
	})
}

// A real server's dump: every key, its type, encoding and elements, and what it
// takes in memory.
func TestSkimRealDump(t *testing.T) {
	addr := peer.Start(t)
	conn := peer.Dial(t, addr)
	fill(conn)
	type said struct {
		kind, encoding string
		bytes          uint64
	}
	server := map[string]said{}
	var sum, estimated uint64
	for _, key := range conn.Value("keys", "*").Elems {
		bytes, _ := conn.Value("memory", "usage", key.Text, "samples", "0").Int()
		server[key.Text] = said{conn.Text("type", key.Text), conn.Text("object", "encoding", key.Text), uint64(bytes)}
		sum += uint64(bytes)
	}
	conn.Text("save")
	file, err := os.Open(filepath.Join(conn.Value("config", "get", "dir").Elems[1].Text, "dump.rdb"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s := NewSkimmer(file, true)
	keys := 0
	for {
		e, err := s.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		want := server[string(e.Key)]
		if e.Kind.String() != want.kind || e.Encoding.String() != want.encoding {
			t.Errorf("%s: %s, %s; the server says %+v", e.Key, e.Kind, e.Encoding, want)
		}
		if off := float64(e.MemoryBytes)/float64(want.bytes) - 1; off < -0.3 || off > 0.3 {
			t.Errorf("%s: %d bytes, the server says %d", e.Key, e.MemoryBytes, want.bytes)
		}
		estimated += e.MemoryBytes
		keys++
	}
	if _, right := s.Checksum(); !right || keys != len(server) || keys < 100 {
		t.Errorf("checksum %v, %d keys, the server has %d", right, keys, len(server))
	}
	if off := float64(estimated)/float64(sum) - 1; off < -0.1 || off > 0.1 {
		t.Errorf("%d bytes in all, the server says %d", estimated, sum)
	}
}

// fill makes keys of every type and encoding that Redis 7.0 has.
func fill(conn *peer.Conn) {
	r := rand.New(rand.NewPCG(7, 7))
	for i := range 8 {
		n := strconv.Itoa(i)
		conn.Text("set", "int:"+n, strconv.Itoa(r.IntN(1e9)))
		conn.Text("set", "big:"+n, "12345678901234567")
		conn.Text("set", "text:"+n, strings.Repeat("t", 1+r.IntN(44)), "ex", "1000")
		conn.Text("set", "raw:"+n, strings.Repeat("r", 45+r.IntN(3000)))
		for _, size := range []int{5, 700} {
			for _, kind := range []string{"rpush", "sadd", "zadd", "hset", "sadd"} {
				args := []string{kind, fmt.Sprintf("%s:%d:%d", kind, size, i)}
				for j := range size {
					member := fmt.Sprintf("member:%d:%d", j, r.IntN(1000))
					switch kind {
					case "zadd":
						args = append(args, strconv.Itoa(j), member)
					case "hset":
						args = append(args, member, "value "+n)
					default:
						args = append(args, member)
					}
				}
				conn.Value(args...)
			}
		}
		conn.Value("sadd", "ints:"+n, "1", "2", "300000")
		for j := range 300 {
			conn.Value("xadd", "stream:"+n, fmt.Sprintf("%d-0", 1700000000000+j*r.IntN(5)+j), "field", n)
		}
		conn.Value("xgroup", "create", "stream:"+n, "group", "0")
		conn.Value("xreadgroup", "group", "group", "alice", "count", "50", "streams", "stream:"+n, ">")
	}
}
