package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"slotbench/internal/slot"
	"slotbench/targets"
)

const (
	keysEach   = 40  // of each type and worker
	maxMembers = 700 // of one collection: enough to outgrow a listpack
	reportEach = 1000
)

// distinct is moves without those whose slot stands there already.
func distinct(moves []targets.Move) []targets.Move {
	seen := make(map[slot.Slot]bool)
	return slices.DeleteFunc(moves, func(m targets.Move) bool {
		twice := seen[m.Slot]
		seen[m.Slot] = true
		return twice
	})
}

// worker owns keys that nobody else writes, so that it knows every reply.
type worker struct {
	client redis.UniversalClient
	number int
	rnd    *rand.Rand
	watch  *watch

	strings  map[string]string
	counters map[string]int64
	hashes   map[string]map[string]string
	lists    map[string][]string
	sets     map[string]map[string]bool
	sorted   map[string]map[string]float64
}

func newWorker(client redis.UniversalClient, number int, seed uint64, w *watch) *worker {
	return &worker{client: client, number: number, rnd: rand.New(rand.NewPCG(seed, uint64(number))), watch: w,
		strings: make(map[string]string), counters: make(map[string]int64), hashes: make(map[string]map[string]string),
		lists: make(map[string][]string), sets: make(map[string]map[string]bool), sorted: make(map[string]map[string]float64)}
}

// run works until ended; ctx ends it at once.
func (w *worker) run(ended, ctx context.Context) {
	steps := []func(context.Context){w.str, w.str, w.counter, w.hash, w.list, w.set, w.zset, w.transaction, w.expiring}
	for n := 0; ended.Err() == nil; n++ {
		steps[w.rnd.IntN(len(steps))](ctx)
		if n%reportEach == reportEach-1 {
			w.watch.mu.Lock()
			w.watch.commands += reportEach
			w.watch.mu.Unlock()
		}
	}
}

func (w *worker) key(kind string) string {
	return fmt.Sprintf("%s:%d:%d", kind, w.number, w.rnd.IntN(keysEach))
}

func (w *worker) text() string {
	return strings.Repeat(string(rune('a'+w.rnd.IntN(26))), w.rnd.IntN(200))
}

// expect compares a reply with what the model says.
func expect[T comparable](w *worker, what string, got T, err error, want T) {
	if errors.Is(err, redis.Nil) {
		err = nil
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		w.watch.complain("%s: %v", what, err)
	} else if err == nil && got != want {
		w.watch.complain("%s: %v, want %v", what, got, want)
	}
}

func (w *worker) str(ctx context.Context) {
	key := w.key("string")
	switch w.rnd.IntN(4) {
	case 0:
		w.strings[key] = w.text()
		expect(w, "SET "+key, "OK", w.client.Set(ctx, key, w.strings[key], 0).Err(), "OK")
	case 1:
		more := w.text()
		if len(w.strings[key]) > 4000 {
			_, err := w.client.Del(ctx, key).Result()
			expect(w, "DEL "+key, 0, err, 0)
			delete(w.strings, key)
			return
		}
		n, err := w.client.Append(ctx, key, more).Result()
		w.strings[key] += more
		expect(w, "APPEND "+key, n, err, int64(len(w.strings[key])))
	default:
		got, err := w.client.Get(ctx, key).Result()
		expect(w, "GET "+key, got, err, w.strings[key])
	}
}

func (w *worker) counter(ctx context.Context) {
	key, by := w.key("counter"), int64(w.rnd.IntN(100)-50)
	w.counters[key] += by
	got, err := w.client.IncrBy(ctx, key, by).Result()
	expect(w, "INCRBY "+key, got, err, w.counters[key])
}

// member is a random member; collections of a third of the keys grow large.
func (w *worker) member(key string) string {
	most := 20
	if key[len(key)-1]%3 == 0 {
		most = maxMembers
	}
	return "member:" + strconv.Itoa(w.rnd.IntN(most))
}

func (w *worker) hash(ctx context.Context) {
	key := w.key("hash")
	h := w.hashes[key]
	if h == nil {
		h = make(map[string]string)
		w.hashes[key] = h
	}
	field := w.member(key)
	_, had := h[field]
	switch w.rnd.IntN(5) {
	case 0, 1:
		n, err := w.client.HSet(ctx, key, field, w.setField(h, field)).Result()
		expect(w, "HSET "+key, n == 0, err, had)
	case 2:
		n, err := w.client.HDel(ctx, key, field).Result()
		delete(h, field)
		expect(w, "HDEL "+key, n == 1, err, had)
	case 3:
		all, err := w.client.HGetAll(ctx, key).Result()
		expect(w, "HGETALL "+key, maps.Equal(all, h), err, true)
	default:
		got, err := w.client.HGet(ctx, key, field).Result()
		expect(w, "HGET "+key, got, err, h[field])
	}
}

