package migrate_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"

	"slotbench/internal/peer"
	"slotbench/internal/slot"
	"slotbench/server"
	"slotbench/server/node"
)

// member is one node of a cluster within this process.
type member struct {
	addr, host, port, id string
	conn                 *peer.Conn
}

// startNode runs a node on a free port until the test ends.
func startNode(t *testing.T, clustered bool) *member {
	t.Helper()
	config := server.DefaultConfig(2)
	config.Bind, config.Port, config.ClusterEnabled = []string{"127.0.0.1"}, 0, clustered
	n, err := node.New(node.Config{Server: config})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("node: %v", err)
		}
	})
	host, port, _ := strings.Cut(n.Addr(), ":")
	return &member{addr: n.Addr(), host: host, port: port, conn: peer.Dial(t, n.Addr())}
}

// startCluster runs so many nodes and gives each an even share of the slots.
func startCluster(t *testing.T, nodes int) []*member {
	t.Helper()
	members := make([]*member, nodes)
	shards := make([]slot.Node, nodes)
	for i := range members {
		members[i] = startNode(t, true)
		members[i].id = members[i].conn.Text("CLUSTER", "MYID")
	}
	even := slot.Even(slot.DefaultCount, shards)
	const shard = `{"slot_ranges":[{"start":%d,"end":%d}],"master":{"id":"%s","ip":"%s","port":%s},"replicas":[]}`
	var config []string
	for i, m := range members {
		owned := even.Owned(i)[0]
		config = append(config, fmt.Sprintf(shard, owned.First, owned.Last, m.id, m.host, m.port))
	}
	for _, m := range members {
		m.conn.Text("DFLYCLUSTER", "CONFIG", "["+strings.Join(config, ",")+"]")
	}
	return members
}

// silent is a target that takes one command and does not answer.
type silent struct {
	host, port string
	asked      chan struct{}
	hangUp     func()
}

func newSilent(t *testing.T) *silent {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &silent{asked: make(chan struct{})}
	s.host, s.port, _ = strings.Cut(l.Addr().String(), ":")
	over := make(chan struct{})
	s.hangUp = sync.OnceFunc(func() { close(over) })
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		if _, err := conn.Read(make([]byte, 4096)); err == nil {
			close(s.asked)
		}
		<-over
	}()
	t.Cleanup(func() {
		s.hangUp()
		_ = l.Close()
		<-ended
	})
	return s
}

// move migrates a slot as redis-cli --cluster reshard does.
func move(from, to *member, s slot.Slot, keysAtOnce int) {
	at := strconv.Itoa(int(s))
	to.conn.Text("CLUSTER", "SETSLOT", at, "IMPORTING", from.id)
	from.conn.Text("CLUSTER", "SETSLOT", at, "MIGRATING", to.id)
	for {
		keys := from.conn.Value("CLUSTER", "GETKEYSINSLOT", at, strconv.Itoa(keysAtOnce)).Elems
		if len(keys) == 0 {
			break
		}
		request := []string{"MIGRATE", to.host, to.port, "", "0", "30000", "KEYS"}
		for _, key := range keys {
			request = append(request, key.Text)
		}
		from.conn.Text(request...)
	}
	to.conn.Text("CLUSTER", "SETSLOT", at, "NODE", to.id)
	from.conn.Text("CLUSTER", "SETSLOT", at, "NODE", to.id)
}

// TestMigrationUnderLoad moves one slot from a to b and back, several times,
// while writers change the keys in it: none is lost, none is on both nodes,
// and each holds what its writer last gave it.
func TestMigrationUnderLoad(t *testing.T) {
	const (
		writers = 4
		steps   = 1500 // of each
	)
	seed := rand.Uint64()
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	members := startCluster(t, 2)
	a, b := members[0], members[1]
	s := slot.Of([]byte("{t}"))
	from, to := b, a
	if int(s) < 8192 {
		from, to = a, b
	}
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{a.addr, b.addr}, MaxRedirects: 16, MinRetryBackoff: -1})
	defer client.Close()
	ctx := context.Background()
	var group sync.WaitGroup
	defer group.Wait()
	all := make([]*writer, writers)
	for i := range all {
		w := &writer{client: client, random: rand.New(rand.NewPCG(seed, uint64(i))), name: fmt.Sprint("w", i),
			model: make(map[string]string), done: make(map[string]int)}
		all[i] = w
		group.Go(func() {
			for w.steps < steps {
				if err := w.step(ctx); err != nil {
					t.Errorf("writer %d, step %d: %v", i, w.steps, err)
					return
				}
			}
		})
	}
	written := make(chan struct{})
	go func() {
		group.Wait()
		close(written)
	}()
	random := rand.New(rand.NewPCG(seed, writers))
	moves := 0
	for writing := true; writing; moves++ {
		move(from, to, s, 1+random.IntN(40))
		from, to = to, from
		select {
		case <-written:
			writing = false
		default:
		}
	}

	want := make(map[string]string)
	carriedOut := make(map[string]int)
	for _, w := range all {
		maps.Copy(want, w.model)
		for op, n := range w.done {
			carriedOut[op] += n
		}
	}
	t.Logf("%d moves, %d keys in the end; carried out: %v", moves, len(want), carriedOut)
	for key, value := range want {
		if got := from.conn.Value("GET", key); got.Text != value {
			t.Errorf("%s holds %.60q in the end, want %.60q", key, got.Text, value)
		}
	}
	var there []string
	for _, key := range from.conn.Value("KEYS", "*").Elems {
		there = append(there, key.Text)
	}
	slices.Sort(there)
	if expected := slices.Sorted(maps.Keys(want)); !slices.Equal(there, expected) {
		t.Errorf("the owner has %d keys, want %d", len(there), len(expected))
	}
	if n := to.conn.Text("DBSIZE"); n != "0" {
		t.Errorf("the other node still has %s keys", n)
	}
}
