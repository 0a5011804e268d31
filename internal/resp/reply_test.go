package resp

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

type readReply struct {
	kind Kind
	text string
	len  int
	raw  string
}

func repliesOf(stream []byte, step int) (replies []readReply, err error) {
	var reader ReplyReader
	var buf []byte
	for len(stream) > 0 {
		n := min(step, len(stream))
		buf = append(buf, stream[:n]...)
		stream = stream[n:]
		for {
			reply, size, err := reader.Next(buf)
			if err != nil {
				return replies, err
			}
			if size == 0 {
				break
			}
			replies = append(replies, readReply{reply.Kind, string(reply.Text), reply.Len, string(reply.Raw)})
			buf = append([]byte(nil), buf[size:]...)
		}
	}
	return replies, nil
}

func TestReplyVectors(t *testing.T) {
	long := strings.Repeat("v", 3000)
	for _, v := range []struct {
		stream string
		want   []readReply
	}{
		{"+OK\r\n", []readReply{{Simple, "OK", 0, "+OK\r\n"}}},
		{"+\r\n", []readReply{{Simple, "", 0, "+\r\n"}}},
		{"-ERR no\r\n", []readReply{{Error, "ERR no", 0, "-ERR no\r\n"}}},
		{":-12\r\n", []readReply{{Int, "-12", 0, ":-12\r\n"}}},
		{"$3\r\na\r\n\r\n", []readReply{{Bulk, "a\r\n", 0, "$3\r\na\r\n\r\n"}}},
		{"$0\r\n\r\n", []readReply{{Bulk, "", 0, "$0\r\n\r\n"}}},
		{"$-1\r\n", []readReply{{Null, "", 0, "$-1\r\n"}}},
		{"*-1\r\n", []readReply{{Null, "", 0, "*-1\r\n"}}},
		{"_\r\n", []readReply{{Null, "", 0, "_\r\n"}}},
		{"*0\r\n", []readReply{{Array, "", 0, "*0\r\n"}}},
		{"*2\r\n$1\r\na\r\n*1\r\n:1\r\n", []readReply{{Array, "", 2, "*2\r\n$1\r\na\r\n*1\r\n:1\r\n"}}},
		{"%1\r\n+a\r\n:1\r\n", []readReply{{Map, "", 2, "%1\r\n+a\r\n:1\r\n"}}},
		{"~2\r\n#t\r\n#f\r\n", []readReply{{Set, "", 2, "~2\r\n#t\r\n#f\r\n"}}},
		{">2\r\n+invalidate\r\n_\r\n", []readReply{{Push, "", 2, ">2\r\n+invalidate\r\n_\r\n"}}},
		{",1.5\r\n(123\r\n#t\r\n", []readReply{{Double, "1.5", 0, ",1.5\r\n"}, {BigNumber, "123", 0, "(123\r\n"}, {Bool, "t", 0, "#t\r\n"}}},
		{"!7\r\nERR bad\r\n=7\r\ntxt:abc\r\n", []readReply{{BulkError, "ERR bad", 0, "!7\r\nERR bad\r\n"}, {Verbatim, "txt:abc", 0, "=7\r\ntxt:abc\r\n"}}},
		{"|1\r\n+ttl\r\n:9\r\n$1\r\na\r\n", []readReply{{Bulk, "a", 0, "$1\r\na\r\n"}}},
		{"|0\r\n|1\r\n*1\r\n:1\r\n:9\r\n*1\r\n+a\r\n", []readReply{{Array, "", 1, "*1\r\n+a\r\n"}}},
		{"*2\r\n|1\r\n+ttl\r\n:9\r\n$1\r\na\r\n:2\r\n", []readReply{{Array, "", 2, "*2\r\n|1\r\n+ttl\r\n:9\r\n$1\r\na\r\n:2\r\n"}}},
		{"$3000\r\n" + long + "\r\n*1\r\n:1\r\n", []readReply{{Bulk, long, 0, "$3000\r\n" + long + "\r\n"}, {Array, "", 1, "*1\r\n:1\r\n"}}},
		{"$5\r\nab", nil},
	} {
		for _, step := range []int{1, 2, 3, 11, 1 << 20} {
			got, err := repliesOf([]byte(v.stream), step)
			if err != nil || !slices.Equal(got, v.want) {
				t.Errorf("%.60q in steps of %d: %v, %v", v.stream, step, got, err)
			}
		}
	}
}

