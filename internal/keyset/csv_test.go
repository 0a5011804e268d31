package keyset

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"slotbench/internal/slot"
)

// keyed is what one key is expected to add: the tests give every key its own
// slot.
type keyed struct {
	key        string
	bytes, ops uint64
}

func expect(t *testing.T, s *Summary, want []keyed) {
	t.Helper()
	total := Summary{}
	for _, k := range want {
		crc := slot.CRC16(slot.Hashed([]byte(k.key)))
		got := keyed{k.key, s.Bins.Bytes[crc], s.Bins.Ops[crc]}
		if s.Bins.Keys[crc] != 1 || got != k {
			t.Errorf("%d keys, %+v, want %+v", s.Bins.Keys[crc], got, k)
		}
		total.Bytes += k.bytes
		total.Ops += k.ops
	}
	if s.Keys != uint64(len(want)) || s.Bytes != total.Bytes || s.Ops != total.Ops {
		t.Errorf("%d keys, %d bytes, %d ops, want %d, %d, %d", s.Keys, s.Bytes, s.Ops, len(want), total.Bytes, total.Ops)
	}
}

func TestCSV(t *testing.T) {
	for _, test := range []struct {
		name, data string
		want       []keyed
		bad        []string // "line: part of the reason"
	}{
		{"three columns", "a,10,5\nb,20,6\n", []keyed{{"a", 10, 5}, {"b", 20, 6}}, nil},
		{"two columns, keys with commas", "a,10\nb,7,20\n", []keyed{{"a", 10, 0}, {"b,7", 20, 0}}, nil},
		{"three columns, keys with commas", "a,1,2\nb,c,d,3,4\n,,5,6", []keyed{{"a", 1, 2}, {"b,c,d", 3, 4}, {",", 5, 6}}, nil},
		{"fewer fields are the first ones", "a,10,5\nbb,10\nccc\n", []keyed{{"a", 10, 5}, {"bb", 10, 0}, {"ccc", 3, 0}}, nil},
		{"a key alone comes first", "aaa\nb,10\nc,x,11,12\n", []keyed{{"aaa", 3, 0}, {"b", 10, 0}, {"c,x", 11, 12}}, nil},
		{"a key alone comes first, quotes later", "aaa\n\"b,c\",10\n", []keyed{{"aaa", 3, 0}, {"b,c", 10, 0}}, nil},
		{"quotes", "a,1,2\n\"b,\"\"c\"\"\n\",3,4\n\"d\",\"5\",\"6\"\n", []keyed{{"a", 1, 2}, {"b,\"c\"\n", 3, 4}, {"d", 5, 6}}, nil},
		{"carriage returns and blanks", "a,1,2\r\n\r\n\nb, 3 ,4\r\n", []keyed{{"a", 1, 2}, {"b", 3, 4}}, nil},
		{"empty numbers are 0", "a,1,2\nb,,4\n", []keyed{{"a", 1, 2}, {"b", 0, 4}}, nil},
		{"byte order mark", "\ufeffkey,bytes\na,1\n", []keyed{{"a", 1, 0}}, nil},
		{"header in any order", "ops,ttl,KEY,Bytes\n7,-1,a,10\n8,-1,b,c,11\n", []keyed{{"a", 10, 7}, {"b,c", 11, 8}}, nil},
		{"quoted header", "\"key\",\"ops\"\na,3\n", []keyed{{"a", 1, 3}}, nil},
		{"semicolons, as spreadsheets write", "\ufeff\"Key\";\"Size (bytes)\";\"Operations\"\r\n\"a;b\";12;3\r\nc;d;5;\r\n",
			[]keyed{{"a;b", 12, 3}, {"c;d", 5, 0}}, nil},
		{"bars", "hits|key|memory\n3|a|7\n", []keyed{{"a", 7, 3}}, nil},
		{"tabs, a name", "Name\tMemory\tTTL\nuser 1\t100\t60\n", []keyed{{"user 1", 100, 0}}, nil},
		{"header alone", "key,bytes", nil, nil},
		{"redis-rdb-tools", "database,type,key,size_in_bytes,encoding,num_elements,len_largest_element,expiry\n" +
			"0,string,a,b\"c,120,string,8,8,\n0,hash,h,200,ziplist,2,5,\n", []keyed{{"a,b\"c", 120, 0}, {"h", 200, 0}}, nil}, // it quotes nothing
		{"bad records", "a,1,2\nb,x,1\nc,1,-1\nd,1,99999999999999999999\ne,1.5,2\n\"f\"g,1,2\n\"h,\"i\"\",1,1\n\"open,1,1",
			[]keyed{{"a", 1, 2}},
			[]string{`2: bytes "x"`, `3: ops "-1"`, `4: ops`, `5: bytes "1.5"`, `6: text after a quoted field`, `7: text after`, `8: a quoted field is not closed`}},
		{"lines are numbered by the text", "a,1\n\"b\n\n\",1\nc,x\n", []keyed{{"a", 1, 0}, {"b\n\n", 1, 0}}, []string{"5: bytes"}},
		{"too few columns for a key", "ttl,key\n5\n", nil, []string{"2: 1 of 2 columns"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := readString(t, test.data, Options{Format: CSV})
			expect(t, s, test.want)
			if int(s.BadLines) != len(test.bad) {
				t.Fatalf("bad lines %+v, want %q", s.Bad, test.bad)
			}
			for i, bad := range s.Bad {
				if got := fmt.Sprintf("%d: %s", bad.Line, bad.Reason); !strings.HasPrefix(got, test.bad[i]) {
					t.Errorf("bad line %q, want %q", got, test.bad[i])
				}
			}
		})
	}
}

