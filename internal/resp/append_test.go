package resp

import (
	"math"
	"strconv"
	"testing"
)

func TestAppendVectors(t *testing.T) {
	for _, v := range []struct {
		name string
		got  []byte
		want string
	}{
		{"command", AppendCommand(nil, "SET", "k", ""), "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n"},
		{"long bulk", AppendBulk(nil, []byte("0123456789")), "$10\r\n0123456789\r\n"},
		{"simple", AppendSimple(nil, "OK"), "+OK\r\n"},
		{"error", AppendError(nil, "ERR a\r\nb"), "-ERR a  b\r\n"},
		{"integers", AppendInt(AppendInt(nil, -1), math.MaxInt64), ":-1\r\n:9223372036854775807\r\n"},
		{"map 2", AppendMap(nil, 2, 3), "*6\r\n"},
		{"map 3", AppendMap(nil, 3, 3), "%3\r\n"},
		{"set 2", AppendSet(nil, 2, 3), "*3\r\n"},
		{"set 3", AppendSet(nil, 3, 3), "~3\r\n"},
		{"push 2", AppendPush(nil, 2, 3), "*3\r\n"},
		{"push 3", AppendPush(nil, 3, 3), ">3\r\n"},
		{"bool 2", AppendBool(AppendBool(nil, 2, true), 2, false), ":1\r\n:0\r\n"},
		{"bool 3", AppendBool(AppendBool(nil, 3, true), 3, false), "#t\r\n#f\r\n"},
		{"null 2", AppendNullArray(AppendNull(nil, 2), 2), "$-1\r\n*-1\r\n"},
		{"null 3", AppendNullArray(AppendNull(nil, 3), 3), "_\r\n_\r\n"},
		{"verbatim 2", AppendVerbatim(nil, 2, "abc"), "$3\r\nabc\r\n"},
		{"verbatim 3", AppendVerbatim(nil, 3, "abc"), "=7\r\ntxt:abc\r\n"},
	} {
		if string(v.got) != v.want {
			t.Errorf("%s: %q, want %q", v.name, v.got, v.want)
		}
	}
}

func TestAppendDouble(t *testing.T) {
	for _, v := range []struct {
		f    float64
		want string
	}{
		{0, "0"}, {1, "1"}, {-1.5, "-1.5"}, {0.30000000000000004, "0.30000000000000004"}, {1234567, "1234567"},
		{1e300, "1e+300"}, {-math.MaxFloat64, "-1.7976931348623157e+308"}, {5e-324, "5e-324"}, {0.00001, "0.00001"},
		{math.Inf(1), "inf"}, {math.Inf(-1), "-inf"}, {math.NaN(), "nan"},
	} {
		if got := string(AppendDouble(nil, 3, v.f)); got != ","+v.want+"\r\n" {
			t.Errorf("%v in RESP3: %q", v.f, got)
		}
		if got, want := string(AppendDouble(nil, 2, v.f)), "$"+strconv.Itoa(len(v.want))+"\r\n"+v.want+"\r\n"; got != want {
			t.Errorf("%v in RESP2: %q, want %q", v.f, got, want)
		}
		if back, err := strconv.ParseFloat(v.want, 64); err != nil || back != v.f && !math.IsNaN(v.f) {
			t.Errorf("%s reads back as %v, %v", v.want, back, err)
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	var commands CommandReader
	var replies ReplyReader
	args := make([][]byte, 0, 8)
	command := AppendCommand(nil, "SET", "key", "value")
	half := len(command) - 3
	reply := []byte("*2\r\n$3\r\nabc\r\n:1\r\n")
	out := make([]byte, 0, 256)
	text := []byte("text")
	for name, run := range map[string]func(){
		"whole command":    func() { args, _, _ = commands.Next(command, args[:0]) },
		"command in parts": func() { _, _, _ = commands.Next(command[:half], args[:0]); _, _, _ = commands.Next(command, args[:0]) },
		"bulk reply":       func() { _, _, _ = replies.Next(reply[4:13]) },
		"array in parts":   func() { _, _, _ = replies.Next(reply[:9]); _, _, _ = replies.Next(reply) },
		"appending": func() {
			out = AppendDouble(AppendError(AppendBulk(AppendInt(out[:0], 1234567), text), text), 3, 1e300)
		},
	} {
		run()
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkCommandReader(b *testing.B) {
	stream := AppendCommand(nil, "GET", "key:000000012345")
	var reader CommandReader
	var args [][]byte
	b.SetBytes(int64(len(stream)))
	for b.Loop() {
		var size int
		if args, size, _ = reader.Next(stream, args[:0]); size != len(stream) || len(args) != 2 {
			b.Fatalf("read %q, %d bytes", args, size)
		}
	}
}

func BenchmarkReplyReader(b *testing.B) {
	stream := AppendBulk(nil, make([]byte, 100))
	var reader ReplyReader
	b.SetBytes(int64(len(stream)))
	for b.Loop() {
		if reply, size, _ := reader.Next(stream); size != len(stream) || len(reply.Text) != 100 {
			b.Fatalf("read %+v, %d bytes", reply, size)
		}
	}
}

func BenchmarkAppendCommand(b *testing.B) {
	key, value, out := []byte("key:000000012345"), make([]byte, 100), []byte(nil)
	verb := []byte("SET")
	for b.Loop() {
		if out = AppendCommand(out[:0], verb, key, value); len(out) != 144 {
			b.Fatalf("%d bytes", len(out))
		}
	}
}
