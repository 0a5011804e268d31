package command_test

import (
	"slices"
	"strings"
	"testing"

	"slotbench/internal/peer"
	"slotbench/internal/resp"
)

// oracleSorted is oracle for replies in no order: those of a line behind "&"
// are sorted before they are compared; those behind "&2" in pairs, as of
// HGETALL. In the reply of a SCAN, which has a cursor before them, elements
// are sorted alike.
func oracleSorted(t *testing.T, conversation string) {
	t.Helper()
	theirs, ours := newSide(t, peer.Start(t, "--databases", "1"), false), newSide(t, startNode(t, false), false)
	for _, proto := range []string{"2", "3"} {
		theirs.conn.Value("HELLO", proto)
		ours.conn.Value("HELLO", proto)
		for line := range strings.Lines(conversation) {
			line, loose := strings.CutPrefix(strings.TrimSpace(line), "~")
			line, inPairs := strings.CutPrefix(line, "&2")
			line, sorted := strings.CutPrefix(line, "&")
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			ask := (*side).ask
			if sorted || inPairs {
				ask = func(s *side, t *testing.T, line string) string { return s.askSorted(t, line, inPairs) }
			}
			want, got := ask(theirs, t, line), ask(ours, t, line)
			if want != got && !loose {
				t.Errorf("RESP%s %s\n     Redis: %s\n slotbench: %s", proto, line, want, got)
			}
		}
	}
}

// askSorted sends a line and draws the answer with its elements sorted.
func (s *side) askSorted(t *testing.T, line string, inPairs bool) string {
	t.Helper()
	words, _ := resp.SplitWords([]byte(line), nil)
	args := make([]string, len(words))
	for i, word := range words {
		args[i] = string(word)
	}
	v, err := resp.Decode(s.conn.Do(args...))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	elems := v.Elems
	if len(elems) == 2 && elems[1].Elems != nil && elems[0].Elems == nil { // a cursor and elements
		elems = elems[1].Elems
	}
	step := 1
	if inPairs && len(elems) > 0 && elems[0].Elems == nil {
		step = 2
	}
	var parts []string
	for i := 0; i+step <= len(elems); i += step {
		part := ""
		for _, elem := range elems[i : i+step] {
			part += draw(elem) + " "
		}
		parts = append(parts, part)
	}
	if parts == nil {
		return draw(v)
	}
	slices.Sort(parts)
	return string(v.Kind) + strings.Join(parts, "")
}

func TestHashesAsRedis(t *testing.T) {
	t.Parallel()
	oracleSorted(t, hashConversation)
}

