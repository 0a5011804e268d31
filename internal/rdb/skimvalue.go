package rdb

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// value reads a key and its value.
func (s *Skimmer) value(t Type) {
	s.key = s.w.key(s.key[:0])
	e := &s.entry
	e.Key = s.key
	if s.w.err != nil {
		s.key = s.key[:0] // it is not all there
		return
	}
	read := s.reader(t)
	if read == nil {
		s.w.fail(fmt.Errorf("value type %d, which %s %d does not have", t, s.info.Product, s.info.Version))
		return
	}
	bytes := read(s)
	expires := e.ExpireMillis != 0
	if e.Kind != String {
		e.MemoryBytes = bytes + s.model.key(len(e.Key), expires)
		return
	}
	e.Elements = 1
	if s.sparseLog {
		e.MemoryBytes = objectBytes + s.model.sparseLog(bytes) + s.model.key(len(e.Key), expires)
		return
	}
	e.Encoding = s.model.stringEncoding(e.Encoding, len(e.Key), expires, bytes)
	e.MemoryBytes = s.model.string(e.Encoding, len(e.Key), expires, bytes)
}

// reader is how a type's values are passed over; what it returns is about what
// they take in memory.
func (s *Skimmer) reader(t Type) func(*Skimmer) uint64 {
	if t == typeHashExpiring0 && s.info.Product == Valkey {
		return (*Skimmer).valkeyExpiring
	}
	if s.info.Product == Valkey && t > typeHashExpiring0 || int(t) >= len(readers) {
		return nil
	}
	return readers[t]
}

var readers = [...]func(*Skimmer) uint64{
	TypeString:                (*Skimmer).string,
	TypeList:                  (*Skimmer).plainList,
	TypeSet:                   (*Skimmer).set,
	TypeSortedSetText:         func(s *Skimmer) uint64 { return s.sortedSet(s.textScore) },
	TypeHash:                  func(s *Skimmer) uint64 { return s.hash(nil, nil) },
	TypeSortedSet:             func(s *Skimmer) uint64 { return s.sortedSet(func() { s.w.skip(doubleBytes) }) },
	typeModule:                (*Skimmer).oldModule,
	typeModule2:               (*Skimmer).module,
	TypeHashZipmap:            func(s *Skimmer) uint64 { return s.packed(Hash, EncodingZipmap, 1) },
	TypeListZiplist:           func(s *Skimmer) uint64 { return s.packed(List, EncodingZiplist, 1) },
	TypeSetIntset:             func(s *Skimmer) uint64 { return s.packed(Set, EncodingIntset, 1) },
	TypeSortedSetZiplist:      func(s *Skimmer) uint64 { return s.packed(SortedSet, EncodingZiplist, 2) },
	TypeHashZiplist:           func(s *Skimmer) uint64 { return s.packed(Hash, EncodingZiplist, 2) },
	TypeListZiplists:          func(s *Skimmer) uint64 { return s.nodes(EncodingZiplist, false) },
	typeStream:                func(s *Skimmer) uint64 { return s.stream(1) },
	TypeHashListpack:          func(s *Skimmer) uint64 { return s.packed(Hash, EncodingListpack, 2) },
	TypeSortedSetListpack:     func(s *Skimmer) uint64 { return s.packed(SortedSet, EncodingListpack, 2) },
	TypeListNodes:             func(s *Skimmer) uint64 { return s.nodes(EncodingListpack, true) },
	typeStream2:               func(s *Skimmer) uint64 { return s.stream(2) },
	TypeSetListpack:           func(s *Skimmer) uint64 { return s.packed(Set, EncodingListpack, 1) },
	typeStream3:               func(s *Skimmer) uint64 { return s.stream(3) },
	typeHashExpiring0:         func(s *Skimmer) uint64 { return s.hash(fieldTime, nil) },
	typeHashListpackExpiring0: func(s *Skimmer) uint64 { return s.packed(Hash, EncodingListpackExpiring, 3) },
	typeHashExpiring: func(s *Skimmer) uint64 {
		s.w.skip(millisBytes) // the first time at which a field expires
		return s.hash(fieldTime, nil)
	},
	typeHashListpackExpiring: func(s *Skimmer) uint64 {
		s.w.skip(millisBytes)
		return s.packed(Hash, EncodingListpackExpiring, 3)
	},
	typeStream4: func(s *Skimmer) uint64 { return s.stream(4) },
	typeStream5: func(s *Skimmer) uint64 { return s.stream(5) },
	typeArray:   (*Skimmer).array,
}

// string passes over a string and returns the length of its text. Only what
// may be an integer is looked at.
func (s *Skimmer) string() uint64 {
	e := &s.entry
	e.Kind, e.Encoding, s.sparseLog = String, EncodingRaw, false
	n, encoding := s.w.length()
	switch encoding {
	case 0:
		s.sparseLog = n >= emptyLog && s.w.begins(0, sparseLogHead)
		if n <= maxIntegerBytes && !s.sparseLog {
			if isInteger(s.w.bytes(int(n))) {
				e.Encoding = EncodingInt
			}
			return n
		}
		s.w.skip(n)
	case encodedLZF:
		var compressed uint64
		compressed, n = s.w.lzf()
		s.sparseLog = compressed > uint64(len(sparseLogHead)) && s.w.begins(1, sparseLogHead) // behind the length of a literal
		s.w.skip(compressed)
	default:
		n, e.Encoding = digits(s.w.integer(encoding)), EncodingInt
	}
	return n
}

