package rdb

import (
	"errors"
	"fmt"
)

// array reads Redis 8.8's sparse array.
func (s *Skimmer) array() uint64 {
	const noTag = 4 // tags: a string, an integer, a float, a short string
	e := &s.entry
	e.Kind, e.Encoding = Array, EncodingArray
	n := s.w.count()
	e.Elements = n
	if flag := s.w.count(); flag == 1 {
		s.w.count() // where the next element is inserted
	} else if flag != 0 {
		s.w.fail(fmt.Errorf("an array's flag %d", flag))
	}
	bytes := uint64(0)
	for ; n > 0 && s.w.err == nil; n-- {
		s.w.count() // index
		switch tag := s.w.count(); tag {
		case 1, 2:
			s.w.skip(doubleBytes)
			bytes += doubleBytes
		case 0, 3:
			bytes += doubleBytes
			if length := s.w.text(); tag == 0 {
				bytes += allocated(sdsBytes(length))
			}
		default:
			s.w.fail(fmt.Errorf("an array's element of kind %d: want less than %d", tag, noTag))
		}
		s.beat()
	}
	return objectBytes + allocated(arrayBytes) + bytes
}

// arrayBytes is about what an array takes beside its elements.
const arrayBytes = 128

// The values of modules are told apart by a word before each.
const (
	moduleEOF = iota
	moduleSigned
	moduleUnsigned
	moduleFloat
	moduleDouble
	moduleString
)

func (s *Skimmer) oldModule() uint64 {
	s.w.fail(errors.New("a module's value from before Redis 4.0, which only the module can read"))
	return 0
}

// module passes over a module's value. What it takes in memory only the module
// knows; it is taken for its numbers and strings.
func (s *Skimmer) module() uint64 {
	s.entry.Kind, s.entry.Encoding, s.entry.Elements = Module, EncodingModule, 1
	s.w.count() // which module
	bytes := uint64(0)
	s.moduleValues(&bytes)
	return objectBytes + moduleValueBytes + bytes
}

func (s *Skimmer) moduleValues(bytes *uint64) {
	w := &s.w
	sum := uint64(0)
	for w.err == nil {
		switch op := w.count(); op {
		case moduleEOF:
			if bytes != nil {
				*bytes = sum
			}
			return
		case moduleSigned, moduleUnsigned:
			w.count()
			sum += doubleBytes
		case moduleFloat:
			w.skip(4)
			sum += doubleBytes
		case moduleDouble:
			w.skip(doubleBytes)
			sum += doubleBytes
		case moduleString:
			sum += allocated(w.text() + 1)
		default:
			w.fail(fmt.Errorf("a module's value of kind %d", op))
		}
		s.beat()
	}
}
