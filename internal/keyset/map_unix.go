//go:build unix

package keyset

import (
	"errors"
	"math"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mapFile maps a whole regular file for reading.
func mapFile(file *os.File) (data []byte, unmap func(), err error) {
	info, err := file.Stat()
	if err != nil {
		return nil, nil, err
	}
	if info.Size() == 0 || info.Size() > math.MaxInt {
		return nil, nil, errors.ErrUnsupported // files of /proc say 0 and hold more
	}
	data, err = unix.Mmap(int(file.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, err
	}
	_ = unix.Madvise(data, unix.MADV_SEQUENTIAL) // advice: to be without it is no failure
	return data, func() { _ = unix.Munmap(data) }, nil
}

// release gives back the memory of a part of a mapped file. The part stays
// readable, at the price of a fault.
func release(part []byte) {
	page := os.Getpagesize()
	begin := -int(uintptr(unsafe.Pointer(unsafe.SliceData(part)))) & (page - 1) // to the first whole page
	if whole := (len(part) - begin) &^ (page - 1); whole > 0 {
		_ = unix.Madvise(part[begin:begin+whole], unix.MADV_DONTNEED) // to keep it is no failure
	}
}
