package workloads

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// What values consist of.
const (
	contentRandom       = "random"
	contentUnique       = "unique"
	contentCompressible = "compressible"
)

// The limits of how far content can be compressed.
const (
	minRatio = 1
	maxRatio = 100
)

// content is what values are filled from: a pool, or, where that is nil, bytes
// that are drawn anew for each.
type content struct{ pool []byte }

// parseContent reads "random", "unique" or "compressible:3". ratio is 0 but
// for the last.
func parseContent(text string) (kind string, ratio float64, err error) {
	name, value, given := strings.Cut(text, ":")
	switch {
	case text == "" || text == contentRandom:
		return contentRandom, 0, nil
	case text == contentUnique:
		return contentUnique, 0, nil
	case name == contentCompressible && given:
		ratio, err = strconv.ParseFloat(value, 64)
		if err == nil && ratio >= minRatio && ratio <= maxRatio {
			return contentCompressible, ratio, nil
		}
		return "", 0, fmt.Errorf("%q: want a ratio from %d to %d, as compressible:3", clip(text), minRatio, maxRatio)
	}
	return "", 0, fmt.Errorf("%q is unknown; want random, unique or compressible:RATIO", clip(text))
}

// contentOf is a family's own, or the workload's.
func (s *Spec) contentOf(f *Family) string {
	if f.Content != "" {
		return f.Content
	}
	return s.Content
}

// newContent is what a family's values are filled from. All with the same
// content share a pool.
func (w *Workload) newContent(text string) content {
	kind, ratio, _ := parseContent(text)
	switch kind {
	case contentUnique:
		return content{}
	case contentRandom:
		return content{w.pool}
	}
	if w.packed == nil {
		w.packed = map[float64][]byte{}
	}
	if w.packed[ratio] == nil {
		w.packed[ratio] = newPackedPool(w.pool, ratio)
	}
	return content{w.packed[ratio]}
}

// A pool that can be compressed consists of blocks that begin with random
// bytes and go on with zeros; each block costs a compressor some bytes for the
// zeros.
const (
	packedBlock = 256
	runBytes    = 6 // what a run costs, about: LZ4, LZF and Deflate take 3 to 8
)

func newPackedPool(random []byte, ratio float64) []byte {
	pool := make([]byte, len(random))
	fresh := int(math.Round(packedBlock/ratio)) - runBytes
	fresh = min(max(fresh, 0), packedBlock)
	if packedBlock-fresh <= runBytes { // hardly to be compressed: not at all
		fresh = packedBlock
	}
	for at := 0; at < len(pool); at += packedBlock {
		end := min(at+fresh, len(pool))
		copy(pool[at:end], random[at:end])
	}
	return pool
}

// fill appends so many bytes of content.
func (c content) fill(dst []byte, size int, r *random) []byte {
	if c.pool == nil {
		return fillUnique(dst, size, r)
	}
	for left := size; left > 0; left -= chunkBytes {
		offset := r.next() % poolBytes
		dst = append(dst, c.pool[offset:offset+uint64(min(left, chunkBytes))]...)
	}
	return dst
}

func fillUnique(dst []byte, size int, r *random) []byte {
	for ; size >= 8; size -= 8 {
		dst = binary.LittleEndian.AppendUint64(dst, r.next())
	}
	if size > 0 {
		var tail [8]byte
		binary.LittleEndian.PutUint64(tail[:], r.next())
		dst = append(dst, tail[:size]...)
	}
	return dst
}
