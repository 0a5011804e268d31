package command

import (
	"bytes"
	"strconv"

	"slotbench/internal/listpack"
	"slotbench/server/collection"
)

// maxPackedBytes is how large a packed set grows, whatever the limits of its
// members say.
const maxPackedBytes = 256 << 20

// scoreTextBytes is more than a score's text takes.
const scoreTextBytes = 32

// packedScore reads the score at a position, and the position behind it.
func packedScore(lp []byte, at int) (float64, int) {
	v, next := listpack.Read(lp, at)
	if v.IsInt {
		return float64(v.Int), next
	}
	return textScore(v.Text), next
}

// textScore reads a score that Redis or this server wrote.
func textScore(text []byte) float64 {
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil { // "-nan" of a payload, and other words of C's
		f, _, _ = parseDouble(text)
	}
	return f
}

// compareElement compares an element's text with another.
func compareElement(v listpack.Value, with []byte) int {
	if !v.IsInt {
		return bytes.Compare(v.Text, with)
	}
	var scratch [20]byte
	return bytes.Compare(v.Bytes(scratch[:]), with)
}

// packedPlace is the position of the first pair that a member of a score comes
// before; End if it comes last.
func packedPlace(lp []byte, score float64, member []byte) int {
	end := listpack.End(lp)
	if end == listpack.First {
		return end
	}
	if last, _ := packedScore(lp, listpack.Prev(lp, end)); last < score {
		return end // as in most sets whose scores are times
	}
	for at := listpack.First; at < end; {
		v, scoreAt := listpack.Read(lp, at)
		is, next := packedScore(lp, scoreAt)
		if is > score || is == score && compareElement(v, member) > 0 {
			return at
		}
		at = next
	}
	return end
}

// staysBetween says whether the pair whose score is at a position keeps its
// place with another score.
func staysBetween(lp []byte, scoreAt int, score float64) bool {
	memberAt := listpack.Prev(lp, scoreAt)
	if memberAt > listpack.First {
		if before, _ := packedScore(lp, listpack.Prev(lp, memberAt)); before >= score {
			return false
		}
	}
	next := listpack.Next(lp, scoreAt)
	if next == listpack.End(lp) {
		return true
	}
	behind, _ := packedScore(lp, listpack.Next(lp, next))
	return score < behind
}

// unpackSortedSet makes a large set of a packed one.
func unpackSortedSet(lp []byte) *collection.SortedSet {
	s := collection.NewSortedSet()
	var scratch [20]byte
	for at := listpack.First; at < listpack.End(lp); {
		v, scoreAt := listpack.Read(lp, at)
		var score float64
		score, at = packedScore(lp, scoreAt)
		s.Put(v.Bytes(scratch[:]), score)
	}
	return s
}

// packSortedSet makes a packed set of a large one; nil if a member is too long.
func packSortedSet(s *collection.SortedSet, maxMemberBytes int) []byte {
	lp := listpack.AppendNew(nil)
	var scratch [scoreTextBytes]byte
	s.Each(func(member []byte, score float64) bool {
		if len(member) > maxMemberBytes || len(lp)+len(member) > maxPackedBytes {
			lp = nil
			return false
		}
		lp = listpack.Append(listpack.Append(lp, member), appendPackedScore(scratch[:0], score))
		return true
	})
	return lp
}

// rankSpan is members by their ranks: n from first on.
type rankSpan struct{ first, n int }

// packedScoreSpan is the members of a packed set whose scores are in a range.
func packedScoreSpan(lp []byte, r *scoreRange) (s rankSpan) {
	for at := listpack.First; at < listpack.End(lp); {
		var score float64
		score, at = packedScore(lp, listpack.Next(lp, at))
		if r.above(score) {
			break
		}
		if r.below(score) {
			s.first++
		} else {
			s.n++
		}
	}
	return s
}

// packedLexSpan is the members of a packed set that are in a range of bytes.
// Where scores differ, what is in the range depends on where one begins: it is
// found as Redis finds it.
func packedLexSpan(lp []byte, r *lexRange, reverse bool) (s rankSpan) {
	last := listpack.Prev(lp, listpack.Prev(lp, listpack.End(lp)))
	if r.placeOf(lp, last) < 0 || r.placeOf(lp, listpack.First) > 0 {
		return rankSpan{}
	}
	if reverse {
		s.first = listpack.Len(lp) / 2
		at := last
		for ; at >= 0 && r.placeOf(lp, at) > 0; at = pairBefore(lp, at) {
			s.first--
		}
		for ; at >= 0 && r.placeOf(lp, at) >= 0; at = pairBefore(lp, at) {
			s.first--
			s.n++
		}
		return s
	}
	at := listpack.First
	for ; at < listpack.End(lp) && r.placeOf(lp, at) < 0; at = pairBehind(lp, at) {
		s.first++
	}
	for ; at < listpack.End(lp) && r.placeOf(lp, at) <= 0; at = pairBehind(lp, at) {
		s.n++
	}
	return s
}

// placeOf is whether the member at a position is below a range (-1), above it
// (1) or in it.
func (r *lexRange) placeOf(lp []byte, at int) int {
	v, _ := listpack.Read(lp, at)
	var scratch [20]byte
	switch member := v.Bytes(scratch[:]); {
	case r.below(member):
		return -1
	case r.above(member):
		return 1
	}
	return 0
}

// pairBehind and pairBefore are the pairs beside the one at a position; pairBefore is -1
// at the first.
func pairBehind(lp []byte, at int) int { return listpack.Next(lp, listpack.Next(lp, at)) }

func pairBefore(lp []byte, at int) int {
	if at = listpack.Prev(lp, at); at < 0 {
		return at
	}
	return listpack.Prev(lp, at)
}