const hashConversation = `
	FLUSHALL
	# making, changing, reading
	HSET h a 1 b two c -3
	HSET h
	HSET h a
	HSET h a 1 b
	HMSET h a
	HMSET h a 1 b
	HSET h a 2 d 4
	HSET h a 2
	HSET h b tow
	HSET h b longer-than-before
	HSET h b 7
	HGETALL h
	HMSET h a 3 e 5
	HGETALL h
	HSET dup f 1 f 2 g 3 f 4
	HGETALL dup
	HSETNX h a 9
	HSETNX h n 9
	HSETNX fresh n 9
	HSETNX fresh
	HGETALL fresh
	HGET h a
	HGET h nope
	HGET nope a
	HGET h
	HMGET h a nope b
	HMGET nope a b
	HMGET h
	HKEYS h
	HVALS h
	HKEYS nope
	HVALS nope
	HGETALL nope
	HLEN h
	HLEN nope
	HSTRLEN h b
	HSTRLEN h c
	HSTRLEN h nope
	HSTRLEN nope a
	HEXISTS h a
	HEXISTS h nope
	HEXISTS nope a
	HDEL h a nope b
	HDEL h
	HDEL nope a
	HGETALL h
	HDEL h c d e n c
	EXISTS h
	TYPE dup
	# texts that are nearly integers, and binary ones
	HSET n 007 007 7 7 -0 -0 0 0 +1 +1 " 1" " 1" 9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809
	HGETALL n
	HGET n 7
	HGET n 007
	HGET n 9223372036854775807
	HSTRLEN n 9223372036854775807
	HSTRLEN n -9223372036854775808
	HSTRLEN n -0
	HSET bin "\x00\xff\r\n" "\x00" "" ""
	HGETALL bin
	HGET bin ""
	HSTRLEN bin "\x00\xff\r\n"
	HDEL bin ""
	# numbers
	HINCRBY i f 5
	HINCRBY i f -7
	HINCRBY i f 9223372036854775807
	HINCRBY i f 9223372036854775807
	HINCRBY i f -9223372036854775808
	HINCRBY i f -9223372036854775808
	HINCRBY i f 1.5
	HINCRBY i f
	HSET i t 007 s "" u 1.5 v -0
	HINCRBY i t 1
	HINCRBY i s 1
	HINCRBY i u 1
	HINCRBY i v 1
	HINCRBY i new 0
	HINCRBY i f x
	HGETALL i
	HINCRBYFLOAT f x 10.5
	HINCRBYFLOAT f x 0.1
	HINCRBYFLOAT f x -5
	HINCRBYFLOAT f x 5.0e3
	HINCRBYFLOAT f x 1e-17
	HINCRBYFLOAT f y 3.0
	HINCRBYFLOAT f y -3
	HINCRBYFLOAT f z 0.1
	HINCRBYFLOAT f z 0.2
	HINCRBYFLOAT f x nan
	HINCRBYFLOAT f x inf
	HINCRBYFLOAT f x -inf
	HINCRBYFLOAT f x abc
	HINCRBYFLOAT f x ""
	HINCRBYFLOAT f x " 1"
	HSET f t 007 s "" u " 1" v inf w 1e2 h 0x10
	HINCRBYFLOAT f t 1
	HINCRBYFLOAT f s 1
	HINCRBYFLOAT f u 1
	HINCRBYFLOAT f v 1
	HINCRBYFLOAT f w 1
	HINCRBYFLOAT f
	HGETALL f
	# other types
	SET str x
	HSET str a 1
	HMSET str a 1
	HSETNX str a 1
	HGET str a
	HMGET str a
	HGETALL str
	HKEYS str
	HVALS str
	HDEL str a
	HLEN str
	HSTRLEN str a
	HEXISTS str a
	HINCRBY str a 1
	HINCRBY str a x
	HINCRBYFLOAT str a 1
	HINCRBYFLOAT str a x
	HRANDFIELD str
	HRANDFIELD str 1
	HSCAN str 0
	HSCAN str x
	GET dup
	APPEND dup x
	INCR dup
	MGET str dup
	# the expiry stays, but for a hash that is gone
	HSET e a 1
	EXPIRE e 1000
	HSET e a 2
	HSET e b 3
	HINCRBY e a 1
	HDEL e a
	TTL e
	HSET e c 000000000000000000000000000000000000000000000000000000000000000000000000000
	TTL e
	HDEL e b c
	TTL e
	HSET e a 1
	TTL e
	` + hashEncodings + hashScans + hashRandoms

