package command_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestSortAsRedis(t *testing.T) {
	t.Parallel()
	oracle(t, false, sortConversation+sortByPatterns+largeSorts(200)+`
		# within a transaction
		MULTI
		SORT l BY w_* GET # GET o_*->name
		SORT l BY w_* STORE {l}3
		LRANGE {l}3 0 -1
		EXEC
		MULTI
		SORT l
		EXEC
	`)
}

func TestSortInClusterAsRedis(t *testing.T) {
	t.Parallel()
	oracle(t, true, `
		~CLUSTER ADDSLOTSRANGE 0 16383
		`+awaitOK+sortConversation+`
		SORT l BY w_*
		SORT l BY w_* GET
		SORT l BY {l}*
		SORT l GET #
		SORT l GET o_*->name BY w_*
		SORT l BY nosort
		SORT l STORE other
		SORT_RO l BY w_*
		SORT_RO l GET #
	`)
}

// sortConversation works on one slot. It has no number that is beyond a double:
// after such a one Redis 7.0 fails to sort any numbers, since it does not reset
// errno.
const sortConversation = `
	FLUSHALL
	RPUSH l 3 10 2 -5 1.5 1e3
	SORT l
	SORT l DESC
	SORT l ASC desc asc
	SORT l ALPHA
	SORT l ALPHA DESC
	SORT l LIMIT 1 2
	SORT l LIMIT 0 0
	SORT l LIMIT -5 3
	SORT l LIMIT 2 -1
	SORT l LIMIT 2 -5
	SORT l LIMIT 100 5
	SORT l LIMIT 5 100
	SORT l LIMIT 0 9223372036854775807
	SORT l LIMIT 9223372036854775807 9223372036854775807
	SORT l LIMIT x 1
	SORT l LIMIT 1 x
	SORT l LIMIT 1
	SORT l DESC LIMIT 1 2
	SORT l BY nosort
	SORT l BY nosort DESC
	SORT l BY nosort LIMIT 1 2
	SORT l BY nosort DESC LIMIT 1 2
	SORT l BY nosort LIMIT 4 9
	SORT l FOO
	SORT l GET
	SORT l BY
	SORT l STORE
	SORT l STORE {l}2
	LRANGE {l}2 0 -1
	OBJECT ENCODING {l}2
	EXPIRE {l}2 100
	SORT l LIMIT 0 2 STORE {l}2
	TTL {l}2
	LRANGE {l}2 0 -1
	SORT l LIMIT 0 0 STORE {l}2
	EXISTS {l}2
	SORT l STORE l
	LRANGE l 0 -1
	SORT_RO l DESC
	SORT_RO l STORE {l}2
	SORT_RO l LIMIT 0 2
	SORT {l}nope
	SORT {l}nope STORE {l}2
	SORT_RO {l}nope
	SET {l}s x
	SORT {l}s
	SORT {l}s FOO
	SORT_RO {l}s
	HSET {l}h a 1
	SORT {l}h
	SORT
	SORT_RO
	# numbers
	RPUSH {l}a 1 x 2
	SORT {l}a
	SORT {l}a ALPHA
	SORT {l}a STORE {l}2
	SORT {l}a LIMIT 0 1
	SORT {l}a BY nosort
	RPUSH {l}n 0x10 " 5" inf -inf 1e-5 0 -0 .5 5.
	SORT {l}n
	RPUSH {l}n2 "5 "
	SORT {l}n2
	RPUSH {l}n3 nan
	SORT {l}n3
	RPUSH {l}n5 "" 1 -1
	SORT {l}n5
	RPUSH {l}n6 1_0
	SORT {l}n6
	RPUSH {l}n7 0x1p4 0X1F 15 0x1.8p1
	SORT {l}n7
	RPUSH {l}n8 infinity 5 +7 -Infinity
	SORT {l}n8
	RPUSH {l}n9 9223372036854775807 9223372036854775806 -9223372036854775808
	SORT {l}n9
	# equal numbers come by their bytes
	RPUSH {l}e 1.0 1 1.00 01
	SORT {l}e
	SORT {l}e DESC
	# sets and sorted sets
	SADD {l}set 5 3 9 1
	SORT {l}set
	SORT {l}set DESC LIMIT 0 2
	SORT {l}set BY nosort STORE {l}2
	LRANGE {l}2 0 -1
	SADD {l}words b a c
	SORT {l}words
	SORT {l}words ALPHA
	SORT {l}words BY nosort STORE {l}2
	SORT {l}words BY nosort DESC STORE {l}2
	LRANGE {l}2 0 -1
	ZADD {l}z 3 a 2 b 1 c 1 10
	SORT {l}z
	SORT {l}z ALPHA
	SORT {l}z BY nosort
	SORT {l}z BY nosort DESC
	SORT {l}z BY nosort LIMIT 1 2
	SORT {l}z BY nosort DESC LIMIT 1 2
	SORT {l}z BY nosort DESC LIMIT 0 2 STORE {l}2
	LRANGE {l}2 0 -1
`

