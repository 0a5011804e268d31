//go:build !linux || race

package store

import "unsafe"

// There are no large pages to ask for, and no way to ask for memory ahead.

func hugePages(unsafe.Pointer, uintptr) {}
func populate(unsafe.Pointer, uintptr)  {}
