//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
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
	s := &process{cmd, port, redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + port, MaxRetries: -1})}
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

// fill sets the keys that redis-benchmark -r n asks for, so that every read
// hits.
func (s *process) fill(ctx context.Context, n, valueBytes int) error {
	value := bytes.Repeat([]byte("v"), valueBytes)
	const batch = 1000
	for first := 0; first < n; first += batch {
		_, err := s.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for i := first; i < min(first+batch, n); i++ {
				pipe.Set(ctx, fmt.Sprintf("key:%012d", i), value, 0)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("filling the server: %w", err)
		}
	}
	return nil
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
