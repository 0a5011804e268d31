// Package rdb is the part of Redis's RDB format that the suite speaks: the
// lengths and strings of a file, and the payload of DUMP and RESTORE. It
// works on the caller's buffers, trusts no length that it reads, and opens no
// file.
package rdb

import "errors"

// The versions that a DUMP payload may carry: what the string encodings of
// all of them have in common is all that is read.
const (
	Version       = 10 // what AppendDump writes: Redis 7.0's, which every newer server reads
	oldestVersion = 9  // Redis 5.0
	newestRedis   = 12 // Redis 8.0
	valkeyVersion = 80 // Valkey 9; the numbers between were left to Redis
)

// typeString is the type byte of a string, the only type that is read.
const typeString = 0

// MaxString is the longest string that is read: Redis's proto-max-bulk-len.
const MaxString = 512 << 20

// What RESTORE answers behind "-ERR ".
var (
	ErrChecksum = errors.New("DUMP payload version or checksum are wrong")
	//lint:ignore ST1005 Redis's words
	ErrFormat = errors.New("Bad data format")
)
