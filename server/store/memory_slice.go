//go:build race || !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package store

import "unsafe"

// minReachBytes is that of maxReachBytes: there is no less.
const minReachBytes = maxReachBytes

// reserve is zeroed memory of n bytes. It lives as long as somebody points to
// it.
func reserve[T any](_ *T, n uintptr) unsafe.Pointer {
	return unsafe.Pointer(unsafe.SliceData(make([]byte, n)))
}

func release(unsafe.Pointer, uintptr) {}
