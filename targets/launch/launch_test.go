//go:build unix

package launch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"slotbench/targets"
)

// The test binary is also a guard, a server, and a program that launches one.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case GuardArg:
			os.Exit(Guard())
		case "be-a-server":
			beServer(os.Args[2])
		case "be-a-launcher":
			beLauncher()
		}
	}
	os.Exit(m.Run())
}

// beServer tells where it is, then ends on SIGTERM if it is polite.
func beServer(kind string) {
	dir, _ := os.Getwd()
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	fmt.Printf("cpus=%d\ndir=%s\n", runtime.NumCPU(), dir)
	switch kind {
	case "port-taken":
		fmt.Println("bind: Address already in use")
		os.Exit(1)
	case "polite":
		<-terminated
		os.Exit(0)
	}
	for range terminated {
	}
}

// beLauncher launches a server, tells its pids and folder, and hangs.
func beLauncher() {
	p, err := Start(context.Background(), server("stubborn"))
	if err != nil {
		panic(err)
	}
	fmt.Println(p.PID(), p.guard.Process.Pid, lineOf(p, "dir="))
	select {}
}

func server(kind string) Spec {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return Spec{Path: self, Args: []string{"be-a-server", kind}, Grace: 10 * time.Millisecond}
}

// lineOf waits for the line with this beginning and returns the rest of it.
func lineOf(p *Process, prefix string) string {
	late := time.After(patience)
	for {
		for line := range strings.Lines(p.output.String()) {
			if rest, ok := strings.CutPrefix(line, prefix); ok && strings.HasSuffix(line, "\n") {
				return strings.TrimSpace(rest)
			}
		}
		select {
		case <-p.Ended():
			panic("the server ended without saying " + prefix + ": " + p.Explain())
		case <-late:
			panic("the server does not say " + prefix)
		case <-time.After(time.Millisecond):
		}
	}
}

// patience is how long something that must happen may take.
const patience = 30 * time.Second

func eventually(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for start := time.Now(); !happened(); time.Sleep(time.Millisecond) {
		if time.Since(start) > patience {
			t.Fatalf("after %v still not: %s", patience, what)
		}
	}
}

// gone says whether a process has ended; one that nobody has waited for yet
// counts as ended.
func gone(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(state, "Z")
}

func startServer(t *testing.T, spec Spec) *Process {
	t.Helper()
	p, err := Start(context.Background(), spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func TestCloseEndsServerAndRemovesFolder(t *testing.T) {
	for _, kind := range []string{"polite", "stubborn"} {
		t.Run(kind, func(t *testing.T) {
			spec := server(kind)
			if kind == "polite" {
				spec.Grace = patience
			}
			p := startServer(t, spec)
			dir := lineOf(p, "dir=")
			if _, err := os.Stat(dir); err != nil {
				t.Fatal(err)
			}
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			if want := "exit status 0"; kind == "polite" && !strings.Contains(p.Explain(), want) {
				t.Errorf("want %q: %s", want, p.Explain())
			}
			if !gone(p.PID()) {
				t.Error("the server still runs")
			}
			if _, err := os.Stat(dir); !os.IsNotExist(err) {
				t.Errorf("the folder is still there: %v", err)
			}
		})
	}
}

// However the launcher is killed, and even if the server is stopped, nothing
// stays.
func TestNothingOutlivesTheLauncher(t *testing.T) {
	for _, stopped := range []bool{false, true} {
		self, _ := os.Executable()
		launcher := exec.Command(self, "be-a-launcher")
		out, err := launcher.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		launcher.Stderr = os.Stderr
		if err := launcher.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(out).ReadString('\n')
		var pid, guard int
		var dir string
		if _, scanErr := fmt.Sscan(line, &pid, &guard, &dir); err != nil || scanErr != nil {
			t.Fatal(line, err, scanErr)
		}
		if stopped {
			if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
		}
		if gone(pid) || gone(guard) {
			t.Fatal("ended too early")
		}
		if err := launcher.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = launcher.Wait()
		eventually(t, "server ended", func() bool { return gone(pid) })
		eventually(t, "guard ended", func() bool { return gone(guard) })
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("the folder is still there: %v", err)
		}
	}
}

func TestServerDiesWithItsGuard(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux kills the server with its guard")
	}
	p := startServer(t, server("stubborn"))
	dir := lineOf(p, "dir=")
	defer os.RemoveAll(dir)
	if err := p.guard.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.Ended()
	eventually(t, "server ended", func() bool { return gone(p.PID()) })
	if err := p.Signal(context.Background(), syscall.SIGCONT); err == nil {
		t.Error("a signal through a guard that is gone succeeded")
	}
}

