package node

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// What applications do with the types, by go-redis.

func (l *library) strings() {
	const key = "{u}a"
	l.must(l.Set(l.ctx, key, "value", time.Hour).Err())
	ttl, err := l.TTL(l.ctx, key).Result()
	if err != nil || ttl <= 0 || ttl > time.Hour {
		l.Fatalf("TTL: %v, %v", ttl, err)
	}
	old, err := l.SetArgs(l.ctx, key, "new", redis.SetArgs{Get: true, KeepTTL: true}).Result()
	l.same("value", old, err)
	set, err := l.SetNX(l.ctx, key, "other", time.Hour).Result()
	l.same("false", set, err)
	l.must(l.MSet(l.ctx, "{u}b", "1", "{u}c", "2.5").Err())
	all, err := l.MGet(l.ctx, "{u}b", "{u}none", "{u}c").Result()
	l.same("[1 <nil> 2.5]", all, err)
	sum, err := l.IncrByFloat(l.ctx, "{u}c", 0.25).Result()
	l.same("2.75", sum, err)
	length, err := l.Append(l.ctx, key, "er").Result()
	l.same("5", length, err)
	part, err := l.GetRange(l.ctx, key, -2, -1).Result()
	l.same("er", part, err)
	gone, err := l.GetDel(l.ctx, key).Result()
	l.same("newer", gone, err)
	if _, err := l.Get(l.ctx, key).Result(); !errors.Is(err, redis.Nil) {
		l.Fatalf("a key that is gone: %v", err)
	}
	l.must(l.SetBit(l.ctx, key, 100, 1).Err())
	bits, err := l.BitCount(l.ctx, key, &redis.BitCount{Start: 0, End: 100, Unit: redis.BitCountIndexBit}).Result()
	l.same("1", bits, err)
	at, err := l.BitPos(l.ctx, key, 1).Result()
	l.same("100", at, err)
	fields, err := l.BitField(l.ctx, key, "SET", "u8", "#0", 250, "OVERFLOW", "FAIL", "INCRBY", "u8", "#0", 10, "GET", "u8", 0).Result()
	if !errors.Is(err, redis.Nil) { // go-redis's list of integers has no place for nil
		l.same("[0 0 250]", fields, err)
	}
	size, err := l.BitOpNot(l.ctx, "{u}d", key).Result()
	l.same("13", size, err)
	large := strings.Repeat("slot", 1<<18)
	l.must(l.Set(l.ctx, key, large, 0).Err())
	if got, err := l.Get(l.ctx, key).Result(); err != nil || got != large {
		l.Fatalf("a value of %d bytes: %d bytes, %v", len(large), len(got), err)
	}
}

func (l *library) hashesAndLists() {
	type user struct {
		Name string `redis:"name"`
		Age  int    `redis:"age"`
	}
	l.must(l.HSet(l.ctx, "{u}a", user{"Ada", 36}).Err())
	var back user
	l.must(l.HGetAll(l.ctx, "{u}a").Scan(&back))
	l.same("{Ada 36}", back, nil)
	age, err := l.HIncrBy(l.ctx, "{u}a", "age", 1).Result()
	l.same("37", age, err)
	some, err := l.HMGet(l.ctx, "{u}a", "name", "none").Result()
	l.same("[Ada <nil>]", some, err)
	pairs, err := l.HRandFieldWithValues(l.ctx, "{u}a", -1).Result()
	l.same("1", len(pairs), err)
	removed, err := l.HDel(l.ctx, "{u}a", "name", "none").Result()
	l.same("1", removed, err)

	l.must(l.RPush(l.ctx, "{u}b", "a", "b", "c", "b").Err())
	l.must(l.LInsertBefore(l.ctx, "{u}b", "c", "x").Err())
	l.must(l.LRem(l.ctx, "{u}b", -1, "b").Err())
	l.must(l.LSet(l.ctx, "{u}b", 0, "first").Err())
	list, err := l.LRange(l.ctx, "{u}b", 0, -1).Result()
	l.same("[first b x c]", list, err)
	places, err := l.LPosCount(l.ctx, "{u}b", "x", 0, redis.LPosArgs{}).Result()
	l.same("[2]", places, err)
	moved, err := l.LMove(l.ctx, "{u}b", "{u}c", "LEFT", "LEFT").Result()
	l.same("first", moved, err)
	key, popped, err := l.LMPop(l.ctx, "right", 2, "{u}d", "{u}b").Result()
	l.same("{u}b[c x]", key+"["+strings.Join(popped, " ")+"]", err)
	several, err := l.LPopCount(l.ctx, "{u}b", 5).Result()
	l.same("[b]", several, err)
}

