package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"slotbench/internal/peer"
	"slotbench/internal/slot"
	"slotbench/server"
)

// startCluster runs this many nodes of a cluster in this process until the
// test ends, the slots shared out evenly, and returns their addresses.
func startCluster(t *testing.T, nodes int) []string {
	t.Helper()
	type (
		place struct {
			ID   string `json:"id"`
			IP   string `json:"ip"`
			Port int    `json:"port"`
		}
		span struct {
			Start slot.Slot `json:"start"`
			End   slot.Slot `json:"end"`
		}
		shard struct {
			Ranges   []span  `json:"slot_ranges"`
			Master   place   `json:"master"`
			Replicas []place `json:"replicas"`
		}
	)
	addrs, conns, shards := make([]string, nodes), make([]*client, nodes), make([]shard, nodes)
	for i := range nodes {
		addrs[i] = startNode(t, func(c *server.Config) { c.ClusterEnabled = true })
		conns[i] = dial(t, "tcp", addrs[i])
		host, port, err := net.SplitHostPort(addrs[i])
		number, errPort := strconv.Atoi(port)
		if err := errors.Join(err, errPort); err != nil {
			t.Fatal(err)
		}
		id := conns[i].do("CLUSTER MYID")
		first, next := i*int(slot.DefaultCount)/nodes, (i+1)*int(slot.DefaultCount)/nodes
		shards[i] = shard{
			Ranges:   []span{{slot.Slot(first), slot.Slot(next - 1)}},
			Master:   place{id[len("$40\r\n") : len(id)-2], host, number},
			Replicas: []place{},
		}
	}
	config, err := json.Marshal(shards)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range conns {
		c.send(raw("DFLYCLUSTER", "CONFIG", string(config)))
		if reply := c.reply(); reply != "+OK\r\n" {
			t.Fatalf("DFLYCLUSTER CONFIG on %s: %q", addrs[i], reply)
		}
	}
	return addrs
}

// libraryUses is what applications do with go-redis. Keys share the tag {u}, so
// that the same goes for a cluster.
var libraryUses = []struct {
	name string
	use  func(*library)
}{
	{"pipeline", (*library).pipeline},
	{"transaction", (*library).transaction},
	{"watch with retries", (*library).watch},
	{"script", (*library).script},
	{"channels", (*library).channels},
	{"sharded channels", (*library).shardedChannels},
	{"blocking", (*library).blocking},
	{"scan iterators", (*library).scans},
	{"strings and bits", (*library).strings},
	{"hashes and lists", (*library).hashesAndLists},
	{"sets and sorted sets", (*library).setsAndSortedSets},
	{"generic", (*library).generic},
	{"errors", (*library).errors},
	{"connection", (*library).connection},
	{"server", (*library).server},
}

// TestGoRedis has go-redis do typical use, in RESP2 and RESP3, on one node and
// on a cluster of three.
func TestGoRedis(t *testing.T) {
	useLibrary(t, map[string][]string{"node": {startNode(t, nil)}, "cluster": startCluster(t, 3)})
}

// TestGoRedisOnRedis shows that what TestGoRedis wants is what a real server
// does.
func TestGoRedisOnRedis(t *testing.T) {
	useLibrary(t, map[string][]string{"redis": {peer.Start(t)}})
}

func useLibrary(t *testing.T, targets map[string][]string) {
	for _, protocol := range []int{2, 3} {
		for name, addrs := range targets {
			t.Run(fmt.Sprintf("RESP%d %s", protocol, name), func(t *testing.T) {
				c := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: addrs, Protocol: protocol,
					ClientName: "typical", MaxRetries: -1})
				t.Cleanup(func() { _ = c.Close() })
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				t.Cleanup(cancel)
				for _, u := range libraryUses {
					t.Run(u.name, func(t *testing.T) {
						l := &library{T: t, UniversalClient: c, ctx: ctx, protocol: protocol, judge: name == "redis"}
						l.must(c.Del(ctx, "{u}a", "{u}b", "{u}c", "{u}d").Err())
						u.use(l)
					})
				}
			})
		}
	}
}

// library is a go-redis client under test.
type library struct {
	*testing.T
	redis.UniversalClient
	ctx      context.Context
	protocol int
	judge    bool // a real server, maybe an older one
}

// must fails the test for an error.
func (l *library) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

// same fails the test unless got, printed, is want.
func (l *library) same(want string, got any, err error) {
	l.Helper()
	if text := fmt.Sprint(got); err != nil || text != want {
		l.Fatalf("%s (%v), want %s", text, err, want)
	}
}

