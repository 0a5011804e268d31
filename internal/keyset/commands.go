package keyset

import (
	"bytes"
	"strconv"
	"strings"

	"slotbench/internal/rdb"
)

// access is one key of a command, and what the command does to it.
type access struct {
	arg    int // its place among the arguments; 0 is the command's name
	write  bool
	remove bool // the key is gone afterwards
}

// command is where a command has its keys.
type command struct {
	write       bool
	remove      bool
	first, last int // last: below 0 counts from the end
	step        int
	numberAt    int // of the argument that says how many keys follow; 0: none does
	streams     bool
	kind        rdb.Kind // what the command makes of a key; None where it makes none
	replaces    bool     // the value is new as a whole
}

// commandRow is commands that are alike: names, then the places of their keys.
type commandRow struct {
	names string
	command
}

// commandRows are the commands with keys, of Redis 8 and Valkey 9.
var commandRows = []commandRow{
	{"get getrange substr strlen getbit bitcount bitpos bitfield_ro lcs digest hget hgetall hmget hlen hkeys hvals hexists hstrlen " +
		"hrandfield hscan httl hpttl hexpiretime hpexpiretime lrange lindex llen lpos smembers scard sismember smismember " +
		"srandmember sscan zrange zrevrange zrangebyscore zrevrangebyscore zrangebylex zrevrangebylex zscore zmscore zcard " +
		"zcount zlexcount zrank zrevrank zrandmember zscan xrange xrevrange xlen xpending geopos geodist geohash geosearch " +
		"georadius_ro georadiusbymember_ro ttl pttl expiretime pexpiretime type dump sort_ro", command{first: 1, last: 1, step: 1}},
	{"mget exists touch watch sinter sunion sdiff pfcount ssubscribe", command{first: 1, last: -1, step: 1}},
	{"set setex psetex getset restore", command{write: true, first: 1, last: 1, step: 1, kind: rdb.String, replaces: true}},
	{"setnx append setrange setbit bitfield incr decr incrby decrby incrbyfloat pfadd", command{write: true, first: 1, last: 1, step: 1, kind: rdb.String}},
	{"mset msetnx", command{write: true, first: 1, last: -1, step: 2, kind: rdb.String, replaces: true}},
	{"hset hmset hsetnx hsetex hincrby hincrbyfloat", command{write: true, first: 1, last: 1, step: 1, kind: rdb.Hash}},
	{"lpush rpush linsert lset", command{write: true, first: 1, last: 1, step: 1, kind: rdb.List}},
	{"sadd", command{write: true, first: 1, last: 1, step: 1, kind: rdb.Set}},
	{"zadd zincrby geoadd", command{write: true, first: 1, last: 1, step: 1, kind: rdb.SortedSet}},
	{"xadd xclaim xautoclaim xack xdel xtrim xsetid xackdel xdelex", command{write: true, first: 1, last: 1, step: 1, kind: rdb.Stream}},
	{"lpushx rpushx hdel hgetdel hgetex hexpire hpexpire hexpireat hpexpireat hpersist lpop rpop ltrim lrem srem spop zrem zpopmin " +
		"zpopmax zremrangebyrank zremrangebyscore zremrangebylex getex expire pexpire expireat pexpireat persist georadius " +
		"georadiusbymember sort move", command{write: true, first: 1, last: 1, step: 1}},
	{"del unlink", command{write: true, remove: true, first: 1, last: -1, step: 1}},
	{"getdel delex", command{write: true, remove: true, first: 1, last: 1, step: 1}},
	{"rename renamenx copy rpoplpush lmove smove blmove brpoplpush geosearchstore zrangestore", command{write: true, first: 1, last: 2, step: 1}},
	{"sinterstore sunionstore sdiffstore pfmerge", command{write: true, first: 1, last: -1, step: 1}},
	{"bitop", command{write: true, first: 2, last: -1, step: 1}},
	{"blpop brpop bzpopmin bzpopmax", command{write: true, first: 1, last: -2, step: 1}},
	{"object memory xinfo debug", command{first: 2, last: 2, step: 1}},
	{"xgroup", command{write: true, first: 2, last: 2, step: 1, kind: rdb.Stream}},
	{"sintercard zinter zunion zdiff zintercard", command{numberAt: 1}},
	{"lmpop zmpop", command{write: true, numberAt: 1}},
	{"blmpop bzmpop", command{write: true, numberAt: 2}},
	{"zinterstore zunionstore zdiffstore", command{write: true, first: 1, last: 1, step: 1, numberAt: 2, kind: rdb.SortedSet, replaces: true}},
	{"eval evalsha fcall", command{write: true, numberAt: 2}},
	{"eval_ro evalsha_ro fcall_ro", command{numberAt: 2}},
	{"xread", command{streams: true}},
	{"xreadgroup", command{write: true, streams: true}},
}

