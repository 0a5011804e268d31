package command_test

import "testing"

func TestPubsubAnswersAsRedis(t *testing.T) {
	theatre(t, false, `
		a: SUBSCRIBE c1
		a: SUBSCRIBE c1
		a> SUBSCRIBE c2 c3
		a<
		a<
		a: PSUBSCRIBE c*
		b: PUBLISH c1 hello
		a<
		a<
		b: PUBLISH x hello
		b: PUBLISH c9 "bin\x00ary\r\n"
		a<
		a: PING
		a: PING x
		a: GET k
		a: PUBLISH c1 x
		a: NOSUCH
		a: MULTI
		a: UNSUBSCRIBE nothing
		b: PUBSUB NUMSUB c1 c2 x
		b: PUBSUB NUMSUB
		b: PUBSUB NUMPAT
		b: PUBSUB CHANNELS c1
		b: PUBSUB CHANNELS nothing*
		b: PUBSUB CHANNELS a b
		b: PUBSUB SHARDCHANNELS
		b: PUBSUB SHARDNUMSUB x
		b: PUBSUB NOSUCH
		b: PUBSUB
		b: PUBSUB NUMPAT x
		a> UNSUBSCRIBE c1 c2 c3
		a<
		a<
		a<
		a: PUNSUBSCRIBE
		a: PUNSUBSCRIBE
		a: UNSUBSCRIBE
		a: SUNSUBSCRIBE
		a: GET k
		a: PING
		a: SSUBSCRIBE s
		b: SPUBLISH s 1
		a<
		b: PUBSUB SHARDCHANNELS
		b: PUBSUB SHARDNUMSUB s
		b: PUBLISH s 1
		a: GET k
		a: SUBSCRIBE d
		a: SUNSUBSCRIBE
		a: RESET
		a: GET k
		b: PUBLISH d 1
		b: MULTI
		b: PUBLISH c 1
		b: SUBSCRIBE c
		b: PUBLISH c 2
		~b> EXEC
	`)
}

func TestPubsubAnswersAsRedisInRESP3(t *testing.T) {
	theatre(t, false, `
		~a: HELLO 3
		a: SUBSCRIBE c1
		a: PSUBSCRIBE c?
		a: PING
		a: PING x
		a: GET k
		b: PUBLISH c1 hello
		a<
		a<
		a: MULTI
		a: SET k 1
		a: EXEC
		b: MULTI
		b: PUBLISH c1 1
		b: SET k 1
		b: PUBLISH c1 2
		b: EXEC
		a<
		a<
		a<
		a<
		a: PUBLISH c1 self
		a<
		a<
		a: UNSUBSCRIBE
		a: PUNSUBSCRIBE
		b: PUBLISH c1 hello
		a> SUBSCRIBE x y
		a<
		a<
		a> CLIENT REPLY OFF
		a> SUBSCRIBE z
		a<
		b: PUBLISH z 1
		a<
		a> GET k
		a: CLIENT REPLY ON
		a> CLIENT REPLY SKIP
		a: SUBSCRIBE w
		a: SUBSCRIBE v
		a: GET k
		a. x
		b: MULTI
		b: SUBSCRIBE c
		b: GET k
		b> EXEC
		b<
	`)
}

func TestShardedPubsubAnswersAsRedis(t *testing.T) {
	theatre(t, true, `
		~a: HELLO 3
		a: SSUBSCRIBE x
		a> SSUBSCRIBE {x}1 {x}2
		a<
		a<
		a: SSUBSCRIBE a b
		b: SPUBLISH {x}1 m
		a<
		b: SPUBLISH y m
		b: SPUBLISH
		b: PUBSUB SHARDNUMSUB x y {x}1
		a: SUBSCRIBE x
		b: PUBLISH x 1
		a<
		a: SUNSUBSCRIBE {x}1
		a: GET k
		b: CLUSTER DELSLOTS 16287
		b: PUBSUB SHARDCHANNELS
		~a<
		~a<
		a: PING
		b: SPUBLISH x 1
		a: SSUBSCRIBE x
	`)
}
