package collection

import (
	"fmt"
	"testing"
)

const benchMembers = 1 << 18

func benchTexts() [][]byte {
	texts := make([][]byte, benchMembers)
	for i := range texts {
		texts[i] = fmt.Appendf(nil, "element:%012d", i*7919%benchMembers)
	}
	return texts
}

func BenchmarkSetAdd(b *testing.B) {
	texts := benchTexts()
	s := NewSet()
	for i := 0; b.Loop(); i++ {
		if i%benchMembers == 0 {
			s = NewSet()
		}
		if !s.Add(texts[i%benchMembers]) {
			b.Fatal("it was there")
		}
	}
}

func BenchmarkGoMapAdd(b *testing.B) {
	texts := benchTexts()
	m := map[string]struct{}{}
	for i := 0; b.Loop(); i++ {
		if i%benchMembers == 0 {
			m = map[string]struct{}{}
		}
		m[string(texts[i%benchMembers])] = struct{}{}
	}
}

func BenchmarkSetHas(b *testing.B) {
	texts := benchTexts()
	s := NewSet()
	for _, text := range texts {
		s.Add(text)
	}
	for i := 0; b.Loop(); i++ {
		if !s.Has(texts[i*7919%benchMembers]) {
			b.Fatal("not there")
		}
	}
}

func BenchmarkGoMapHas(b *testing.B) {
	texts := benchTexts()
	m := map[string]struct{}{}
	for _, text := range texts {
		m[string(text)] = struct{}{}
	}
	for i := 0; b.Loop(); i++ {
		if _, ok := m[string(texts[i*7919%benchMembers])]; !ok {
			b.Fatal("not there")
		}
	}
}

// BenchmarkSetChurn takes a member out and puts another in.
func BenchmarkSetChurn(b *testing.B) {
	texts := benchTexts()
	s := NewSet()
	for _, text := range texts[:benchMembers/2] {
		s.Add(text)
	}
	for i := 0; b.Loop(); i++ {
		s.Remove(texts[i%benchMembers])
		s.Add(texts[(i+benchMembers/2)%benchMembers])
	}
}

func BenchmarkGoMapChurn(b *testing.B) {
	texts := benchTexts()
	m := map[string]struct{}{}
	for _, text := range texts[:benchMembers/2] {
		m[string(text)] = struct{}{}
	}
	for i := 0; b.Loop(); i++ {
		delete(m, string(texts[i%benchMembers]))
		m[string(texts[(i+benchMembers/2)%benchMembers])] = struct{}{}
	}
}

func BenchmarkHashSetSameLength(b *testing.B) {
	texts := benchTexts()
	h := NewHash()
	for _, text := range texts {
		h.Set(text, text)
	}
	for i := 0; b.Loop(); i++ {
		if h.Set(texts[i*7919%benchMembers], texts[i%benchMembers]) {
			b.Fatal("it was not there")
		}
	}
}
