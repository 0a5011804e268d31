//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"slotbench/results"
)

// buildBinary is the path of loadgen, built once.
var buildBinary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "loadgen-test-*") // where t.TempDir is, so that links to it can be made
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "loadgen")
	if text, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, text)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := buildBinary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// patience is how long a test waits for a process before it gives up.
const patience = 60 * time.Second

// process is a running loadgen under a path of its own, by which the processes
// that it starts are known.
type process struct {
	t      *testing.T
	path   string
	dir    string
	cmd    *exec.Cmd
	stdout bytes.Buffer
	stderr bytes.Buffer
	phases chan string // lines of stderr
	ended  chan error
}

// start runs loadgen in an empty folder. What is left when the test ends is
// killed, and is the test's failure.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	built, err := buildBinary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p := &process{t: t, dir: dir, path: filepath.Join(dir, "loadgen"), phases: make(chan string, 1000), ended: make(chan error, 1)}
	// A link, and no copy: what was open for writing when another test forked
	// can't be executed.
	if err := os.Link(built, p.path); err != nil {
		t.Fatal(err)
	}
	p.cmd = exec.Command(p.path, args...)
	p.cmd.Dir, p.cmd.Stdout = dir, &p.stdout
	stderr, err := p.cmd.StderrPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.phases)
		for lines := bufio.NewScanner(io.TeeReader(stderr, &p.stderr)); lines.Scan(); {
			p.phases <- lines.Text()
		}
	}()
	t.Cleanup(func() {
		for _, pid := range p.family() {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	return p
}

// family is every process that runs this loadgen's binary.
func (p *process) family() (pids []int) {
	links, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && target == p.path {
			pid, _ := strconv.Atoi(strings.Split(link, "/")[2])
			pids = append(pids, pid)
		}
	}
	return pids
}

// nodes is the pids of the reference nodes.
func (p *process) nodes() (pids []int) {
	for _, pid := range p.family() {
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if words := strings.Split(string(line), "\x00"); len(words) > 1 && words[1] == nodeArg {
			pids = append(pids, pid)
		}
	}
	return pids
}

// reach waits for a line on stderr.
func (p *process) reach(line string) {
	p.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case got, ok := <-p.phases:
			if !ok {
				p.t.Fatalf("ended before %q:\n%s", line, p.stderr.String())
			}
			if got == line {
				return
			}
		case <-timeout:
			p.t.Fatalf("no %q within %s", line, patience)
		}
	}
}

// wait waits for the end, and wants nothing to be left running.
func (p *process) wait() (exit int) {
	p.t.Helper()
	go func() {
		for range p.phases {
		}
		p.ended <- p.cmd.Wait()
	}()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatalf("still running after %s:\n%s", patience, p.stderr.String())
	}
	for deadline := time.Now().Add(patience); len(p.family()) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("processes %v were left running", p.family())
		}
	}
	return p.cmd.ProcessState.ExitCode()
}

// record is what a run printed as JSON.
func (p *process) record() *results.Record {
	p.t.Helper()
	record, err := results.Unmarshal(p.stdout.Bytes())
	if err != nil {
		p.t.Fatalf("stdout is no record: %v\n%s\n%s", err, p.stdout.String(), p.stderr.String())
	}
	return record
}

// brief makes a run short.
var brief = []string{"--rate", "2000", "--warmup", "100ms", "--duration", "1s", "--keys", "5000", "--format", "json", "--out", "run"}

func briefly(args ...string) []string { return append(append([]string{"run"}, brief...), args...) }

func TestMainJob(t *testing.T) {
	t.Parallel()
	p := start(t, "run", "--duration", "2s", "--warmup", "200ms", "--keys", "5000", "--migrate", "20", "--format", "json", "--out", "run")
	if code := p.wait(); code != exitOK {
		t.Fatalf("exit %d:\n%s", code, p.stderr.String())
	}
	r := p.record()
	if r.Totals.Requests == 0 || r.Totals.Errors != 0 || r.Probe == nil || r.Probe.OpsPerSec <= 0 || r.Partial != "" {
		t.Errorf("totals %+v, probe %+v, partial %q", r.Totals, r.Probe, r.Partial)
	}
	if len(r.Migrations) != 1 || r.Migrations[0].Slots != 20 || r.Migrations[0].PauseMillis == nil {
		t.Fatalf("migrations %+v", r.Migrations)
	}
	if i := r.Integrity; i == nil || i.Keys == 0 || i.Lost+i.Doubled+i.Unknown != 0 {
		t.Errorf("integrity %+v", i)
	}
	if a := r.Skew.Accounts; a == nil || !a.Explained || a.ServerOps == 0 {
		t.Errorf("accounts of client and servers: %+v", a)
	}
	var keys int64
	for _, node := range r.Nodes {
		keys += node.Keys
	}
	if len(r.Nodes) != 3 || keys != 5000 || r.Nodes[0].CPUSeconds == nil {
		t.Errorf("nodes %+v", r.Nodes)
	}
	stored, err := os.ReadFile(filepath.Join(p.dir, "run", results.RunFile))
	if err != nil || !bytes.Equal(stored, p.stdout.Bytes()) {
		t.Errorf("run.json is not what was printed (%v)", err)
	}
	for _, format := range []string{"table", "csv", "markdown", "json"} {
		var stdout, stderr bytes.Buffer
		if code := execute([]string{"report", filepath.Join(p.dir, "run"), "--format", format}, &stdout, &stderr); code != exitOK || stdout.Len() == 0 {
			t.Errorf("report as %s: exit %d, %d bytes, %s", format, code, stdout.Len(), stderr.String())
		}
	}
}

