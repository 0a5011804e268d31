package template

import (
	"math/bits"
	"slices"

	"slotbench/internal/keyset"
	"slotbench/internal/rdb"
	"slotbench/internal/slot"
)

// Stats is what the keys of a template add up to.
type Stats struct {
	Keys, Ops, Writes, Elements uint64
	Bytes                       uint64 // of values where they are told, else of the keys
	KeyBytes                    uint64
	MinKey, MaxKey              int    // lengths of keys
	Tagged                      uint64 // keys with a hash tag that counts
	OpSquares                   float64
	Kinds                       [rdb.Kinds]uint64
	TTLs                        [keyset.TTLClasses]uint64
	HasBytes, HasKinds, HasTTLs bool
	HasOps                      bool
	Sizes                       map[uint16]uint64 // keys by SizeClass of their bytes, where told
	Span                        Span
	Parts                       Distinct // hashed parts: tags, or keys
	Spread                      *Spread  // nil unless the miner was asked for it
	// Places is what lies on each place: keys, bytes, operations.
	Places  [3][]uint64
	Example string // the first key, or how it begins

	seen bool // any key or operation
}

// SizeClass is a class of sizes an eighth of an octave wide, and exact below
// 16.
func SizeClass(bytes uint64) uint16 {
	if bytes < 16 {
		return uint16(bytes)
	}
	octave := bits.Len64(bytes) - 1
	return uint16(16 + (octave-4)*8 + int(bytes>>(octave-3))&7)
}

// SizesOf is the smallest and the largest size of a class.
func SizesOf(class uint16) (least, most uint64) {
	if class < 16 {
		return uint64(class), uint64(class)
	}
	octave, eighth := int(class-16)/8+4, uint64(class-16)%8
	least = (8 + eighth) << (octave - 3)
	return least, least + 1<<(octave-3) - 1
}

const maxTagBytes = keyset.MaxTagBytes

// maxExampleBytes is how much of a key is kept to show it.
const maxExampleBytes = 120

func (s *Stats) add(k *keyset.Key, crc uint16, tagged bool, place int, places int) {
	if !s.seen {
		s.seen = true
		s.Example = string(k.Text[:min(len(k.Text), maxExampleBytes)])
		s.MinKey = len(k.Text)
	}
	s.Keys += k.Count
	s.Bytes += k.Bytes
	s.Ops += k.Ops
	s.Writes += k.Writes
	s.OpSquares += float64(k.Ops) * float64(k.Ops)
	s.HasOps = s.HasOps || k.HasOps
	if place >= 0 {
		for m, n := range [...]uint64{k.Count, k.Bytes, k.Ops} {
			if s.Places[m] == nil {
				s.Places[m] = make([]uint64, places)
			}
			s.Places[m][place] += n
		}
	}
	if k.Count == 0 {
		return
	}
	s.Elements += k.Elements
	s.KeyBytes += uint64(len(k.Text))
	s.MinKey, s.MaxKey = min(s.MinKey, len(k.Text)), max(s.MaxKey, len(k.Text))
	if tagged {
		s.Tagged++
	}
	if k.HasKind {
		s.HasKinds = true
		s.Kinds[k.Kind]++
	}
	if k.HasTTL {
		s.HasTTLs = true
		s.TTLs[k.TTL]++
	}
	if k.HasBytes {
		s.HasBytes = true
		if s.Sizes == nil {
			s.Sizes = map[uint16]uint64{}
		}
		s.Sizes[SizeClass(k.Bytes)]++
	}
	s.Span.Add(crc)
}

