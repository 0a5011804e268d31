// Package collection is the large collections of the server: hashes, lists,
// sets and sorted sets that have outgrown a listpack. They keep their elements
// in few pieces of memory without pointers, so that the garbage collector has
// nothing to follow, and say how much memory they take. They lock nothing and
// read no clock: whoever holds the slot's lock holds them.
package collection