func TestMalformedReplies(t *testing.T) {
	for _, v := range []struct{ stream, want string }{
		{"x", "unknown reply type 'x'"},
		{"\x00", "unknown reply type '?'"},
		{"+OK\n", "does not end in CR LF"},
		{"+" + strings.Repeat("a", MaxInline+1), "longer than"},
		{"+" + strings.Repeat("a", MaxInline+1) + "\r\n", "longer than"},
		{"$x\r\n", "invalid bulk length"},
		{"$01\r\na\r\n", "invalid bulk length"},
		{"$1\r\nabc\r\n", "bulk of 1 bytes does not end in CR LF"},
		{"$-2\r\n", "invalid bulk length"},
		{"$536870913\r\n", "invalid bulk length"},
		{"*-2\r\n", "invalid aggregate length"},
		{"*1099511627777\r\n", "invalid aggregate length"},
		{"%?\r\n", "invalid aggregate length"},
		{"_a\r\n", "null with text"},
		{"*1099511627776\r\n*1099511627776\r\n", "has more than"},
		{"*2\r\n:1\r\nx", "unknown reply type"},
	} {
		for _, step := range []int{1, 7, 1 << 20} {
			if _, err := repliesOf([]byte(v.stream), step); err == nil || !strings.Contains(err.Error(), v.want) {
				t.Errorf("%.30q in steps of %d: %v, want %q", v.stream, step, err, v.want)
			}
		}
	}
}

func TestDecode(t *testing.T) {
	v, err := Decode([]byte("%2\r\n+a\r\n*2\r\n:1\r\n=5\r\ntxt:x\r\n+b\r\n|1\r\n+c\r\n:1\r\n-ERR e\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	a, _ := v.Field("a")
	b, _ := v.Field("b")
	if _, ok := v.Field("c"); ok {
		t.Error("an attribute is a field")
	}
	if len(a.Elems) != 2 || a.Elems[1].Text != "x" || b.Err() == nil || b.Err().Error() != "ERR e" {
		t.Errorf("decoded %+v", v)
	}
	if n, ok := a.Elems[0].Int(); n != 1 || !ok {
		t.Errorf("Int() = %d, %v", n, ok)
	}
	for _, raw := range []string{"", "*1\r\n", "+a\r\n+b\r\n", strings.Repeat("*1\r\n", MaxDepth+2) + ":1\r\n"} {
		if v, err := Decode([]byte(raw)); err == nil {
			t.Errorf("%.20q: %+v, want an error", raw, v)
		}
	}
}

// sameValue compares a reply as the reader split it with Decode of its bytes.
func sameValue(t *testing.T, got readReply) {
	v, err := Decode([]byte(got.raw))
	if err != nil {
		if strings.Contains(err.Error(), "nested deeper") {
			return // only Decode limits depth: the reader does not recurse
		}
		t.Fatalf("%q was read, but Decode says %v", got.raw, err)
	}
	text := got.text
	if got.kind == Verbatim && len(text) >= 4 {
		text = text[4:]
	}
	if v.Kind != got.kind || v.Text != text || len(v.Elems) != got.len {
		t.Fatalf("%q: read %+v, decoded %+v", got.raw, got, v)
	}
}

func FuzzReplyReader(f *testing.F) {
	f.Add([]byte("+OK\r\n$3\r\nabc\r\n*2\r\n:1\r\n$-1\r\n"), uint8(1))
	f.Add([]byte("|1\r\n+a\r\n:1\r\n%1\r\n+k\r\n~1\r\n#t\r\n"), uint8(2))
	f.Add([]byte("$10\r\n0123456789\r\n*1\r\n:1\r\n"), uint8(4))
	f.Add([]byte("*1\r\n|0\r\n|1\r\n|0\r\n:1\r\n:2\r\n:3\r\n"), uint8(0))
	f.Fuzz(func(t *testing.T, stream []byte, step uint8) {
		whole, wholeErr := repliesOf(stream, len(stream)+1)
		parts, partsErr := repliesOf(stream, int(step)+1)
		if !slices.Equal(whole, parts) || fmt.Sprint(wholeErr) != fmt.Sprint(partsErr) {
			t.Fatalf("whole: %+v, %v\nin steps of %d: %+v, %v", whole, wholeErr, int(step)+1, parts, partsErr)
		}
		for _, reply := range whole {
			sameValue(t, reply)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("*2\r\n%1\r\n+a\r\n:1\r\n$1\r\nx\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := Decode(raw); err != nil {
			return
		}
		replies, err := repliesOf(raw, len(raw)+1)
		if err != nil || len(replies) != 1 {
			t.Fatalf("Decode reads %q, the reader says %+v, %v", raw, replies, err)
		}
	})
}
