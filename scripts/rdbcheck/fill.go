package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
)

// shape makes the commands that make one key.
type shape struct {
	name     string
	commands func(r *rand.Rand, key string) [][]any
}

// words are n random texts of that length, with an option before each.
func words(r *rand.Rand, n, length int, before func(i int) []any) []any {
	var out []any
	for i := range n {
		if before != nil {
			out = append(out, before(i)...)
		}
		out = append(out, word(r, length))
	}
	return out
}

func word(r *rand.Rand, length int) string {
	text := make([]byte, length)
	for i := range text {
		text[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[r.IntN(36)]
	}
	return string(text)
}

func one(args ...any) [][]any { return [][]any{args} }

func with(name, key string, rest []any) [][]any { return [][]any{append([]any{name, key}, rest...)} }

func numbers(r *rand.Rand, n, below int) []any {
	var out []any
	for range n {
		out = append(out, r.IntN(below))
	}
	return out
}

func scores(r *rand.Rand) func(int) []any { return func(int) []any { return []any{r.Float64()} } }

func fields(i int) []any { return []any{fmt.Sprintf("field:%d", i)} }

func entries(r *rand.Rand, key string, n int) (commands [][]any) {
	for range n {
		commands = append(commands, []any{"xadd", key, "*", "name", word(r, 12), "value", r.IntN(1e6)})
	}
	return commands
}

var shapes = []shape{
	{"int", func(r *rand.Rand, k string) [][]any { return one("set", k, r.IntN(1e9)) }},
	{"long", func(r *rand.Rand, k string) [][]any { return one("set", k, r.Int64N(1e18)+1e17) }},
	{"short", func(r *rand.Rand, k string) [][]any { return one("set", k, word(r, 1+r.IntN(44))) }},
	{"shortttl", func(r *rand.Rand, k string) [][]any { return one("set", k, word(r, 1+r.IntN(44)), "ex", 5000) }},
	{"raw", func(r *rand.Rand, k string) [][]any { return one("set", k, word(r, 45+r.IntN(1000))) }},
	{"same", func(r *rand.Rand, k string) [][]any { return one("set", k, strings.Repeat("x", 30+r.IntN(3000))) }},
	{"big", func(r *rand.Rand, k string) [][]any { return one("set", k, word(r, 20000+r.IntN(50000))) }},
	{"listsmall", func(r *rand.Rand, k string) [][]any { return with("rpush", k, words(r, 1+r.IntN(50), 12, nil)) }},
	{"listlarge", func(r *rand.Rand, k string) [][]any { return with("rpush", k, words(r, 2000, 20, nil)) }},
	{"listbig", func(r *rand.Rand, k string) [][]any { return with("rpush", k, words(r, 5, 12000, nil)) }},
	{"intset", func(r *rand.Rand, k string) [][]any { return with("sadd", k, numbers(r, 100, 1e5)) }},
	{"setsmall", func(r *rand.Rand, k string) [][]any { return with("sadd", k, words(r, 20, 10, nil)) }},
	{"setlarge", func(r *rand.Rand, k string) [][]any { return with("sadd", k, words(r, 700+r.IntN(600), 16, nil)) }},
	{"zsetsmall", func(r *rand.Rand, k string) [][]any { return with("zadd", k, words(r, 30, 10, scores(r))) }},
	{"zsetlarge", func(r *rand.Rand, k string) [][]any {
		return with("zadd", k, words(r, 500+r.IntN(900), 16, scores(r)))
	}},
	{"hashsmall", func(r *rand.Rand, k string) [][]any { return with("hset", k, words(r, 20, 20, fields)) }},
	{"hashlarge", func(r *rand.Rand, k string) [][]any { return with("hset", k, words(r, 600+r.IntN(900), 30, fields)) }},
	{"hashlong", func(r *rand.Rand, k string) [][]any { return with("hset", k, words(r, 10, 200, fields)) }},
	{"hashttl", func(r *rand.Rand, k string) [][]any {
		return append(with("hset", k, words(r, 20, 20, fields)), []any{"hexpire", k, 5000, "fields", 2, "field:1", "field:2"})
	}},
	{"hashlargettl", func(r *rand.Rand, k string) [][]any {
		return append(with("hset", k, words(r, 900, 20, fields)), []any{"hexpire", k, 5000, "fields", 2, "field:1", "field:2"})
	}},
	{"stream1", func(r *rand.Rand, k string) [][]any { return entries(r, k, 5) }},
	{"stream500", func(r *rand.Rand, k string) [][]any { return entries(r, k, 550) }},
	{"streamgroup", func(r *rand.Rand, k string) [][]any {
		return append(entries(r, k, 200), []any{"xgroup", "create", k, "workers", 0},
			[]any{"xreadgroup", "group", "workers", "alice", "count", 100, "streams", k, ">"},
			[]any{"xreadgroup", "group", "workers", "bob", "count", 20, "streams", k, ">"})
	}},
	{"hll", func(r *rand.Rand, k string) [][]any { return with("pfadd", k, words(r, 300, 10, nil)) }},
}

// fill makes keys of every shape. Commands that the server does not know are
// told.
func fill(ctx context.Context, client *redis.Client, keys int) (refused []string, err error) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, s := range shapes {
		for i := range keys {
			key := fmt.Sprintf("%s:%0*d", s.name, 1+r.IntN(30), i)
			for _, command := range s.commands(r, key) {
				err := client.Do(ctx, command...).Err()
				switch {
				case err == nil:
				case strings.Contains(err.Error(), "unknown command"):
					if name := fmt.Sprint(command[0]); !slices.Contains(refused, name) {
						refused = append(refused, name)
					}
				default:
					return nil, fmt.Errorf("%v %s: %w", command[0], key, err)
				}
			}
		}
	}
	return refused, nil
}
