package collection

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/maphash"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"
	"unsafe"
)

// pair is a member of the model: a sorted slice.
type pair struct {
	member string
	score  float64
}

func byOrder(a, b pair) int {
	return cmp.Or(cmp.Compare(a.score, b.score), strings.Compare(a.member, b.member))
}

// model is a sorted set that is easily seen to be right.
type model struct {
	scores map[string]float64
	sorted []pair // nil: to be made anew
}

func (m *model) order() []pair {
	if m.sorted == nil {
		for member, score := range m.scores {
			m.sorted = append(m.sorted, pair{member, score})
		}
		slices.SortFunc(m.sorted, byOrder)
	}
	return m.sorted
}

func (m *model) compare(t *testing.T, s *SortedSet) {
	t.Helper()
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	want := m.order()
	var got, down []pair
	s.Each(func(member []byte, score float64) bool {
		got = append(got, pair{string(member), score})
		return true
	})
	s.EachFrom(s.Len()-1, true, func(member []byte, score float64) bool {
		down = append(down, pair{string(member), score})
		return true
	})
	slices.Reverse(down)
	if !slices.Equal(got, want) || !slices.Equal(down, want) {
		t.Fatalf("not as the model: %d members up, %d down, want %d", len(got), len(down), len(want))
	}
}

// probe asks for a member, a rank and the ranks of a score.
func (m *model) probe(t *testing.T, s *SortedSet, member string, score float64) {
	t.Helper()
	want, there := m.scores[member]
	got, ok := s.Score([]byte(member))
	rank, ranked := s.Rank([]byte(member))
	if got != want || ok != there || ranked != there || s.Len() != len(m.scores) {
		t.Fatalf("%q: score %v %v, rank %d %v, want score %v %v", member, got, ok, rank, ranked, want, there)
	}
	sorted := m.order()
	if there && sorted[rank].member != member {
		t.Fatalf("%q: rank %d", member, rank)
	}
	below := sort.Search(len(sorted), func(i int) bool { return sorted[i].score >= score })
	upTo := sort.Search(len(sorted), func(i int) bool { return sorted[i].score > score })
	if s.RankOfScore(score, false) != below || s.RankOfScore(score, true) != upTo {
		t.Fatalf("score %v: ranks %d and %d, want %d and %d", score, s.RankOfScore(score, false), s.RankOfScore(score, true), below, upTo)
	}
}

// Every mix of members and scores is tried, growing first and shrinking then.
func TestSortedSetAsTheModel(t *testing.T) {
	for name, mix := range map[string]struct {
		members, scores, longest int
	}{
		"short members, few scores": {3000, 5, 10},
		"one score":                 {2000, 1, 30},
		"many scores, any length":   {1500, 1 << 30, 600},
		"long members":              {100, 50, 30_000},
	} {
		t.Run(name, func(t *testing.T) {
			const seed = 7
			rnd := rand.New(rand.NewPCG(seed, uint64(mix.members)))
			s, m := NewSortedSet(), &model{scores: map[string]float64{}}
			member := func() string {
				n := rnd.IntN(mix.members)
				return fmt.Sprintf("%d%s", n, strings.Repeat("x", n*7919%mix.longest))
			}
			steps := 20 * mix.members
			for step := range steps {
				key, score := member(), float64(rnd.IntN(mix.scores))-2
				removing := 2
				if step > steps/2 {
					removing = 7
				}
				switch what := rnd.IntN(10); {
				case what >= removing:
					was, there := m.scores[key]
					added, changed := s.Put([]byte(key), score)
					if added == there || changed != (there && was != score) {
						t.Fatalf("seed %d step %d: Put says added %v, changed %v", seed, step, added, changed)
					}
					m.scores[key], m.sorted = score, nil
				case what == 0 && step%40 == 0 && s.Len() > 0:
					rank := rnd.IntN(s.Len())
					n := rnd.IntN(min(400, s.Len()-rank) + 1)
					for _, gone := range m.order()[rank : rank+n] {
						delete(m.scores, gone.member)
					}
					s.RemoveRange(rank, n)
					m.sorted = nil
				default:
					_, there := m.scores[key]
					if s.Remove([]byte(key)) != there {
						t.Fatalf("seed %d step %d: Remove is wrong", seed, step)
					}
					delete(m.scores, key)
					m.sorted = nil
				}
				if step%(steps/40) == 0 {
					m.compare(t, s)
					m.probe(t, s, member(), score)
				}
			}
			m.compare(t, s.Clone())
			s.RemoveRange(0, s.Len())
			m.scores, m.sorted = nil, nil
			m.compare(t, s)
		})
	}
}

func TestSortedSetInOrderFillsItsNodes(t *testing.T) {
	for name, score := range map[string]func(i int) float64{
		"upwards":   func(i int) float64 { return float64(i) },
		"downwards": func(i int) float64 { return -float64(i) },
	} {
		t.Run(name, func(t *testing.T) {
			s := NewSortedSet()
			for i := range 10_000 {
				s.Put(fmt.Appendf(nil, "member%d", i), score(i))
			}
			if err := s.check(); err != nil {
				t.Fatal(err)
			}
			if least := int64(10_000/nodeEntries + 3); s.nodes > least {
				t.Errorf("%d nodes, want %d", s.nodes, least)
			}
		})
	}
}

