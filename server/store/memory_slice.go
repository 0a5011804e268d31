//go:build race || !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package store

import "unsafe"

// maxReachBytes is how much memory a shard has: of Go's, so that the race
// detector sees it, or because this system has no other.
const (
	maxReachBytes = 128 << 20
	minReachBytes = maxReachBytes
)

// reserve is zeroed memory of n bytes. It lives as long as somebody points to
// it.
func reserve[T any](_ *T, n uintptr) unsafe.Pointer {
	return unsafe.Pointer(unsafe.SliceData(make([]byte, n)))
}

func release(unsafe.Pointer, uintptr) {}
