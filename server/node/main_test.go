package node

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test's own binary be a node: loadgen's children are run in
// the same way.
func TestMain(m *testing.M) {
	if os.Getenv("NODE_TEST_CHILD") != "" {
		ctx := context.Background()
		os.Exit(Main(ctx, os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

var readyLine = regexp.MustCompile(`^ready addr=(127\.0\.0\.1:\d+) pid=(\d+)$`)

// startChild runs a node in a process of its own, whose descriptor 3 is a pipe
// that the test holds open.
func startChild(t *testing.T, args ...string) (cmd *exec.Cmd, addr string, parent *os.File) {
	t.Helper()
	child, parent, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(os.Args[0], append([]string{"--port", "0", "--exit-with-parent-fd", "3"}, args...)...)
	cmd.Env = append(os.Environ(), "NODE_TEST_CHILD=1")
	cmd.ExtraFiles = []*os.File{child}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	child.Close()
	t.Cleanup(func() {
		parent.Close()
		_ = cmd.Process.Kill() // it has ended already unless the test failed
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	match := readyLine.FindStringSubmatch(strings.TrimSpace(line))
	if match == nil || match[2] != strconv.Itoa(cmd.Process.Pid) {
		t.Fatalf("the child prints %q (%v), its process is %d", line, err, cmd.Process.Pid)
	}
	return cmd, match[1], parent
}

// ends waits for a child and checks its exit code.
func ends(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("the child ended with %v", err)
		}
	case <-time.After(patience):
		t.Error("the child does not end")
	}
}

func TestChildEndsWithItsParentsPipe(t *testing.T) {
	cmd, addr, parent := startChild(t)
	c := dial(t, "tcp", addr)
	c.expect("SET k v", "+OK\r\n")
	parent.Close()
	ends(t, cmd)
}

func TestShutdownCommand(t *testing.T) {
	cmd, addr, _ := startChild(t, "--save", "", "--appendonly", "no", "--requirepass", "p", "--cluster-enabled", "yes")
	c := dial(t, "tcp", addr)
	c.expect("AUTH p", "+OK\r\n")
	if got := c.do("SHUTDOWN NOSAVE"); got != "" {
		t.Errorf("SHUTDOWN answers %q", got)
	}
	ends(t, cmd)
}

func TestCommandLine(t *testing.T) {
	for _, test := range []struct {
		args string
		want string // part of the message
	}{
		{"--nosuch 1", "unknown option --nosuch"},
		{"--cluster-slots 1000", "slot count 1000: must be a power of two"},
		{"--cluster-slots many", `--cluster-slots "many"`},
		{"--maxmemory 100mb", "there is no limit of memory"},
		{"--port", "--port wants a value"},
		{"--port x", "couldn't be parsed into an integer"},
		{"--port 70000", "port: argument must be between 0 and 65535"},
		{"--port 1 --maxclients 0 --hz 0", "hz: argument must be"},
		{"/etc/redis.conf", "no configuration files"},
		{"--save 60", "there are no snapshots"},
		{"--appendonly yes", "there is no append-only file"},
		{"--databases 16", "there is database 0 alone"},
		{"--cluster-enabled maybe", "must be 'yes' or 'no'"},
		{"--bind not-an-address", "is not an IP address"},
		{"--exit-with-parent-fd x", "want the number of a descriptor"},
		{"--client-output-buffer-limit normal 1 2", "want CLASS HARD SOFT SECONDS"},
		{"--dir /nonexistent", "no such directory"},
		{"--loglevel loud", "loglevel: argument must be one of"},
		{"--proto-max-bulk-len 1x", "must be a memory value"},
	} {
		var stdout, stderr bytes.Buffer
		code := Main(context.Background(), strings.Fields(test.args), &stdout, &stderr)
		if code != exitUsage || !strings.Contains(stderr.String(), test.want) || stdout.Len() > 0 {
			t.Errorf("%s: code %d, stderr %q, want %q", test.args, code, stderr.String(), test.want)
		}
	}
	var stdout bytes.Buffer
	if code := Main(context.Background(), []string{"--help"}, &stdout, io.Discard); code != exitOK ||
		!strings.Contains(stdout.String(), "--cluster-enabled") || !strings.Contains(stdout.String(), parentOption) {
		t.Errorf("--help: code %d, %q", code, stdout.String())
	}
}

func TestPortInUse(t *testing.T) {
	addr := startNode(t, nil)
	var stderr bytes.Buffer
	_, port, _ := strings.Cut(addr, ":")
	code := Main(context.Background(), []string{"--bind", "127.0.0.1", "--port", port}, io.Discard, &stderr)
	if code != exitFailed || !strings.Contains(stderr.String(), "listen on 127.0.0.1 port "+port) {
		t.Errorf("a port in use: code %d, %q", code, stderr.String())
	}
}

func TestMainEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- Main(ctx, []string{"--port", "0", "--bind", "127.0.0.1", "-::1", "--cluster-enabled", "yes"}, in, io.Discard)
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	match := readyLine.FindStringSubmatch(strings.TrimSpace(line))
	if match == nil {
		t.Fatalf("printed %q (%v)", line, err)
	}
	dial(t, "tcp", match[1]).expect("PING", "+PONG\r\n")
	cancel()
	select {
	case c := <-code:
		if c != exitOK {
			t.Errorf("exit code %d", c)
		}
	case <-time.After(patience):
		t.Error("Main does not end")
	}
}

func TestKilledNodeLeavesItsPortFree(t *testing.T) {
	cmd, addr, _ := startChild(t)
	dial(t, "tcp", addr).expect("PING", "+PONG\r\n")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the signal
	_, port, _ := strings.Cut(addr, ":")
	_, again, _ := startChild(t, "--port", port)
	if again != addr {
		t.Errorf("the second node is at %s, want %s", again, addr)
	}
}
