package migrate_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"slotbench/internal/peer"
)

// kinds fill a key with n elements, and read all of it.
var kinds = []struct {
	name string
	fill func(n int) []string
	read []string
}{
	{"string", func(n int) []string { return []string{"SET", "KEY", strings.Repeat("abcdefgh", n)} }, []string{"GET", "KEY"}},
	{"integer", func(n int) []string { return []string{"SET", "KEY", strconv.Itoa(-n)} }, []string{"GET", "KEY"}},
	{"binary", func(int) []string { return []string{"SET", "KEY", "\x00\xff\r\n"} }, []string{"GET", "KEY"}},
	{"list", elements("RPUSH", "element %d", "%d"), []string{"LRANGE", "KEY", "0", "-1"}},
	{"longlist", elements("RPUSH", strings.Repeat("0123456789abcdef", 700)+"%d"), []string{"LRANGE", "KEY", "0", "-1"}},
	{"set", elements("SADD", "member %d", "%d"), []string{"SMEMBERS", "KEY"}},
	{"intset", elements("SADD", "%d"), []string{"SMEMBERS", "KEY"}},
	{"zset", elements("ZADD", "%d.5", "member %d"), []string{"ZRANGE", "KEY", "0", "-1", "WITHSCORES"}},
	{"hash", elements("HSET", "field %d", "%d"), []string{"HGETALL", "KEY"}},
	{"longhash", elements("HSET", "%d", strings.Repeat("v", 100)+"%d"), []string{"HGETALL", "KEY"}},
}

// elements fills a key with n times these, each with its number.
func elements(command string, formats ...string) func(n int) []string {
	return func(n int) []string {
		words := []string{command, "KEY"}
		for i := range n {
			for _, format := range formats {
				words = append(words, fmt.Sprintf(format, i))
			}
		}
		return words
	}
}

func of(key string, words []string) []string {
	words = slices.Clone(words)
	words[slices.Index(words, "KEY")] = key
	return words
}

// TestAllTypesThereAndBack has a real redis-server MIGRATE keys of all types
// to a node of ours, and ours back.
func TestAllTypesThereAndBack(t *testing.T) {
	theirs := peer.Start(t)
	source, ours := peer.Dial(t, theirs), startNode(t, false)
	source.Text("HELLO", "3")
	request := []string{"", "0", "30000", "KEYS"}
	type held struct{ elements, kind, encoding string }
	look := func(key string, read []string) held {
		v := source.Value(of(key, read)...)
		texts := make([]string, 0, len(v.Elems)+1)
		for _, e := range v.Elems {
			texts = append(texts, e.Text, fmt.Sprint(e.Elems))
		}
		if read[0] == "SMEMBERS" || read[0] == "HGETALL" {
			slices.Sort(texts)
		}
		return held{v.Text + strings.Join(texts, " "), source.Text("TYPE", key), source.Text("OBJECT", "ENCODING", key)}
	}
	before := make(map[string]held)
	for _, size := range sizes {
		for _, k := range kinds {
			key := fmt.Sprint(k.name, size)
			source.Text(of(key, k.fill(size))...)
			before[key] = look(key, k.read)
			request = append(request, key)
		}
	}
	source.Text("SET", "ends", "v", "EX", "100")
	request = append(request, "ends")
	source.Text(append([]string{"MIGRATE", ours.host, ours.port}, request...)...)
	if n := source.Text("DBSIZE"); n != "0" {
		t.Errorf("the real server still has %s keys", n)
	}
	for key, was := range before {
		if encoding := ours.conn.Text("OBJECT", "ENCODING", key); encoding != was.encoding {
			t.Errorf("%s: here its encoding is %s, there %s", key, encoding, was.encoding)
		}
		if kind := ours.conn.Text("TYPE", key); kind != was.kind {
			t.Errorf("%s: here it is a %s, there a %s", key, kind, was.kind)
		}
	}
	host, port, _ := strings.Cut(theirs, ":")
	ours.conn.Text(append([]string{"MIGRATE", host, port}, request...)...)
	if n := ours.conn.Text("DBSIZE"); n != "0" {
		t.Errorf("our node still has %s keys", n)
	}
	for _, size := range sizes {
		for _, k := range kinds {
			key := fmt.Sprint(k.name, size)
			if after := look(key, k.read); after != before[key] {
				t.Errorf("%s has become %.200q, was %.200q", key, after, before[key])
			}
			if ttl := source.Text("PTTL", key); ttl != "-1" {
				t.Errorf("%s has PTTL %s", key, ttl)
			}
		}
	}
	if ttl, _ := strconv.Atoi(source.Text("PTTL", "ends")); ttl < 1 || ttl > 100_000 {
		t.Errorf("ends has PTTL %d", ttl)
	}
}

// sizes is how many elements the keys have: packed ones, and large ones.
var sizes = []int{5, 3000}

// TestStreamsStay has a real redis-server MIGRATE what we do not hold.
func TestStreamsStay(t *testing.T) {
	source, ours := peer.Dial(t, peer.Start(t)), startNode(t, false)
	source.Text("XADD", "stream", "*", "a", "1")
	reply := source.Value("MIGRATE", ours.host, ours.port, "stream", "0", "30000")
	if want := "ERR Target instance replied with error: ERR Bad data format: streams are not supported"; reply.Text != want {
		t.Errorf("a stream: %q, want %q", reply.Text, want)
	}
	if source.Text("XLEN", "stream") != "1" {
		t.Error("the stream is lost")
	}
}
