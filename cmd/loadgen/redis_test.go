//go:build linux

package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"slotbench/cmd/loadgen/driver"
)

// realServer is a redis-server to test against.
func realServer(t *testing.T) string {
	t.Helper()
	path := os.Getenv("REDIS_SERVER")
	if path == "" {
		path = "redis-server"
	}
	found, err := exec.LookPath(path)
	if err != nil {
		t.Skipf("redis-server not found: %v", err)
	}
	return found
}

func client(t *testing.T, addr string) *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestAttachedRedisStaysAsItWas runs beside somebody's keys, alone and in a
// cluster, with both drivers.
func TestAttachedRedisStaysAsItWas(t *testing.T) {
	t.Parallel()
	server := realServer(t)
	for _, test := range []struct {
		nodes, migrate int
		driver         string
	}{{1, 0, driver.DriverWire}, {3, 30, driver.DriverWire}, {1, 0, driver.DriverGoRedis}} {
		t.Run(fmt.Sprintf("%d nodes, %s", test.nodes, test.driver), func(t *testing.T) {
			t.Parallel()
			_, up := bringUp(t, "--target", targetRedis, "--binary", server, "--nodes", strconv.Itoa(test.nodes))
			first := client(t, up.Addrs[0])
			if err := first.Set(t.Context(), "{06S}theirs", "stays", 0).Err(); err != nil { // slot 0
				t.Fatal(err)
			}
			settings := first.ConfigGet(t.Context(), "*").Val()
			owners := first.Do(t.Context(), "CLUSTER", "SLOTS").String()

			p := start(t, briefly("--target", "redis://"+up.Addrs[0])...)
			if code := p.wait(); code != exitUsage || !strings.Contains(p.stderr.String(), "--allow-data") {
				t.Errorf("without leave: exit %d:\n%s", code, p.stderr.String())
			}
			p = start(t, briefly("--target", "redis://"+up.Addrs[0], "--allow-data",
				"--driver", test.driver, "--migrate", strconv.Itoa(test.migrate))...)
			if code := p.wait(); code != exitOK {
				t.Fatalf("exit %d:\n%s", code, p.stderr.String())
			}
			if r := p.record(); r.Totals.Requests == 0 || r.Totals.Errors != 0 || test.migrate > 0 && r.Migrations[0].Slots != test.migrate {
				t.Errorf("totals %+v, migrations %+v", r.Totals, r.Migrations)
			}

			var keys int64
			for _, addr := range up.Addrs {
				keys += client(t, addr).DBSize(t.Context()).Val()
			}
			if got := first.Get(t.Context(), "{06S}theirs").Val(); keys != 1 || got != "stays" {
				t.Errorf("%d keys left, theirs holds %q", keys, got)
			}
			if now := first.ConfigGet(t.Context(), "*").Val(); !maps.Equal(now, settings) {
				t.Errorf("settings were %v, are %v", settings, now)
			}
			if now := first.Do(t.Context(), "CLUSTER", "SLOTS").String(); now != owners {
				t.Errorf("slots were %v, are %v", owners, now)
			}
		})
	}
}

// TestStallShowsInResponseTimes stops a server in mid-run. With a stall of S in
// a run of N requests at rate λ, drained at capacity C, the response p99 is
// S − 0.01·N·(1/λ − 1/C), while service times hide all but the requests that
// were in flight.
//
// Whatever else the machine does, a request that was due in the stall waits at
// least until its end. So with C unbounded the formula is a bound from below
// that holds on any machine; the bound from above is what a script on a quiet
// machine shows.
func TestStallShowsInResponseTimes(t *testing.T) {
	server := realServer(t)
	_, up := bringUp(t, "--target", targetRedis, "--binary", server, "--nodes", "1")
	info := client(t, up.Addrs[0]).InfoMap(t.Context(), "server").Val()
	pid, err := strconv.Atoi(info["Server"]["process_id"])
	if err != nil {
		t.Fatal(err)
	}
	const rate, seconds, capacity = 4000.0, 4.0, 50_000.0
	p := start(t, "run", "--target", "redis://"+up.Addrs[0], "--rate", "4000", "--arrival", "constant", "-c", "10", "-P", "1",
		"--duration", "4s", "--warmup", "100ms", "--keys", "2000", "--format", "json", "--out", "run")
	p.reach("measuring")
	timer := time.NewTimer(time.Second) // into the measurement
	<-timer.C
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	stopped := time.Now()
	timer.Reset(800 * time.Millisecond)
	<-timer.C
	stall := time.Since(stopped).Seconds()
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if code := p.wait(); code != exitOK {
		t.Fatalf("exit %d:\n%s", code, p.stderr.String())
	}
	r := p.record()
	theory := stall - 0.01*rate*seconds*(1/rate-1/capacity)
	least := stall - 0.01*seconds - 2/rate
	p99, service := r.Totals.Response.P99/1e6, r.Totals.Service.P99/1e6
	t.Logf("stall %.3f s: response p99 %.3f s, in theory %.3f s; service p99 %.4f s", stall, p99, theory, service)
	if p99 < least {
		t.Errorf("response p99 %.3f s: after a stall of %.3f s it must be at least %.3f s", p99, stall, least)
	}
	if service > p99/2 {
		t.Errorf("service p99 %.3f s: at most 10 of %d requests were in flight", service, r.Totals.Requests)
	}
}