// sortByPatterns is what a cluster node refuses.
const sortByPatterns = `
	MSET w_3 30 w_10 10 w_2 20 w_-5 50 w_1.5 40
	HSET o_3 name three weight 5
	HSET o_10 name ten weight 1
	HSET o_2 name two weight 3 "" empty
	SET o_1.5 plain
	SORT l BY w_*
	SORT l BY w_* DESC
	SORT l BY w_* ALPHA
	SORT l BY w_* ALPHA DESC
	SORT l BY w_* LIMIT 1 3
	SORT l BY o_*->weight
	SORT l BY o_*->weight ALPHA GET o_*->name GET #
	SORT l BY o_*->name
	SORT l GET # GET w_* GET o_*->name
	SORT l GET w_*
	SORT l GET nostar
	SORT l GET o_*
	SORT l GET o_*->
	SORT l GET w_*->name
	SORT l GET o_*->nope
	SORT l GET *
	SORT l GET *_* GET w_*_*
	SORT l GET #x
	SORT l BY o_*->-> GET #
	SORT l BY w_*x GET #
	SORT l GET w_* STORE {l}2
	LRANGE {l}2 0 -1
	SORT l BY w_* GET o_*->name STORE w_3
	TYPE w_3
	LRANGE w_3 0 -1
	SORT l BY w_*
	SORT l GET w_*
	SET w_3 30
	SORT l BY # ALPHA
	SORT l BY constant->field
	SORT {l}set BY w_* GET # GET w_*
	SORT {l}z BY w_* GET # GET w_*
	SORT_RO l BY w_* GET # GET o_*->name
`

// largeSorts is collections that are not packed, and hashes too.
func largeSorts(n int) string {
	var lines strings.Builder
	for i := range n {
		k := i * 7919 % n
		fmt.Fprintf(&lines, "RPUSH big:l %d\nSADD big:s %d\nSADD big:w word%d\nZADD big:z %d member%d\nHSET big:h f%d %d\n", k, k, k, n-k, k, k, n-k)
		fmt.Fprintf(&lines, "SADD big:i %d\nSET weight%d %d\n", k*1000003, k, k%7)
	}
	lines.WriteString(`
		SORT big:l
		SORT big:l DESC LIMIT 10 5
		SORT big:s
		SORT big:w ALPHA
		SORT big:w BY nosort STORE big:r
		LRANGE big:r 0 -1
		SORT big:i DESC
		SORT big:z ALPHA LIMIT 5 5
		SORT big:z BY nosort LIMIT 5 5
		SORT big:z BY nosort DESC LIMIT 5 5
		SORT big:z BY nosort DESC
		SORT big:l BY weight*
		SORT big:l BY weight* DESC LIMIT 3 50
		SORT big:l GET big:h->f* GET weight*
		SORT big:l BY big:h->f*
		SORT big:s BY weight* GET # GET weight* STORE big:r
		LRANGE big:r 0 -1
		OBJECT ENCODING big:r
		DEBUG DIGEST-VALUE big:l big:s big:w big:z big:h big:i big:r
		SCAN 0 COUNT 100000 TYPE zset MATCH big:*
		SCAN 0 COUNT 100000 TYPE hash MATCH big:*
		EXPIRE big:z 1000
		DEBUG DIGEST-VALUE big:z
		TTL big:z
		PERSIST big:z
		EXPIRETIME big:h
		EXPIREAT big:h 33177117420
		EXPIRETIME big:h
		PEXPIRETIME big:h
		TYPE big:h
	`)
	return lines.String()
}