func (l *library) setsAndSortedSets() {
	l.must(l.SAdd(l.ctx, "{u}a", 1, 2, 3).Err())
	l.must(l.SAdd(l.ctx, "{u}b", 2, 3, 4).Err())
	both, err := l.SInter(l.ctx, "{u}a", "{u}b").Result()
	l.same("[2 3]", sorted(both), err)
	count, err := l.SInterCard(l.ctx, 1, "{u}a", "{u}b").Result()
	l.same("1", count, err)
	stored, err := l.SUnionStore(l.ctx, "{u}c", "{u}a", "{u}b").Result()
	l.same("4", stored, err)
	are, err := l.SMIsMember(l.ctx, "{u}c", 1, 9).Result()
	l.same("[true false]", are, err)
	members, err := l.SMembersMap(l.ctx, "{u}a").Result()
	l.same("map[1:{} 2:{} 3:{}]", members, err)

	l.must(l.Del(l.ctx, "{u}a", "{u}b", "{u}c").Err())
	l.must(l.ZAdd(l.ctx, "{u}a", redis.Z{Score: 1, Member: "a"}, redis.Z{Score: 2.5, Member: "b"}, redis.Z{Score: 3, Member: "c"}).Err())
	score, err := l.ZScore(l.ctx, "{u}a", "b").Result()
	l.same("2.5", score, err)
	scored, err := l.ZRangeWithScores(l.ctx, "{u}a", 0, -1).Result()
	l.same("[{1 a} {2.5 b} {3 c}]", scored, err)
	between, err := l.ZRangeByScore(l.ctx, "{u}a", &redis.ZRangeBy{Min: "(1", Max: "+inf", Offset: 0, Count: 1}).Result()
	l.same("[b]", between, err)
	reversed, err := l.ZRangeArgs(l.ctx, redis.ZRangeArgs{Key: "{u}a", Start: 0, Stop: 1, Rev: true}).Result()
	l.same("[c b]", reversed, err)
	rank, err := l.ZRevRank(l.ctx, "{u}a", "c").Result()
	l.same("0", rank, err)
	united, err := l.ZUnionWithScores(l.ctx, redis.ZStore{Keys: []string{"{u}a", "{u}b"}, Weights: []float64{2, 1}}).Result()
	l.same("[{2 a} {5 b} {6 c}]", united, err)
	scores, err := l.ZMScore(l.ctx, "{u}a", "a", "none").Result()
	l.same("[1 0]", scores, err)
	next, err := l.ZAddArgsIncr(l.ctx, "{u}a", redis.ZAddArgs{Members: []redis.Z{{Score: 1, Member: "a"}}}).Result()
	l.same("2", next, err)
	least, err := l.ZPopMin(l.ctx, "{u}a", 2).Result()
	l.same("[{2 a} {2.5 b}]", least, err)
}

func (l *library) generic() {
	l.must(l.RPush(l.ctx, "{u}a", 3, 1, 2).Err())
	ordered, err := l.Sort(l.ctx, "{u}a", &redis.Sort{Order: "DESC"}).Result()
	l.same("[3 2 1]", ordered, err)
	n, err := l.SortStore(l.ctx, "{u}a", "{u}b", &redis.Sort{Offset: 0, Count: 2}).Result()
	l.same("2", n, err)
	encoding, err := l.ObjectEncoding(l.ctx, "{u}b").Result()
	l.same("quicklist", encoding, err)
	kind, err := l.Type(l.ctx, "{u}b").Result()
	l.same("list", kind, err)
	copied, err := l.Copy(l.ctx, "{u}b", "{u}c", 0, true).Result()
	l.same("1", copied, err)
	dump, err := l.Dump(l.ctx, "{u}c").Result()
	l.must(err)
	l.must(l.RestoreReplace(l.ctx, "{u}d", time.Hour, dump).Err())
	list, err := l.LRange(l.ctx, "{u}d", 0, -1).Result()
	l.same("[1 2]", list, err)
	persisted, err := l.Persist(l.ctx, "{u}d").Result()
	l.same("true", persisted, err)
	set, err := l.ExpireXX(l.ctx, "{u}d", time.Hour).Result()
	l.same("false", set, err)
	set, err = l.ExpireAt(l.ctx, "{u}d", time.Unix(4102444800, 0)).Result()
	l.same("true", set, err)
	when, err := l.ExpireTime(l.ctx, "{u}d").Result()
	l.same("4102444800", strconv.FormatFloat(when.Seconds(), 'f', 0, 64), err)
	l.must(l.Rename(l.ctx, "{u}d", "{u}c").Err())
	left, err := l.Unlink(l.ctx, "{u}a", "{u}b", "{u}c", "{u}d").Result()
	l.same("3", left, err)
}

