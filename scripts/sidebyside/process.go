//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// startWait is how long a server may take until it answers.
const startWait = 10 * time.Second

// process is a running server.
type process struct {
	cmd    *exec.Cmd
	port   string
	client *redis.Client

	conn net.Conn // for data in bulk; nil: not yet opened
	in   *bufio.Reader
	out  []byte
}

// start starts a server on a free port and a core, and waits until it serves.
func start(ctx context.Context, p peer, cpu, dir string, extra ...string) (*process, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	args := append([]string{"-c", cpu}, p.command...)
	args = append(args, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
	if p.command[0] != "chroot" {
		args = append(args, "--dir", dir)
	}
	cmd := exec.CommandContext(ctx, "taskset", append(args, extra...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", p.name, err)
	}
	s := &process{cmd: cmd, port: port, client: redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + port, MaxRetries: -1})}
	for deadline := time.Now().Add(startWait); ; time.Sleep(20 * time.Millisecond) {
		if s.client.Ping(ctx).Err() == nil {
			return s, nil
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			s.stop()
			return nil, fmt.Errorf("%s does not answer on port %s", p.name, port)
		}
	}
}

func (s *process) stop() {
	s.client.Close()
	if s.conn != nil {
		s.conn.Close()
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}

// cpu is the processor time the server took so far, in seconds.
func (s *process) cpu() (float64, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	// The fields behind the command's name, which may hold spaces.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+2:]))
	user, errUser := strconv.ParseFloat(fields[11], 64)
	system, errSystem := strconv.ParseFloat(fields[12], 64)
	if errUser != nil || errSystem != nil {
		return 0, fmt.Errorf("cannot read the CPU time of process %d", s.cmd.Process.Pid)
	}
	const ticksPerSecond = 100 // USER_HZ of every Linux that Go runs on
	return (user + system) / ticksPerSecond, nil
}

// batch is how many commands are sent at once where data is made.
const batch = 1000

// fill runs each text once for each number below count.
func (s *process) fill(ctx context.Context, l load, texts []string, count int) error {
	rnd := rand.New(rand.NewPCG(7, 8))
	for _, text := range texts {
		for first := 0; first < count; first += batch {
			n := first
			err := s.pipeline(ctx, min(batch, count-first), func(dst []byte) []byte {
				n++
				return frame(dst, text, n-1, l, rnd)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// pipeline sends n commands at once and reads their replies.
func (s *process) pipeline(ctx context.Context, n int, next func(dst []byte) []byte) error {
	if s.conn == nil {
		conn, err := net.Dial("tcp", "127.0.0.1:"+s.port)
		if err != nil {
			return err
		}
		s.conn, s.in = conn, bufio.NewReaderSize(conn, 64<<10)
	}
	s.out = s.out[:0]
	for range n {
		s.out = next(s.out)
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = s.conn.SetDeadline(deadline)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if _, err := s.conn.Write(s.out); err != nil {
		return err
	}
	for range n {
		line, err := s.in.ReadSlice('\n')
		if err != nil {
			return fmt.Errorf("making data: %w", err)
		}
		if line[0] != '+' && line[0] != ':' {
			return fmt.Errorf("making data: the server answers %q", line)
		}
	}
	return nil
}

// rss is the resident memory of the process.
func (s *process) rss() (int64, error) {
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	pages, err := strconv.ParseInt(strings.Fields(string(statm))[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// settledRSS is the resident memory once it has not changed by a percent for
// five seconds, or after a minute.
func (s *process) settledRSS(ctx context.Context) (int64, error) {
	last, err := s.rss()
	still := 0
	for waited := 0; err == nil && still < 5 && waited < 60 && ctx.Err() == nil; waited++ {
		time.Sleep(time.Second)
		var now int64
		now, err = s.rss()
		if still++; max(now-last, last-now) > last/100 {
			still = 0
		}
		last = now
	}
	return last, errors.Join(err, ctx.Err())
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}
