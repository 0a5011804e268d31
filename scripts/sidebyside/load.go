//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"slotbench/internal/request"
	"slotbench/internal/resp"
)

// What the data that every load works on looks like.
const (
	fields    = 10    // of a hash, members of a sorted set, keys of one MGET
	groups    = 10000 // hashes, lists, sets, sorted sets, tags
	nameBytes = 8
	framePool = 8192 // different requests of one load, sent over and over
)

// load is one way of asking.
type load struct {
	name        string
	commands    string // one or several with "; " between them, sent in turn
	valueBytes  int
	keyCount    int
	connections int
	pipeline    int
	expect      float64 // requests a second, to size the first measurement
}

func (l load) String() string {
	if l.connections == 0 {
		return l.name
	}
	return fmt.Sprintf("%s, %d conn, pipeline %d", l.name, l.connections, l.pipeline)
}

// plain is a load of GET or SET.
func plain(command string, valueBytes, connections, pipeline int, expect float64) load {
	commands := fmt.Sprintf("GET v%d:%%012d", valueBytes)
	if command == "SET" {
		commands = fmt.Sprintf("SET v%d:%%012d VALUE", valueBytes)
	}
	return load{name: fmt.Sprintf("%s %d B", command, valueBytes), commands: commands, valueBytes: valueBytes, keyCount: keys,
		connections: connections, pipeline: pipeline, expect: expect}
}

// The words of a command's text that stand for something: a random key or
// group number, a value, a random number, and fields or members in a row.
//
//	%012d  the number of the key or group
//	VALUE  valueBytes bytes
//	NAME   nameBytes bytes
//	RANDOM a random number below 1000
//	FIELDS field:0 VALUE field:1 VALUE …   MEMBERS RANDOM member:0 …
//	KEYS   key:{N}:0 key:{N}:1 …   PAIRS the same with values
func frame(dst []byte, text string, n int, l load, rnd *rand.Rand) []byte {
	var args []string
	value := func() string { return randomText(rnd, l.valueBytes) }
	for _, word := range strings.Fields(text) {
		switch word {
		case "VALUE":
			args = append(args, value())
		case "NAME":
			args = append(args, randomText(rnd, nameBytes))
		case "RANDOM":
			args = append(args, strconv.Itoa(rnd.IntN(1000)))
		case "FIELDS":
			for i := range fields {
				args = append(args, "field:"+strconv.Itoa(i), value())
			}
		case "MEMBERS":
			for i := range fields {
				args = append(args, strconv.Itoa(rnd.IntN(1000)), "member:"+strconv.Itoa(i))
			}
		case "KEYS", "PAIRS":
			for i := range fields {
				args = append(args, fmt.Sprintf("key:{%d}:%d", n, i))
				if word == "PAIRS" {
					args = append(args, value())
				}
			}
		default:
			if strings.Contains(word, "%") {
				word = fmt.Sprintf(word, n)
			}
			args = append(args, word)
		}
	}
	return resp.AppendCommand(dst, args...)
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-"

// randomText is text that does not compress.
func randomText(rnd *rand.Rand, n int) string {
	text := make([]byte, n)
	for i := range text {
		text[i] = letters[rnd.IntN(len(letters))]
	}
	return string(text)
}

// source sends a pool of ready frames over and over: what is measured is the
// server, so the client makes nothing while it runs.
type source struct {
	frames [][]byte
	next   int
}

func (s *source) Next(r *request.Request) bool {
	r.Op, r.KeyAt, r.KeyLen = 0, 0, 0
	r.Frame = append(r.Frame[:0], s.frames[s.next%len(s.frames)]...)
	s.next++
	return true
}

// streams is a stream for each connection, each from its own place in a pool
// of requests that are the same for every server.
func streams(l load, rate float64) []request.Stream {
	rnd := rand.New(rand.NewPCG(1, 2))
	texts := strings.Split(l.commands, "; ")
	frames := make([][]byte, framePool*len(texts))
	for i := range frames {
		frames[i] = frame(nil, texts[i%len(texts)], rnd.IntN(l.keyCount), l, rnd)
	}
	list := make([]request.Stream, l.connections)
	for i := range list {
		list[i].Source = &source{frames, i * len(frames) / len(list) / len(texts) * len(texts)}
		if rate > 0 {
			list[i].Schedule = &poisson{rand.New(rand.NewPCG(3, uint64(i))), 1e9 / rate * float64(len(list)), 0}
		}
	}
	return list
}

// poisson is independent arrivals.
type poisson struct {
	rnd       *rand.Rand
	meanNanos float64
	due       float64
}

func (p *poisson) Next() int64 {
	p.due += p.rnd.ExpFloat64() * p.meanNanos
	return int64(p.due)
}