// Merge adds what another has added up, which is not to be used after.
func (s *Stats) Merge(o *Stats) {
	if !o.seen {
		return
	}
	if !s.seen {
		s.seen, s.Example, s.MinKey = true, o.Example, o.MinKey
	}
	s.Keys += o.Keys
	s.Ops += o.Ops
	s.Writes += o.Writes
	s.Elements += o.Elements
	s.Bytes += o.Bytes
	s.KeyBytes += o.KeyBytes
	s.MinKey, s.MaxKey = min(s.MinKey, o.MinKey), max(s.MaxKey, o.MaxKey)
	s.Tagged += o.Tagged
	s.OpSquares += o.OpSquares
	for i, n := range o.Kinds {
		s.Kinds[i] += n
	}
	for i, n := range o.TTLs {
		s.TTLs[i] += n
	}
	s.HasBytes, s.HasKinds = s.HasBytes || o.HasBytes, s.HasKinds || o.HasKinds
	s.HasTTLs, s.HasOps = s.HasTTLs || o.HasTTLs, s.HasOps || o.HasOps
	if s.Sizes == nil {
		s.Sizes = o.Sizes
	} else {
		for class, n := range o.Sizes {
			s.Sizes[class] += n
		}
	}
	s.Span.Join(&o.Span)
	s.Parts.Join(&o.Parts)
	if s.Spread == nil {
		s.Spread = o.Spread
	} else if o.Spread != nil {
		s.Spread.merge(o.Spread)
	}
	for m := range s.Places {
		if s.Places[m] == nil {
			s.Places[m] = o.Places[m]
			continue
		}
		for i, n := range o.Places[m] {
			s.Places[m][i] += n
		}
	}
}

// Span is the smallest affine space over GF(2) that holds all CRCs seen. CRC16
// is linear: texts of one length that differ in few bits have CRCs that differ
// by sums of few vectors. A template whose CRCs span r dimensions of the slot's
// bits reaches 2^r slots at most, however many keys it has.
type Span struct {
	base  uint16
	any   bool
	basis [16]uint16 // basis[i] has i as its highest bit
}

// Add widens the space to hold a CRC.
func (s *Span) Add(crc uint16) {
	if !s.any {
		s.base, s.any = crc, true
		return
	}
	s.widen(crc ^ s.base)
}

func (s *Span) widen(d uint16) {
	for d != 0 {
		top := bits.Len16(d) - 1
		if s.basis[top] == 0 {
			s.basis[top] = d
			return
		}
		d ^= s.basis[top]
	}
}

// Join widens the space to hold another.
func (s *Span) Join(o *Span) {
	if !o.any {
		return
	}
	s.Add(o.base)
	for _, d := range o.basis {
		s.widen(d)
	}
}

// SlotBits is the dimension r of the space in the bits that choose one of the
// 16384 slots: 14 where every slot can be reached.
func (s *Span) SlotBits() int {
	var masked Span
	for _, d := range s.basis {
		masked.widen(d & uint16(slot.DefaultCount-1))
	}
	rank := 0
	for _, d := range masked.basis {
		if d != 0 {
			rank++
		}
	}
	return rank
}

// Distinct estimates how many different texts there were: exact up to
// distinctKept, and from the least hashes kept to within 1/√distinctKept, 6 %,
// beyond (Bar-Yossef et al., RANDOM 2002).
type Distinct struct {
	least []uint64 // ascending
}

const distinctKept = 256

// hashOf is FNV-1a with Murmur's finish, which spreads the short texts over all
// 64 bits: the same in every run.
func hashOf(text []byte) uint64 {
	h := uint64(0xcbf29ce484222325)
	for _, c := range text {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// Add notes a text.
func (d *Distinct) Add(text []byte) { d.note(hashOf(text)) }

func (d *Distinct) note(hash uint64) {
	if len(d.least) == distinctKept && hash >= d.least[distinctKept-1] {
		return
	}
	at, known := slices.BinarySearch(d.least, hash)
	if known {
		return
	}
	if len(d.least) == distinctKept {
		d.least = d.least[:distinctKept-1]
	}
	d.least = slices.Insert(d.least, at, hash)
}

// Join notes what another has noted.
func (d *Distinct) Join(o *Distinct) {
	for _, hash := range o.least {
		d.note(hash)
	}
}

// Overlap is about which part of the texts of both together is in both.
func (d *Distinct) Overlap(o *Distinct) float64 {
	both, all := 0, 0
	for i, j := 0, 0; all < distinctKept && (i < len(d.least) || j < len(o.least)); all++ {
		switch {
		case j == len(o.least) || i < len(d.least) && d.least[i] < o.least[j]:
			i++
		case i == len(d.least) || o.least[j] < d.least[i]:
			j++
		default:
			both, i, j = both+1, i+1, j+1
		}
	}
	return float64(both) / float64(max(all, 1))
}

// Estimate is about how many different texts there were.
func (d *Distinct) Estimate() float64 {
	if len(d.least) < distinctKept {
		return float64(len(d.least))
	}
	return (distinctKept - 1) / (float64(d.least[distinctKept-1]) / (1 << 64))
}
