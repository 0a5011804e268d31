//go:build !amd64 && !arm64

package store

import "unsafe"

// prefetch would ask for the cache line at p; this processor is not asked.
func prefetch(unsafe.Pointer) {}

func prefetch2(unsafe.Pointer) {}
