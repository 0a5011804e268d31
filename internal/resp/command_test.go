package resp

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// commandsOf reads every command in stream, arriving in pieces of at most step
// bytes, and returns copies of them and the error that ended the reading.
func commandsOf(c *CommandReader, stream []byte, step int) (commands [][]string, err error) {
	var buf []byte
	var args [][]byte
	for len(stream) > 0 {
		n := min(step, len(stream))
		buf = append(buf, stream[:n]...)
		stream = stream[n:]
		for {
			var size int
			args, size, err = c.Next(buf, args[:0])
			if err != nil || size == 0 {
				break
			}
			command := []string{}
			for _, arg := range args {
				command = append(command, string(arg))
			}
			commands = append(commands, command)
			buf = bytes.Clone(buf[size:])
		}
		if err != nil {
			return commands, err
		}
	}
	return commands, nil
}

func TestCommandVectors(t *testing.T) {
	long := strings.Repeat("v", 3000)
	for _, v := range []struct {
		name, stream string
		want         [][]string
	}{
		{"array", "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", [][]string{{"GET", "k"}}},
		{"binary and empty", "*3\r\n$3\r\nSET\r\n$4\r\n\r\n\x00*\r\n$0\r\n\r\n", [][]string{{"SET", "\r\n\x00*", ""}}},
		{"pipeline", "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n", [][]string{{"PING"}, {"PING"}}},
		{"empty and negative arrays", "*0\r\n*-1\r\n*1\r\n$1\r\na\r\n", [][]string{{}, {}, {"a"}}},
		{"long", "*1\r\n$3000\r\n" + long + "\r\n", [][]string{{long}}},
		{"inline", "SET k  \"a\\x41\\n\" 'it\\'s'\r\n", [][]string{{"SET", "k", "aA\n", "it's"}}},
		{"inline with a bare line feed", "PING\n\n  \r\nPING\r\n", [][]string{{"PING"}, {}, {}, {"PING"}}},
		{"inline then array", "PING\r\n*1\r\n$4\r\nPING\r\n", [][]string{{"PING"}, {"PING"}}},
		{"unfinished", "*2\r\n$3\r\nGET\r\n$1\r\n", nil},
	} {
		for _, step := range []int{1, 2, 3, 7, 1 << 20} {
			got, err := commandsOf(&CommandReader{}, []byte(v.stream), step)
			if err != nil || !slices.EqualFunc(got, v.want, slices.Equal) {
				t.Errorf("%s in steps of %d: %q, %v, want %q", v.name, step, got, err, v.want)
			}
		}
	}
}

// malformed is what is wrong in the same words here and in redis-server 7.0.
var malformed = []struct{ stream, want string }{
	{"*x\r\n", "invalid multibulk length"},
	{"*01\r\n", "invalid multibulk length"},
	{"*+1\r\n", "invalid multibulk length"},
	{"*\r\n", "invalid multibulk length"},
	{"*99999999999\r\n", "invalid multibulk length"},
	{"*1\r\n$-1\r\n", "invalid bulk length"},
	{"*1\r\n$00\r\n", "invalid bulk length"},
	{"*1\r\n$abc\r\n", "invalid bulk length"},
	{"*1\r\n$536870913\r\n", "invalid bulk length"},
	{"*1\r\n$99999999999999999999\r\n", "invalid bulk length"},
	{"*1\r\nx\r\n", "expected '$', got 'x'"},
	{"*2\r\n$1\r\na\r\n:1\r\n", "expected '$', got ':'"},
	{"set \"a\r\n", "unbalanced quotes in request"},
	{"set \"a\"b\r\n", "unbalanced quotes in request"},
	{strings.Repeat("x", MaxInline+10), "too big inline request"},
	{"*" + strings.Repeat("1", MaxInline+10), "too big mbulk count string"},
	{"*1\r\n$" + strings.Repeat("1", MaxInline+10), "too big bulk count string"},
}

func TestMalformedCommands(t *testing.T) {
	for _, v := range malformed {
		for _, step := range []int{1, 5, 1 << 20} {
			_, err := commandsOf(&CommandReader{}, []byte(v.stream), step)
			var protocol ProtocolError
			if !errors.As(err, &protocol) || err.Error() != "Protocol error: "+v.want {
				t.Errorf("%.30q in steps of %d: %v, want %q", v.stream, step, err, v.want)
			}
		}
	}
}

