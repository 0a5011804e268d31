package workloads

import (
	"maps"
	"slices"
	"strings"
)

// command is what a workload needs to know of a Redis command: the arguments
// behind its name, in the language of form.go, and what it does to its keys.
type command struct {
	form    string
	on      Type // the families that it suits; anyType: all
	write   bool
	removes bool // takes the key away, or may
	counter bool // its values must be integers
	text    bool // its values must not: it would make them none
	many    bool // of as many keys as the operation says
	ttl     bool // needs a ttl
	check   answerCheck
}

// anyType suits every family.
const anyType Type = ""

// commands is what a mix may hold by its name alone.
var commands = map[string]command{
	"EXISTS":  {form: "{key}"},
	"TTL":     {form: "{key}"},
	"TYPE":    {form: "{key}"},
	"TOUCH":   {form: "{key}"},
	"DEL":     {form: "{key}", write: true, removes: true},
	"UNLINK":  {form: "{key}", write: true, removes: true},
	"EXPIRE":  {form: "{key} {seconds}", write: true, ttl: true},
	"PEXPIRE": {form: "{key} {millis}", write: true, ttl: true},
	"PERSIST": {form: "{key}", write: true},

	"GET":      {form: "{key}", on: String, check: checkWhole},
	"GETRANGE": {form: "{key} {start} {end}", on: String},
	"STRLEN":   {form: "{key}", on: String},
	"MGET":     {form: "{keys}", on: String, many: true, check: checkByKey},
	"SET":      {form: "{key} {value} {px}", on: String, write: true},
	"SETEX":    {form: "{key} {seconds} {value}", on: String, write: true, ttl: true},
	"PSETEX":   {form: "{key} {millis} {value}", on: String, write: true, ttl: true},
	"SETNX":    {form: "{key} {value}", on: String, write: true},
	"SETRANGE": {form: "{key} {start} {value}", on: String, write: true, text: true},
	"GETSET":   {form: "{key} {value}", on: String, write: true, check: checkWhole},
	"APPEND":   {form: "{key} {value}", on: String, write: true, text: true},
	"MSET":     {form: "{pairs}", on: String, write: true, many: true},
	"INCR":     {form: "{key}", on: String, write: true, counter: true},
	"DECR":     {form: "{key}", on: String, write: true, counter: true},
	"INCRBY":   {form: "{key} {by}", on: String, write: true, counter: true},
	"DECRBY":   {form: "{key} {by}", on: String, write: true, counter: true},
	"GETDEL":   {form: "{key}", on: String, write: true, removes: true, check: checkWhole},
	"GETEX":    {form: "{key} {px}", on: String, write: true, ttl: true, check: checkWhole},

	"HGET":    {form: "{key} {field}", on: Hash, check: checkWhole},
	"HMGET":   {form: "{key} [{field}]", on: Hash, check: checkEach},
	"HGETALL": {form: "{key}", on: Hash, check: checkSecond},
	"HVALS":   {form: "{key}", on: Hash, check: checkEach},
	"HKEYS":   {form: "{key}", on: Hash},
	"HLEN":    {form: "{key}", on: Hash},
	"HEXISTS": {form: "{key} {field}", on: Hash},
	"HSTRLEN": {form: "{key} {field}", on: Hash},
	"HSET":    {form: "{key} [{field} {value}]", on: Hash, write: true},
	"HSETNX":  {form: "{key} {field} {value}", on: Hash, write: true},
	"HINCRBY": {form: "{key} {field} {by}", on: Hash, write: true, counter: true},
	"HDEL":    {form: "{key} [{field}]", on: Hash, write: true, removes: true},

	"LPUSH":  {form: "{key} [{value}]", on: List, write: true},
	"RPUSH":  {form: "{key} [{value}]", on: List, write: true},
	"LPOP":   {form: "{key}", on: List, write: true, removes: true, check: checkWhole},
	"RPOP":   {form: "{key}", on: List, write: true, removes: true, check: checkWhole},
	"LLEN":   {form: "{key}", on: List},
	"LRANGE": {form: "{key} {start} {end}", on: List, check: checkEach},
	"LINDEX": {form: "{key} {index}", on: List, check: checkWhole},
	"LSET":   {form: "{key} {index} {value}", on: List, write: true},
	"LTRIM":  {form: "{key} {start} {end}", on: List, write: true, removes: true},

	"SADD":        {form: "{key} [{member}]", on: Set, write: true},
	"SREM":        {form: "{key} [{member}]", on: Set, write: true, removes: true},
	"SISMEMBER":   {form: "{key} {member}", on: Set},
	"SMISMEMBER":  {form: "{key} [{member}]", on: Set},
	"SMEMBERS":    {form: "{key}", on: Set},
	"SCARD":       {form: "{key}", on: Set},
	"SRANDMEMBER": {form: "{key}", on: Set},
	"SPOP":        {form: "{key}", on: Set, write: true, removes: true},

	"ZADD":             {form: "{key} [{score} {member}]", on: SortedSet, write: true},
	"ZINCRBY":          {form: "{key} {score} {member}", on: SortedSet, write: true},
	"ZREM":             {form: "{key} [{member}]", on: SortedSet, write: true, removes: true},
	"ZPOPMIN":          {form: "{key}", on: SortedSet, write: true, removes: true},
	"ZPOPMAX":          {form: "{key}", on: SortedSet, write: true, removes: true},
	"ZREMRANGEBYRANK":  {form: "{key} {start} {end}", on: SortedSet, write: true, removes: true},
	"ZREMRANGEBYSCORE": {form: "{key} {low} {high}", on: SortedSet, write: true, removes: true},
	"ZRANGE":           {form: "{key} {start} {end}", on: SortedSet},
	"ZREVRANGE":        {form: "{key} {start} {end}", on: SortedSet},
	"ZRANGEBYSCORE":    {form: "{key} {low} {high}", on: SortedSet},
	"ZREVRANGEBYSCORE": {form: "{key} {high} {low}", on: SortedSet},
	"ZCOUNT":           {form: "{key} {low} {high}", on: SortedSet},
	"ZCARD":            {form: "{key}", on: SortedSet},
	"ZSCORE":           {form: "{key} {member}", on: SortedSet},
	"ZMSCORE":          {form: "{key} [{member}]", on: SortedSet},
	"ZRANK":            {form: "{key} {member}", on: SortedSet},
	"ZREVRANK":         {form: "{key} {member}", on: SortedSet},

	"XADD": {form: "{key} * {field} {value}", on: Stream, write: true},
	"XLEN": {form: "{key}", on: Stream},

	"PUBLISH":  {form: "{key} {value}", on: Channel},
	"SPUBLISH": {form: "{key} {value}", on: Channel},

	"SETBIT":   {form: "{key} {index} {number:0-1}", on: Bitmap, write: true},
	"GETBIT":   {form: "{key} {index}", on: Bitmap},
	"BITCOUNT": {form: "{key}", on: Bitmap},
	"BITPOS":   {form: "{key} {number:0-1}", on: Bitmap},
}

