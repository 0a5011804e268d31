package command_test

import "testing"

// The conversations avoid what differs on purpose: OBJECT REFCOUNT of small
// integers, which Redis shares, and OBJECT HELP's words.

func TestGenericAsRedis(t *testing.T) {
	t.Parallel()
	oracle(t, false, genericConversation+`
		SELECT 0
		MOVE a 1
		MOVE a 0
		MOVE a x
		COPY a b DB 1
		COPY a b DB 1 FOO
		RENAME k1 other
		MSET x1 1 x2 2 x3 3
		RENAME x1 x2
		COPY x2 x3
		COPY x2 x3 REPLACE
		MGET x1 x2 x3
		DEL x1 x2 x3 x4
		UNLINK x1 x2
		EXISTS x1 x2 x2
		CLUSTER
		CLUSTER HELP
		CLUSTER MYID
		CLUSTER FOO
		CLUSTER KEYSLOT
		CLUSTER SETSLOT 1 STABLE
		`)
}

func TestGenericInClusterAsRedis(t *testing.T) {
	t.Parallel()
	oracle(t, true, `
		~CLUSTER ADDSLOTSRANGE 0 16383
		`+awaitOK+genericConversation+`
		MOVE a 1
		MOVE a x
		COPY {a} {a}b DB 1
		COPY {a} {a}b DB x
		COPY a b
		RENAME a b
		DEL a b
		EXISTS a b
		`)
}