func TestSortedSetLexRanks(t *testing.T) {
	s := NewSortedSet()
	for i := range 1000 {
		s.Put(fmt.Appendf(nil, "%04d", 2*i), 0)
	}
	for i := range 2000 {
		text := fmt.Appendf(nil, "%04d", i)
		if below, upTo := s.RankOfMember(text, false), s.RankOfMember(text, true); below != (i+1)/2 || upTo != i/2+1 {
			t.Fatalf("%s: %d below, %d up to it", text, below, upTo)
		}
	}
}

func TestSortedSetRandomIsEven(t *testing.T) {
	s := NewSortedSet()
	for i := range 300 {
		s.Put(fmt.Appendf(nil, "%d", i), float64(i))
	}
	for pick := range uint64(900) {
		if member, score := s.Random(pick); score != float64(pick%300) || string(member) != fmt.Sprint(pick%300) {
			t.Fatalf("pick %d falls on %s, %v", pick, member, score)
		}
	}
}

// What is there throughout is visited whatever comes and goes meanwhile.
func TestSortedSetScanGuarantee(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		s := NewSortedSet()
		for i := range 500 {
			s.Put(fmt.Appendf(nil, "stays%d", i), 1)
		}
		for i := range 20_000 * int(seed%2) {
			s.Put(fmt.Appendf(nil, "passes%d", i), 2)
		}
		seen := map[string]bool{}
		for cursor, calls := uint64(0), 0; calls == 0 || cursor != 0; calls++ {
			cursor = s.Scan(cursor, 1+rnd.IntN(20), func(member []byte, _ float64) { seen[string(member)] = true })
			for range 200 {
				if i := rnd.IntN(20_000); seed%2 == 0 {
					s.Put(fmt.Appendf(nil, "passes%d", i), 2)
				} else {
					s.Remove(fmt.Appendf(nil, "passes%d", i))
				}
			}
		}
		for i := range 500 {
			if !seen[fmt.Sprintf("stays%d", i)] {
				t.Fatalf("seed %d: member %d was passed over", seed, i)
			}
		}
	}
}

// Scan answers about as many as were asked for, and takes any cursor.
func TestSortedSetScanSteps(t *testing.T) {
	s := NewSortedSet()
	for i := range 10_000 {
		s.Put(fmt.Appendf(nil, "%d", i), 1)
	}
	calls, total := 0, 0
	for cursor := uint64(0); calls == 0 || cursor != 0; calls++ {
		n := 0
		cursor = s.Scan(cursor, 10, func([]byte, float64) { n++ })
		if n > 40 {
			t.Fatalf("%d members for a want of 10", n)
		}
		total += n
	}
	if total != 10_000 {
		t.Errorf("a set at rest: %d members visited", total)
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		s.Scan(rnd.Uint64(), 3, func([]byte, float64) {})
	}
}

// After many changes of members the room of those that went is used again.
func TestSortedSetUsesRoomAgain(t *testing.T) {
	s, rnd := NewSortedSet(), rand.New(rand.NewPCG(3, 3))
	text := func() []byte { return bytes.Repeat([]byte{byte('a' + rnd.IntN(26))}, rnd.IntN(60)) }
	var there [][]byte
	for i := range 200_000 {
		member := fmt.Appendf(text(), "%d", i)
		s.Put(member, rnd.Float64())
		if there = append(there, member); len(there) > 5000 {
			at := rnd.IntN(len(there))
			s.Remove(there[at])
			there[at] = there[len(there)-1]
			there = there[:len(there)-1]
		}
	}
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	fresh := NewSortedSet()
	s.Each(func(member []byte, score float64) bool { fresh.Put(member, score); return true })
	if s.records.bytes > fresh.records.bytes*3/2 {
		t.Errorf("%d bytes of records, in a fresh set %d", s.records.bytes, fresh.records.bytes)
	}
	before := s.Bytes()
	for _, member := range there[100:] {
		s.Remove(member)
	}
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	if s.Bytes() > before/4 {
		t.Errorf("%d bytes for 100 members, %d for 5000", s.Bytes(), before)
	}
}

func TestSortedSetSizes(t *testing.T) {
	// 8 bytes are the allocator's own, of what has pointers and is not small.
	if n := unsafe.Sizeof(sortedNode{}) + 8; n != nodeBytes {
		t.Errorf("a node takes %d bytes", n)
	}
	if n := unsafe.Sizeof(sortedFan{}) + 8; n > nodeBytes || n <= 1408 { // the size below
		t.Errorf("a fan takes %d bytes", n)
	}
	if n := unsafe.Sizeof(sortedSegment{}); n != 64 {
		t.Errorf("a segment takes %d bytes", n)
	}
	if !math.IsNaN(math.Float64frombits(roomMark << 32)) {
		t.Error("the mark of room may be a score")
	}
	for n, want := range map[int]int{0: 2, 7: 2, 8: 3, 127: 17, 128: 18, 16383: 2050, 16384: 2050} {
		if got := unitsOf(n); got != want {
			t.Errorf("a member of %d bytes: %d units, want %d", n, got, want)
		}
	}
	if maphash.Bytes(sortedSeed, nil) == 0 {
		t.Error("no hash")
	}
}
