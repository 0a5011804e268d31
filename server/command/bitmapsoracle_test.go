package command_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestBitmapsAsRedis(t *testing.T) {
	t.Parallel()
	oracle(t, false, bitmapConversation+randomBitmapLines(6, 1500)+`
		# keys of several slots
		SET a abc
		SET b abcdef
		BITOP AND r1 a b
		BITOP XOR a b r1 nope
		GET a
		BITOP NOT b b
		GET b
		MGET r1 r2
	`)
}

func TestBitmapsInClusterAsRedis(t *testing.T) {
	t.Parallel()
	oracle(t, true, `
		~CLUSTER ADDSLOTSRANGE 0 16383
		`+awaitOK+bitmapConversation+`
		BITOP AND r1 a b
		BITOP FOO r1 a b
		BITOP NOT r1 a
	`)
}

// randomBitmapLines is commands with arguments at and around the edges.
func randomBitmapLines(seed uint64, n int) string {
	random := rand.New(rand.NewPCG(seed, 0))
	pick := func(words ...string) string { return words[random.IntN(len(words))] }
	number := func() string {
		return pick("0", "1", "-1", "7", "8", "9", "63", "64", "65", "-8", "-9", "100", "-100", fmt.Sprint(random.IntN(300)-150))
	}
	key := func() string { return pick("{a}1", "{a}2", "{a}3", "{a}nope") }
	field := func() string {
		kind := fmt.Sprintf("%s%d", pick("i", "u"), 1+random.IntN(63))
		return kind + " " + pick("", "#") + fmt.Sprint(random.IntN(20))
	}
	big := func() string {
		return pick("0", "1", "-1", "127", "128", "-129", "255", "256", "9223372036854775807", "-9223372036854775808",
			fmt.Sprint(random.Int64()>>random.IntN(63)), fmt.Sprint(-(random.Int64() >> random.IntN(63))))
	}
	var lines strings.Builder
	for range n {
		switch random.IntN(9) {
		case 0:
			fmt.Fprintf(&lines, "SETBIT %s %d %d\n", key(), random.IntN(400), random.IntN(2))
		case 1:
			fmt.Fprintf(&lines, "GETBIT %s %d\n", key(), random.IntN(400))
		case 2:
			fmt.Fprintf(&lines, "BITCOUNT %s %s %s %s\n", key(), number(), number(), pick("", "BIT", "BYTE"))
		case 3:
			fmt.Fprintf(&lines, "BITPOS %s %d %s\n", key(), random.IntN(2), pick("", number()))
		case 4:
			fmt.Fprintf(&lines, "BITPOS %s %d %s %s %s\n", key(), random.IntN(2), number(), number(), pick("", "BIT", "BYTE"))
		case 5:
			fmt.Fprintf(&lines, "BITOP %s %s %s %s %s\n", pick("AND", "OR", "XOR"), key(), key(), key(), pick("", key()))
		case 6:
			fmt.Fprintf(&lines, "BITOP NOT %s %s\n", pick("{a}1", "{a}2"), key())
		case 7:
			fmt.Fprintf(&lines, "BITFIELD %s OVERFLOW %s SET %s %s INCRBY %s %s GET %s\n", key(), pick("WRAP", "SAT", "FAIL"),
				field(), big(), field(), big(), field())
		case 8:
			fmt.Fprintf(&lines, "OBJECT ENCODING %s\nGET %s\n", key(), key())
		}
		if random.IntN(40) == 0 {
			fmt.Fprintf(&lines, "DEL {a}1 {a}2\nSET {a}1 %s\nAPPEND {a}2 %s\n", pick("5", "abcdefghijkl", `"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"`), big())
		}
	}
	return lines.String()
}