func TestGoRedisDriver(t *testing.T) {
	t.Parallel()
	p := start(t, briefly("--driver", "go-redis", "--migrate", "20")...)
	if code := p.wait(); code != exitOK {
		t.Fatalf("exit %d:\n%s", code, p.stderr.String())
	}
	r := p.record()
	if r.Totals.Requests < 1500 || r.Totals.Errors != 0 || r.Integrity == nil || r.Integrity.Lost+r.Integrity.Doubled != 0 {
		t.Errorf("totals %+v, integrity %+v", r.Totals, r.Integrity)
	}
}

func TestSignals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		signal syscall.Signal
		at     string
	}{
		{syscall.SIGINT, "measuring"},
		{syscall.SIGTERM, "measuring"},
		{syscall.SIGHUP, "measuring"},
		{syscall.SIGINT, "target: reference"},
		{syscall.SIGKILL, "measuring"},
		{syscall.SIGKILL, "target: reference"},
	} {
		if signal.Ignored(test.signal) { // under nohup, and so by loadgen
			continue
		}
		t.Run(fmt.Sprintf("%s when %s", test.signal, test.at), func(t *testing.T) {
			p := start(t, briefly("--duration", "30s")...)
			p.reach(test.at)
			if err := p.cmd.Process.Signal(test.signal); err != nil {
				t.Fatal(err)
			}
			code := p.wait()
			if test.signal == syscall.SIGKILL {
				return // that nothing is left is all there is to see
			}
			if code != exitFailed {
				t.Errorf("exit %d, want %d:\n%s", code, exitFailed, p.stderr.String())
			}
			if !strings.Contains(p.stderr.String(), "interrupted") {
				t.Errorf("stderr:\n%s", p.stderr.String())
			}
			if test.at == "measuring" {
				// What was due and not yet sent when the signal came stays unsent.
				r := p.record()
				if !strings.Contains(r.Partial, "interrupted") || r.Totals.Errors != r.Totals.ErrorKinds["unsent"] {
					t.Errorf("partial %q, %d errors %v", r.Partial, r.Totals.Errors, r.Totals.ErrorKinds)
				}
				if _, err := results.ReadRun(filepath.Join(p.dir, "run")); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestReaderGoesAway is a run of which nobody reads the output, as with
// "2>&1 | head -1": it goes on, and leaves nothing on somebody else's server.
func TestReaderGoesAway(t *testing.T) {
	t.Parallel()
	_, up := bringUp(t, "--nodes", "1")
	built, err := buildBinary()
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "run")
	cmd := exec.Command(built, briefly("--target", "redis://"+up.Addrs[0], "--migrate", "0", "--out", out)...)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = read.Close()
	cmd.Stdout, cmd.Stderr = write, write
	err = cmd.Run()
	_ = write.Close()
	if code := cmd.ProcessState.ExitCode(); code != exitFailed {
		t.Errorf("exit %d, want %d: %v", code, exitFailed, err)
	}
	rec, err := results.ReadRun(out)
	if err != nil || rec.Partial != "" || rec.Totals.Requests == 0 {
		t.Errorf("record %+v, %v", rec, err)
	}
	if left := client(t, up.Addrs[0]).DBSize(t.Context()).Val(); left != 0 {
		t.Errorf("%d keys are left", left)
	}
}

func TestNodeDiesInMidRun(t *testing.T) {
	t.Parallel()
	for _, nodes := range []string{"3", "1"} {
		t.Run(nodes+" nodes", func(t *testing.T) {
			p := start(t, briefly("--duration", "30s", "--nodes", nodes)...)
			p.reach("measuring")
			running := p.nodes()
			if strconv.Itoa(len(running)) != nodes {
				t.Fatalf("nodes %v, want %s", running, nodes)
			}
			if err := syscall.Kill(running[0], syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if code := p.wait(); code != exitFailed {
				t.Errorf("exit %d, want %d", code, exitFailed)
			}
			if r := p.record(); !strings.Contains(r.Partial, "ended in mid-run") {
				t.Errorf("partial %q", r.Partial)
			}
		})
	}
}

// upAddrs is what up prints.
type upAddrs struct {
	Addrs []string `json:"addrs"`
	Nodes []upNode `json:"nodes"`
}

// bringUp starts a cluster that serves until the test ends.
func bringUp(t *testing.T, args ...string) (*process, upAddrs) {
	t.Helper()
	built, err := buildBinary()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, path: built, phases: make(chan string), ended: make(chan error, 1)}
	p.cmd = exec.Command(built, append([]string{"up", "--format", "json"}, args...)...)
	p.cmd.Stderr = &p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		if err := p.cmd.Wait(); err != nil {
			t.Errorf("up: %v\n%s", err, p.stderr.String())
		}
	})
	var up upAddrs
	if err := json.NewDecoder(stdout).Decode(&up); err != nil {
		t.Fatalf("up printed no addresses: %v\n%s", err, p.stderr.String())
	}
	return p, up
}

func TestUp(t *testing.T) {
	t.Parallel()
	_, up := bringUp(t, "--nodes", "2")
	if len(up.Addrs) != 2 || up.Nodes[0].Slots != "0-8191" || up.Nodes[1].Slots != "8192-16383" || len(up.Nodes[0].ID) != 40 {
		t.Errorf("%+v", up)
	}
	p := start(t, briefly("--target", "redis://"+up.Addrs[1], "--migrate", "5")...)
	if code := p.wait(); code != exitOK {
		t.Fatalf("exit %d:\n%s", code, p.stderr.String())
	}
	if r := p.record(); r.Totals.Requests == 0 || r.Totals.Errors != 0 || len(r.Migrations) != 1 || r.Integrity.Lost != 0 {
		t.Errorf("totals %+v, migrations %+v", r.Totals, r.Migrations)
	}
}
