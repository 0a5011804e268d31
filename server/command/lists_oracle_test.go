package command_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestListsAsRedis(t *testing.T) {
	t.Parallel()
	oracle(t, false, listConversation+listEdges)
}

func TestListsInClusterAsRedis(t *testing.T) {
	t.Parallel()
	oracle(t, true, `
		~CLUSTER ADDSLOTSRANGE 0 16383
		`+awaitOK+listConversation+`
		LMOVE a b LEFT RIGHT
		RPOPLPUSH a b
		LMPOP 2 a b LEFT
		LMPOP 2 {l}a {l}b LEFT
		`)
}

// The same on lists that are large: of many elements, and of nodes of few.
func TestLargeListsAsRedis(t *testing.T) {
	t.Parallel()
	var fill strings.Builder
	for i := range 300 {
		fmt.Fprintf(&fill, "RPUSH {l}big %d element:%d %s\n", i, i%50, strings.Repeat("x", i))
	}
	reads := `
		LLEN {l}big
		LRANGE {l}big 0 -1
		LRANGE {l}big 450 460
		LRANGE {l}big -5 -1
		LINDEX {l}big 444
		LINDEX {l}big -444
		LINDEX {l}big 899
		LINDEX {l}big 900
		LPOS {l}big element:7
		LPOS {l}big element:7 RANK -1
		LPOS {l}big element:7 RANK 3 COUNT 2
		LPOS {l}big element:7 RANK -2 COUNT 0
		LPOS {l}big element:7 COUNT 0 MAXLEN 500
		LPOS {l}big element:7 RANK -1 COUNT 0 MAXLEN 300
		LPOS {l}big 299
		LPOS {l}big nope
		OBJECT ENCODING {l}big
		`
	edits := `
		LSET {l}big 450 changed
		LSET {l}big -450 4711
		LSET {l}big 900 x
		LINSERT {l}big BEFORE element:20 before
		LINSERT {l}big AFTER element:20 after
		LINSERT {l}big AFTER 250 after
		LREM {l}big 2 element:7
		LREM {l}big -2 element:8
		LREM {l}big 0 element:9
		LREM {l}big 5 nope
		LPUSH {l}big a b c
		RPUSH {l}big a b c
		LPOP {l}big
		RPOP {l}big
		LPOP {l}big 3
		RPOP {l}big 3
		LMOVE {l}big {l}big LEFT RIGHT
		LMOVE {l}big {l}big RIGHT LEFT
		LMOVE {l}big {l}big LEFT LEFT
		LMOVE {l}big {l}other LEFT LEFT
		LMOVE {l}big {l}other RIGHT LEFT
		RPOPLPUSH {l}other {l}big
		LRANGE {l}other 0 -1
		LMPOP 2 {l}none {l}big RIGHT COUNT 3
		EXPIRE {l}big 1000
		LTRIM {l}big 100 -100
		TTL {l}big
		LLEN {l}big
		`
	small := `
		LTRIM {l}big 10 12
		LRANGE {l}big 0 -1
		TTL {l}big
		OBJECT ENCODING {l}big
		LTRIM {l}big 5 4
		EXISTS {l}big
		`
	for _, size := range []string{"-2", "-1", "5", "1"} {
		oracle(t, false, "CONFIG SET list-max-listpack-size "+size+"\nFLUSHALL\n"+
			fill.String()+reads+edits+reads+small)
	}
}