var commands = makeCommands()

func makeCommands() map[string]*command {
	table := map[string]*command{}
	for i := range commandRows {
		for name := range strings.FieldsSeq(commandRows[i].names) {
			table[name] = &commandRows[i].command
		}
	}
	return table
}

// keyless are commands that stand in logs and have no keys.
var keyless = map[string]bool{
	"select": true, "multi": true, "exec": true, "flushall": true, "flushdb": true, "publish": true, "spublish": true, "script": true,
	"function": true, "ping": true, "swapdb": true, "cluster": true, "client": true, "config": true, "command": true, "info": true,
	"hello": true, "auth": true, "scan": true, "keys": true, "dbsize": true, "monitor": true, "subscribe": true, "psubscribe": true,
	"unsubscribe": true, "punsubscribe": true, "wait": true, "waitaof": true, "discard": true, "unwatch": true, "quit": true,
	"replconf": true, "psync": true, "time": true, "role": true, "slowlog": true, "latency": true, "acl": true, "save": true,
	"bgsave": true, "bgrewriteaof": true, "lastsave": true, "randomkey": true, "echo": true, "readonly": true, "asking": true,
	"module": true, "reset": true, "pubsub": true,
}

// findCommand knows a command by its name, in any case.
func findCommand(name []byte) *command {
	var lower [24]byte
	if len(name) > len(lower) {
		return nil
	}
	return commands[string(appendLower(lower[:0], name))]
}

func appendLower(dst, text []byte) []byte {
	for _, b := range text {
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		dst = append(dst, b)
	}
	return dst
}

// isCommand says whether a word is the name of a command.
func isCommand(name []byte) bool {
	return findCommand(name) != nil || keyless[strings.ToLower(string(name))]
}

// accesses appends the keys of a command's arguments.
func (c *command) accesses(args [][]byte, dst []access) []access {
	one := access{write: c.write, remove: c.remove}
	if c.first > 0 {
		last := c.last
		if last < 0 {
			last += len(args)
		}
		for i := c.first; i <= last && i < len(args); i += c.step {
			one.arg = i
			dst = append(dst, one)
		}
	}
	switch {
	case c.numberAt > 0 && c.numberAt < len(args):
		n, err := strconv.Atoi(string(args[c.numberAt]))
		if err != nil {
			return dst
		}
		for i := c.numberAt + 1; i < len(args) && i <= c.numberAt+n; i++ {
			one.arg = i
			dst = append(dst, one)
		}
	case c.streams:
		for i, arg := range args {
			if !bytes.EqualFold(arg, []byte("streams")) {
				continue
			}
			for key := i + 1; key <= i+(len(args)-i-1)/2; key++ { // keys, then as many ids
				one.arg = key
				dst = append(dst, one)
			}
			break
		}
	}
	if len(args) > 0 && len(dst) == 2 && len(args[0]) >= len("rename") && bytes.EqualFold(args[0][:len("rename")], []byte("rename")) {
		dst[0].remove = true
	}
	return dst
}
