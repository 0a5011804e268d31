package keyset

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pierrec/lz4/v4"

	"slotbench/internal/rdb"
)

// tinyDump is an RDB file of so many strings, an expiring one among them.
func tinyDump(keys int) string {
	d := []byte("REDIS0011\xfa\x09redis-ver\x057.2.4\xfe\x00\xfc")
	d = binary.LittleEndian.AppendUint64(d, 1_900_000_000_000)
	for i := range keys {
		d = append(d, byte(rdb.TypeString))
		d = rdb.AppendString(d, fmt.Appendf(nil, "key:{t%d}:%d", i%7, i))
		d = rdb.AppendString(d, []byte("value"))
	}
	d = append(d, 0xFF)
	return string(binary.LittleEndian.AppendUint64(d, rdb.CRC64(0, d)))
}

func lz4ed(t testing.TB, data string) string {
	var packed bytes.Buffer
	w := lz4.NewWriter(&packed)
	if _, err := w.Write([]byte(data)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.String()
}

// Each format is known by its content, whatever it is packed in.
func TestRecognised(t *testing.T) {
	const command = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$5\r\nvalue\r\n"
	for _, test := range []struct {
		format    Format
		data      string
		keys, ops uint64
	}{
		{RDB, tinyDump(100), 100, 0},
		{AOF, "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n" + command + command + "*2\r\n$3\r\nDEL\r\n$1\r\nb\r\n", 1, 3},
		{AOF, "#TS:1700000000\r\n" + command, 1, 1},
		{AOF, command + "*2\r\n$3\r\ndel\r\n$1\r\na\r\n", 0, 2},
		{AOF, command + "*1\r\n$8\r\nFLUSHALL\r\n", 0, 1},
		{AOF, "*5\r\n$4\r\nMSET\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n*3\r\n$6\r\nRENAME\r\n$1\r\na\r\n$1\r\nc\r\n", 2, 4},
		{RESP, "*2\r\n$1\r\na\r\n$3\r\nb\r\n\r\n", 2, 0},
		{RESP, "*2\r\n$1\r\n0\r\n*1\r\n$3\r\nfoo\r\n$-1\r\n", 1, 0}, // SCAN: a cursor, keys
		{RESP, "*2\r\n$3\r\n512\r\n*2\r\n$1\r\na\r\n$1\r\n7\r\n*2\r\n$1\r\n0\r\n*0\r\n", 2, 0},
		{RESP, "*2\r\n$1\r\n0\r\n$1\r\n7\r\n", 2, 0}, // KEYS: two keys that are numbers
		{RESP, "*1\r\n$1\r\n5\r\n*2\r\n$1\r\n7\r\n$-1\r\n", 2, 0},
		{Numbered, " 1) \"a\"\n 2) \"b\\x00\"\n", 2, 0},
		{JSON, "{\"key\":\"a\",\"bytes\":5}\n{\"key\":\"b\",\"ops\":2}\n", 2, 2},
		{JSONList, `["a","b"]`, 2, 0},
		{JSONList, "[\"a\"]\n[{\"key\":\"b\"}]\n", 2, 0},
		{JSONList, "[\n {\"key\":\"a\",\"ops\":7}\n]", 1, 7},
		{Monitor, "OK\n1339518083.107412 [0 127.0.0.1:60866] \"set\" \"a\" \"x\"\n1339518083.107413 [0 [::1]:6] \"mget\" \"a\" \"b\"\n1339518083.2 [0 lua] \"eval\" \"x\" \"1\" \"c\"\n", 3, 4},
		{Twitter, "0,a,b,3,10,4,get,0\n1,a,b,3,10,4,set,60\n2,c,1,10,4,delete,0\n", 1, 3},
		{SlotStats, "1) 1) (integer) 5\n   2) 1) \"key-count\"\n      2) (integer) 3\n      3) \"cpu-usec\"\n      4) (integer) 9\n", 3, 9},
		{SlotStats, "*1\r\n*2\r\n:5\r\n*2\r\n$9\r\nkey-count\r\n:3\r\n", 3, 0},
		{SlotStats, "5\nkey_count\n3\ntotal_reads\n4\ntotal_writes\n5\nmemory_bytes\n100\n", 3, 9},
		{SlotStats, `[[5,{"key-count":3}]]`, 3, 0},
		{TSV, "key\tbytes\na\t5\n", 1, 0},
		{TSV, "a,x\t5\t1\nb\t6\t2\n", 2, 3},
		{CSV, "database,key,type,size,size_readable,element_count\n0,a,hash,100,100B,5\n0,b,string,50,50B,0\n", 2, 0},
		{NUL, "a\x00b\x00", 2, 0},
		{NUL, "a\nb\x00c\x00", 2, 0},
		{Lines, "file one\nREDIS0011\n*star\n{brace\n1) x\n$5\n", 6, 0},
	} {
		for name, packed := range map[string]string{"": test.data, ".gz": gzipped(t, test.data), ".zst": zstded(t, test.data), ".lz4": lz4ed(t, test.data)} {
			s, err := Read(context.Background(), []string{writeFile(t, "in"+name, packed)}, Options{Threads: 2})
			if err != nil || len(s.Inputs) != 1 || s.BadLines > 0 {
				t.Errorf("%s%s %.40q: %v, bad %v", test.format, name, test.data, err, s.Bad)
				continue
			}
			if s.Inputs[0].Format != test.format || s.Keys != test.keys || s.Ops != test.ops {
				t.Errorf("%s%s %.40q: read as %s: %d keys, %d ops; want %d, %d", test.format, name, test.data, s.Inputs[0].Format, s.Keys, s.Ops, test.keys, test.ops)
			}
		}
	}
}

// What can be read of an input that is damaged is, and where it ends is told.
func TestDamaged(t *testing.T) {
	dump := tinyDump(5000)
	flipped := []byte(dump)
	flipped[len(flipped)/2] ^= 0x20
	for _, test := range []struct {
		data string
		keys uint64
		want string
	}{
		{dump[:len(dump)/2], 2525, "RDB at offset"},
		{string(flipped), 5000, "checksum is wrong"},
		{dump + "more", 5000, "more behind the end"},
		{"REDIS0011\x63\x01a\x01b\xff\x00", 0, "RDB at offset 9"},
		{gzipped(t, gzipped(t, "a\nb\n")), 0, "compressed twice"},
		{gzipped(t, `["a","b"]`)[:30], 2, "gzip: unexpected EOF"},
		{"*1\r\n$1\r\na\r\n$5\r\nab", 1, "offset 11: a key of 5 bytes: the input ends in the middle"},
		{"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n*3\r\n$3\r\nSET\r\n", 1, "offset 27: the input ends in the middle"},
		{"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\nnonsense\r\n", 1, `offset 27: "nonsense" where a command should begin`},
		{"*2\r\n$1\r\n7\r\n", 1, "1 elements are missing"}, // perhaps a cursor, and kept
		{"[\"a\",\"b\",", 2, "JSON at offset"},
		{`["a","b"] more`, 2, "JSON at offset 9"},
		{`["a","b"]{"key":"c"}`, 2, "JSON at offset 9: no list"},
		{"*2\r\n$1\r\na\r\n", 1, "offset 11: the input ends in the middle of an array: 1 elements are missing"},
		{"5\nkey_count\n3\ntotal_reads\n", 3, `"total_reads" ends it`},
		{"5\nkey_count\n3\n20000\nkey_count\n3\n", 3, `"20000" where the number of a slot`},
	} {
		for _, threads := range []int{1, 2} {
			s, err := Read(context.Background(), []string{writeFile(t, "in", test.data)}, Options{Threads: threads})
			if err == nil || !strings.Contains(err.Error(), test.want) || !s.Partial || s.Keys != test.keys {
				t.Errorf("%.40q: %d keys, partial %v, %v; want %d, %q", test.data, s.Keys, s.Partial, err, test.keys, test.want)
			}
		}
	}
}

func TestValuesOfCSV(t *testing.T) {
	s := readString(t, "database,type,key,size_in_bytes,encoding,num_elements,len_largest_element,expiry\n"+
		"0,hash,a,100,hashtable,5,9,2030-01-01T00:00:00\n0,string,b,10,embstr,1,1,\n0,sortedset,c,50,skiplist,9,1,2020-01-01T00:00:00.5\n",
		Options{Now: time.Date(2029, 12, 31, 23, 30, 0, 0, time.UTC)})
	if got := s.Values.Kinds[rdb.Hash][rdb.EncodingHashtable]; got != (Total{1, 100, 5}) {
		t.Errorf("hash %+v", got)
	}
	if got := s.Values.Kind(rdb.SortedSet); got != (Total{1, 50, 9}) {
		t.Errorf("zset %+v", got)
	}
	for class, want := range map[TTLClass]uint64{NoTTL: 1, TTLHour: 1, Expired: 1} {
		if got := s.Values.TTLs[class].Keys; got != want {
			t.Errorf("ttl %s: %d keys, want %d", class, got, want)
		}
	}
}

// An append-only folder is its base, then what came after it.
func TestAppendOnlyFolder(t *testing.T) {
	folder := t.TempDir()
	for name, data := range map[string]string{
		"a.aof.manifest":   "file a.aof.1.base.rdb seq 1 type b\nfile a.aof.0.incr.aof seq 0 type h\nfile a.aof.1.incr.aof seq 1 type i\n",
		"a.aof.1.base.rdb": tinyDump(10),
		"a.aof.0.incr.aof": "not read",
		"a.aof.1.incr.aof": "*3\r\n$3\r\nSET\r\n$3\r\nnew\r\n$1\r\nv\r\n*2\r\n$6\r\nUNLINK\r\n$10\r\nkey:{t0}:0\r\n*3\r\n$3\r\nSET\r\n$10\r\nkey:{t1}:1\r\n$1\r\nv\r\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{folder, filepath.Join(folder, "a.aof.manifest")} {
		s, err := Read(context.Background(), []string{name}, Options{Threads: 2})
		if err != nil || s.Keys != 10 || s.Ops != 3 || s.Writes != 3 || len(s.Inputs) != 2 {
			t.Errorf("%s: %d keys, %d ops, %d inputs, %v", name, s.Keys, s.Ops, len(s.Inputs), err)
		}
	}
}

// A log knows its keys again, however many there are.
func TestOplogGrows(t *testing.T) {
	var text strings.Builder
	const keys, rounds = 20_000, 3
	for i := range keys * rounds {
		fmt.Fprintf(&text, "17000.5 [0 a:1] \"get\" \"key:%d\"\n", i%keys)
	}
	s := readString(t, text.String(), Options{Threads: 3})
	if s.Keys != keys || s.Ops != keys*rounds || s.Distinct != keys {
		t.Fatalf("%d keys, %d ops, %d distinct", s.Keys, s.Ops, s.Distinct)
	}
}

// Whatever comes, reading ends, and says the same however it is read.
func FuzzReadAnything(f *testing.F) {
	f.Add([]byte(tinyDump(3)))
	f.Add([]byte("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n"))
	f.Add([]byte("*2\r\n$1\r\na\r\n$3\r\nb\r\n\r\n"))
	f.Add([]byte("{\"key\":\"a\",\"bytes\":5,\"ttl\":1e9}\n"))
	f.Add([]byte("[\"a\",{\"key\":\"b\"}]"))
	f.Add([]byte("1339518083.1 [0 a:1] \"set\" \"a\" \"x\"\n"))
	f.Add([]byte("0,a,3,10,4,get,0\n"))
	f.Add([]byte("5\nkey_count\n3\ntotal_reads\n4\n"))
	f.Add([]byte("key\tttl\texpiry\na\t5\t2030-01-01T00:00:00\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var first string
		for threads := 1; threads <= 2; threads++ {
			s, err := Read(context.Background(), []string{"-"}, Options{Threads: threads, Stdin: bytes.NewReader(data), Now: time.Unix(1.7e9, 0)})
			told := fmt.Sprint(s.Keys, s.Bytes, s.Ops, s.Lines, s.BadLines, s.Values, err)
			if first == "" {
				first = told
			} else if told != first {
				t.Fatalf("%s\nwith more threads %s", first, told)
			}
		}
	})
}