// genericConversation works on one slot, so that a cluster node answers it
// too.
const genericConversation = `
	FLUSHALL
	SET a 1
	TYPE a
	TYPE nope
	TYPE
	EXISTS a
	EXISTS a a a nope{a}
	EXISTS
	TOUCH a nope{a}
	COPY a {a}b
	COPY a {a}b
	COPY a {a}b REPLACE
	COPY a {a}b replace REPLACE
	COPY a {a}b DB 0 REPLACE
	COPY a a
	COPY nope{a} {a}b
	COPY a {a}b FOO
	COPY a {a}b DB
	COPY a {a}b DB x
	GET {a}b
	OBJECT ENCODING a
	OBJECT ENCODING nope
	OBJECT FREQ a
	OBJECT FREQ nope
	OBJECT IDLETIME nope
	OBJECT REFCOUNT nope
	OBJECT FOO a
	OBJECT ENCODING
	OBJECT
	SET {a}e abc
	OBJECT ENCODING {a}e
	OBJECT REFCOUNT {a}e
	~OBJECT IDLETIME {a}e
	SET {a}e 12345678901234567890123456789012345678901234
	OBJECT ENCODING {a}e
	SET {a}e 123456789012345678901234567890123456789012345
	OBJECT ENCODING {a}e
	SET {a}e 9223372036854775807
	OBJECT ENCODING {a}e
	SET {a}e 9223372036854775808
	OBJECT ENCODING {a}e
	SET {a}e -0
	OBJECT ENCODING {a}e
	SET {a}e ""
	OBJECT ENCODING {a}e
	DEL {a}e
	# expiry
	TTL a
	PTTL a
	TTL nope
	EXPIRETIME a
	PEXPIRETIME nope
	EXPIRE a 100
	TTL a
	EXPIRE a 100 NX XX
	EXPIRE a 100 NX GT
	EXPIRE a 100 NX LT
	EXPIRE a 100 GT LT
	EXPIRE a 200 XX GT
	EXPIRE a 100 FOO
	EXPIRE nope 10 FOO
	EXPIRE a x NX
	EXPIRE a x
	EXPIRE a 1.5
	EXPIRE a 9223372036854775807
	EXPIRE a -9223372036854775808
	EXPIRE a 9223372036854775
	PEXPIRE a 9223372036854775807
	EXPIREAT a 9223372036854775807
	PEXPIREAT a 9223372036854775807
	PEXPIRETIME a
	EXPIRETIME a
	PERSIST a
	PERSIST a
	PERSIST nope
	EXPIRE a 10 XX
	EXPIRE a 10 GT
	EXPIRE a 10 LT
	EXPIRE a 10 NX
	EXPIRE a 10 NX
	EXPIRE a 5 GT
	EXPIRE a 50 GT
	EXPIRE a 60 LT
	EXPIRE a 40 LT
	EXPIRE a 45 XX
	EXPIRE a 100 NX
	TTL a
	EXPIREAT a 33177117420
	EXPIRETIME a
	PEXPIRETIME a
	PEXPIREAT a 33177117420499
	EXPIRETIME a
	PEXPIREAT a 33177117420500
	EXPIRETIME a
	COPY a {a}t
	EXPIRETIME {a}t
	RENAME a {a}u
	EXPIRETIME {a}u
	EXPIREAT {a}u 1
	EXISTS {a}u
	PEXPIRE {a}t 0
	EXISTS {a}t
	SET a 1
	EXPIRE a -1
	EXISTS a
	EXPIRE
	TTL
	# names
	SET a 1
	RENAME a a
	RENAMENX a a
	RENAMENX a {a}b
	RENAMENX a {a}c
	RENAME a {a}b
	RENAMENX a {a}b
	RENAME {a}c {a}b
	GET {a}b
	DEL a {a}b nope{a}
	DEL
	UNLINK {a}b
	RANDOMKEY
	DBSIZE
	SET a 1
	RANDOMKEY
	RANDOMKEY x
	# dump and restore; payloads of Redis 7.0
	SET a hello
	DUMP a
	SET a -129
	DUMP a
	SET a 70000
	DUMP a
	SET a 2147483648
	DUMP a
	DUMP nope
	DUMP
	RESTORE {a}r 0 "\x00\x05hello\n\x00cr\xdfve4 \n"
	GET {a}r
	RESTORE {a}r 0 "\x00\x05hello\n\x00cr\xdfve4 \n"
	RESTORE {a}r 0 "\x00\x05hello\n\x00cr\xdfvf4 \n"
	RESTORE {a}r 0 "\x00\x05hello\n\x00cr\xdfvf4 \n" REPLACE
	RESTORE {a}r 0 "\x00\xc3\t@@\x01aa\xe03\x00\x01aa\n\x00\xc3e\x96\x12\xce\x1c\xc4l" replace
	GET {a}r
	PTTL {a}r
	RESTORE {a}r 100000 "\x00\x05hello\n\x00cr\xdfvf4 \n" REPLACE
	RESTORE {a}r 33177117420000 "\x00\x05hello\n\x00cr\xdfve4 \n" REPLACE ABSTTL
	PEXPIRETIME {a}r
	RESTORE {a}r 1000 "\x00\x05hello\n\x00cr\xdfve4 \n" REPLACE ABSTTL
	EXISTS {a}r
	RESTORE {a}r 0 "\x00\x05hello\n\x00cr\xdfve4 \n" IDLETIME 5 ABSTTL
	PTTL {a}r
	RESTORE {a}r 0 "\x00\x05hello\n\x00cr\xdfve4 \n" FREQ 5 REPLACE
	RESTORE a x y
	RESTORE {a}n x y
	RESTORE {a}n -1 y
	RESTORE {a}n 0 y
	RESTORE {a}n 0 ""
	RESTORE {a}r -1 y REPLACE
	RESTORE {a}r 0 y FOO
	RESTORE {a}r 0 y IDLETIME -1 REPLACE
	RESTORE {a}r 0 y IDLETIME x REPLACE
	RESTORE {a}r 0 y FREQ 256 REPLACE
	RESTORE {a}r 0 y FREQ -1 REPLACE
	RESTORE {a}r 0 y FREQ 2 IDLETIME 1 REPLACE
	RESTORE {a}r 0 y IDLETIME 2 FREQ 1 REPLACE
	RESTORE {a}r 0 y IDLETIME
	RESTORE a
	RESTORE-ASKING {a}q 0 "\x00\x05hello\n\x00cr\xdfve4 \n"
	GET {a}q
	# finding
	FLUSHALL
	KEYS *
	SCAN 0
	SET a[b] 1
	SCAN 0
	SCAN 0 MATCH a?b*
	SCAN 0 MATCH b*
	SCAN 0 TYPE string
	SCAN 0 TYPE STRING
	SCAN 0 TYPE list
	SCAN 0 TYPE foo
	SCAN 0 COUNT 5 MATCH * TYPE string
	SCAN 0 COUNT 9999999999
	SCAN x
	SCAN 1x
	SCAN 18446744073709551616
	SCAN 0 COUNT 0
	SCAN 0 COUNT -1
	SCAN 0 COUNT x
	SCAN 0 FOO
	SCAN 0 FOO x
	SCAN 0 MATCH
	SCAN
	KEYS a[b]
	KEYS a\\[b]
	KEYS a?b?
	KEYS *]
	KEYS *b*
	KEYS [a-c]*
	KEYS [c-a]*
	KEYS [^a]*
	KEYS [^b]*
	KEYS a[[]b]
	KEYS a[\\[]b]
	KEYS [a
	KEYS a[b\\]*
	KEYS ""
	KEYS a**
	KEYS
	# the rest
	WAIT 0 0
	WAIT 0 x
	WAIT x 0
	WAIT 0 -1
	WAIT 1 1
	WAIT
	MIGRATE 127.0.0.1 1 nope 0 100
	MIGRATE 127.0.0.1 1 a[b] x 100
	MIGRATE 127.0.0.1 1 a[b] 0 x
	MIGRATE 127.0.0.1 1 a[b] x x
	MIGRATE 127.0.0.1 1 a[b] 0 100
	MIGRATE 127.0.0.1 x a[b] 0 100
	MIGRATE 127.0.0.1 1 a[b] -1 100 COPY
	MIGRATE 127.0.0.1 1 a[b] 0 100 KEYS a
	MIGRATE 127.0.0.1 1 "" 0 100 KEYS
	MIGRATE 127.0.0.1 1 "" 0 100 KEYS a[b]
	MIGRATE 127.0.0.1 1 "" 0 100 COPY REPLACE AUTH x KEYS nope
	MIGRATE 127.0.0.1 1 "" 0 100 FOO
	MIGRATE 127.0.0.1 1 "" 0 100 AUTH
	MIGRATE 127.0.0.1 1 "" 0 100 AUTH2 a
	MIGRATE 127.0.0.1 1
	EXISTS a[b]
	SET a 1

	`
