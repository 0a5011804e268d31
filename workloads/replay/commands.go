package replay

import (
	"bytes"
	"strconv"
	"strings"
)

// command is what a replay must know of one: where its keys are, and whether
// it writes. Negative places count from the end.
type command struct {
	name              string
	first, last, step int
	counted           int // the argument that says how many keys stand behind it; 0: none does
	write             bool
	refused           string // why it is not replayed
}

// keyed is commands whose keys stand in the same places.
type keyed struct {
	first, last, step, counted int
	write                      bool
	names                      string
}

var keyedCommands = []keyed{
	{1, 1, 1, 0, false, `GET STRLEN GETRANGE SUBSTR GETBIT BITCOUNT BITPOS BITFIELD_RO TYPE TTL PTTL EXPIRETIME PEXPIRETIME DUMP
		HGET HMGET HGETALL HEXISTS HLEN HKEYS HVALS HSTRLEN HRANDFIELD HSCAN LLEN LINDEX LRANGE LPOS
		SCARD SISMEMBER SMISMEMBER SMEMBERS SRANDMEMBER SSCAN SORT_RO
		ZCARD ZCOUNT ZLEXCOUNT ZSCORE ZMSCORE ZRANK ZREVRANK ZRANGE ZREVRANGE ZRANGEBYSCORE ZREVRANGEBYSCORE ZRANGEBYLEX ZREVRANGEBYLEX
		ZRANDMEMBER ZSCAN GEODIST GEOHASH GEOPOS GEOSEARCH GEORADIUS_RO GEORADIUSBYMEMBER_RO XLEN XRANGE XREVRANGE XPENDING PFCOUNT`},
	{1, 1, 1, 0, true, `SET SETEX PSETEX SETNX GETSET GETDEL GETEX APPEND SETRANGE SETBIT BITFIELD INCR DECR INCRBY DECRBY INCRBYFLOAT
		EXPIRE PEXPIRE EXPIREAT PEXPIREAT PERSIST RESTORE
		HSET HMSET HSETNX HINCRBY HINCRBYFLOAT HDEL LPUSH RPUSH LPUSHX RPUSHX LPOP RPOP LSET LREM LTRIM LINSERT
		SADD SREM SPOP ZADD ZINCRBY ZREM ZREMRANGEBYSCORE ZREMRANGEBYRANK ZREMRANGEBYLEX ZPOPMIN ZPOPMAX
		GEOADD PFADD XADD XDEL XTRIM XACK XCLAIM XAUTOCLAIM`},
	{1, -1, 1, 0, false, "MGET EXISTS TOUCH SDIFF SINTER SUNION"},
	{1, -1, 1, 0, true, "DEL UNLINK SDIFFSTORE SINTERSTORE SUNIONSTORE PFMERGE"},
	{1, -1, 2, 0, true, "MSET MSETNX"},
	{1, 2, 1, 0, true, "RENAME RENAMENX COPY RPOPLPUSH LMOVE SMOVE ZRANGESTORE GEOSEARCHSTORE"},
	{1, 2, 1, 0, false, "LCS"},
	{2, -1, 1, 0, true, "BITOP"},
	{0, 0, 1, 1, false, "SINTERCARD ZDIFF ZINTER ZUNION ZINTERCARD"},
	{0, 0, 1, 1, true, "LMPOP ZMPOP"},
	{1, 1, 1, 2, true, "ZDIFFSTORE ZINTERSTORE ZUNIONSTORE"},
	{0, 0, 1, 2, true, "EVAL EVALSHA FCALL"},
	{0, 0, 1, 2, false, "EVAL_RO EVALSHA_RO FCALL_RO"},
	{2, 2, 1, 0, false, "OBJECT"},
}

// refusedCommands are not replayed, by why not.
var refusedCommands = map[string]string{
	"blocks its connection": `BLPOP BRPOP BLMOVE BRPOPLPUSH BLMPOP BZPOPMIN BZPOPMAX BZMPOP XREAD XREADGROUP WAIT WAITAOF`,
	"pub/sub":               `SUBSCRIBE UNSUBSCRIBE PSUBSCRIBE PUNSUBSCRIBE SSUBSCRIBE SUNSUBSCRIBE PUBLISH SPUBLISH PUBSUB`,
	"frames a transaction, whose commands are replayed alone": `MULTI EXEC DISCARD WATCH UNWATCH`,
	"administers the server": `ACL BGREWRITEAOF BGSAVE CLUSTER COMMAND CONFIG DEBUG DFLYCLUSTER FAILOVER FLUSHALL FLUSHDB FUNCTION INFO KEYS
		LASTSAVE LATENCY LOLWUT MEMORY MIGRATE MODULE MONITOR MOVE PSYNC RANDOMKEY REPLCONF REPLICAOF ROLE SAVE SCAN SCRIPT SHUTDOWN
		SLAVEOF SLOWLOG SWAPDB SYNC XGROUP XINFO DBSIZE TIME`,
	"belongs to its connection":              `ASKING AUTH CLIENT ECHO HELLO PING QUIT READONLY READWRITE RESET SELECT`,
	"has keys where this tool does not look": `SORT GEORADIUS GEORADIUSBYMEMBER`,
}

// commands is both by name.
var commands = func() map[string]*command {
	all := map[string]*command{}
	for _, k := range keyedCommands {
		for _, name := range strings.Fields(k.names) {
			all[name] = &command{name: name, first: k.first, last: k.last, step: k.step, counted: k.counted, write: k.write}
		}
	}
	for why, names := range refusedCommands {
		for _, name := range strings.Fields(names) {
			all[name] = &command{name: name, refused: why}
		}
	}
	return all
}()

// keys appends which arguments are keys, ascending.
func (c *command) keys(args [][]byte, at []int) ([]int, error) {
	last := c.last
	if last < 0 {
		last += len(args)
	}
	for i := c.first; i > 0 && i <= last; i += c.step {
		at = append(at, i)
	}
	if c.counted > 0 {
		if c.counted >= len(args) {
			return nil, faultf("%s with %d arguments", c.name, len(args)-1)
		}
		n, err := strconv.Atoi(string(args[c.counted]))
		if err != nil || n < 0 || n > len(args)-1-c.counted {
			return nil, faultf("%s with %s keys and %d arguments", c.name, snippet(args[c.counted]), len(args)-1)
		}
		for i := range n {
			at = append(at, c.counted+1+i)
		}
	}
	switch {
	case len(at) == 0 && c.counted > 0:
		return nil, skip("without a key")
	case len(at) == 0 || at[len(at)-1] >= len(args):
		return nil, faultf("%s with %d arguments", c.name, len(args)-1)
	case bytes.Equal(args[0], []byte("OBJECT")) && len(args) != 3:
		return nil, skip("without a key")
	}
	return at, nil
}
