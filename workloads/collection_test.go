package workloads

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"slotbench/internal/request"
	"slotbench/internal/slot"
)

// collections is a workload with every type, placeholder and kind of
// operation that everything does not have.
const collections = `
name: collections
keys: 2200
popularity: {kind: exponential}
checked: true
scripts:
  touch: return redis.call('EXISTS', KEYS[1])
families:
  - {name: user, key: "user:{u%d}", type: hash, elements: "3-7", value_size: "20-40", share: 2}
  - {name: cart, key: "cart:{u%d}:%[pad]s", key_size: "gev:location=30.8,scale=8.2,shape=0.0787,min=16,max=250", type: hash, elements: "4", universe: 9, element: "p%03dx"}
  - {name: tally, key: "tally:%d", type: hash, counter: true}
  - {name: list, key: "list:%d", type: list, elements: "5:1,700:1", value_size: "0.5 gpareto:location=15,scale=20,shape=0.3,max=400 | 0.5 2-14"}
  - {name: set, key: "set:%d", type: set, elements: "8", universe: 16, element: "%x", popularity: {kind: key-range, key_ranges: 5, terms: [14.18, -2.917, 0.0164, -0.08082]}}
  - {name: zset, key: "zset:%d", type: zset, elements: "histogram:3-5:1,10-20:3", universe: 40, scores: "100-1099"}
  - {name: bits, key: "bits:%d", type: bitmap, elements: "100"}
  - {name: order, key: "order:{u%[tag]d}:%[member]d", tags: {keys_per_tag: 3}, content: "compressible:4", value_size: "30-50"}
  - {name: late, key: "late:%d:", preload: false, content: unique}
  - {name: stream, key: "stream:%d", type: stream}
operations:
  - {command: HGETALL}
  - {command: HMGET, count: "3", families: [user]}
  - {command: HSET, count: "1-4", families: [user, cart]}
  - {command: HINCRBY, by: 3}
  - {command: HDEL, families: [cart]}
  - {command: LPUSH, count: "2"}
  - {command: LRANGE, start: 1, end: 3}
  - {command: LINDEX}
  - {command: SADD, count: "30"}
  - {command: SISMEMBER}
  - {command: ZADD, count: "2"}
  - {command: ZRANGEBYSCORE}
  - {command: ZREVRANGEBYSCORE}
  - {command: ZINCRBY}
  - {command: SETBIT}
  - {command: GETBIT}
  - {command: GET, families: [late]}
  - {command: "XADD {key} MAXLEN 100 * [{field} {value:5-9}]", count: "2", families: [stream]}
  - {command: "SET {key} {value:64} EX {seconds}", name: set it, ttl: "1d:65,14d:35", families: [late]}
  - {command: "SINTER {key} {key}", name: twice, families: [set]}
  - {command: "BITFIELD {key} SET u8 {number:0-92} {number:0-255}", families: [bits]}
  - {command: "EVALSHA {script:touch} 1 {key} {unique} {seq} {n}", name: script, families: [set], expect: "0|1"}
  - {command: "EVALSHA {script:touch} {count} {keys}", name: scripts, families: [order], count: "1-5"}
  - name: visit
    weight: 3
    steps:
      - {command: HGETALL, family: user}
      - {command: HLEN, family: cart}
      - {command: GET, family: order}
  - name: again
    steps: [{command: GET, family: order, name: again read}, {command: SET, name: again write}]
  - name: buy
    weight: 2
    transaction: true
    steps:
      - {command: HSET, family: cart}
      - {command: SET, family: order}
      - {command: EXPIRE, family: user, ttl: 60s}
`

// collectionShapes is how the arguments of each operation look: K the key, N a
// number, * anything.
var collectionShapes = map[string]string{
	"HGETALL": "K", "HMGET": "K fN fN fN", "HINCRBY": "K fN 3", "HDEL": "K p", "LPUSH": "K * *", "LRANGE": "K 1 3", "LINDEX": "K N",
	"SISMEMBER": "K *", "ZADD": "K N m N m", "ZRANGEBYSCORE": "K N N", "ZREVRANGEBYSCORE": "K N N", "ZINCRBY": "K N m",
	"SETBIT": "K N N", "GETBIT": "K N", "GET": "K", "XADD": "K MAXLEN 100 * f * f *", "set it": "K * EX N", "twice": "K K",
	"BITFIELD": "K SET u8 N N", "script": "* 1 K * N N", "visit 1 HGETALL": "K", "visit 2 HLEN": "K", "visit 3 GET": "K",
	"again read": "K", "again write": "K *",
}

func TestCollectionForms(t *testing.T) {
	w := mustParse(t, collections, Options{Seed: 2, Streams: 3})
	source := w.Stream(2)
	seen := map[string]int{}
	var r request.Request
	for range 20_000 {
		source.Next(&r)
		op := w.Ops()[r.Op]
		seen[op.Name]++
		if slot.Of(r.Key()) != r.Slot {
			t.Fatalf("%q is in slot %d, said %d", r.Key(), slot.Of(r.Key()), r.Slot)
		}
		args := readCommands(t, r.Frame)[0]
		shape, known := collectionShapes[op.Name]
		if !known {
			continue
		}
		words := strings.Fields(shape)
		if len(words) != len(args)-1 {
			t.Fatalf("%s: %q, want the shape %s", op.Name, args, shape)
		}
		for i, word := range words {
			if !fits(args[1+i], word, string(r.Key())) {
				t.Fatalf("%s: argument %q, want %s", op.Name, args[1+i], word)
			}
		}
	}
	for _, op := range w.Ops()[:len(w.Ops())-1] {
		if share := float64(seen[op.Name]) / 20_000; share < op.Weight*0.75 || share > op.Weight*1.25 {
			t.Errorf("%s: a share of %.4f, want %.4f", op.Name, share, op.Weight)
		}
	}
}

