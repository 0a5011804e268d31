// Package rdb is the part of Redis's RDB format that the suite speaks: the
// lengths and strings of a file, the values of its types, and the payload of
// DUMP and RESTORE. It works on the caller's buffers, trusts no length that it
// reads, and opens no file.
//
//	text.go    lengths and strings          lzf.go   compressed ones
//	walk.go    values, element by element   packed.go  those in one string
//	value.go   a value as a whole, checked: what RESTORE takes
//	dump.go    payloads: what DUMP answers
//	names.go   kinds and encodings, in the words of TYPE and OBJECT ENCODING
//	skim*.go   files as a whole: each key and what it takes, and no value
//	memory.go  what a server takes for them
package rdb

import "errors"

// The versions that a DUMP payload may carry.
const (
	Version       = 10 // what is written: Redis 7.0's, which every newer server reads
	oldestVersion = 9  // Redis 5.0
	newestRedis   = 12 // Redis 8.0
	valkeyVersion = 80 // Valkey 9; the numbers between were left to Redis
)

// MaxString is the longest string that is read: Redis's proto-max-bulk-len.
const MaxString = 512 << 20

// Kind is what a value is, however it is encoded.
type Kind uint8

// The kinds.
const (
	None Kind = iota
	String
	List
	Set
	SortedSet
	Hash
	Stream
	Module
	Array
)

// Type is how a value is encoded: the byte before it.
type Type uint8

// The types. What is packed is one string that holds all of it.
const (
	TypeString            Type = 0
	TypeList              Type = 1 // its elements
	TypeSet               Type = 2 // its members
	TypeSortedSetText     Type = 3 // members and scores, those as text
	TypeHash              Type = 4 // fields and values
	TypeSortedSet         Type = 5 // members and scores
	typeModule            Type = 6
	typeModule2           Type = 7
	TypeHashZipmap        Type = 9  // packed
	TypeListZiplist       Type = 10 // packed
	TypeSetIntset         Type = 11 // packed
	TypeSortedSetZiplist  Type = 12 // packed
	TypeHashZiplist       Type = 13 // packed
	TypeListZiplists      Type = 14 // several, packed
	typeStream            Type = 15
	TypeHashListpack      Type = 16 // packed
	TypeSortedSetListpack Type = 17 // packed
	TypeListNodes         Type = 18 // listpacks and single elements
	typeStream2           Type = 19
	TypeSetListpack       Type = 20 // packed
	typeStream3           Type = 21

	// The types of hashes whose fields may expire, Redis's of 7.4 and later;
	// the first two from before its release. Valkey has one of its own by the
	// number of the first.
	typeHashExpiring0         Type = 22
	typeHashListpackExpiring0 Type = 23
	typeHashExpiring          Type = 24
	typeHashListpackExpiring  Type = 25
	typeStream4               Type = 26
	typeStream5               Type = 27
	typeArray                 Type = 28
)

// What RESTORE answers behind "-ERR ". All that are not ErrChecksum begin as
// ErrFormat does.
var (
	ErrChecksum = errors.New("DUMP payload version or checksum are wrong")
	//lint:ignore ST1005 Redis's words
	ErrFormat = errors.New("Bad data format")
	//lint:ignore ST1005 Redis's words
	ErrStream = errors.New("Bad data format: streams are not supported")
	//lint:ignore ST1005 Redis's words
	ErrModule = errors.New("Bad data format: values of modules are not supported")
	//lint:ignore ST1005 Redis's words
	ErrFieldExpiry = errors.New("Bad data format: hash fields that expire are not supported")
)
