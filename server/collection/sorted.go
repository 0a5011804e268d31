package collection

import (
	"hash/maphash"
	"unsafe"
)

// SortedSet is a large sorted set: members by ascending score, those of equal
// score by their bytes. It keeps each member once, as a record in pages of
// bytes, and finds it by two ways that hold references to the record alone:
//
//	index: hash of the member -> reference         (sortedindex.go)
//	order: blocks of (score, reference), counted   (sortedorder.go)
//	records: score and member by reference         (sortedrecords.go)
//
// Members that it hands out are borrowed until it next changes. Its memory has
// a pointer for a block, not for a member.
type SortedSet struct {
	records sortedRecords
	index   sortedIndex
	root    *sortedNode // nil: empty
	count   int
	nodes   int64 // there are in the order
	fans    int64
}

// sortedSeed is the same for all sets, so that a copy needs no new index.
var sortedSeed = maphash.MakeSeed()

// NewSortedSet is a set without members.
func NewSortedSet() *SortedSet {
	s := new(SortedSet)
	s.records.init()
	s.index.init()
	return s
}

// Len is how many members there are.
func (s *SortedSet) Len() int { return s.count }

// Bytes is the memory that the set takes.
func (s *SortedSet) Bytes() int64 {
	return int64(unsafe.Sizeof(*s)) + s.records.bytes + s.index.bytes +
		(s.nodes+s.fans)*nodeBytes
}

// Score is a member's score.
func (s *SortedSet) Score(member []byte) (float64, bool) {
	ref := s.find(member, maphash.Bytes(sortedSeed, member))
	if ref == 0 {
		return 0, false
	}
	return s.records.score(ref), true
}

func (s *SortedSet) find(member []byte, hash uint64) (ref uint32) {
	seg := s.index.segment(hash)
	tag := uint16(hash)
	for at := seg.home(tag); seg.refs[at] != 0; at = seg.next(at) {
		if seg.tags[at] == tag && string(s.records.member(seg.refs[at])) == string(member) {
			return seg.refs[at]
		}
	}
	return 0
}

// Put adds a member, or changes its score. The score must be a number.
func (s *SortedSet) Put(member []byte, score float64) (added, changed bool) {
	if score != score {
		panic("collection: a score that is not a number")
	}
	hash := maphash.Bytes(sortedSeed, member)
	if ref := s.find(member, hash); ref != 0 {
		return false, s.move(ref, score)
	}
	ref := s.records.add(member, score)
	s.index.add(hash, ref, s.hashOf)
	s.insert(score, ref, member)
	s.count++
	return true, false
}

func (s *SortedSet) hashOf(ref uint32) uint64 {
	return maphash.Bytes(sortedSeed, s.records.member(ref))
}

// move gives a member another score and reports whether it is another.
func (s *SortedSet) move(ref uint32, score float64) bool {
	was := s.records.score(ref)
	if was == score {
		return false
	}
	member := s.records.member(ref)
	if leaf, at := s.seek(was, member); at > 0 && at+1 < int(leaf.n) &&
		leaf.scores[at-1] < score && score < leaf.scores[at+1] {
		leaf.scores[at] = score // it keeps its place
	} else {
		s.take(was, member)
		s.insert(score, ref, member)
	}
	s.records.setScore(ref, score)
	return true
}

// Remove removes a member and reports whether it was there.
func (s *SortedSet) Remove(member []byte) bool {
	hash := maphash.Bytes(sortedSeed, member)
	ref := s.find(member, hash)
	if ref == 0 {
		return false
	}
	s.take(s.records.score(ref), member)
	s.drop(hash, ref)
	s.tidy()
	return true
}

// RemoveRange removes the n members from a rank on.
func (s *SortedSet) RemoveRange(rank, n int) {
	for n > 0 {
		leaf, at := s.locate(rank)
		k := min(n, int(leaf.n)-at)
		for _, ref := range leaf.refs[at : at+k] {
			s.drop(s.hashOf(ref), ref)
		}
		s.takeRun(rank, k)
		n -= k
	}
	s.tidy()
}

// drop forgets a member that the order no longer has, or will not have when
// next it compares members.
func (s *SortedSet) drop(hash uint64, ref uint32) {
	s.index.remove(hash, ref)
	s.records.release(ref)
	s.count--
}

// Clone is a copy that shares nothing.
func (s *SortedSet) Clone() *SortedSet {
	c := *s
	c.records = s.records.clone()
	c.index = s.index.clone()
	c.root = s.root.clone()
	return &c
}
