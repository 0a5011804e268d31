package command_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestSortedSetsAsRedis(t *testing.T) { oracle(t, false, sortedSetConversation) }

const sortedSetConversation = `
FLUSHALL
# Adding and its options.
ZADD z 1 a
ZADD z 1 a
ZADD z 2 a 3 b 3 c 2.5 d
ZRANGE z 0 -1 WITHSCORES
ZADD z NX 9 a 9 e
ZADD z XX 9 e 9 nobody
ZADD z XX CH 10 e 9 nobody
ZADD z GT CH 1 a 3 a 2 b
ZADD z LT CH 1 a 3 a
ZADD z GT 5 new
ZADD z LT CH 5 new2 1 new
ZADD z GT XX CH 100 a 1 nobody
ZADD z CH NX 100 a 1 nobody2
ZRANGE z 0 -1 WITHSCORES
ZADD z NX XX 1 a
ZADD z NX GT 1 a
ZADD z NX LT 1 a
ZADD z GT LT 1 a
ZADD z INCR 1 a 2 b
ZADD z INCR 1.5 a
ZADD z INCR NX 1 a
ZADD z INCR XX 1 nobody3
ZADD z INCR NX 7 fresh
ZADD z INCR GT -1 a
ZADD z INCR LT -1 a
ZADD z INCR CH 1 a
ZADD z incr ch xx 1 a
ZADD absent XX 1 a
ZADD absent XX INCR 1 a
EXISTS absent
ZADD z
ZADD z 1
ZADD z 1 a 2
ZADD z NX
ZADD z NX 1
ZADD z NX CH a 1
ZADD z x a
ZADD z 1 a x b
ZADD z 1 nx
ZADD z nx ch 1 incr
ZADD z nan a
ZADD z -nan a
ZADD z "" a
ZADD z " 1" a
ZADD z "1 " a
ZADD z 1e400 a
ZADD z -1e400 a
ZADD z 1e-400 a
ZADD z 0e-400 a
ZADD z 0x10 a
ZADD z 0x a
ZADD z 0x1p-3 a
ZADD z 0x.8 a
ZADD z 0x1p a
ZADD z 1e a
ZADD z 1e+ a
ZADD z .5 a
ZADD z 5. a
ZADD z . a
ZADD z 1_0 a
ZADD z +1 a
ZADD z --1 a
ZADD z 1.2.3 a
ZADD z nan(1) a
ZADD z infinit a
ZADD z inf p -inf m Infinity p2 -INFINITY m2 +inf p3
ZRANGE z 0 -1 WITHSCORES
ZINCRBY z -inf p
ZINCRBY z inf m
ZADD z INCR inf m
ZINCRBY z 1 p
ZINCRBY z 1 a
ZINCRBY z 0.1 a
ZINCRBY z x a
ZINCRBY z 5 nobody9
ZINCRBY z 1
ZINCRBY fresh 3 a
ZRANGE z 0 -1 WITHSCORES
# Single members.
ZSCORE z a
ZSCORE z none
ZSCORE none a
ZMSCORE z a none b
ZMSCORE none a b
ZMSCORE z
ZCARD z
ZCARD none
ZRANK z a
ZRANK z none
ZRANK none a
ZREVRANK z a
ZREVRANK z none
ZREVRANK none a
ZRANK z a WITHSCORE
ZREM z a none a b
ZREM none a
ZREM z
ZCARD z
ZREM fresh a
EXISTS fresh
# -0 and equal scores.
DEL z
ZADD z 0 b -0 a 0 c -0 b
ZRANGE z 0 -1 WITHSCORES
ZADD z CH 0 a
ZSCORE z a
ZINCRBY z -0 c
ZADD z 1 10 1 9 1 -5 1 0 1 00 1 "" 1 z
ZRANGE z 0 -1 WITHSCORES
ZRANGE z (0 1 BYSCORE
ZADD z 2 9
ZADD z 0.5 z
ZADD z 1 z
ZRANGE z 0 -1
# Wrong types.
SET s x
ZADD s 1 a
ZADD s XX 1 a
ZADD s x a
ZINCRBY s 1 a
ZREM s a
ZCARD s
ZSCORE s a
ZMSCORE s a
ZRANK s a
ZREVRANK s a
ZCOUNT s 0 1
ZCOUNT s x 1
ZLEXCOUNT s - +
ZRANGE s 0 1
ZRANGE s 0 1 BYSCORE
ZRANGE s 0 x
ZRANGESTORE d s 0 -1
ZREVRANGE s 0 1
ZRANGEBYSCORE s 0 1
ZREVRANGEBYSCORE s 0 1
ZRANGEBYLEX s - +
ZREVRANGEBYLEX s + -
ZREMRANGEBYRANK s 0 1
ZREMRANGEBYSCORE s 0 1
ZREMRANGEBYLEX s - +
ZPOPMIN s
ZPOPMAX s 2
ZPOPMIN s 0
ZMPOP 1 s MIN
ZMPOP 2 none s MIN
ZRANDMEMBER s
ZRANDMEMBER s 1
ZSCAN s 0
ZUNION 1 s
ZINTER 2 z s
ZDIFF 2 none s
ZINTERCARD 1 s
ZUNIONSTORE d 1 s
GET z
INCR z
APPEND z x
TYPE z
`

