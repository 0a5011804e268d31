//go:build (darwin || freebsd || netbsd || openbsd || dragonfly) && !race

package store

import "golang.org/x/sys/unix"

const (
	mapNoReserve = 0              // these systems reserve nothing unasked
	adviseFree   = unix.MADV_FREE // MADV_DONTNEED is a mere hint about paging there
)
