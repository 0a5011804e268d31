//go:build !race

package store

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	mapNoReserve = unix.MAP_NORESERVE
	adviseFree   = unix.MADV_DONTNEED
)

// hugePages asks for large pages behind an address range that has not been
// written to yet.
func hugePages(p unsafe.Pointer, n uintptr) {
	_ = unix.Madvise(unsafe.Slice((*byte)(p), n), unix.MADV_HUGEPAGE)
}

// populate has the system find the memory behind an address range now.
func populate(p unsafe.Pointer, n uintptr) {
	_ = unix.Madvise(unsafe.Slice((*byte)(p), n), unix.MADV_POPULATE_WRITE)
}
