package command_test

import "testing"

// TestTransactionsAnswerAsRedis compares whole conversations with a real
// server's.
func TestTransactionsAnswerAsRedis(t *testing.T) {
	oracle(t, false, `
		EXEC
		DISCARD
		MULTI
		MULTI
		SET k 1
		INCR k
		GET k
		EXEC
		MULTI
		EXEC
		MULTI
		GET k
		DISCARD
		MULTI
		NOSUCH a b
		GET k
		EXEC
		MULTI
		GET
		SET k 2
		EXEC
		GET k
		MULTI
		SET k abc
		INCR k
		SET k 2
		INCR k
		EXEC
		MULTI
		EXEC x
		EXEC
		MULTI
		WATCH k
		UNWATCH
		SET k 3
		EXEC
		WATCH k other
		SET k 4
		MULTI
		SET k 5
		GET k
		EXEC
		GET k
		WATCH k
		SET k 4
		UNWATCH
		MULTI
		SET k 6
		EXEC
		WATCH other
		MULTI
		SET k 7
		EXEC
		WATCH other
		DEL other
		MULTI
		EXEC
		WATCH k
		EXPIRE k 0
		MULTI
		EXEC
		SET k 1
		WATCH k
		FLUSHALL
		MULTI
		EXEC
		WATCH absent
		FLUSHALL
		MULTI
		EXEC
		WATCH k
		SET k 1
		MULTI
		DISCARD
		MULTI
		GET k
		EXEC
		WATCH k
		MULTI
		SET k 5
		EXEC x
		SET k 6
		MULTI
		EXEC
		MULTI
		DBSIZE
		SET a 1
		DBSIZE
		FLUSHALL
		DBSIZE
		RANDOMKEY
		SET b 1
		KEYS *
		SCAN 0 COUNT 100
		EXEC
		MULTI
		PING
		ECHO x
		CLIENT GETNAME
		HELLO 4
		GET k
		EXEC
		MULTI
		CLIENT SETNAME n
		SELECT 0
		OBJECT ENCODING nosuch
		CONFIG GET hz
		EXEC
		MULTI
		SHUTDOWN
		EXEC
		MULTI
		CONFIG NOSUCH
		EXEC
		MULTI
		SET k 1
		RESET
		EXEC
		~HELLO 3
		UNWATCH
		UNWATCH x
		WATCH
		MULTI x
	`)
}

func TestTransactionsAnswerAsRedisInACluster(t *testing.T) {
	oracle(t, true, `
		~CLUSTER ADDSLOTSRANGE 0 16383
		!cluster_state:ok
		MULTI
		SET a 1
		SET {a}b 2
		GET a
		EXEC
		MULTI
		SET a 1
		SET b 2
		EXEC
		EXEC
		MULTI
		MGET a b
		GET a
		EXEC
		WATCH a b
		WATCH a
		WATCH b
		MULTI
		SET a 2
		EXEC
		MULTI
		PING
		EXEC
		WATCH a
		SET a 3
		MULTI
		SET a 4
		SET b 4
		EXEC
		GET a
		MULTI
		ASKING
		GET a
		EXEC
		MULTI
		GET {a}b
		DBSIZE
		FLUSHALL
		EXEC
	`)
}
