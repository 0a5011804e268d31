package command_test

import "testing"

// What does not come to waiting: each of these finds something, or is refused,
// or stands in a transaction.
func TestBlockingListCommandsAsRedis(t *testing.T) {
	t.Parallel()
	oracle(t, false, `
		FLUSHALL
		RPUSH a 1 2 3 4 5 6 7 8 9
		BLPOP a 0
		BRPOP none a 1
		BLPOP a
		BLPOP
		BLPOP a x
		BLPOP a -1
		BLPOP a ""
		BLMOVE a b LEFT RIGHT 0
		BLMOVE a b right left 0.5
		BLMOVE a a LEFT RIGHT 0
		BLMOVE a b LEFT RIGHT x
		BLMOVE a b FOO RIGHT x
		BLMOVE a b LEFT FOO x
		BLMOVE a b LEFT RIGHT
		BRPOPLPUSH a b 0
		BRPOPLPUSH a b -1
		BRPOPLPUSH a b
		LRANGE a 0 -1
		LRANGE b 0 -1
		BLMPOP 0 2 none a LEFT
		BLMPOP 0 2 none a RIGHT COUNT 2
		BLMPOP x 1 a LEFT
		BLMPOP -1 1 a LEFT
		BLMPOP 0 0 a LEFT
		BLMPOP 0 1 a FOO
		BLMPOP 0 2 a LEFT
		BLMPOP 0 1 a LEFT COUNT 0
		BLMPOP 0 1 a LEFT COUNT
		BLMPOP 0 1 a
		BLMPOP 0 1
		SET s x
		BLPOP none s a 0
		BLMOVE s a LEFT LEFT 0
		BLMOVE b s LEFT LEFT 0
		BLMPOP 0 2 none s LEFT
		MULTI
		BLPOP none 0
		BRPOP none 0
		BLMOVE none b LEFT LEFT 0
		BRPOPLPUSH none b 0
		BLMPOP 0 1 none LEFT
		BLPOP b 0
		EXEC
		BLPOP none 0.01
		BRPOP none none2 0.01
		BLMOVE none b LEFT LEFT 0.01
		BRPOPLPUSH none b 0.01
		BLMPOP 0.01 1 none LEFT
		COMMAND GETKEYS BLMPOP 0 2 a b LEFT
		COMMAND GETKEYS BLPOP a b 0
		`)
}

func TestWaitingForListsAsRedis(t *testing.T) {
	t.Parallel()
	theatre(t, false, waitingForLists+`
		# keys of several slots
		a! BLMOVE here there LEFT RIGHT 0
		b! BLPOP there elsewhere 0
		p: RPUSH here 1 2
		a<
		b<
		p: LRANGE here 0 -1
		p: EXISTS there elsewhere
		`)
}

func TestWaitingForListsInClusterAsRedis(t *testing.T) {
	t.Parallel()
	theatre(t, true, waitingForLists)
}

// waitingForLists works on one slot. Who began to wait first is served first.
const waitingForLists = `
	p: FLUSHALL
	a! BLPOP {l}k 0
	b! BRPOP {l}k {l}k2 0
	c! BLPOP {l}k2 {l}k 0
	p: RPUSH {l}k 1 2 3
	a<
	b<
	c<
	p: EXISTS {l}k
	# one push for several: each sees what the push left
	a! BLPOP {l}k 0
	p: LPUSH {l}k 1 2 3
	a<
	p: LRANGE {l}k 0 -1
	p: DEL {l}k
	# moves in a chain, and in a circle
	a! BLMOVE {l}x {l}y LEFT RIGHT 0
	b! BRPOPLPUSH {l}y {l}z 0
	c! BLPOP {l}z 0
	p: RPUSH {l}x v
	a<
	b<
	c<
	p: EXISTS {l}x {l}y {l}z
	a! BLMOVE {l}x {l}x LEFT RIGHT 0
	p: RPUSH {l}x 1 2
	a<
	p: LRANGE {l}x 0 -1
	p: DEL {l}x
	# several at once
	a! BLMPOP 0 2 {l}m {l}n RIGHT COUNT 2
	b! BLMPOP 0 1 {l}n LEFT
	p: RPUSH {l}n 1 2 3
	a<
	b<
	p: EXISTS {l}n
	# a transaction is whole before anybody wakes
	a! BLPOP {l}k 0
	p: MULTI
	p: LPUSH {l}k 1
	p: LPOP {l}k
	p: RPUSH {l}k 2 3
	p: LSET {l}k 0 x
	p: EXEC
	a<
	p: LRANGE {l}k 0 -1
	p: DEL {l}k
	# other ways in which a list comes to be
	a! BLPOP {l}k 0
	p: SET {l}k string
	p: DEL {l}k
	p: RPUSH {l}other 1 2
	p: RENAME {l}other {l}k
	a<
	b! BRPOP {l}new 0
	p: LMOVE {l}k {l}new LEFT LEFT
	b<
	c! BLPOP {l}copy 0
	p: RPUSH {l}k 5
	p: COPY {l}k {l}copy
	c<
	d! BLPOP {l}sorted 0
	p: SORT {l}k STORE {l}sorted
	d<
	p: DEL {l}k {l}copy {l}sorted
	# a target of another type: the element stays
	a! BLMOVE {l}x {l}s LEFT LEFT 0
	p: SET {l}s string
	p: RPUSH {l}x 1
	a<
	p: LRANGE {l}x 0 -1
	p: DEL {l}x {l}s
	# one who leaves is not served
	a! BLPOP {l}k 0
	b! BLPOP {l}k 0
	a.
	~p: CLIENT LIST
	p: RPUSH {l}k 1 2
	b<
	~p: DEL {l}k
	# large lists wake, too
	a! BLPOP {l}k 0
	p: CONFIG SET list-max-listpack-size 2
	p: RPUSH {l}k 1 2 3 4 5
	a<
	p: LRANGE {l}k 0 -1
	p: CONFIG SET list-max-listpack-size -2
	p: DEL {l}k
	# the time is over
	a: BLPOP {l}k 0.01
	a: BLMOVE {l}k {l}k LEFT LEFT 0.01
	`