// reads is commands beside those above that change nothing. Whatever else a
// form begins with counts as a write.
var reads = map[string]bool{
	"BITFIELD_RO": true, "DUMP": true, "EVALSHA_RO": true, "EXPIRETIME": true, "HRANDFIELD": true, "LCS": true,
	"LPOS": true, "PEXPIRETIME": true, "PTTL": true, "SDIFF": true, "SINTER": true, "SINTERCARD": true,
	"SORT_RO": true, "SUNION": true, "XRANGE": true, "XREVRANGE": true, "ZDIFF": true, "ZINTER": true,
	"ZLEXCOUNT": true, "ZRANDMEMBER": true, "ZRANGEBYLEX": true, "ZREVRANGEBYLEX": true, "ZUNION": true,
}

// refusal is why a command can be no part of a workload, "" if it can.
func refusal(name string) string {
	switch name {
	case "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE", "PUBSUB":
		return "gets messages without asking for them; write subscribers beside the operations, whose PUBLISH or SPUBLISH they get"
	case "XREAD", "XREADGROUP", "XGROUP", "XACK", "XCLAIM", "XAUTOCLAIM":
		return "reads a stream for a consumer; write consumers beside the operations, whose XADD they get"
	case "BLPOP", "BRPOP", "BLMOVE", "BLMPOP", "BRPOPLPUSH", "BZPOPMIN", "BZPOPMAX", "BZMPOP", "WAIT", "WAITAOF":
		return "may block its connection, and with it the requests behind it; take the form that does not"
	case "MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH":
		return "is half of a transaction; give the operation steps and transaction: true"
	case "EVAL", "EVAL_RO", "FCALL", "FCALL_RO", "SCRIPT", "FUNCTION":
		return `is sent by itself; write the script under scripts and call it by "EVALSHA {script:NAME} 1 {key}"`
	case "AUTH", "HELLO", "RESET", "SELECT", "QUIT", "MONITOR", "SYNC", "PSYNC", "REPLCONF", "CLIENT", "ASKING", "READONLY", "READWRITE":
		return "changes what its connection means; a workload may not"
	case "FLUSHALL", "FLUSHDB", "SWAPDB", "SHUTDOWN", "CONFIG", "CLUSTER", "DEBUG", "MIGRATE", "MODULE", "ACL", "REPLICAOF",
		"SLAVEOF", "FAILOVER", "SAVE", "BGSAVE", "BGREWRITEAOF", "KEYS", "SCAN", "RANDOMKEY", "DBSIZE", "INFO", "COMMAND", "DFLYCLUSTER":
		return "is about the server and not about a key; a workload may not"
	}
	return ""
}

// commandNames is the commands in alphabetical order, for errors and help.
func commandNames() string {
	return strings.Join(slices.Sorted(maps.Keys(commands)), ", ")
}

// suits says whether a command works on a family's keys by their type. A
// bitmap is a string, but no stamped one.
func (c *command) suits(f *Family) bool {
	return c.on == f.kind() || c.on == anyType && f.kind() != Channel
}

// byDefault says whether an operation that names no families takes this one.
func (c *command) byDefault(f *Family) bool { return c.suits(f) && c.counter == f.Counter }

// orPointed is what p points to, or the default without one.
func orPointed[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}