const hashEncodings = `
	# encodings
	CONFIG SET hash-max-listpack-entries 3
	HSET t1 a 1 b 2 c 3
	OBJECT ENCODING t1
	HSET t1 a 4 c 5
	OBJECT ENCODING t1
	HSET t1 d 4
	OBJECT ENCODING t1
	HDEL t1 b c d
	OBJECT ENCODING t1
	&2HGETALL t1
	HSET t2 a 1 b 2 c 3 d 4 a 5
	OBJECT ENCODING t2
	&2HGETALL t2
	HSET t3 a 1 a 2 a 3 a 4 a 5
	OBJECT ENCODING t3
	HINCRBY t3 b 1
	HINCRBYFLOAT t3 c 1.5
	OBJECT ENCODING t3
	HSETNX t3 d 1
	OBJECT ENCODING t3
	HINCRBY t3 b 1
	HINCRBYFLOAT t3 c 1.5
	&2HGETALL t3
	&HKEYS t3
	&HVALS t3
	HMGET t3 a b nope
	HSTRLEN t3 c
	HSTRLEN t3 nope
	HEXISTS t3 a
	HDEL t3 a nope
	HLEN t3
	HSETNX t3 b 3
	&2HSCAN t3 0
	&2HSCAN t3 0 MATCH [bc]
	HDEL t3 b c d
	EXISTS t3
	CONFIG SET hash-max-listpack-entries 512
	HSET v1 a 0123456789012345678901234567890123456789012345678901234567890123
	OBJECT ENCODING v1
	HSET v1 a 01234567890123456789012345678901234567890123456789012345678901234
	OBJECT ENCODING v1
	HSET v1 a 1
	OBJECT ENCODING v1
	HSET v2 01234567890123456789012345678901234567890123456789012345678901234 1
	OBJECT ENCODING v2
	CONFIG SET hash-max-listpack-value 2
	HSET v3 a 99
	HINCRBY v3 a 1
	OBJECT ENCODING v3
	HSET v4 a 10
	HSETNX v4 b 100
	OBJECT ENCODING v4
	HINCRBYFLOAT v5 a 1.5
	OBJECT ENCODING v5
	HSET v6 a 10
	HSETNX v6 a 10000
	OBJECT ENCODING v6
	CONFIG SET hash-max-listpack-value 64
	HSET l a 1 b 2 c 3 d 4
	CONFIG SET hash-max-listpack-entries 2
	OBJECT ENCODING l
	HSET l a 2
	OBJECT ENCODING l
	EXPIRE v3 100
	HSET v3 a 2
	TTL v3
	CONFIG SET hash-max-listpack-entries 0
	HSET z a 1
	OBJECT ENCODING z
	CONFIG SET hash-max-listpack-entries 512
	HGET z a
	HGETALL z
	`

const hashScans = `
	HSET s a 1 b 2 abc 3 12 4
	HSCAN s 0
	HSCAN s 0 COUNT 1
	HSCAN s 5
	HSCAN s 0 MATCH a*
	HSCAN s 0 MATCH 1?
	HSCAN s 0 match nope count 100
	HSCAN s 0 MATCH a* MATCH b*
	HSCAN s 0 COUNT 0
	HSCAN s 0 COUNT -1
	HSCAN s 0 COUNT x
	HSCAN s 0 COUNT
	HSCAN s 0 MATCH
	HSCAN s 0 FOO 1
	HSCAN s 0 TYPE hash
	HSCAN s
	HSCAN s x
	HSCAN s -1
	HSCAN s +1
	HSCAN s ""
	HSCAN s " 1"
	HSCAN s -
	HSCAN s 1.5
	HSCAN s 18446744073709551615
	HSCAN s 18446744073709551616
	HSCAN s -18446744073709551616
	HSCAN nope 0
	HSCAN nope 0 FOO
	HSCAN nope x
	`

const hashRandoms = `
	HSET r a 1
	HRANDFIELD r
	HRANDFIELD r 1
	HRANDFIELD r 5
	HRANDFIELD r 0
	HRANDFIELD r -3
	HRANDFIELD r 5 WITHVALUES
	HRANDFIELD r -2 withvalues
	HRANDFIELD r 0 WITHVALUES
	HRANDFIELD r 1 FOO
	HRANDFIELD r 1 WITHVALUES FOO
	HRANDFIELD r x
	HRANDFIELD r x FOO
	HRANDFIELD r 1.5
	HRANDFIELD r -9223372036854775808
	HRANDFIELD r 9223372036854775807
	HRANDFIELD r 9223372036854775807 WITHVALUES
	HRANDFIELD r 4611686018427387903 WITHVALUES
	HRANDFIELD r 4611686018427387904 WITHVALUES
	HRANDFIELD r -4611686018427387904 WITHVALUES
	HRANDFIELD r 9223372036854775808
	HRANDFIELD nope
	HRANDFIELD nope 1
	HRANDFIELD nope -1 WITHVALUES
	HRANDFIELD nope 1 FOO
	HRANDFIELD
	HSET r b 2 c 3 d 4
	&2HRANDFIELD r 4 WITHVALUES
	&HRANDFIELD r 10
	CONFIG SET hash-max-listpack-entries 2
	HSET big a 1 b 2 c 3 d 4
	&2HRANDFIELD big 4 WITHVALUES
	&HRANDFIELD big 10
	HDEL big b c d
	HRANDFIELD big
	HRANDFIELD big 3 WITHVALUES
	HRANDFIELD big -2 WITHVALUES
	HRANDFIELD big -2
	CONFIG SET hash-max-listpack-entries 512
	`
