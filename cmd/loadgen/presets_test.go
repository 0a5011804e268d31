//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slotbench/cmd/loadgen/driver"
)

// kinds is a workload of every type and kind of operation.
const kinds = `
name: kinds
keys: 1600
checked: true
scripts:
  limiter: |
    local count = redis.call('INCR', KEYS[1])
    if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
    return count <= tonumber(ARGV[1]) and 1 or 0
families:
  - {name: user, key: "user:{u%d}", type: hash, value_size: "24-60"}
  - {name: cart, key: "cart:{u%d}", type: hash, elements: "1-5", universe: 20, value_size: "24-60"}
  - {name: tally, key: "tally:%d", type: hash, counter: true}
  - {name: list, key: "list:%d", type: list, elements: "20", value_size: "30"}
  - {name: set, key: "set:%d", type: set, universe: 20}
  - {name: zset, key: "zset:%d", type: zset, elements: "600", universe: 1000}
  - {name: bits, key: "bits:%d", type: bitmap}
  - {name: order, key: "order:{u%[tag]d}:%[member]d", tags: {keys_per_tag: 4}, value_size: "30-90"}
  - {name: window, key: "window:{u%d}", counter: true, preload: false}
operations:
  - {command: HGETALL}
  - {command: HSET, count: "1-3"}
  - {command: HMGET, count: "3"}
  - {command: HINCRBY}
  - {command: LPUSH, count: "2"}
  - {command: LRANGE, end: 9}
  - {command: LINDEX}
  - {command: SADD, count: "2"}
  - {command: SISMEMBER}
  - {command: ZADD, count: "3"}
  - {command: ZREVRANGE, end: 9}
  - {command: ZRANGEBYSCORE}
  - {command: SETBIT}
  - {command: BITCOUNT}
  - {command: MGET, keys: 4, families: [order]}
  - {command: SET, families: [order]}
  - {command: "ZINTERCARD 1 {key} LIMIT {number:1-10}", families: [zset]}
  - {command: "EVALSHA {script:limiter} 1 {key} 5 1000", name: limiter, expect: "0|1", families: [window]}
  - {name: visit, steps: [{command: HGETALL, family: user}, {command: HGETALL, family: cart}, {command: GET, family: order}]}
  - name: buy
    transaction: true
    steps:
      - {command: HSET, family: cart}
      - {command: SET, family: order}
`

// TestEveryKindOfOperation runs them while slots move, on the embedded cluster
// and a real one, by both drivers: nothing may fail, no checked read may show
// another key's value, and the certificate must agree.
func TestEveryKindOfOperation(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "kinds.yaml")
	if err := os.WriteFile(file, []byte(kinds), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{targetReference, targetRedis} {
		for _, by := range []string{driver.DriverWire, driver.DriverGoRedis} {
			t.Run(fmt.Sprint(target, " ", by), func(t *testing.T) {
				args := []string{"run", "-w", file, "--target", target, "--driver", by, "--nodes", "2", "--migrate", "40",
					"--rate", "1000", "--duration", "2s", "--warmup", "100ms", "-c", "8", "--format", "json", "--out", "run"}
				if target == targetRedis {
					args = append(args, "--binary", realServer(t))
				}
				t.Parallel()
				p := start(t, args...)
				if code := p.wait(); code != exitOK {
					t.Fatalf("exit %d:\n%s", code, p.stderr.String())
				}
				r := p.record()
				if r.Totals.Requests < 1000 || r.Totals.Errors != 0 || r.Integrity == nil || r.Integrity.Lost+r.Integrity.Doubled != 0 {
					t.Errorf("%d requests, errors %v, integrity %+v", r.Totals.Requests, r.Totals.ErrorKinds, r.Integrity)
				}
				c := r.Certificate
				if c == nil || c.Strange != 0 || len(c.Families) < 5 || c.Slots == nil || c.Slots.Distance > 1.5*c.Slots.ByChance {
					t.Errorf("certificate %+v", c)
				}
			})
		}
	}
}

// TestForeignValuesAreFound runs checked reads over values that somebody else
// wrote in the place of the workload's.
func TestForeignValuesAreFound(t *testing.T) {
	t.Parallel()
	_, up := bringUp(t, "--target", targetRedis, "--binary", realServer(t), "--nodes", "1")
	c := client(t, up.Addrs[0])
	for n := range 50 {
		if err := c.Set(t.Context(), fmt.Sprintf("theirs:key:%d", n), strings.Repeat("x", 100), 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "checked.yaml")
	text := "name: checked\nkeys: 50\nstart_empty: true\nchecked: true\nfamilies: [{name: k, key: \"key:%d\"}]\noperations: [{command: GET}]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "run", "-w", file, "--target", "redis://"+up.Addrs[0], "--allow-data", "--key-prefix", "theirs:", "--keep",
		"--rate", "500", "--duration", "500ms", "--warmup", "0s", "--format", "json", "--out", "run")
	if code := p.wait(); code != exitFailed {
		t.Errorf("exit %d:\n%s", code, p.stderr.String())
	}
	if r := p.record(); r.Totals.ErrorKinds["foreign-value"] != r.Totals.Requests || r.Totals.Requests == 0 {
		t.Errorf("%d requests, errors %v", r.Totals.Requests, r.Totals.ErrorKinds)
	}
}

// TestLackingTargetIsRefused asks for a type that the embedded cluster lacks.
func TestLackingTargetIsRefused(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "streams.yaml")
	text := "name: streams\nkeys: 50\nfamilies: [{name: s, key: \"s:%d\", type: stream}]\noperations: [{command: \"XADD {key} * [{field} {value}]\"}]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "run", "-w", file, "--rate", "500", "--duration", "500ms", "--nodes", "1")
	if code := p.wait(); code != exitUsage || !strings.Contains(p.stderr.String(), "has no XADD") {
		t.Errorf("exit %d:\n%s", code, p.stderr.String())
	}
}
