package anonymize

import "slotbench/internal/slot"

// alphabets are the signs that may stand for each other, by a name of one byte.
var alphabets = [256]string{
	'd': "0123456789",
	'D': "123456789",
	'l': "abcdefghijklmnopqrstuvwxyz",
	'u': "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
	'h': "0123456789abcdef",
	'H': "0123456789ABCDEF",
	'n': "0123456789abcdefghijklmnopqrstuvwxyz",
	'N': "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
	'm': "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
	'b': upperBytes(),
}

func upperBytes() string {
	var all []byte
	for c := 0x80; c <= 0xff; c++ {
		all = append(all, byte(c))
	}
	return string(all)
}

// places are where each sign stands in its alphabet.
var places = func() (all [256]*[256]uint8) {
	for name, signs := range alphabets {
		if signs == "" {
			continue
		}
		all[name] = new([256]uint8)
		for i := range len(signs) {
			all[name][signs[i]] = uint8(i)
		}
	}
	return all
}()

// Tables hold the texts of a pattern by their CRC16.
const (
	tailTexts = 1 << 17 // from so many texts on a tail is long enough
	maxTables = 48      // that are kept; each takes at most 10 MB, mostly 2
)

// table is all texts of a pattern, numbered in the order of their signs, by
// CRC16.
type table struct {
	pattern string
	count   uint64
	start   []uint32 // of each CRC's texts in order; 65,537
	order   []uint32
	most    uint64 // texts of one CRC
}

func newTable(pattern string) *table {
	t := &table{pattern: pattern, count: texts(pattern), start: make([]uint32, 1<<16+1)}
	t.order = make([]uint32, t.count)
	crcs := make([]uint16, t.count)
	text := make([]byte, len(pattern))
	for i := range crcs {
		write(text, pattern, uint64(i))
		crcs[i] = slot.CRC16(text)
		t.start[int(crcs[i])+1]++
	}
	for crc := range 1 << 16 {
		t.most = max(t.most, uint64(t.start[crc+1]))
		t.start[crc+1] += t.start[crc]
	}
	fill := make([]uint32, 1<<16)
	for i, crc := range crcs {
		t.order[t.start[crc]+fill[crc]] = uint32(i)
		fill[crc]++
	}
	return t
}

// of is the numbers of the texts with that CRC.
func (t *table) of(crc uint16) []uint32 { return t.order[t.start[crc]:t.start[int(crc)+1]] }

// texts is how many texts a pattern has; patterns are kept short enough.
func texts(pattern string) uint64 {
	n := uint64(1)
	for i := range len(pattern) {
		n *= uint64(len(alphabets[pattern[i]]))
	}
	return n
}

// write writes the text with that number.
func write(text []byte, pattern string, number uint64) {
	for i := len(pattern) - 1; i >= 0; i-- {
		signs := alphabets[pattern[i]]
		text[i] = signs[number%uint64(len(signs))]
		number /= uint64(len(signs))
	}
}

// read is the number of a text.
func read(text []byte, pattern string) uint64 {
	n := uint64(0)
	for i := range len(pattern) {
		n = n*uint64(len(alphabets[pattern[i]])) + uint64(places[pattern[i]][text[i]])
	}
	return n
}