func (l *library) errors() {
	l.must(l.Set(l.ctx, "{u}a", "x", 0).Err())
	for _, c := range []struct{ want, got string }{
		{"WRONGTYPE Operation against a key holding the wrong kind of value", l.LPush(l.ctx, "{u}a", 1).Err().Error()},
		{"ERR value is not an integer or out of range", l.Incr(l.ctx, "{u}a").Err().Error()},
		{"ERR syntax error", l.Do(l.ctx, "set", "{u}a", "1", "sometimes").Err().Error()},
		{"ERR wrong number of arguments for 'get' command", l.Do(l.ctx, "get").Err().Error()},
		{"ERR unknown command 'nosuch', with args beginning with: 'x' ", l.Do(l.ctx, "nosuch", "x").Err().Error()},
	} {
		l.same(c.want, c.got, nil)
	}
}

// connection runs on one connection, which the library sets up with HELLO,
// CLIENT SETNAME and CLIENT SETINFO.
func (l *library) connection() {
	run := func(do func(*redis.Conn)) {
		c, ok := l.UniversalClient.(*redis.Client)
		if !ok {
			owner, err := l.UniversalClient.(*redis.ClusterClient).MasterForKey(l.ctx, "{u}")
			l.must(err)
			c = owner
		}
		conn := c.Conn()
		defer conn.Close()
		do(conn)
	}
	run(func(c *redis.Conn) {
		l.same("PONG", c.Ping(l.ctx).Val(), nil)
		id, err := c.ClientID(l.ctx).Result()
		l.must(err)
		info, err := c.ClientInfo(l.ctx).Result()
		l.must(err)
		l.same(strconv.FormatInt(id, 10)+" typical", strconv.FormatInt(info.ID, 10)+" "+info.Name, nil)
		l.same(strconv.Itoa(l.protocol), info.Resp, nil)
		if (!strings.HasPrefix(info.LibName, "go-redis") || info.LibVer == "") && !l.judge {
			l.Errorf("CLIENT SETINFO: library %q, version %q", info.LibName, info.LibVer)
		}
		l.must(c.Do(l.ctx, "client", "no-evict", "on").Err())
		hello, err := c.Hello(l.ctx, l.protocol, "", "", "other").Result()
		l.must(err)
		l.same("redis master", hello["server"].(string)+" "+hello["role"].(string), nil)
		name, err := c.ClientGetName(l.ctx).Result()
		l.same("other", name, err)
		if err := c.Select(l.ctx, 0).Err(); err != nil {
			l.Error(err)
		}
	})
	run(func(c *redis.Conn) {
		all, err := c.ClientList(l.ctx).Result()
		if err != nil || !strings.Contains(all, "name=typical") {
			l.Errorf("CLIENT LIST: %v\n%s", err, all)
		}
		killed, err := c.ClientKillByFilter(l.ctx, "ID", "999999").Result()
		l.same("0", killed, err)
	})
}

func (l *library) server() {
	info, err := l.InfoMap(l.ctx, "server", "keyspace").Result()
	if err != nil || info["Server"]["redis_version"] == "" {
		l.Errorf("INFO: %v, %v", info, err)
	}
	config, err := l.ConfigGet(l.ctx, "maxclients").Result()
	l.same("map[maxclients:10000]", config, err)
	l.must(l.ConfigSet(l.ctx, "slowlog-log-slower-than", "10000").Err())
	_, err = l.SlowLogGet(l.ctx, 5).Result()
	l.must(err)
	commands, err := l.Command(l.ctx).Result()
	if err != nil || commands["zadd"].FirstKeyPos != 1 || commands["get"].ReadOnly != true {
		l.Errorf("COMMAND: %v, %v", commands["zadd"], err)
	}
	l.must(l.Set(l.ctx, "{u}a", "x", 0).Err())
	bytes, err := l.MemoryUsage(l.ctx, "{u}a").Result()
	if err != nil || bytes <= 0 {
		l.Errorf("MEMORY USAGE: %d, %v", bytes, err)
	}
	if _, err := l.Time(l.ctx).Result(); err != nil {
		l.Error(err)
	}
	if n, err := l.DBSize(l.ctx).Result(); err != nil || n == 0 {
		l.Errorf("DBSIZE: %d, %v", n, err)
	}
}