func TestCSVThatIsNone(t *testing.T) {
	for _, data := range []string{"label,memory\na,b\n", "a,b,c\n"} {
		s, err := Read(context.Background(), []string{"-"}, Options{Format: CSV, Stdin: strings.NewReader(data)})
		if err == nil || !strings.Contains(err.Error(), "want a header with a column named key") || s.Keys != 0 {
			t.Errorf("%q: %d keys, error %v", data, s.Keys, err)
		}
	}
}

// What an input is taken for, by its beginning and never by its name.
func TestAutoFormat(t *testing.T) {
	for _, test := range []struct {
		name, data string
		keys       uint64
		bytes      uint64
	}{
		{"keys.txt", "a,10\nb,10\n", 2, 20},              // CSV: every record ends in a number
		{"keys.txt", "a\t10\nb\t10\n", 2, 20},            // TSV
		{"keys.txt", "a,10\nb,x\n", 2, 7},                // lines: one does not
		{"keys.csv", "a,10\n", 1, 4},                     // one record is no reason
		{"keys.csv", "a,10,3\n", 1, 10},                  // unless it ends in two
		{"keys.CSV", "key\na\n", 2, 4},                   // a header of one column is a key
		{"keys.txt", "key,bytes\na,10\n", 1, 10},         // CSV by its header
		{"keys.txt", "key:1,bytes\na,10\n", 2, 15},       // no header
		{"keys.txt", "\ufeffab\n", 1, 2},                 // a byte order mark is no key
		{"keys.txt", "", 0, 0},                           // nothing
		{"keys.csv", "", 0, 0},                           // nothing
		{"keys.csv", "\n\na,10\n\nb,5", 2, 15},           // blanks between records
		{"keys.txt", "REDIS0011 is a key\n", 1, 18},      // a key like an RDB's magic
		{"keys.txt", strings.Repeat("x", 10), 1, 10},     // no line end at all
		{"keys.txt", "\"\"\n\"a\\nb\"\n", 2, 3},          // the empty key, and one with a line end in it
		{"keys.txt", "a\r\n\r\n\n  \nb\r", 3, 1 + 2 + 1}, // carriage returns, blanks; spaces are a key
	} {
		for _, packed := range []func(testing.TB, string) string{nil, gzipped, zstded} {
			name, data := test.name, test.data
			if packed != nil {
				name, data = name+".gz", packed(t, data)
			}
			if test.data == "" && packed != nil {
				continue // an empty zstd stream is no bytes at all
			}
			s, err := Read(context.Background(), []string{writeFile(t, name, data)}, Options{})
			if err != nil || s.Keys != test.keys || s.Bytes != test.bytes || s.BadLines != 0 {
				t.Errorf("%s %q: %d keys, %d bytes, %d bad lines, %v; want %d, %d", name, test.data, s.Keys, s.Bytes, s.BadLines, err, test.keys, test.bytes)
			}
		}
	}
}

func TestLinesQuotedOrRaw(t *testing.T) {
	data := "\"a\"\n\"a\nb\"\r\n"
	s := readString(t, data, Options{Format: Lines})
	expect(t, s, []keyed{{"a", 1, 0}, {"b\"", 2, 0}})
	if s.QuotedLines != 1 || s.BadLines != 1 || s.Bad[0].Line != 2 || s.Bad[0].Offset != 4 || !strings.Contains(s.Bad[0].Reason, "--input raw") {
		t.Errorf("%d quoted, bad %+v", s.QuotedLines, s.Bad)
	}
	s = readString(t, data, Options{Format: Raw})
	expect(t, s, []keyed{{`"a"`, 3, 0}, {`"a`, 2, 0}, {"b\"\r", 3, 0}})
	s = readString(t, "a\nb\x00\x00\"c\"\r", Options{Format: NUL})
	expect(t, s, []keyed{{"a\nb", 3, 0}, {"\"c\"\r", 4, 0}})
	if s.BlankLines != 1 {
		t.Errorf("%d blank", s.BlankLines)
	}
}