func TestSignalsAndRestart(t *testing.T) {
	ctx := context.Background()
	p := startServer(t, server("stubborn"))
	group := &Fleet{}
	group.Add("here", p)
	first, dir := p.PID(), lineOf(p, "dir=")
	if err := group.Restart(ctx, "here"); err == nil {
		t.Error("a running server was started again")
	}
	state := func() string {
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
		_, after, _ := strings.Cut(string(stat), ") ")
		return after[:min(1, len(after))]
	}
	if runtime.GOOS == "linux" {
		if err := group.Signal(ctx, "here", targets.Pause); err != nil {
			t.Fatal(err)
		}
		eventually(t, "stopped", func() bool { return state() == "T" })
		if err := group.Signal(ctx, "here", targets.Resume); err != nil {
			t.Fatal(err)
		}
		eventually(t, "continued", func() bool { return state() != "T" })
	}
	if err := group.Signal(ctx, "here", targets.Kill); err != nil {
		t.Fatal(err)
	}
	if !gone(first) {
		t.Error("killed, but still there")
	}
	if err := group.Signal(ctx, "here", targets.Pause); err == nil {
		t.Error("a process that is gone was stopped")
	}
	if err := group.Restart(ctx, "here"); err != nil {
		t.Fatal(err)
	}
	if p.PID() == first || gone(p.PID()) {
		t.Errorf("pid %d after %d", p.PID(), first)
	}
	eventually(t, "started in the same folder", func() bool {
		return strings.Count(p.output.String(), "dir="+dir+"\n") == 2
	})
	if err := group.Signal(ctx, "here", "dance"); err == nil {
		t.Error("an unknown signal was sent")
	}
	if err := group.Signal(ctx, "elsewhere", targets.Kill); !errors.Is(err, targets.ErrUnsupported) {
		t.Errorf("a node that was not launched: %v", err)
	}
}

func TestPinning(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("pinning needs Linux")
	}
	spec := server("stubborn")
	spec.CPUs = []int{0}
	p := startServer(t, spec)
	if cpus := lineOf(p, "cpus="); cpus != "1" {
		t.Errorf("the server sees %s CPUs, want 1", cpus)
	}
	spec.CPUs = []int{1 << 20}
	if _, err := Start(context.Background(), spec); err == nil || !strings.Contains(err.Error(), "pin to CPUs") {
		t.Errorf("pinned to a CPU that does not exist: %v", err)
	}
}

func TestFailedStartExplainsItself(t *testing.T) {
	ctx := context.Background()
	if _, err := Start(ctx, Spec{Path: "no-such-server-anywhere"}); err == nil {
		t.Error("started a binary that does not exist")
	}
	tries := 0
	ports := map[int]bool{}
	_, _, err := OnFreePort(ctx, "127.0.0.1", true, func(port int) Spec {
		tries++
		ports[port] = true
		return server("port-taken")
	}, func(ctx context.Context, p *Process, port int) error {
		<-ctx.Done() // as a server that never answers
		return ctx.Err()
	})
	if err == nil || !strings.Contains(err.Error(), "exit status 1") || !strings.Contains(err.Error(), "Address already in use") {
		t.Errorf("does not say why: %v", err)
	}
	if tries != portTries || len(ports) < 2 {
		t.Errorf("%d tries on %d ports, want %d tries", tries, len(ports), portTries)
	}
}

func TestFreePortAvoidsWhatIsTaken(t *testing.T) {
	port, err := freePort("127.0.0.1", true)
	if err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		t.Skip("somebody was faster: ", err)
	}
	defer taken.Close()
	if canListen("127.0.0.1", port) == nil {
		t.Error("a port that is taken counts as free")
	}
	if port < firstPort || port+BusOffset >= 32768 {
		t.Errorf("port %d is outside %d-%d", port, firstPort, lastPort)
	}
}

func TestTail(t *testing.T) {
	var out tail
	for i := range maxTailLines + 5 {
		fmt.Fprintf(&out, "line %d\r\n", i)
	}
	fmt.Fprint(&out, strings.Repeat("x", 10*maxTailBytes))
	lines := strings.Split(out.String(), "\n")
	if len(lines) != maxTailLines+1 || lines[0] != "line 5" || len(lines[maxTailLines]) != maxTailBytes {
		t.Errorf("%d lines from %q, last of %d bytes", len(lines), lines[0], len(lines[len(lines)-1]))
	}
}

func TestGuardCannotBeFound(t *testing.T) {
	spec := server("polite")
	spec.Guard = []string{filepath.Join(t.TempDir(), "none")}
	if _, err := Start(context.Background(), spec); err == nil {
		t.Error("started without a guard")
	}
}