func (l *library) pipeline() {
	const n = 1000
	p := l.Pipeline()
	for i := range n {
		p.Set(l.ctx, "{u}p"+strconv.Itoa(i), i, time.Minute)
	}
	gets := make([]*redis.StringCmd, n)
	for i := range n {
		gets[i] = p.Get(l.ctx, "{u}p"+strconv.Itoa(i))
	}
	_, err := p.Exec(l.ctx)
	l.must(err)
	for i, get := range gets {
		l.same(strconv.Itoa(i), get.Val(), get.Err())
	}
	spread := l.Pipeline() // keys of all nodes
	for i := range n {
		spread.Incr(l.ctx, "p"+strconv.Itoa(i))
	}
	counts, err := spread.Exec(l.ctx)
	l.same(strconv.Itoa(n), len(counts), err)
}

func (l *library) transaction() {
	var last *redis.IntCmd
	_, err := l.TxPipelined(l.ctx, func(p redis.Pipeliner) error {
		p.Set(l.ctx, "{u}a", 1, 0)
		last = p.IncrBy(l.ctx, "{u}a", 41)
		return nil
	})
	l.same("42", last.Val(), err)
	_, err = l.TxPipelined(l.ctx, func(p redis.Pipeliner) error {
		p.LPush(l.ctx, "{u}a", "x")
		last = p.Incr(l.ctx, "{u}a")
		return nil
	})
	if !redis.HasErrorPrefix(err, "WRONGTYPE") {
		l.Fatalf("a transaction with a command of the wrong type: %v", err)
	}
	l.same("43", last.Val(), last.Err())
}

