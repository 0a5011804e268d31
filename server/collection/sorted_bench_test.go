package collection

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func filled(n int) (*SortedSet, [][]byte) {
	s, members := NewSortedSet(), make([][]byte, n)
	rnd := rand.New(rand.NewPCG(1, 1))
	for i := range members {
		members[i] = fmt.Appendf(nil, "member:%08d", i)
		s.Put(members[i], rnd.Float64()*1e6)
	}
	return s, members
}

// Each operation on a set of 1k and of 1M members.
func BenchmarkSortedSet(b *testing.B) {
	for _, size := range []int{1000, 1_000_000} {
		s, members := filled(size)
		rnd := rand.New(rand.NewPCG(2, 2))
		member := func() []byte { return members[rnd.IntN(size)] }
		for name, run := range map[string]func(){
			"Score": func() {
				if _, ok := s.Score(member()); !ok {
					b.Fatal("a member is missing")
				}
			},
			"Rank": func() {
				if _, ok := s.Rank(member()); !ok {
					b.Fatal("a member is missing")
				}
			},
			"Move": func() { s.Put(member(), rnd.Float64()*1e6) },
			"RemoveAdd": func() {
				m := member()
				s.Remove(m)
				if added, _ := s.Put(m, rnd.Float64()*1e6); !added {
					b.Fatal("a member was there")
				}
			},
			"Range10": func() {
				n := 0
				s.EachFrom(s.RankOfScore(rnd.Float64()*9e5, false), false, func([]byte, float64) bool { n++; return n < 10 })
			},
		} {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				for b.Loop() {
					run()
				}
			})
		}
		b.Run(fmt.Sprintf("BytesBeyondMember/%d", size), func(b *testing.B) {
			for b.Loop() {
				s.Bytes()
			}
			b.ReportMetric(float64(s.Bytes())/float64(size)-15, "B/member")
		})
	}
}
