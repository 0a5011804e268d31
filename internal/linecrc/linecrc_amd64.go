package linecrc

import "golang.org/x/sys/cpu"

var vectors = cpu.X86.HasAVX2

// crcsAVX2 computes the CRCs of groups of four texts, each from that many bytes
// behind its start to its end. There must be windowBytes of data before each
// end. CRCs of texts longer than windowBytes are wrong; most is the longest
// text's length.
//
//go:noescape
func crcsAVX2(data *byte, starts, ends *uint32, behind uint32, crcs *uint16, groups int) (most uint32)

// endsAVX2 finds the separators in blocks of blockBytes of data, 1 or more of
// them, and says how many there were.
//
//go:noescape
func endsAVX2(data *byte, from, blocks int, separator byte, ends *uint32) (found int)
