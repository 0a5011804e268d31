package command_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

const sortedSetThresholds = `
FLUSHALL
CONFIG SET zset-max-listpack-entries 4 zset-max-listpack-value 5
ZADD z 1 a 2 b 3 c 4 d
OBJECT ENCODING z
ZADD z 5 d 0 a
ZADD z 1 12345
ZREM z 12345
OBJECT ENCODING z
DEL z
ZADD z 1 12345
OBJECT ENCODING z
ZADD z 1 a
ZADD z XX 1 123456
OBJECT ENCODING z
ZADD z 1 123456
OBJECT ENCODING z
ZREM z 123456
OBJECT ENCODING z
ZRANGE z 0 -1 WITHSCORES
DEL z
ZADD z 1 longmember
OBJECT ENCODING z
ZREM z longmember
EXISTS z
ZADD z 1 a 1 b 1 c
EXPIRE z 1000
ZADD z 1 d 1 e
TTL z
OBJECT ENCODING z
ZUNIONSTORE d 1 z WEIGHTS 2
OBJECT ENCODING d
ZREM z a b
ZUNIONSTORE d 1 z
OBJECT ENCODING d
ZRANGESTORE d z 0 -1
OBJECT ENCODING d
ZADD z 1 f 1 g 1 h
ZRANGESTORE d z 0 -1
OBJECT ENCODING d
ZRANGESTORE d z 0 3
OBJECT ENCODING d
ZADD l 1 longmember 2 x 2.5 y -3 z inf p
DUMP l
ZREM l y z p
ZRANGESTORE d l 0 -1
OBJECT ENCODING d
ZRANGESTORE d l 1 1
OBJECT ENCODING d
ZINTERSTORE d 2 l l
OBJECT ENCODING d
ZDIFFSTORE d 2 l none
OBJECT ENCODING d
CONFIG SET zset-max-listpack-entries 0
ZADD zero 1 a
OBJECT ENCODING zero
ZRANGESTORE d zero 0 -1
OBJECT ENCODING d
ZPOPMIN zero
EXISTS zero
CONFIG SET zset-max-listpack-entries 128 zset-max-listpack-value 64
ZADD z 1 i
OBJECT ENCODING z
`

// What is packed and what is not, and the same commands on both sides of that.
func TestSortedSetEncodingsAsRedis(t *testing.T) {
	oracle(t, false, sortedSetThresholds)
	// All that packed sets answer, of large ones.
	for _, conversation := range []string{sortedSetConversation, sortedSetRanges, sortedSetMerges} {
		large := "CONFIG SET zset-max-listpack-entries 0\n"
		for line := range strings.Lines(conversation) {
			switch word, rest, _ := strings.Cut(line, " "); {
			case word == "ZSCAN", strings.Contains(rest, "mixed"): // their order is not Redis's
				line = "~" + line
			}
			large += line
		}
		oracle(t, false, large)
	}
}

// A set that grows over the threshold member by member and shrinks again, with
// every kind of question on the way.
func TestSortedSetsGrowAsRedis(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 5))
	var lines strings.Builder
	lines.WriteString("FLUSHALL\nCONFIG SET zset-max-listpack-entries 30\n")
	score := func() string {
		return [...]string{"1", "2.5", "-3", "1e10", "0.1", "inf", "-inf", "17", "100", "-0.25"}[rnd.IntN(10)]
	}
	ask := []func() string{
		func() string { return "ZRANK z " + fmt.Sprint(rnd.IntN(200)) },
		func() string { return "ZSCORE z " + fmt.Sprint(rnd.IntN(200)) },
		func() string { return fmt.Sprintf("ZRANGE z %d %d WITHSCORES", rnd.IntN(50)-20, rnd.IntN(50)-20) },
		func() string { return fmt.Sprintf("ZRANGE z %d %d REV", rnd.IntN(50)-20, rnd.IntN(50)-20) },
		func() string {
			return fmt.Sprintf("ZRANGEBYSCORE z %s (%s LIMIT %d %d", score(), score(), rnd.IntN(5), rnd.IntN(9)-1)
		},
		func() string {
			return fmt.Sprintf("ZREVRANGEBYSCORE z (%s %s WITHSCORES LIMIT %d %d", score(), score(), rnd.IntN(5), rnd.IntN(9)-1)
		},
		func() string { return fmt.Sprintf("ZCOUNT z %s %s", score(), score()) },
		func() string { return fmt.Sprintf("ZREMRANGEBYSCORE z %d (%d", rnd.IntN(9), rnd.IntN(9)) },
		func() string {
			from := rnd.IntN(40)
			return fmt.Sprintf("ZREMRANGEBYRANK z %d %d", from, from+rnd.IntN(4))
		},
		func() string { return fmt.Sprintf("ZPOPMAX z %d", rnd.IntN(3)) },
		func() string { return fmt.Sprintf("ZPOPMIN z %d", rnd.IntN(3)) },
		func() string { return fmt.Sprintf("ZREM z %d %d", rnd.IntN(200), rnd.IntN(200)) },
		func() string { return fmt.Sprintf("ZINCRBY z %s %d", score(), rnd.IntN(200)) },
		func() string { return fmt.Sprintf("ZRANGESTORE d z %d %d REV", rnd.IntN(10), rnd.IntN(60)) },
		func() string { return fmt.Sprintf("ZUNIONSTORE d 2 z d WEIGHTS %s 0.5 AGGREGATE MIN", score()) },
		func() string { return "OBJECT ENCODING z" },
	}
	for step := range 3000 {
		adding := 6
		if step/400%2 == 1 {
			adding = 1
		}
		if rnd.IntN(10) < adding {
			fmt.Fprintf(&lines, "ZADD z %s %d %s %d\n", score(), rnd.IntN(200), score(), rnd.IntN(200))
		} else {
			fmt.Fprintln(&lines, ask[rnd.IntN(len(ask))]())
		}
		if step%200 == 0 {
			lines.WriteString("ZRANGE z 0 -1 WITHSCORES\nZRANGE d 0 -1 WITHSCORES\nDEL z\n")
		}
	}
	oracle(t, false, lines.String())
}