// watch counts in many goroutines at once by WATCH, GET, MULTI, SET, EXEC.
func (l *library) watch() {
	const workers, each = 4, 10
	failed := make(chan error, workers)
	for range workers {
		go func() {
			for range each {
				var err error = redis.TxFailedErr
				for errors.Is(err, redis.TxFailedErr) {
					err = l.Watch(l.ctx, func(tx *redis.Tx) error {
						n, err := tx.Get(l.ctx, "{u}a").Int()
						if err != nil && !errors.Is(err, redis.Nil) {
							return err
						}
						_, err = tx.TxPipelined(l.ctx, func(p redis.Pipeliner) error {
							return p.Set(l.ctx, "{u}a", n+1, 0).Err()
						})
						return err
					}, "{u}a")
				}
				if err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	for range workers {
		l.must(<-failed)
	}
	n, err := l.Get(l.ctx, "{u}a").Int()
	l.same(strconv.Itoa(workers*each), n, err)
}

func (l *library) script() {
	l.must(l.ScriptFlush(l.ctx).Err())
	add := redis.NewScript(`local n = redis.call("INCRBY", KEYS[1], ARGV[1]) return {n, "of", false, {ok = "FINE"}}`)
	err := add.EvalSha(l.ctx, l, []string{"{u}a"}, 1).Err()
	if !redis.HasErrorPrefix(err, "NOSCRIPT") {
		l.Fatalf("a script that is not known: %v", err)
	}
	for i := range 3 { // EVALSHA, and EVAL where that says NOSCRIPT
		reply, err := add.Run(l.ctx, l, []string{"{u}a"}, 5).Slice()
		l.same(fmt.Sprintf("[%d of <nil> FINE]", 5*(i+1)), reply, err)
	}
	l.must(add.Load(l.ctx, l).Err())
	known, err := add.Exists(l.ctx, l).Result()
	l.same("[true]", known, err)
	read := redis.NewScript(`return redis.call("GET", KEYS[1])`)
	got, err := read.RunRO(l.ctx, l, []string{"{u}a"}).Text()
	l.same("15", got, err)
	err = l.Eval(l.ctx, `return redis.error_reply("OWN what went wrong")`, []string{"{u}a"}).Err()
	l.same("OWN what went wrong", err, nil)
}

// next is the next message of a subscription.
func (l *library) next(s *redis.PubSub) string {
	l.Helper()
	m, err := s.ReceiveMessage(l.ctx)
	l.must(err)
	return m.Channel + " " + m.Pattern + " " + m.Payload
}

func (l *library) channels() {
	named, pattern := l.Subscribe(l.ctx, "{u}news", "{u}other"), l.PSubscribe(l.ctx, "{u}n*")
	defer func() { l.must(errors.Join(named.Close(), pattern.Close())) }()
	for range 2 {
		_, err := named.Receive(l.ctx)
		l.must(err)
	}
	_, err := pattern.Receive(l.ctx)
	l.must(err)
	l.must(named.Ping(l.ctx))
	if reply, err := named.Receive(l.ctx); err != nil || !strings.HasPrefix(fmt.Sprint(reply), "Pong") {
		l.Fatalf("PING of a subscriber: %v, %v", reply, err)
	}
	cluster, isCluster := l.UniversalClient.(*redis.ClusterClient)
	publish := l.UniversalClient.Publish
	if isCluster { // channels stay within their node for now
		owner, err := cluster.MasterForKey(l.ctx, "{u}news")
		l.must(err)
		publish = owner.Publish
	}
	l.must(publish(l.ctx, "{u}news", "hello").Err())
	l.same("{u}news  hello", l.next(named), nil)
	l.same("{u}news {u}n* hello", l.next(pattern), nil)
	l.must(named.Unsubscribe(l.ctx, "{u}other"))
	left, err := named.Receive(l.ctx)
	l.same("unsubscribe: {u}other", left, err)
}

func (l *library) shardedChannels() {
	s := l.SSubscribe(l.ctx, "{u}shard")
	defer func() { l.must(s.Close()) }()
	_, err := s.Receive(l.ctx)
	l.must(err)
	got, err := l.SPublish(l.ctx, "{u}shard", "hello").Result()
	l.same("1", got, err)
	l.same("{u}shard  hello", l.next(s), nil)
}

// blocking has each kind of wait served by a push that comes later, or, where
// the wait begins later, at once: both are right.
func (l *library) blocking() {
	waits := []struct {
		wait func() (any, error)
		push func() error
		want string
	}{
		{func() (any, error) { return l.BLPop(l.ctx, 0, "{u}a", "{u}b").Result() },
			func() error { return l.RPush(l.ctx, "{u}b", "1").Err() }, "[{u}b 1]"},
		{func() (any, error) { return l.BRPop(l.ctx, 0, "{u}a").Result() },
			func() error { return l.RPush(l.ctx, "{u}a", "1", "2").Err() }, "[{u}a 2]"},
		{func() (any, error) { return l.BLMove(l.ctx, "{u}c", "{u}d", "LEFT", "RIGHT", 0).Result() },
			func() error { return l.RPush(l.ctx, "{u}c", "x").Err() }, "x"},
		{func() (any, error) { return l.BZPopMin(l.ctx, 0, "{u}z").Result() },
			func() error { return l.ZAdd(l.ctx, "{u}z", redis.Z{Score: 1.5, Member: "m"}).Err() }, "&{{1.5 m} {u}z}"},
		{func() (any, error) {
			key, elements, err := l.BLMPop(l.ctx, 0, "left", 10, "{u}e").Result()
			return key + fmt.Sprint(elements), err
		}, func() error { return l.RPush(l.ctx, "{u}e", "1", "2").Err() }, "{u}e[1 2]"},
		{func() (any, error) {
			key, elements, err := l.BZMPop(l.ctx, 0, "max", 1, "{u}z").Result()
			return key + fmt.Sprint(elements), err
		}, func() error { return l.ZAdd(l.ctx, "{u}z", redis.Z{Score: 2, Member: "m"}).Err() }, "{u}z[{2 m}]"},
	}
	for _, w := range waits {
		type answer struct {
			got any
			err error
		}
		answers := make(chan answer, 1)
		go func() {
			got, err := w.wait()
			answers <- answer{got, err}
		}()
		l.must(w.push())
		a := <-answers
		l.same(w.want, a.got, a.err)
		l.must(l.Del(l.ctx, "{u}a").Err())
	}
}

func (l *library) scans() {
	const n = 700
	p := l.Pipeline()
	for i := range n {
		p.HSet(l.ctx, "{u}h", i, i)
		p.SAdd(l.ctx, "{u}s", "m"+strconv.Itoa(i))
		p.ZAdd(l.ctx, "{u}z", redis.Z{Score: float64(i), Member: i})
		p.Set(l.ctx, "{u}scan"+strconv.Itoa(i), i, 0)
	}
	_, err := p.Exec(l.ctx)
	l.must(err)
	defer l.Del(l.ctx, "{u}h", "{u}s", "{u}z")
	keys := func(c redis.Cmdable) int {
		return l.walk(c.Scan(l.ctx, 0, "{u}scan*", 100).Iterator())
	}
	found := 0
	if cluster, ok := l.UniversalClient.(*redis.ClusterClient); ok {
		owner, err := cluster.MasterForKey(l.ctx, "{u}")
		l.must(err)
		found = keys(owner)
	} else {
		found = keys(l)
	}
	l.same(strconv.Itoa(n), found, nil)
	l.same(strconv.Itoa(2*n), l.walk(l.HScan(l.ctx, "{u}h", 0, "", 50).Iterator()), nil)
	l.same(strconv.Itoa(n), l.walk(l.SScan(l.ctx, "{u}s", 0, "", 50).Iterator()), nil)
	l.same(strconv.Itoa(2*n), l.walk(l.ZScan(l.ctx, "{u}z", 0, "", 50).Iterator()), nil)
}

func (l *library) walk(it *redis.ScanIterator) (n int) {
	l.Helper()
	for it.Next(l.ctx) {
		n++
	}
	l.must(it.Err())
	return n
}

// sorted is a list without its order.
func sorted(list []string) []string {
	slices.Sort(list)
	return list
}
