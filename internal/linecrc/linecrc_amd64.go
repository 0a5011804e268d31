package linecrc

import "golang.org/x/sys/cpu"

var vectors = cpu.X86.HasAVX2

// crcsAVX2 computes the CRCs of groups of four texts, each from one byte behind
// the end before its own. There must be an end before the first, and
// windowBytes of data before the first end. CRCs of texts longer than
// windowBytes are wrong; most is the longest text's length.
//
//go:noescape
func crcsAVX2(data *byte, ends *uint32, crcs *uint16, groups int) (most uint32)

// endsAVX2 finds the separators in blocks of blockBytes of data, 1 or more of
// them, and says how many there were.
//
//go:noescape
func endsAVX2(data *byte, from, blocks int, separator byte, ends *uint32) (found int)
