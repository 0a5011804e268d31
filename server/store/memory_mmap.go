//go:build (linux || darwin || freebsd || netbsd || openbsd || dragonfly) && !race

package store

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxReachBytes is how much address space a shard reserves: what 32-bit
// references reach. Where so much is refused, by a limit or by a system that
// does not overcommit, it is half of it, and so on down to minReachBytes.
const (
	maxReachBytes = granuleBytes << 32
	minReachBytes = 64 << 20
)

// mapping is address space of n bytes.
type mapping struct {
	begin unsafe.Pointer
	n     uintptr
}

// reserve is address space of n bytes, aligned to a chunk, that costs memory
// only where it is written to, and is zero until then. It is nil if the system
// refuses. It is given back when owner is garbage: until then whoever follows a
// reference that is out of date reads something.
func reserve[T any](owner *T, n uintptr) unsafe.Pointer {
	whole := mapping{n: n + chunkBytes}
	var err error
	whole.begin, err = unix.MmapPtr(-1, 0, nil, whole.n,
		unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|mapNoReserve)
	if err != nil {
		return nil
	}
	runtime.AddCleanup(owner, func(m mapping) { _ = unix.MunmapPtr(m.begin, m.n) }, whole)
	return unsafe.Add(whole.begin, -uintptr(whole.begin)&(chunkBytes-1))
}

// release gives the memory behind an address range back to the system. What
// it held is lost.
func release(p unsafe.Pointer, n uintptr) {
	_ = unix.Madvise(unsafe.Slice((*byte)(p), n), adviseFree)
}
