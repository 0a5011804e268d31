package collection

// Set is a large set: members in no order.
type Set struct{ table }

// NewSet is a set without members.
func NewSet() *Set { return &Set{newTable(false)} }

// Len is how many members there are.
func (s *Set) Len() int { return s.count }

// Has says whether there is a member.
func (s *Set) Has(member []byte) bool {
	_, _, ok := s.find(member, hashOf(member))
	return ok
}

// Add puts a member in, of which it makes a copy, and reports whether it is
// new.
func (s *Set) Add(member []byte) bool { return s.set(member, nil) }

// Remove takes a member out and reports whether it was there.
func (s *Set) Remove(member []byte) bool { return s.remove(member) }

// Each visits every member, until visit reports false. What it is given is
// borrowed; it must not change the set.
func (s *Set) Each(visit func(member []byte) bool) {
	s.visitAll(func(member, _ []byte) bool { return visit(member) })
}

// Scan visits a part of the set, about want members, and returns the cursor to
// go on from, 0 after the last part. Begun at 0, it visits every member that
// is there throughout at least once, however the set changes between the
// calls. visit must not change it.
func (s *Set) Scan(cursor uint64, want int, visit func(member []byte)) (next uint64) {
	return s.scan(cursor, want, func(member, _ []byte) { visit(member) })
}

// Random is the member that a uniformly random pick falls on, borrowed until
// the set next changes. The set is not empty.
func (s *Set) Random(pick uint64) []byte { return s.key(s.random(pick)) }

// Bytes is the memory that the set takes.
func (s *Set) Bytes() int64 { return s.size() }

// Clone is a copy that shares nothing.
func (s *Set) Clone() *Set { return &Set{s.copyOf()} }