// Random commands on few keys, of short and of long elements.
func TestRandomListsAsRedis(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	pick := func(words ...string) string { return words[rnd.IntN(len(words))] }
	key := func() string { return pick("{l}a", "{l}b", "{l}c") }
	number := func() string { return fmt.Sprint(rnd.IntN(40) - 20) }
	element := func() string {
		switch rnd.IntN(12) {
		case 0:
			return strings.Repeat("L", rnd.IntN(3000))
		case 1:
			return `"\x00\xff\r\n"`
		case 2:
			return pick("-129", "00", "4096", "9223372036854775807", "-9223372036854775808", "9223372036854775808")
		}
		return fmt.Sprint(rnd.IntN(12))
	}
	end := func() string { return pick("LEFT", "RIGHT") }
	var b strings.Builder
	for step := range 1500 {
		switch rnd.IntN(18) {
		case 0, 1, 2, 3:
			fmt.Fprintln(&b, pick("LPUSH", "RPUSH", "RPUSHX"), key(), element(), element(), element())
		case 4, 5:
			fmt.Fprintln(&b, pick("LPOP", "RPOP"), key())
		case 6:
			fmt.Fprintln(&b, pick("LPOP", "RPOP"), key(), rnd.IntN(6))
		case 7:
			fmt.Fprintln(&b, "LSET", key(), number(), element())
		case 8, 9:
			fmt.Fprintln(&b, "LINSERT", key(), pick("BEFORE", "AFTER"), element(), element())
		case 10:
			fmt.Fprintln(&b, "LREM", key(), rnd.IntN(7)-3, element())
		case 11:
			fmt.Fprintln(&b, "LPOS", key(), element(), "RANK", rnd.IntN(6)-3, "COUNT", rnd.IntN(3), "MAXLEN", rnd.IntN(30))
		case 12, 13:
			fmt.Fprintln(&b, "LMOVE", key(), key(), end(), end())
		case 14:
			fmt.Fprintln(&b, "LMPOP 2", key(), key(), end(), "COUNT", rnd.IntN(3)+1)
		case 15:
			fmt.Fprintln(&b, "LINDEX", key(), number())
		case 16:
			fmt.Fprintln(&b, "LRANGE", key(), number(), number())
		default:
			if rnd.IntN(8) == 0 {
				fmt.Fprintln(&b, "LTRIM", key(), rnd.IntN(5), -rnd.IntN(5))
			}
		}
		if step%50 == 0 {
			for _, k := range []string{"{l}a", "{l}b", "{l}c"} {
				fmt.Fprintln(&b, "LRANGE", k, 0, -1)
			}
			fmt.Fprintln(&b, "~CONFIG SET list-max-listpack-size", pick("-2", "-1", "-1", "4", "100"))
		}
	}
	oracle(t, false, "FLUSHALL\n"+b.String())
}

