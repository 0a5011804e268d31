package command_test

import "testing"

// TestBlockingAnswersAsRedis plays several clients that wait for each other.
func TestBlockingAnswersAsRedis(t *testing.T) {
	theatre(t, false, `
		a! BLPOP k 0
		b: LPUSH k x
		a<
		b: LLEN k
		a! BLPOP k l 0
		b! BLPOP l k 0
		c: RPUSH l 1 2 3
		a<
		b<
		c: LRANGE l 0 -1
		c: DEL l
		# in the order of their coming, also for one command
		a! BLPOP k 0
		b! BRPOP k 0
		c: RPUSH k 1 2 3
		a<
		b<
		c: LRANGE k 0 -1
		c: DEL k
		# after the transaction, not inside
		a! BLPOP k 0
		b: MULTI
		b: RPUSH k 1
		b: LPOP k
		b: BLPOP k 0
		b: BLMOVE k l LEFT LEFT 0
		b: EXEC
		b: MULTI
		b: RPUSH k 1
		b: RPUSH k 2
		b: LPUSH k 0
		b: EXEC
		a<
		b: DEL k
		# the key that was written first, whatever the order of the arguments
		a! BLPOP k l 0
		b: MULTI
		b: RPUSH l 1
		b: RPUSH k 2
		b: EXEC
		a<
		b: DEL k l
		# chains
		a! BLMOVE k l LEFT RIGHT 0
		b! BRPOPLPUSH l m 0
		c! BLPOP m 0
		d: RPUSH k v
		a<
		b<
		c<
		d: EXISTS k l m
		a! BLMOVE k k LEFT RIGHT 0
		b: RPUSH k 1 2 3
		a<
		b: LRANGE k 0 -1
		b: DEL k
		# another type
		a! BLPOP k l 0
		b: SET k 1
		b: RPUSH l 1
		a<
		a: BLPOP k 0
		b: DEL k
		a! BLPOP k 0
		b: SET k 1
		b: DEL k
		b: RPUSH k 2
		a<
		b: SET m 1
		a! BLMOVE k m LEFT LEFT 0
		b: RPUSH k 1
		a<
		b: LRANGE k 0 -1
		b: DEL k m
		# lists and sorted sets under one key
		a! BLPOP k 0
		b! BZPOPMIN k 0
		c: ZADD k 1 m
		b<
		c: RPUSH k e
		a<
		# however the key comes
		a! BLPOP k 0
		b: RPUSH other 1
		b: RENAME other k
		a<
		a! BLPOP k 0
		b: RPUSH other 1
		b: COPY other k
		a<
		a! BLPOP k 0
		b: SORT other STORE k
		a<
		# RESP3
		~a: HELLO 3
		a! BLPOP k 0
		b: LPUSH k x
		a<
		a! BZPOPMAX z 0
		b: ZADD z 1.5 m
		a<
		a! BLMPOP 0 2 k l LEFT COUNT 2
		b: RPUSH l 1 2 3
		a<
		a! BZMPOP 0 2 y z MAX COUNT 2
		b: ZADD z 1 a 2 b 3 c
		a<
		# timeouts
		a: BLPOP none 0.01
		b: BLPOP none 0.01
		b: BLMOVE none other LEFT LEFT 0.01
		b: BRPOPLPUSH none other 0.01
		b: BLMPOP 0.01 1 none LEFT
		b: BZPOPMIN none 0.01
		b: BZMPOP 0.01 1 none MIN
		# what is sent behind a command that blocks waits for it
		a! BLPOP k 0
		a> GET s
		a> INCR n
		b: INCR n
		b: LPUSH k x
		a<
		a<
		a<
		# who hangs up does not get it
		a! BLPOP k 0
		b! BLPOP k 0
		a. now
		~c: PING
		c: LPUSH k v
		~b<
		~c: DEL k
		d: CLIENT REPLY ON
		d! BLPOP k 0
		c: WATCH k
		c: MULTI
		c: LPUSH k 1
		c: EXEC
		d<
		c: EXISTS k
	`)
}

func TestUnblocking(t *testing.T) {
	theatre(t, false, `
		a! BLPOP k 0
		b: CLIENT UNBLOCK #a
		a<
		a! BLPOP k 0
		b: CLIENT UNBLOCK #a ERROR
		a<
		a! BLMOVE k l LEFT LEFT 0
		b: CLIENT UNBLOCK #a TIMEOUT
		a<
		b: CLIENT UNBLOCK #a
		a: PING
		a! BLPOP k 0
		b: CLIENT KILL ID #a
		a<
	`)
}

func TestBlockingInAClusterAnswersAsRedis(t *testing.T) {
	theatre(t, true, `
		a! BLPOP {x}1 {x}2 0
		b: LPUSH {x}2 v
		a<
		a: BLPOP x y 0
		a! BLMOVE {x}1 {x}2 LEFT LEFT 0
		b: LPUSH {x}1 v
		a<
		a! BLPOP x 0
		b: CLUSTER DELSLOTS 16287
		a<
	`)
}
