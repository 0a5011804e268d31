package command

import (
	"crypto/sha1"
	"encoding/binary"
	"strconv"

	"slotbench/server/collection"
	"slotbench/server/store"
)

// digest is Redis's digest of data: SHA-1 sums that are put together so that
// the order of what has none does not matter.
type digest [sha1.Size]byte

// xor puts something in of which the place does not matter.
func (d *digest) xor(data []byte) {
	for i, b := range sha1.Sum(data) {
		d[i] ^= b
	}
}

// mix puts something in of which the place matters.
func (d *digest) mix(data []byte) {
	d.xor(data)
	*d = sha1.Sum(d[:])
}

// redisTypes are the numbers that Redis gives the types.
var redisTypes = map[store.Type]uint32{
	store.String: 0, store.List: 1, store.Set: 2, store.SortedSet: 3, store.Hash: 4, store.Stream: 6,
}

// add puts in what a key holds, and whether there is an expiry.
func (d *digest) add(e store.Entry) {
	d.mix(binary.BigEndian.AppendUint32(nil, redisTypes[e.Type]))
	switch e.Type {
	case store.String:
		d.mix(e.Value)
	case store.List:
		eachElement(e, func(element []byte) bool { d.mix(element); return true })
	case store.Set:
		eachElement(e, func(member []byte) bool { d.xor(member); return true })
	case store.SortedSet:
		scoresOf(e, func(member []byte, score float64) bool { return d.pair(member, formatG(score)) })
	case store.Hash:
		eachFieldText(e, d.pair)
	}
	if e.ExpireAtMillis != 0 {
		d.xor([]byte("!!expire!!"))
	}
}

// pair puts two things in that belong together. It is true, so that visiting
// goes on.
func (d *digest) pair(first, second []byte) bool {
	var own digest
	own.mix(first)
	own.mix(second)
	d.xor(own[:])
	return true
}

// addKey puts in a key's digest. A database without keys has the digest 0; its
// number, 0, comes first.
func (d *digest) addKey(key digest) {
	if *d == (digest{}) {
		d.mix(make([]byte, 4))
	}
	d.xor(key[:])
}

// formatG writes a number with up to 17 digits, as C's %.17g.
func formatG(f float64) []byte {
	text := strconv.AppendFloat(nil, f, 'g', 17, 64)
	switch string(text) {
	case "+Inf":
		return []byte("inf")
	case "-Inf":
		return []byte("-inf")
	}
	return text
}

// scoresOf visits the members of a sorted set.
func scoresOf(e store.Entry, visit func(member []byte, score float64) bool) {
	if large, ok := e.Object.(*collection.SortedSet); ok {
		large.Each(visit)
		return
	}
	eachPair(e.Value, func(member, text []byte) bool {
		score, _ := strconv.ParseFloat(string(text), 64)
		return visit(member, score)
	})
}

// eachFieldText visits the fields of a hash as texts.
func eachFieldText(e store.Entry, visit func(field, value []byte) bool) {
	if large, ok := e.Object.(*collection.Hash); ok {
		large.Each(visit)
		return
	}
	eachPair(e.Value, visit)
}