// listConversation works on one slot, so that a cluster node answers it too.
const listConversation = `
	FLUSHALL
	# ends
	LPUSH {l}a 1
	LPUSH {l}a 2 3 "a b" ""
	RPUSH {l}a x y z
	LRANGE {l}a 0 -1
	LLEN {l}a
	TYPE {l}a
	OBJECT ENCODING {l}a
	LPUSHX {l}a p q
	RPUSHX {l}a r
	LPUSHX {l}nope p q
	RPUSHX {l}nope p
	EXISTS {l}nope
	LPUSH {l}a
	LPUSH
	RPUSHX {l}a
	LPOP {l}a
	RPOP {l}a
	LPOP {l}a 0
	LPOP {l}a 2
	RPOP {l}a 2
	RPOP {l}a 100
	EXISTS {l}a
	LPOP {l}a
	RPOP {l}a
	LPOP {l}a 1
	RPOP {l}a 0
	LPOP {l}a -1
	LPOP {l}a x
	LPOP {l}a 1 2
	RPOP {l}a 9223372036854775808
	LPOP
	RPUSH {l}a 1 2 3
	RPOP {l}a 9223372036854775807
	# binary, integers and what only looks like them
	RPUSH {l}i 0 -0 00 1 +1 " 1" 1.0 127 128 -1 -4096 4095 4096 -4097 32767 32768 -32768 -32769 8388607 8388608
	RPUSH {l}i -8388608 -8388609 2147483647 2147483648 -2147483648 -2147483649 9223372036854775807 9223372036854775808
	RPUSH {l}i -9223372036854775808 -9223372036854775809 "\x00" "\xff\x00\r\n" 1e5 "" 0x10 18446744073709551615
	LRANGE {l}i 0 -1
	LPOS {l}i 00
	LPOS {l}i 0
	LPOS {l}i "\xff\x00\r\n"
	LPOS {l}i 9223372036854775808
	LINDEX {l}i -7
	LREM {l}i 1 -4097
	LINSERT {l}i BEFORE 128 -128
	LSET {l}i 3 4711
	LRANGE {l}i 0 -1
	RPOP {l}i 40
	# indexes
	RPUSH {l}r a b c d e
	LINDEX {l}r 0
	LINDEX {l}r 4
	LINDEX {l}r 5
	LINDEX {l}r -1
	LINDEX {l}r -5
	LINDEX {l}r -6
	LINDEX {l}r x
	LINDEX {l}nope x
	LINDEX {l}nope 0
	LINDEX {l}r 9223372036854775807
	LINDEX {l}r -9223372036854775808
	LINDEX {l}r
	LRANGE {l}r 1 3
	LRANGE {l}r -3 -2
	LRANGE {l}r 3 1
	LRANGE {l}r -100 100
	LRANGE {l}r 5 10
	LRANGE {l}r 0 -6
	LRANGE {l}r 0 0
	LRANGE {l}r -9223372036854775808 9223372036854775807
	LRANGE {l}r x 1
	LRANGE {l}r 1 x
	LRANGE {l}nope x 1
	LRANGE {l}nope 0 -1
	LRANGE {l}r 0
	LSET {l}r 1 B
	LSET {l}r -1 E
	LSET {l}r 5 x
	LSET {l}r -6 x
	LSET {l}r x x
	LSET {l}nope x x
	LSET {l}nope 0 x
	LSET {l}r 1
	LRANGE {l}r 0 -1
	# trims
	LTRIM {l}r 1 -2
	LRANGE {l}r 0 -1
	LTRIM {l}r 0 -1
	LTRIM {l}r -100 100
	LTRIM {l}r 1 1
	LRANGE {l}r 0 -1
	LTRIM {l}r x 1
	LTRIM {l}r 1 x
	LTRIM {l}nope 1 x
	LTRIM {l}nope 1 2
	LTRIM {l}r 1 0
	EXISTS {l}r
	RPUSH {l}r 1 2 3
	LTRIM {l}r 3 5
	EXISTS {l}r
	# insertions
	RPUSH {l}n a b a
	LINSERT {l}n BEFORE a x
	LINSERT {l}n AFTER a y
	linsert {l}n after b z
	LINSERT {l}n before nope z
	LINSERT {l}nope before nope z
	LINSERT {l}n foo a z
	LINSERT {l}nope foo a z
	LINSERT {l}n BEFORE a
	LINSERT {l}n AFTER z end
	LRANGE {l}n 0 -1
	# removals
	DEL {l}n
	RPUSH {l}n a b a c a d a
	LREM {l}n 1 a
	LRANGE {l}n 0 -1
	LREM {l}n -2 a
	LRANGE {l}n 0 -1
	LREM {l}n 0 nope
	LREM {l}n x a
	LREM {l}nope x a
	LREM {l}nope 0 a
	LREM {l}n -9223372036854775807 b
	LREM {l}n 9223372036854775807 c
	LREM {l}n
	LRANGE {l}n 0 -1
	LREM {l}n 0 d
	LREM {l}n 0 a
	EXISTS {l}n
	# positions
	RPUSH {l}p a b c 1 2 3 c c
	LPOS {l}p c
	LPOS {l}p c RANK 2
	LPOS {l}p c RANK -1
	LPOS {l}p c RANK -3
	LPOS {l}p c RANK 4
	LPOS {l}p c COUNT 2
	LPOS {l}p c COUNT 0
	LPOS {l}p c COUNT 0 RANK 2
	LPOS {l}p c COUNT 0 RANK -2
	LPOS {l}p c COUNT 1 RANK -2
	LPOS {l}p c count 0 maxlen 3
	LPOS {l}p c COUNT 0 MAXLEN 2
	LPOS {l}p c MAXLEN 2
	LPOS {l}p c MAXLEN 0
	LPOS {l}p c RANK -1 MAXLEN 1
	LPOS {l}p a RANK -1 MAXLEN 7
	LPOS {l}p a RANK -1 MAXLEN 8
	LPOS {l}p x
	LPOS {l}p x COUNT 1
	LPOS {l}nope x
	LPOS {l}nope x COUNT 0
	LPOS {l}p c RANK 0
	LPOS {l}p c RANK x
	LPOS {l}p c RANK 9223372036854775807
	LPOS {l}p c COUNT -1
	LPOS {l}p c COUNT x
	LPOS {l}p c MAXLEN -1
	LPOS {l}p c MAXLEN x
	LPOS {l}p c RANK
	LPOS {l}p c FOO 1
	LPOS {l}p c RANK 2 RANK 1
	LPOS {l}nope c FOO 1
	LPOS {l}p
	# moves
	DEL {l}a {l}b
	RPUSH {l}a 1 2 3 4
	LMOVE {l}a {l}b LEFT RIGHT
	LMOVE {l}a {l}b left left
	LMOVE {l}a {l}b RIGHT LEFT
	LMOVE {l}a {l}b RIGHT RIGHT
	EXISTS {l}a
	LRANGE {l}b 0 -1
	LMOVE {l}a {l}b LEFT LEFT
	LMOVE {l}b {l}b LEFT RIGHT
	LMOVE {l}b {l}b RIGHT RIGHT
	LMOVE {l}b {l}b RIGHT LEFT
	LMOVE {l}b {l}b LEFT LEFT
	LRANGE {l}b 0 -1
	LMOVE {l}a {l}b FOO LEFT
	LMOVE {l}a {l}b LEFT FOO
	LMOVE {l}a {l}b LEFT
	RPOPLPUSH {l}b {l}a
	RPOPLPUSH {l}b {l}b
	RPOPLPUSH {l}nope {l}b
	RPOPLPUSH {l}nope {l}nope
	RPOPLPUSH {l}b
	LRANGE {l}b 0 -1
	DEL {l}b
	RPUSH {l}b one
	EXPIRE {l}b 1000
	RPOPLPUSH {l}b {l}b
	LMOVE {l}b {l}b LEFT LEFT
	TTL {l}b
	# several keys
	DEL {l}a {l}b
	RPUSH {l}b 1 2 3 4 5
	LMPOP 2 {l}a {l}b LEFT
	LMPOP 2 {l}a {l}b RIGHT COUNT 2
	LMPOP 1 {l}a LEFT
	LMPOP 1 {l}a LEFT COUNT 5
	LMPOP 1 {l}b right count 9223372036854775807
	EXISTS {l}b
	LMPOP 0 {l}b LEFT
	LMPOP -1 {l}b LEFT
	LMPOP x {l}b LEFT
	LMPOP 1 {l}b FOO
	LMPOP 2 {l}b LEFT
	LMPOP 1 {l}b LEFT COUNT
	LMPOP 1 {l}b LEFT COUNT 0
	LMPOP 1 {l}b LEFT COUNT x
	LMPOP 1 {l}b LEFT COUNT -1
	LMPOP 1 {l}b LEFT COUNT 1 COUNT 1
	LMPOP 1 {l}b LEFT FOO 1
	LMPOP 1 {l}b LEFT FOO
	LMPOP 9223372036854775807 {l}b LEFT
	LMPOP 1 {l}b
	LMPOP
	# other types
	SET {l}s x
	LPUSH {l}s a
	RPUSHX {l}s a
	LPOP {l}s
	LPOP {l}s 0
	LPOP {l}s x
	LLEN {l}s
	LINDEX {l}s 0
	LINDEX {l}s x
	LSET {l}s 0 x
	LRANGE {l}s 0 1
	LRANGE {l}s x 1
	LTRIM {l}s 0 1
	LINSERT {l}s BEFORE a b
	LREM {l}s 0 a
	LPOS {l}s a
	LPOS {l}s a RANK 0
	RPUSH {l}a 1
	LMOVE {l}s {l}a LEFT LEFT
	LMOVE {l}a {l}s LEFT LEFT
	RPOPLPUSH {l}s {l}s
	RPOPLPUSH {l}nope {l}s
	LMPOP 2 {l}s {l}a LEFT
	LMPOP 2 {l}nope {l}s LEFT
	LRANGE {l}a 0 -1
	GET {l}a
	APPEND {l}a x
	INCR {l}a
	SETRANGE {l}a 0 x
	STRLEN {l}a
	GETDEL {l}a
	SET {l}a x GET
	MGET {l}a {l}s
	# expiry
	DEL {l}e
	RPUSH {l}e a b c d e f
	EXPIRE {l}e 1000
	LPUSH {l}e x
	LPOP {l}e
	RPOP {l}e 2
	LSET {l}e 0 y
	LINSERT {l}e AFTER y z
	LREM {l}e 0 z
	LTRIM {l}e 0 1
	LMOVE {l}e {l}e LEFT RIGHT
	TTL {l}e
	LMOVE {l}e {l}f LEFT RIGHT
	TTL {l}f
	RPOP {l}e
	TTL {l}e
	RPUSH {l}e new
	TTL {l}e
	SET {l}e string
	GET {l}e
	COMMAND GETKEYS LMPOP 2 a b LEFT
	COMMAND GETKEYS LMPOP 2 a LEFT
	COMMAND GETKEYS LMPOP x a LEFT
	COMMAND GETKEYS LMPOP 3 a LEFT
	COMMAND GETKEYS LMOVE a b LEFT LEFT
	`

// listEdges is what a cluster node refuses.
const listEdges = `
	FLUSHALL
	RPUSH a 1 2 3
	LMOVE a b LEFT RIGHT
	RPOPLPUSH a c
	LRANGE b 0 -1
	LRANGE c 0 -1
	LMPOP 3 none a b RIGHT COUNT 9
	LMPOP 3 none a b RIGHT COUNT 9
	LMPOP 3 none a b RIGHT COUNT 9
	COPY c d
	LRANGE d 0 -1
	RENAME d e
	LRANGE e 0 -1
	`