func TestSortedSetRangesAsRedis(t *testing.T) { oracle(t, false, sortedSetRanges) }

const sortedSetRanges = `
FLUSHALL
ZADD z 1 a 2 b 3 c 4 d 5 e 6 f 7 g
ZRANGE z 0 -1
ZRANGE z 0 2
ZRANGE z -3 -1
ZRANGE z -100 100
ZRANGE z 5 2
ZRANGE z 7 9
ZRANGE z 0 -8
ZRANGE z -9 -7
ZRANGE z 2 -3 REV
ZRANGE z 0 0 REV WITHSCORES
ZRANGE z 0 1 rev withscores
ZRANGE z 9223372036854775807 -1
ZRANGE z -9223372036854775808 9223372036854775807
ZRANGE z 0 9223372036854775808
ZRANGE z a b
ZRANGE z 0 1.5
ZREVRANGE z 0 1 WITHSCORES
ZREVRANGE z 0 1 REV
ZREVRANGE z 0 1 BYSCORE
ZREVRANGE z 0 1 LIMIT 0 1
ZRANGE z 0 1 LIMIT 0 1
ZRANGE z 0 1 LIMIT 0 -1
ZRANGE z 0 1 LIMIT 0 -2
ZRANGE z 0 1 LIMIT 0
ZRANGE z 0 1 LIMIT x 1
ZRANGE z 0 1 LIMIT 1 x
ZRANGE z 0 9 BYSCORE LIMIT 2 2
ZRANGE z 0 9 BYSCORE LIMIT 2 -1
ZRANGE z 0 9 BYSCORE LIMIT 2 -7
ZRANGE z 0 9 BYSCORE LIMIT -1 2
ZRANGE z 0 9 BYSCORE LIMIT 100 2
ZRANGE z 0 9 BYSCORE LIMIT 0 0
ZRANGE z 9 0 BYSCORE REV LIMIT 1 2 WITHSCORES
ZRANGE z 0 9 BYSCORE REV
ZRANGE z 0 9 BYSCORE BYLEX
ZRANGE z 0 9 BYLEX BYSCORE
ZRANGE z 0 9 BYSCORE BYSCORE
ZRANGE z 0 9 REV REV
ZRANGE z - + BYLEX WITHSCORES
ZRANGE z - + BYLEX LIMIT 1 2
ZRANGE z + - BYLEX REV LIMIT 1 2
ZRANGE z 0 1 NOSUCH
ZRANGE z 0
ZRANGE none 0 -1
ZRANGE none 0 -1 WITHSCORES
ZRANGE none 0 1 BYSCORE
ZRANGEBYSCORE z 2 4
ZRANGEBYSCORE z (2 4 WITHSCORES
ZRANGEBYSCORE z 2 (4
ZRANGEBYSCORE z (2 (2
ZRANGEBYSCORE z 2 (2
ZRANGEBYSCORE z (2 (3
ZRANGEBYSCORE z 4 2
ZRANGEBYSCORE z -inf +inf LIMIT 1 2 WITHSCORES
ZRANGEBYSCORE z -inf +inf WITHSCORES LIMIT 1 2
ZRANGEBYSCORE z -inf +inf LIMIT 1
ZRANGEBYSCORE z -inf +inf LIMIT -1 -1
ZRANGEBYSCORE z (-inf (inf
ZRANGEBYSCORE z inf -inf
ZRANGEBYSCORE z 1e400 inf
ZRANGEBYSCORE z " 2" 3
ZRANGEBYSCORE z "2 " 3
ZRANGEBYSCORE z "2\x00junk" 3
ZRANGEBYSCORE z "" 3
ZRANGEBYSCORE z ( 3
ZRANGEBYSCORE z [2 3
ZRANGEBYSCORE z nan 3
ZRANGEBYSCORE z 0 (nan
ZRANGEBYSCORE z x 3
ZRANGEBYSCORE z 0x2 0x3
ZRANGEBYSCORE z 2 3 REV
ZREVRANGEBYSCORE z 4 2
ZREVRANGEBYSCORE z (4 (2 WITHSCORES
ZREVRANGEBYSCORE z 2 4
ZREVRANGEBYSCORE z +inf -inf LIMIT 1 2
ZREVRANGEBYSCORE z +inf -inf LIMIT 5 10
ZREVRANGEBYSCORE z x y
ZCOUNT z 2 4
ZCOUNT z (2 (4
ZCOUNT z -inf inf
ZCOUNT z 4 2
ZCOUNT z 8 9
ZCOUNT z x 9
ZCOUNT none 0 1
ZCOUNT z 0
# By bytes.
ZADD l 0 a 0 b 0 c 0 d 0 "" 0 aa 0 "\xff" 0 10 0 9 0 -1
ZRANGEBYLEX l - +
ZRANGEBYLEX l [a [c
ZRANGEBYLEX l (a (c
ZRANGEBYLEX l [a (b
ZRANGEBYLEX l - [9
ZRANGEBYLEX l [1 [2
ZRANGEBYLEX l (d +
ZRANGEBYLEX l [ [a
ZRANGEBYLEX l ( (a
ZRANGEBYLEX l + -
ZRANGEBYLEX l - -
ZRANGEBYLEX l + +
ZRANGEBYLEX l [c [a
ZRANGEBYLEX l (a (a
ZRANGEBYLEX l [a [a
ZRANGEBYLEX l [a (a
ZRANGEBYLEX l a b
ZRANGEBYLEX l "" b
ZRANGEBYLEX l -x +
ZRANGEBYLEX l "-\x00" +
ZRANGEBYLEX l - + LIMIT 2 3
ZRANGEBYLEX l - + LIMIT 2 -1
ZRANGEBYLEX l - + WITHSCORES
ZRANGEBYLEX none - +
ZREVRANGEBYLEX l + -
ZREVRANGEBYLEX l [c [a
ZREVRANGEBYLEX l (c (a LIMIT 0 1
ZREVRANGEBYLEX l + - LIMIT 3 2
ZLEXCOUNT l - +
ZLEXCOUNT l [a (c
ZLEXCOUNT l + -
ZLEXCOUNT l x y
ZLEXCOUNT none - +
# By bytes where scores differ: as Redis walks.
ZADD mixed 1 m 2 a 3 x 4 c 5 z
ZRANGEBYLEX mixed [b [y
ZREVRANGEBYLEX mixed [y [b
ZRANGEBYLEX mixed - [m
ZREVRANGEBYLEX mixed [m -
ZRANGEBYLEX mixed (n +
ZLEXCOUNT mixed [b [n
ZREMRANGEBYLEX mixed [a [m
ZRANGE mixed 0 -1
# Removing.
ZREMRANGEBYRANK z 0 1
ZREMRANGEBYRANK z -1 -1
ZREMRANGEBYRANK z 5 9
ZREMRANGEBYRANK z x 9
ZREMRANGEBYSCORE z (3 4
ZREMRANGEBYSCORE z 100 200
ZREMRANGEBYSCORE z x 4
ZREMRANGEBYLEX l [a (c
ZREMRANGEBYLEX l x y
ZRANGE z 0 -1 WITHSCORES
ZRANGE l 0 -1
ZREMRANGEBYSCORE z -inf inf
EXISTS z
ZREMRANGEBYRANK none 0 1
ZREMRANGEBYLEX l - +
EXISTS l
# Storing.
ZADD z 1 a 2 b 3 c 4 d
SET d x
ZRANGESTORE d z 1 2
ZRANGE d 0 -1 WITHSCORES
EXPIRE d 1000
ZRANGESTORE d z (1 (4 BYSCORE
TTL d
ZRANGESTORE d z - + BYLEX LIMIT 1 1
ZRANGE d 0 -1 WITHSCORES
ZRANGESTORE d z 0 0 REV
ZRANGE d 0 -1 WITHSCORES
ZRANGESTORE d z 5 9
EXISTS d
ZRANGESTORE d none 0 -1
ZRANGESTORE z z 0 1
ZRANGE z 0 -1
ZRANGESTORE d z 0 1 WITHSCORES
ZRANGESTORE d z 0 1 LIMIT 1 1
ZRANGESTORE d z x 1
ZRANGESTORE d z 0
`