func fits(arg, word, key string) bool {
	number := func(text string) bool { _, err := strconv.ParseUint(text, 10, 64); return err == nil }
	switch word {
	case "K":
		return arg == key
	case "N":
		return number(arg)
	case "*":
		return true
	case "f", "fN":
		return number(strings.TrimPrefix(arg, "field"))
	case "m":
		return number(strings.TrimPrefix(arg, "member"))
	case "p":
		return len(arg) == 5 && arg[0] == 'p' && arg[4] == 'x'
	}
	return arg == word
}

// TestStepsShareTheirNumber follows one stream's steps: the same user, its
// cart, and any of its orders; the same order twice; and one slot in a
// transaction.
func TestStepsShareTheirNumber(t *testing.T) {
	w := mustParse(t, collections, Options{Seed: 9, Streams: 1})
	source := w.Stream(0)
	var r request.Request
	var user, order string
	visits, pairs, buys := 0, 0, 0
	between := func(key string) string {
		_, rest, _ := strings.Cut(key, "{")
		tag, _, _ := strings.Cut(rest, "}")
		return tag
	}
	for range 20_000 {
		source.Next(&r)
		key := string(r.Key())
		switch w.Ops()[r.Op].Name {
		case "visit 1 HGETALL":
			user = between(key)
		case "visit 2 HLEN", "visit 3 GET":
			if between(key) != user {
				t.Fatalf("%s after user %s", key, user)
			}
			visits++
		case "again read":
			order = key
		case "again write":
			if key != order {
				t.Fatalf("%s is written after %s was read", key, order)
			}
			pairs++
		case "buy":
			commands := readCommands(t, r.Frame)
			if len(commands) != 5 || commands[0][0] != "MULTI" || commands[4][0] != "EXEC" {
				t.Fatalf("a transaction of %q", commands)
			}
			for _, args := range commands[1:4] {
				if slot.Of([]byte(args[1])) != r.Slot {
					t.Fatalf("%s is in another slot than %s", args[1], key)
				}
			}
			if _, _, ok := request.ReadStamp([]byte(commands[2][2]), []byte(commands[2][1])); !ok {
				t.Fatal("a value in a transaction has no stamp of its own key")
			}
			buys++
		}
	}
	if visits == 0 || pairs == 0 || buys == 0 {
		t.Errorf("%d visits, %d pairs, %d transactions", visits, pairs, buys)
	}
}

// TestPreloadOfEveryType reads what the preload writes of each type.
func TestPreloadOfEveryType(t *testing.T) {
	w := mustParse(t, collections, Options{Seed: 4, Streams: 1})
	type written struct {
		command  string
		elements []string
	}
	keys := map[string]*written{}
	for part := range 3 {
		source := w.Preload(part, 3)
		var r request.Request
		for source.Next(&r) {
			args := readCommands(t, r.Frame)[0]
			at := keys[string(r.Key())]
			if at == nil {
				at = &written{command: args[0]}
				keys[string(r.Key())] = at
			}
			at.elements = append(at.elements, args[2:]...)
			if want := string(w.Key(int64(r.Seq - 1))); want != string(r.Key()) || slot.Of(r.Key()) != r.Slot {
				t.Fatalf("key %d is %s in slot %d; Key says %s", r.Seq, r.Key(), r.Slot, want)
			}
		}
	}
	if int64(len(keys)) != w.Preloaded() || w.Preloaded() != w.Keys()-400 {
		t.Errorf("%d keys, Preloaded says %d of %d", len(keys), w.Preloaded(), w.Keys())
	}
	for prefix, want := range map[string]struct {
		command string
		counts  []int // of arguments behind the key
	}{
		"user:": {"HSET", []int{6, 8, 10, 12, 14}}, "cart:": {"HSET", []int{8}}, "tally:": {"HSET", []int{20}},
		"list:": {"RPUSH", []int{5, 700}}, "set:": {"SADD", []int{8}}, "bits:": {"SET", []int{1}}, "order:": {"SET", []int{1}},
	} {
		for key, at := range keys {
			if strings.HasPrefix(key, prefix) && (at.command != want.command || !slices.Contains(want.counts, len(at.elements))) {
				t.Fatalf("%s: %s of %d arguments, want %s of %v", key, at.command, len(at.elements), want.command, want.counts)
			}
		}
	}
	for key := range keys {
		if strings.HasPrefix(key, "late:") || strings.HasPrefix(key, "stream:") {
			t.Fatalf("%s is preloaded", key)
		}
	}
}

// TestInsertsIntoTagsOfEqualSize checks that new keys go on where the tags end.
func TestInsertsIntoTagsOfEqualSize(t *testing.T) {
	w := mustLoad(t, "ycsb-e", Options{Seed: 3, Streams: 2, Keys: 1000})
	source := w.Stream(1)
	var r request.Request
	inserted := 0
	for range 2000 {
		source.Next(&r)
		if op := w.Ops()[r.Op]; op.Insert {
			n := 1000 + 2*inserted + 1
			if want := fmt.Sprintf("user{%d}:%d", n/100, n%100); string(r.Key()) != want {
				t.Fatalf("insert %d is %s, want %s", inserted, r.Key(), want)
			}
			if args := readCommands(t, r.Frame)[0]; len(args) != 22 {
				t.Fatalf("a record of %d arguments", len(args))
			}
			inserted++
		}
	}
	if inserted == 0 {
		t.Error("nothing was inserted")
	}
}
