package collection

import (
	"cmp"
	"fmt"
)

// check says what is not as it must be: counts, order, index, accounts.
func (s *SortedSet) check() error {
	var nodes, fans int64
	refs := make(map[uint32]bool)
	var walk func(n *sortedNode, depth int) (leafDepth int, err error)
	walk = func(n *sortedNode, depth int) (int, error) {
		nodes++
		if n.n <= 0 || n.n > nodeEntries {
			return 0, fmt.Errorf("a node of %d entries", n.n)
		}
		if n.fan == nil {
			for i, ref := range n.refs[:n.n] {
				if refs[ref] || s.records.score(ref) != n.scores[i] {
					return 0, fmt.Errorf("record %d twice, or of another score", ref)
				}
				refs[ref] = true
			}
			return depth, nil
		}
		fans++
		leaves := -1
		for i, kid := range n.fan.kids[:n.n] {
			if kid.scores[0] != n.scores[i] || kid.refs[0] != n.refs[i] || kid.size() != n.fan.counts[i] {
				return 0, fmt.Errorf("child %d is not as its parent says", i)
			}
			at, err := walk(kid, depth+1)
			if err != nil || leaves >= 0 && at != leaves {
				return 0, cmp.Or(err, fmt.Errorf("leaves at depths %d and %d", at, leaves))
			}
			leaves = at
		}
		for _, kid := range n.fan.kids[n.n:] {
			if kid != nil {
				return 0, fmt.Errorf("a child behind the last")
			}
		}
		return leaves, nil
	}
	if s.root != nil {
		if _, err := walk(s.root, 0); err != nil {
			return err
		}
	}
	if len(refs) != s.count || nodes != s.nodes || fans != s.fans {
		return fmt.Errorf("%d members in %d nodes with %d fans, counted %d in %d with %d", len(refs), nodes, fans, s.count, s.nodes, s.fans)
	}
	if err := s.checkIndex(refs); err != nil {
		return err
	}
	return s.checkRecords(refs)
}

func (s *SortedSet) checkIndex(refs map[uint32]bool) error {
	found, memory := 0, int64(8*len(s.index.directory))
	for i, g := range s.index.directory {
		if i > 0 && g == s.index.directory[i-1] {
			continue
		}
		n := 0
		for at, ref := range g.refs {
			if ref == 0 {
				continue
			}
			n++
			hash := s.hashOf(ref)
			if !refs[ref] || uint16(hash) != g.tags[at] || s.index.segment(hash) != g || s.find(s.records.member(ref), hash) != ref {
				return fmt.Errorf("index: record %d is not found, or not in the order", ref)
			}
		}
		if n != g.n {
			return fmt.Errorf("index: a segment counts %d of %d", g.n, n)
		}
		found += n
		memory += indexSegmentBytes + slotBytes*int64(len(g.refs))
	}
	if found != len(refs) || memory != s.index.bytes {
		return fmt.Errorf("index: %d members in %d bytes, want %d in %d", found, s.index.bytes, len(refs), memory)
	}
	return nil
}

func (s *SortedSet) checkRecords(refs map[uint32]bool) error {
	live, free, seen, memory := 0, 0, 0, int64(pageNumberBytes*cap(s.records.pages))
	for number, page := range s.records.pages {
		memory += int64(cap(page))
		own := 0
		if page != nil {
			s.records.eachIn(uint32(number), func(ref uint32, room bool) {
				if room {
					_, g := roomAt(s.records.at(ref))
					free += g
					return
				}
				seen++
				own += unitsOf(len(s.records.member(ref)))
				if !refs[ref] {
					own += 1 << 20
				}
			})
		}
		if own != int(s.records.live[number]) {
			return fmt.Errorf("records: page %d has %d units, counted %d", number, own, s.records.live[number])
		}
		live += own
	}
	listed := 0
	for list, ref := range s.records.free {
		if (ref != 0) != (s.records.filled>>list&1 != 0) {
			return fmt.Errorf("records: list %d of room is not as its bit says", list)
		}
		for ref != 0 {
			next, g := roomAt(s.records.at(ref))
			if roomList(g) != list {
				return fmt.Errorf("records: room of %d units in list %d", g, list)
			}
			listed += g
			ref = next
		}
	}
	r := &s.records
	if live != r.liveUnits || free != r.freeUnits || listed != free || seen != len(refs) || memory != r.bytes {
		return fmt.Errorf("records: live %d/%d free %d/%d listed %d records %d/%d bytes %d/%d",
			live, r.liveUnits, free, r.freeUnits, listed, seen, len(refs), memory, r.bytes)
	}
	return nil
}