func (w *worker) setField(h map[string]string, field string) string {
	h[field] = w.text()
	return h[field]
}

func (w *worker) list(ctx context.Context) {
	key := w.key("list")
	l := w.lists[key]
	switch op := w.rnd.IntN(5); {
	case op < 2 && len(l) < maxMembers:
		text := w.text()
		w.lists[key] = append(l, text)
		n, err := w.client.RPush(ctx, key, text).Result()
		expect(w, "RPUSH "+key, n, err, int64(len(l)+1))
	case op == 2 && len(l) > 0:
		got, err := w.client.LPop(ctx, key).Result()
		expect(w, "LPOP "+key, got, err, l[0])
		w.lists[key] = slices.Clone(l[1:])
	case op == 3 && len(l) > 0:
		at := w.rnd.IntN(len(l))
		got, err := w.client.LIndex(ctx, key, int64(at)).Result()
		expect(w, "LINDEX "+key, got, err, l[at])
	default:
		got, err := w.client.LRange(ctx, key, 0, -1).Result()
		expect(w, "LRANGE "+key, slices.Equal(got, l) || len(got) == 0 && len(l) == 0, err, true)
	}
}

func (w *worker) set(ctx context.Context) {
	key := w.key("set")
	s := w.sets[key]
	if s == nil {
		s = make(map[string]bool)
		w.sets[key] = s
	}
	m := w.member(key)
	had := s[m]
	switch w.rnd.IntN(4) {
	case 0, 1:
		n, err := w.client.SAdd(ctx, key, m).Result()
		s[m] = true
		expect(w, "SADD "+key, n == 0, err, had)
	case 2:
		n, err := w.client.SRem(ctx, key, m).Result()
		delete(s, m)
		expect(w, "SREM "+key, n == 1, err, had)
	default:
		n, err := w.client.SCard(ctx, key).Result()
		expect(w, "SCARD "+key, n, err, int64(len(s)))
	}
}

func (w *worker) zset(ctx context.Context) {
	key := w.key("sorted")
	z := w.sorted[key]
	if z == nil {
		z = make(map[string]float64)
		w.sorted[key] = z
	}
	m := w.member(key)
	score, had := z[m]
	switch w.rnd.IntN(5) {
	case 0, 1:
		z[m] = math.Trunc(w.rnd.Float64()*1e6) / 8
		n, err := w.client.ZAdd(ctx, key, redis.Z{Score: z[m], Member: m}).Result()
		expect(w, "ZADD "+key, n == 0, err, had)
	case 2:
		n, err := w.client.ZRem(ctx, key, m).Result()
		delete(z, m)
		expect(w, "ZREM "+key, n == 1, err, had)
	case 3:
		got, err := w.client.ZScore(ctx, key, m).Result()
		expect(w, "ZSCORE "+key, got, err, score)
	default:
		limit := w.rnd.Float64() * 1e6 / 8
		below := int64(0)
		for _, score := range z {
			if score <= limit {
				below++
			}
		}
		n, err := w.client.ZCount(ctx, key, "-inf", strconv.FormatFloat(limit, 'g', 17, 64)).Result()
		expect(w, "ZCOUNT "+key, n, err, below)
	}
}

// transaction changes two things of one key as one.
func (w *worker) transaction(ctx context.Context) {
	key := w.key("counter")
	w.counters[key] += 3
	var last *redis.IntCmd
	_, err := w.client.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.IncrBy(ctx, key, 5)
		last = pipe.DecrBy(ctx, key, 2)
		return nil
	})
	expect(w, "EXEC "+key, last.Val(), err, w.counters[key])
}

// expiring leaves keys that go by themselves.
func (w *worker) expiring(ctx context.Context) {
	key := fmt.Sprintf("gone:%d:%d", w.number, w.rnd.IntN(1<<30))
	err := w.client.Set(ctx, key, w.text(), time.Duration(1+w.rnd.IntN(3000))*time.Millisecond).Err()
	expect(w, "SET PX "+key, "OK", err, "OK")
}
