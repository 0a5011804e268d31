//go:build amd64 || arm64

package store

import "unsafe"

// prefetch asks for the cache line at p. It is a hint: it reads nothing and
// never faults.
//
//go:noescape
func prefetch(p unsafe.Pointer)

// prefetch2 asks for the cache line at p and for the one behind it.
//
//go:noescape
func prefetch2(p unsafe.Pointer)