func TestSortedSetPopsAndMergesAsRedis(t *testing.T) { oracle(t, false, sortedSetMerges) }

const sortedSetMerges = `
FLUSHALL
ZADD z 1 a 2 b 3 c 4 d 5 e 6 f 7 g 8 h 9 i 10 j
ZPOPMIN z
ZPOPMAX z
ZPOPMIN z 2
ZPOPMAX z 2
ZPOPMIN z 0
ZPOPMAX z -1
ZPOPMIN z x
ZPOPMIN z 1 2
ZPOPMIN none
ZPOPMIN none 5
ZMPOP 1 z MIN
ZMPOP 2 none z MAX COUNT 2
ZMPOP 1 none MIN
ZMPOP 1 z NONE
ZMPOP 1 z MIN COUNT
ZMPOP 1 z MIN COUNT 0
ZMPOP 1 z MIN COUNT x
ZMPOP 1 z MIN COUNT 1 COUNT 1
ZMPOP 1 z MIN NOSUCH
ZMPOP 0 z MIN
ZMPOP -1 z MIN
ZMPOP x z MIN
ZMPOP 2 z MIN
ZMPOP 9 z MIN
ZMPOP 1 z MIN COUNT 100
EXISTS z
ZADD z 1 a
ZPOPMAX z 100
EXISTS z
# Random members: shapes only.
ZADD one 1.5 m
ZRANDMEMBER one
ZRANDMEMBER one 1
ZRANDMEMBER one 5
ZRANDMEMBER one -3
ZRANDMEMBER one 0
ZRANDMEMBER one 1 WITHSCORES
ZRANDMEMBER one -2 WITHSCORES
ZRANDMEMBER one 2 NOSUCH
ZRANDMEMBER one 2 WITHSCORES x
ZRANDMEMBER one WITHSCORES
ZRANDMEMBER one x WITHSCORES
ZRANDMEMBER one -9223372036854775808
ZRANDMEMBER one 9223372036854775807
ZRANDMEMBER one 9223372036854775807 WITHSCORES
ZRANDMEMBER one 4611686018427387904 WITHSCORES
ZRANDMEMBER one -4611686018427387904 WITHSCORES
ZRANDMEMBER none
ZRANDMEMBER none 1
ZRANDMEMBER none -1 WITHSCORES
# Scans of packed ones.
ZADD z 1 a 2.5 b 1e20 c 0.1 d inf e -0 f 7 12
ZSCAN z 0
ZSCAN z 0 MATCH [ab]
ZSCAN z 0 COUNT 1
ZSCAN z 0 COUNT 0
ZSCAN z 0 COUNT x
ZSCAN z 0 MATCH
ZSCAN z 0 TYPE zset
ZSCAN z 0 NOSUCH 1
ZSCAN z x
ZSCAN z -1
ZSCAN z +0
ZSCAN z ""
ZSCAN z -
ZSCAN z 99999999999999999999
ZSCAN none 0
ZSCAN none 0 COUNT x
ZSCAN z
# Merging.
ZADD a 1 x 2 y 3 z
ZADD b 10 y 20 z 30 w
ZADD c 5 z 0.1 q
ZUNION 2 a b
ZUNION 2 a b WITHSCORES
ZUNION 3 a b c WEIGHTS 1 2 0.5 WITHSCORES
ZUNION 2 a b AGGREGATE MIN WITHSCORES
ZUNION 2 a b AGGREGATE MAX WITHSCORES
ZUNION 2 a b AGGREGATE SUM WITHSCORES
ZUNION 2 a b AGGREGATE AVG
ZUNION 2 a b AGGREGATE
ZUNION 2 a b WEIGHTS 1
ZUNION 2 a b WEIGHTS 1 x
ZUNION 2 a b WEIGHTS 1 nan
ZUNION 2 a b WEIGHTS 1 2 3
ZUNION 2 a b NOSUCH
ZUNION 2 a a WITHSCORES
ZUNION 2 a none WITHSCORES
ZUNION 1 none
ZUNION 0 a
ZUNION -1 a
ZUNION x a
ZUNION 3 a b
ZUNION 2 a b WEIGHTS inf -inf WITHSCORES
ZUNION 2 a b WEIGHTS 0 0 WITHSCORES
ZUNION 1 a WEIGHTS -0 WITHSCORES
ZINTER 2 a b
ZINTER 2 a b WITHSCORES
ZINTER 3 a b c WEIGHTS 2 3 4 AGGREGATE SUM WITHSCORES
ZINTER 3 a b c AGGREGATE MIN WITHSCORES WEIGHTS 1 1 1
ZINTER 2 a none
ZINTER 1 a WITHSCORES
ZINTER 2 a a WITHSCORES
ZINTER 2 a b WEIGHTS inf -inf WITHSCORES
ZDIFF 2 a b
ZDIFF 2 a b WITHSCORES
ZDIFF 3 a b c WITHSCORES
ZDIFF 2 a none WITHSCORES
ZDIFF 2 none a
ZDIFF 2 a a
ZDIFF 2 a b WEIGHTS 1 2
ZDIFF 2 a b AGGREGATE SUM
ZDIFF 0 a
ZINTERCARD 2 a b
ZINTERCARD 2 a b LIMIT 1
ZINTERCARD 2 a b LIMIT 0
ZINTERCARD 2 a b LIMIT -1
ZINTERCARD 2 a b LIMIT x
ZINTERCARD 2 a b LIMIT
ZINTERCARD 2 a b WITHSCORES
ZINTERCARD 2 a none
ZINTERCARD 0 a
ZINTERCARD x a
ZINTERCARD 3 a b
ZUNIONSTORE d 2 a b
ZRANGE d 0 -1 WITHSCORES
EXPIRE d 1000
ZUNIONSTORE d 2 a b WEIGHTS 1 0.1
TTL d
ZRANGE d 0 -1 WITHSCORES
ZUNIONSTORE d 2 a b WITHSCORES
ZUNIONSTORE a 2 a b AGGREGATE MAX
ZRANGE a 0 -1 WITHSCORES
ZINTERSTORE d 2 a b
ZRANGE d 0 -1 WITHSCORES
ZINTERSTORE d 2 a none
EXISTS d
ZDIFFSTORE d 2 a b
ZRANGE d 0 -1 WITHSCORES
ZDIFFSTORE d 2 a a
EXISTS d
ZDIFFSTORE d 2 a b WEIGHTS 1 2
ZUNIONSTORE d 0 a
ZUNIONSTORE d 3 a b
ZUNIONSTORE d x a b
ZUNIONSTORE d 1
SET d x
ZINTERSTORE d 1 none
EXISTS d
SET d x
ZUNIONSTORE d 1 a
TYPE d
`

// What is packed and what is not, and the same commands on both sides of that.
func TestSortedSetEncodingsAsRedis(t *testing.T) {
	const conversation = `
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
ZADD l 1 longmember 2 x
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
	oracle(t, false, conversation)
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
