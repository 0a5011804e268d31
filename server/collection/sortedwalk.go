package collection

import (
	"bytes"
	"hash/maphash"
)

// Rank is how many members stand before a member.
func (s *SortedSet) Rank(member []byte) (int, bool) {
	ref := s.find(member, maphash.Bytes(sortedSeed, member))
	if ref == 0 {
		return 0, false
	}
	score := s.records.score(ref)
	n, rank := s.root, 0
	for n.fan != nil {
		i := s.child(n, score, member)
		for _, under := range n.fan.counts[:i] {
			rank += int(under)
		}
		n = n.fan.kids[i]
	}
	return rank + s.upTo(n, score, member) - 1, true
}

// RankOfScore is how many members have a lower score; with above, this score or
// a lower one.
func (s *SortedSet) RankOfScore(score float64, above bool) int {
	return s.countWhile(func(at float64, _ uint32) bool { return at < score || above && at == score })
}

// RankOfMember is how many members' bytes are less; with above, less or the
// same. All must have the same score, or it is any number.
func (s *SortedSet) RankOfMember(member []byte, above bool) int {
	return s.countWhile(func(_ float64, ref uint32) bool {
		order := bytes.Compare(s.records.member(ref), member)
		return order < 0 || above && order == 0
	})
}

// Each visits the members by their order until visit reports false. visit must
// not change the set.
func (s *SortedSet) Each(visit func(member []byte, score float64) bool) { s.EachFrom(0, false, visit) }

// EachFrom is Each from a rank on, upwards or downwards.
func (s *SortedSet) EachFrom(rank int, reverse bool, visit func(member []byte, score float64) bool) {
	if reverse {
		s.eachDown(rank, visit)
		return
	}
	for rank < s.count {
		leaf, at := s.locate(rank)
		rank += int(leaf.n) - at
		for ; at < int(leaf.n); at++ {
			if !visit(s.records.member(leaf.refs[at]), leaf.scores[at]) {
				return
			}
		}
	}
}

func (s *SortedSet) eachDown(rank int, visit func(member []byte, score float64) bool) {
	for rank >= 0 {
		leaf, at := s.locate(rank)
		rank -= at + 1
		for ; at >= 0; at-- {
			if !visit(s.records.member(leaf.refs[at]), leaf.scores[at]) {
				return
			}
		}
	}
}

// Random is the member that a uniformly random pick falls on. There must be
// one.
func (s *SortedSet) Random(pick uint64) (member []byte, score float64) {
	leaf, at := s.locate(int(pick % uint64(s.count)))
	return s.records.member(leaf.refs[at]), leaf.scores[at]
}

// Scan visits about want members and returns the cursor to go on from, 0 after
// the last. Begun at 0, it visits every member that is there throughout at
// least once, however the set changes between the calls. visit must not change
// the set.
func (s *SortedSet) Scan(cursor uint64, want int, visit func(member []byte, score float64)) uint64 {
	return s.index.scan(cursor, want, func(ref uint32) { visit(s.records.member(ref), s.records.score(ref)) })
}

// tidy moves records out of sparse pages while there is too much room.
func (s *SortedSet) tidy() {
	for number := s.records.sparsest(); number != 0; number = s.records.sparsest() {
		s.records.eachIn(number, func(ref uint32, room bool) {
			if room {
				s.records.unlinkRoom(ref)
			}
		})
		s.records.eachIn(number, func(ref uint32, room bool) {
			if !room {
				s.moveRecord(ref)
			}
		})
		s.records.dropPage(number)
	}
}

// moveRecord gives a record another place.
func (s *SortedSet) moveRecord(ref uint32) {
	to := s.records.copyOut(ref)
	member := s.records.member(ref)
	s.index.replace(s.hashOf(ref), ref, to)
	s.replace(s.records.score(ref), member, ref, to)
	g := unitsOf(len(member))
	s.records.live[ref/pageUnits] -= uint32(g)
	s.records.liveUnits -= g
}