func TestCommandLimits(t *testing.T) {
	args := func(n int) string { return fmt.Sprintf("*%d\r\n", n) }
	bulk := func(n int) string { return fmt.Sprintf("*1\r\n$%d\r\n", n) }
	for _, v := range []struct {
		name   string
		reader CommandReader
		stream string
		want   string // "": no error
	}{
		{"most arguments", CommandReader{}, args(MaxArgs), ""},
		{"one more", CommandReader{}, args(MaxArgs + 1), "invalid multibulk length"},
		{"largest bulk", CommandReader{}, bulk(MaxBulk), ""},
		{"own limit", CommandReader{MaxBulk: 100}, bulk(100), ""},
		{"above the own limit", CommandReader{MaxBulk: 100}, bulk(101), "invalid bulk length"},
		{"whole, above the own limit", CommandReader{MaxBulk: 2}, "*1\r\n$3\r\nabc\r\n", "invalid bulk length"},
		{"own limit above the default", CommandReader{MaxBulk: MaxBulk + 1}, bulk(MaxBulk + 1), ""},
		{"most before AUTH", CommandReader{Unauthenticated: true}, args(maxUnauthArgs), ""},
		{"one more before AUTH", CommandReader{Unauthenticated: true}, args(maxUnauthArgs + 1), "unauthenticated multibulk length"},
		{"too many before AUTH", CommandReader{Unauthenticated: true}, args(MaxArgs + 1), "invalid multibulk length"},
		{"largest before AUTH", CommandReader{Unauthenticated: true}, bulk(maxUnauthBulk), ""},
		{"larger before AUTH", CommandReader{Unauthenticated: true}, bulk(maxUnauthBulk + 1), "unauthenticated bulk length"},
		{"too large before AUTH", CommandReader{Unauthenticated: true}, bulk(MaxBulk + 1), "invalid bulk length"},
	} {
		reader := v.reader
		_, err := commandsOf(&reader, []byte(v.stream), 1<<20)
		if got := fmt.Sprint(err); v.want == "" && err != nil || v.want != "" && got != "Protocol error: "+v.want {
			t.Errorf("%s: %v, want %q", v.name, err, v.want)
		}
	}
}

func TestCommandNeedIsExactForLargeArguments(t *testing.T) {
	var c CommandReader
	head := []byte("*2\r\n$3\r\nSET\r\n$1000000\r\n")
	if _, size, err := c.Next(head, nil); size != 0 || err != nil {
		t.Fatalf("size %d, error %v from half a command", size, err)
	}
	whole := append(bytes.Clone(head), make([]byte, 1000002)...)
	if c.Need() != len(whole) {
		t.Errorf("Need() = %d, want %d", c.Need(), len(whole))
	}
	if _, size, err := c.Next(whole[:len(whole)-1], nil); size != 0 || err != nil {
		t.Errorf("size %d, error %v one byte early", size, err)
	}
	if args, size, err := c.Next(whole, nil); size != len(whole) || err != nil || len(args) != 2 {
		t.Errorf("size %d of %d, %d arguments, error %v", size, len(whole), len(args), err)
	}
	if c.Need() != 0 {
		t.Errorf("Need() = %d after the command", c.Need())
	}
}

// A command of a million arguments that arrives in pieces must be read once,
// not once a piece: bytes looked at again would make this test take minutes.
func TestManyArgumentsInPieces(t *testing.T) {
	stream := AppendArray(nil, MaxArgs)
	for range MaxArgs {
		stream = AppendBulk(stream, "a")
	}
	var c CommandReader
	for end := 1000; end < len(stream); end += 1000 {
		if _, size, err := c.Next(stream[:end], nil); size != 0 || err != nil {
			t.Fatalf("size %d, error %v at byte %d", size, err, end)
		}
	}
	args, size, err := c.Next(stream, nil)
	if len(args) != MaxArgs || size != len(stream) || err != nil {
		t.Errorf("%d arguments, size %d of %d, error %v", len(args), size, len(stream), err)
	}
	if cap(c.ends) > 2048 {
		t.Error("the reader keeps the memory of a very long command")
	}
}

func FuzzCommandReader(f *testing.F) {
	f.Add([]byte("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"), uint8(1))
	f.Add([]byte("SET k \"\\x41\"\r\n*1\r\n$4\r\nPING\r\n"), uint8(3))
	f.Add([]byte("*0\r\n*-1\r\n\r\n*1\r\n$0\r\n\r\n"), uint8(2))
	f.Add([]byte("*1\r\n$-1\r\n"), uint8(1))
	f.Fuzz(func(t *testing.T, stream []byte, step uint8) {
		whole, wholeErr := commandsOf(&CommandReader{}, stream, len(stream)+1)
		parts, partsErr := commandsOf(&CommandReader{}, stream, int(step)+1)
		if !slices.EqualFunc(whole, parts, slices.Equal) || fmt.Sprint(wholeErr) != fmt.Sprint(partsErr) {
			t.Fatalf("whole: %q, %v\nin steps of %d: %q, %v", whole, wholeErr, int(step)+1, parts, partsErr)
		}
		var again []byte
		for _, command := range whole {
			again = AppendCommand(again, command...)
		}
		read, err := commandsOf(&CommandReader{}, again, len(again)+1)
		if err != nil || !slices.EqualFunc(whole, read, slices.Equal) {
			t.Fatalf("%q written and read again: %q, %v", whole, read, err)
		}
	})
}
