package resp

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// startRedis runs a real redis-server, 7.0 or newer, for the test and returns
// the path of its socket.
func startRedis(t *testing.T) string {
	path := os.Getenv("REDIS_SERVER")
	if path == "" {
		var err error
		if path, err = exec.LookPath("redis-server"); err != nil {
			t.Skipf("redis-server not found: %v", err)
		}
	}
	socket := t.TempDir() + "/redis.sock"
	server := exec.Command(path, "--port", "0", "--unixsocket", socket, "--save", "",
		"--enable-debug-command", "yes", "--dir", t.TempDir())
	log, err := server.StdoutPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "ready to accept connections") {
			return socket
		}
	}
	t.Fatalf("redis-server ended before it served: %v", lines.Err())
	return ""
}

// A real server closes the connection after a protocol error, so all that it
// sends is its answer.
func TestMalformedAnswersEqualRedis(t *testing.T) {
	socket := startRedis(t)
	for _, v := range malformed {
		conn, err := net.Dial("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := conn.Write([]byte(v.stream)); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(conn)
		conn.Close()
		_, ours := commandsOf(&CommandReader{}, []byte(v.stream), 1<<20)
		if want := fmt.Sprintf("-ERR %v\r\n", ours); string(answer) != want {
			t.Errorf("%.30q: redis answers %q (%v), we %q", v.stream, answer, err, want)
		}
	}
}

// What is appended is understood by a real server, and its answers in both
// protocols are read.
func TestRoundTripWithRedis(t *testing.T) {
	conn, err := net.Dial("unix", startRedis(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	var reader ReplyReader
	var buf []byte
	ask := func(args ...string) Value {
		if _, err := conn.Write(AppendCommand(nil, args...)); err != nil {
			t.Fatal(err)
		}
		for {
			reply, size, err := reader.Next(buf)
			if err != nil {
				t.Fatal(err)
			}
			if size > 0 {
				v, err := Decode(reply.Raw)
				if err != nil {
					t.Fatal(err)
				}
				buf = buf[size:]
				return v
			}
			part := make([]byte, 7) // short, so that replies arrive in pieces
			n, err := conn.Read(part)
			if err != nil {
				t.Fatal(err)
			}
			buf = append(buf, part[:n]...)
		}
	}
	for _, proto := range []string{"2", "3"} {
		if v, ok := ask("HELLO", proto).Field("proto"); !ok || v.Text != proto {
			t.Fatalf("HELLO %s: proto is %+v", proto, v)
		}
		ask("SET", "k", "a\r\n\x00b")
		if v := ask("GET", "k"); v.Kind != Bulk || v.Text != "a\r\n\x00b" {
			t.Errorf("GET in RESP%s: %+v", proto, v)
		}
		if v := ask("GET", "absent"); v.Kind != Null {
			t.Errorf("GET of nothing in RESP%s: %+v", proto, v)
		}
		if v, ok := ask("CONFIG", "GET", "maxclients").Field("maxclients"); !ok || v.Text == "" {
			t.Errorf("CONFIG GET in RESP%s: %+v", proto, v)
		}
		if v := ask("NOSUCH"); v.Err() == nil {
			t.Errorf("NOSUCH in RESP%s: %+v", proto, v)
		}
	}
	for _, v := range []struct{ what, proto, want string }{
		{"double", "3", string(AppendDouble(nil, 3, 3.141))},
		{"null", "3", string(AppendNull(nil, 3))},
		{"true", "3", string(AppendBool(nil, 3, true))},
		{"verbatim", "2", string(AppendVerbatim(nil, 2, "This is a verbatim\nstring"))},
		{"null", "2", string(AppendNull(nil, 2))},
		{"true", "2", string(AppendBool(nil, 2, true))},
	} {
		ask("HELLO", v.proto)
		want, err := Decode([]byte(v.want))
		if got := ask("DEBUG", "PROTOCOL", v.what); err != nil || got.Kind != want.Kind || got.Text != want.Text && v.what != "double" {
			t.Errorf("%s in RESP%s: redis sends %+v, we %+v", v.what, v.proto, got, want)
		}
	}
}