// sparseLogHead is how a sparse HyperLogLog begins.
const sparseLogHead = "HYLL\x01"

// isInteger says whether a text is how a 64-bit integer is printed.
func isInteger(text []byte) bool {
	digits := text
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > 19 || digits[0] == '0' && len(text) > 1 {
		return false
	}
	for _, d := range digits {
		if d < '0' || d > '9' {
			return false
		}
	}
	// Beyond 64 bits by the last digit: "9223372036854775807", or …8 below 0.
	return len(digits) < 19 || string(digits) <= "9223372036854775807" || string(text) == "-9223372036854775808"
}

// elements calls do for each of a collection's elements.
func (s *Skimmer) elements(kind Kind, encoding Encoding, do func()) {
	s.entry.Kind, s.entry.Encoding = kind, encoding
	n := s.w.count()
	s.entry.Elements = n
	for ; n > 0 && s.w.err == nil; n-- {
		do()
		s.beat()
	}
}

// plainList is a list from before quicklists were written as such.
func (s *Skimmer) plainList() uint64 {
	bytes := uint64(0)
	s.elements(List, EncodingQuicklist, func() { bytes += listpackEntry(s.w.text()) })
	return s.model.list(bytes/quicklistNodeBytes+1, allocated(min(bytes, quicklistNodeBytes))*(bytes/quicklistNodeBytes+1), false)
}

func (s *Skimmer) set() uint64 {
	bytes := uint64(0)
	s.elements(Set, EncodingHashtable, func() { bytes += s.model.member(s.w.text()) })
	return s.model.set(s.entry.Elements, bytes)
}

func (s *Skimmer) sortedSet(score func()) uint64 {
	bytes := uint64(0)
	s.elements(SortedSet, EncodingSkiplist, func() {
		bytes += s.model.scored(s.w.text())
		score()
	})
	return s.model.sortedSet(s.entry.Elements, bytes)
}

// textScore passes over a score that is written as text.
func (s *Skimmer) textScore() {
	if n := s.w.byte(); n < textNaN {
		s.w.skip(uint64(n))
	}
}

// hash reads fields and values with what stands before and behind them; what
// they return says that the field expires.
func (s *Skimmer) hash(before, behind func(*window) bool) uint64 {
	bytes := uint64(0)
	s.elements(Hash, EncodingHashtable, func() {
		expires := before != nil && before(&s.w)
		field, value := s.w.text(), s.w.text()
		expires = behind != nil && behind(&s.w) || expires
		bytes += s.model.field(field, value, expires)
	})
	return s.model.hash(s.entry.Elements, bytes)
}

// fieldTime reads when a field expires, relative to the first that does; 0 is
// never.
func fieldTime(w *window) bool { return w.count() != 0 }

func (s *Skimmer) valkeyExpiring() uint64 {
	return s.hash(nil, func(w *window) bool { return w.millis() != -1 })
}

// packed reads a value that is one piece of packed memory, in which an element
// takes so many entries.
func (s *Skimmer) packed(kind Kind, encoding Encoding, each uint64) uint64 {
	var scratch [blobHeadBytes]byte
	head, length := s.w.blob(&scratch)
	e := &s.entry
	e.Kind, e.Encoding = kind, encoding
	entries, ok := packedEntries(encoding, head)
	if !ok && s.w.err == nil {
		s.w.fail(fmt.Errorf("a %s that is damaged", encoding))
	}
	e.Elements = entries / each
	return s.model.packed(encoding, length)
}

// packedEntries reads how many entries packed memory holds. A count that does
// not fit its field is a floor.
func packedEntries(encoding Encoding, head []byte) (uint64, bool) {
	at, bytes := 4, 2 // of the count
	switch encoding {
	case EncodingIntset:
		bytes = 4
	case EncodingZiplist:
		at = 8
	case EncodingZipmap:
		at, bytes = 0, 1
	}
	if len(head) < at+bytes {
		return 0, false
	}
	switch bytes {
	case 1:
		return uint64(head[at]), true
	case 4:
		return uint64(binary.LittleEndian.Uint32(head[at:])), true
	}
	return uint64(binary.LittleEndian.Uint16(head[at:])), true
}

// nodes reads a list of nodes, with a word before each that says what it is.
func (s *Skimmer) nodes(encoding Encoding, marked bool) uint64 {
	bytes, elements, plain := uint64(0), uint64(0), false
	var scratch [blobHeadBytes]byte
	s.elements(List, EncodingQuicklist, func() {
		if marked {
			switch mark := s.w.count(); {
			case mark == nodePlain:
				bytes += allocated(s.w.text())
				elements++
				plain = true
				return
			case mark != nodePacked:
				s.w.fail(fmt.Errorf("a list's node of kind %d", mark))
				return
			}
		}
		head, length := s.w.blob(&scratch)
		entries, ok := packedEntries(encoding, head)
		if !ok && s.w.err == nil {
			s.w.fail(errors.New("a list's node that is damaged"))
		}
		elements += entries
		bytes += allocated(length)
	})
	count := s.entry.Elements
	s.entry.Elements = elements
	small := count == 1 && !plain && s.model.smallLists && marked
	if small {
		s.entry.Encoding = EncodingListpack
	}
	return s.model.list(count, bytes, small)
}