const bitmapConversation = `
	FLUSHALL
	SETBIT {a}k 7 1
	SETBIT {a}k 7 1
	SETBIT {a}k 7 0
	SETBIT {a}k 100 1
	STRLEN {a}k
	GET {a}k
	GETBIT {a}k 100
	GETBIT {a}k 101
	GETBIT {a}k 100000
	GETBIT nope{a} 0
	SETBIT {a}k -1 1
	SETBIT {a}k x 1
	SETBIT {a}k 4294967296 1
	SETBIT {a}k #1 1
	SETBIT {a}k 1 2
	SETBIT {a}k 1 x
	SETBIT {a}k 1 -1
	SETBIT {a}k 01 1
	GETBIT {a}k 4294967295
	GETBIT {a}k 4294967296
	GETBIT {a}k -1
	SETBIT {a}k 1
	GETBIT {a}k
	OBJECT ENCODING {a}k
	SET {a}k 5
	OBJECT ENCODING {a}k
	GETBIT {a}k 2
	OBJECT ENCODING {a}k
	SETBIT {a}k 0 0
	OBJECT ENCODING {a}k
	SET {a}k hello
	BITFIELD {a}k GET u8 0
	OBJECT ENCODING {a}k
	BITFIELD {a}k SET u8 0 104
	OBJECT ENCODING {a}k
	BITFIELD {a}k SET u8 0 200
	GET {a}k
	TTL {a}k
	EXPIRE {a}k 100
	SETBIT {a}k 2 1
	TTL {a}k
	BITOP OR {a}k {a}k {a}k
	TTL {a}k
	# counts
	SET {a}k foobar
	BITCOUNT {a}k
	BITCOUNT {a}k 0 0
	BITCOUNT {a}k 1 1
	BITCOUNT {a}k 0 -1
	BITCOUNT {a}k 1 1 BYTE
	BITCOUNT {a}k 5 30 BIT
	BITCOUNT {a}k 5 30 bit
	BITCOUNT {a}k -3 -1 BIT
	BITCOUNT {a}k -1 -3 FOO
	BITCOUNT {a}k 3 1 FOO
	BITCOUNT {a}k 1 1 FOO
	BITCOUNT {a}k 1
	BITCOUNT {a}k x 1
	BITCOUNT {a}k 1 x
	BITCOUNT {a}k 1 2 BIT 3
	BITCOUNT nope{a} x
	BITCOUNT nope{a} 1 2 3 4
	BITCOUNT nope{a}
	BITCOUNT {a}k 9223372036854775807 -9223372036854775808
	BITCOUNT {a}k -9223372036854775808 9223372036854775807 BIT
	SET {a}e ""
	BITCOUNT {a}e
	BITCOUNT {a}e 0 -1
	BITPOS {a}e 0
	BITPOS {a}e 1
	BITPOS {a}e 0 0
	BITPOS {a}e 0 0 -1
	SET {a}n 123456
	BITCOUNT {a}n
	BITPOS {a}n 1
	# positions
	SET {a}k "\xff\xf0\x00"
	BITPOS {a}k 0
	BITPOS {a}k 1
	BITPOS {a}k 1 2
	BITPOS {a}k 1 1
	BITPOS {a}k 0 0 0
	BITPOS {a}k 0 0 -1 BIT
	BITPOS {a}k 1 7 15 BIT
	BITPOS {a}k 0 7 9 BIT
	BITPOS {a}k 0 3 2
	BITPOS {a}k 2
	BITPOS {a}k x
	BITPOS {a}k 0 x
	BITPOS {a}k 0 0 x
	BITPOS {a}k 0 0 0 FOO
	BITPOS {a}k 0 0 x FOO
	BITPOS {a}k 0 0 0 BIT 3
	BITPOS nope{a} 0
	BITPOS nope{a} 1
	BITPOS nope{a} 1 x
	SET {a}k "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
	BITPOS {a}k 0
	BITPOS {a}k 0 0
	BITPOS {a}k 0 0 -1
	BITPOS {a}k 0 5
	BITPOS {a}k 0 20
	BITPOS {a}k 0 0 78 BIT
	BITPOS {a}k 1 79 79 BIT
	# operations
	SET {a}1 "\xff\x0f\x55"
	SET {a}2 "\x0f"
	BITOP AND {a}r {a}1 {a}2
	GET {a}r
	OBJECT ENCODING {a}r
	BITOP OR {a}r {a}1 {a}2 nope{a}
	GET {a}r
	BITOP xor {a}r {a}1 {a}2
	GET {a}r
	BITOP NOT {a}r {a}1
	GET {a}r
	BITOP NOT {a}r {a}1 {a}2
	BITOP AND {a}r nope{a}
	EXISTS {a}r
	BITOP FOO {a}r {a}1
	BITOP AND {a}r
	BITOP AND {a}1 {a}1
	SET {a}n 10
	BITOP OR {a}n {a}n
	OBJECT ENCODING {a}n
	INCR {a}n
	OBJECT ENCODING {a}n
	# fields
	DEL {a}k
	BITFIELD {a}k
	BITFIELD {a}k GET u8 0
	EXISTS {a}k
	BITFIELD {a}k SET u8 0 255 GET u4 0 GET i4 4
	BITFIELD {a}k INCRBY u8 0 1
	BITFIELD {a}k OVERFLOW SAT INCRBY u8 0 300 INCRBY u8 0 -1000 SET i8 0 200 SET i8 0 -200
	BITFIELD {a}k OVERFLOW FAIL INCRBY u8 0 300 SET u8 0 256 OVERFLOW WRAP SET u8 0 256
	BITFIELD {a}k overflow fail OVERFLOW wrap
	BITFIELD {a}k OVERFLOW FOO GET u8 0
	BITFIELD {a}k OVERFLOW
	BITFIELD {a}k GET u64 0
	BITFIELD {a}k GET u0 0
	BITFIELD {a}k GET i65 0
	BITFIELD {a}k GET i64 0
	BITFIELD {a}k GET x8 0
	BITFIELD {a}k GET u 0
	BITFIELD {a}k GET "" 0
	BITFIELD {a}k GET u08 0
	BITFIELD {a}k GET u8 -1
	BITFIELD {a}k GET u8 #
	BITFIELD {a}k GET u8 #1000000000000000000
	BITFIELD {a}k GET u8 #536870911
	BITFIELD {a}k GET u8 #536870912
	BITFIELD {a}k GET u8 4294967295
	BITFIELD {a}k GET u8 4294967296
	BITFIELD {a}k SET u8 0
	BITFIELD {a}k SET u8 0 x
	BITFIELD {a}k FOO u8 0
	BITFIELD {a}k GET u8
	BITFIELD {a}k SET i64 #1 9223372036854775807 INCRBY i64 #1 1 GET i64 #1
	BITFIELD {a}k OVERFLOW SAT INCRBY i64 #1 -1 INCRBY i64 #1 -9223372036854775808
	BITFIELD {a}k SET u63 3 -1 GET u63 3
	BITFIELD {a}k GET u5 70 GET i64 1000
	GET {a}k
	BITFIELD_RO {a}k GET u8 0
	BITFIELD_RO {a}k SET u8 0 1
	BITFIELD_RO {a}k OVERFLOW SAT GET u8 0
	BITFIELD_RO nope{a} GET u8 0
	BITFIELD_RO {a}k
	DEL {a}k
	BITFIELD {a}k OVERFLOW FAIL SET u2 100 5
	STRLEN {a}k
	# what leaves which encoding
	SET {a}s 5
	APPEND {a}s ""
	OBJECT ENCODING {a}s
	APPEND {a}new 5
	OBJECT ENCODING {a}new
	APPEND {a}new 6
	OBJECT ENCODING {a}new
	INCR {a}new
	OBJECT ENCODING {a}new
	SET {a}f 3
	INCRBYFLOAT {a}f 0
	OBJECT ENCODING {a}f
	INCRBY {a}f 1
	OBJECT ENCODING {a}f
	INCRBYFLOAT {a}f 1e30
	OBJECT ENCODING {a}f
	INCRBYFLOAT {a}f 1e60
	OBJECT ENCODING {a}f
	GETSET {a}f 12
	OBJECT ENCODING {a}f
	SETRANGE {a}f 0 9
	OBJECT ENCODING {a}f
	SETRANGE {a}f 0 ""
	SETRANGE {a}new2 0 5
	OBJECT ENCODING {a}new2
	COPY {a}new2 {a}new3
	OBJECT ENCODING {a}new3
	RENAME {a}new3 {a}new4
	OBJECT ENCODING {a}new4
	SETNX {a}nx 5
	OBJECT ENCODING {a}nx
	SETEX {a}nx 100 5
	OBJECT ENCODING {a}nx
	MSET {a}nx 5
	OBJECT ENCODING {a}nx
	SET {a}long 12345678901234567890
	OBJECT ENCODING {a}long
	SET {a}long -9223372036854775808
	OBJECT ENCODING {a}long
	SET {a}long 05
	OBJECT ENCODING {a}long
	SET {a}long " 5"
	OBJECT ENCODING {a}long
	COPY {a}f {a}f2
	OBJECT ENCODING {a}f2
`
