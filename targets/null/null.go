// Package null is a responder that does nothing: it takes commands and sends
// canned replies of the right type, from processes of its own by epoll. What a
// load generator measures against it is itself, its kernel and its machine:
// the floor of every latency, and the ceiling of every throughput.
//
// It keeps no key, moves no slot, and is no server to anyone else.
package null

import (
	"bytes"
	"strconv"

	"slotbench/internal/resp"
)

// kind is the type of a reply.
type kind uint8

const (
	kindOK      kind = iota // +OK
	kindInt                 // :1
	kindBulk                // a value
	kindNumber              // a short bulk that is a number
	kindMany                // a value for each argument after the key
	kindEach                // a value for each argument
	kindList                // a few values
	kindScan                // a cursor at its end, and no key
	kindPong                // +PONG
	kindMulti               // +OK, and what follows is queued
	kindExec                // what was queued
	kindDiscard             // +OK, and nothing is queued
	kindHello               // what a client asks first
)

// listLength is how many values a list of no known length has.
const listLength = 10

// kinds are the commands that answer with something else than OK.
var kinds = table(map[kind]string{
	kindInt: "APPEND BITCOUNT BITPOS COPY DECR DECRBY DEL EXISTS EXPIRE EXPIREAT GEOADD GETBIT HDEL HEXISTS HINCRBY HLEN HSET HSETNX HSTRLEN INCR " +
		"INCRBY LINSERT LLEN LPUSH LPUSHX LREM MSETNX PERSIST PEXPIRE PEXPIREAT PFADD PFCOUNT PTTL PUBLISH RPUSH RPUSHX SADD SCARD SETBIT SETNX SETRANGE " +
		"SISMEMBER SMOVE SREM STRLEN TOUCH TTL UNLINK XADD XLEN ZADD ZCARD ZCOUNT ZLEXCOUNT ZRANK ZREM ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREVRANK DBSIZE EVAL EVALSHA",
	kindBulk:    "GET GETDEL GETEX GETRANGE GETSET SUBSTR HGET LINDEX LPOP RPOP LMOVE RPOPLPUSH SPOP SRANDMEMBER HRANDFIELD ECHO DUMP TYPE INFO",
	kindNumber:  "ZSCORE ZINCRBY INCRBYFLOAT HINCRBYFLOAT",
	kindMany:    "HMGET SMISMEMBER ZMSCORE",
	kindEach:    "MGET",
	kindList:    "HGETALL HKEYS HVALS LRANGE SMEMBERS SINTER SUNION SDIFF ZRANGE ZREVRANGE ZRANGEBYSCORE ZREVRANGEBYSCORE ZRANGEBYLEX ZPOPMIN ZPOPMAX KEYS",
	kindScan:    "SCAN HSCAN SSCAN ZSCAN",
	kindPong:    "PING",
	kindMulti:   "MULTI",
	kindExec:    "EXEC",
	kindDiscard: "DISCARD",
	kindHello:   "HELLO",
})

// longestName is that of a command in kinds.
const longestName = 20

func table(rows map[kind]string) map[string]kind {
	all := map[string]kind{}
	for k, names := range rows {
		for _, name := range bytes.Fields([]byte(names)) {
			all[string(name)] = k
		}
	}
	return all
}

// responder answers the commands of one connection.
type responder struct {
	value  []byte // as a bulk string, whole
	queued int    // commands since MULTI; -1: none is open
	input  resp.CommandReader
	args   [][]byte
}

func newResponder(valueBytes int) *responder {
	return &responder{value: resp.AppendBulk(nil, bytes.Repeat([]byte{'v'}, valueBytes)), queued: -1}
}

// serve answers every whole command in data, and says how much of it was
// taken.
func (r *responder) serve(out, data []byte) (_ []byte, taken int, err error) {
	for taken < len(data) {
		args, size, err := r.input.Next(data[taken:], r.args[:0])
		r.args = args[:0]
		if err != nil {
			return resp.AppendError(out, "ERR "+err.Error()), taken, err
		}
		if size == 0 {
			break
		}
		taken += size
		if len(args) > 0 {
			out = r.answer(out, args)
		}
	}
	return out, taken, nil
}

// answer appends the reply to one command.
func (r *responder) answer(out []byte, args [][]byte) []byte {
	k := kindOf(args[0])
	if r.queued >= 0 && k != kindExec && k != kindDiscard {
		r.queued++
		return resp.AppendSimple(out, "QUEUED")
	}
	switch k {
	case kindInt:
		return resp.AppendInt(out, 1)
	case kindBulk:
		return append(out, r.value...)
	case kindNumber:
		return resp.AppendBulk(out, "1")
	case kindMany:
		return r.list(out, len(args)-2)
	case kindEach:
		return r.list(out, len(args)-1)
	case kindList:
		return r.list(out, listLength)
	case kindScan:
		return resp.AppendArray(resp.AppendBulk(resp.AppendArray(out, 2), "0"), 0)
	case kindPong:
		return resp.AppendSimple(out, "PONG")
	case kindMulti:
		r.queued = 0
	case kindDiscard:
		r.queued = -1
	case kindExec:
		n := max(0, r.queued)
		r.queued = -1
		out = resp.AppendArray(out, n)
		for range n {
			out = resp.AppendSimple(out, "OK")
		}
		return out
	case kindHello:
		return hello(out, args)
	}
	return resp.AppendSimple(out, "OK")
}

// list appends so many values.
func (r *responder) list(out []byte, n int) []byte {
	out = resp.AppendArray(out, max(0, n))
	for range n {
		out = append(out, r.value...)
	}
	return out
}

// hello answers a client that asks for a protocol.
func hello(out []byte, args [][]byte) []byte {
	proto := 2
	if len(args) > 1 {
		if n, err := strconv.Atoi(string(args[1])); err == nil && n == 3 {
			proto = n
		}
	}
	out = resp.AppendMap(out, proto, 2)
	out = resp.AppendBulk(resp.AppendBulk(out, "server"), "null")
	return resp.AppendInt(resp.AppendBulk(out, "proto"), int64(proto))
}

// kindOf looks a command up, in whatever case it is written.
func kindOf(name []byte) kind {
	var upper [longestName]byte
	if len(name) > len(upper) {
		return kindOK
	}
	for i, b := range name {
		if b >= 'a' && b <= 'z' {
			b -= 'a' - 'A'
		}
		upper[i] = b
	}
	return kinds[string(upper[:len(name)])]
}
