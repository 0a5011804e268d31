package store

import "math/bits"

// A granule is what references count in: 32 bits reach 32 GiB.
const (
	granuleBytes = 8
	granuleShift = 3
)

// Objects of up to maxSlabBytes lie in pages of their size class; longer ones
// are extents of their own.
const (
	pageBytes    = 64 << 10
	pageShift    = 16
	maxSlabBytes = pageBytes / minObjects
	minObjects   = 4 // in a page
)

// Size classes: every 8 bytes up to 256, then sixteen to the doubling up to
// 4 KiB, then what divides a page, so that neither an object nor the end of a
// page wastes much. Classes that are multiples of a cache line begin at one, and
// so do all from 1 KiB on: tables count on it.
const (
	fineBytes   = 256
	fineClasses = fineBytes / granuleBytes
	midBytes    = 4 << 10
	midSteps    = 16
	numClasses  = fineClasses + 4*midSteps + (pageBytes/midBytes - minObjects)
)

// class is a size class.
type class uint8

// classBytes is the size of a class's objects, pageObjects how many a page has.
var classBytes, pageObjects = func() (size, objects [numClasses]uint32) {
	at := 0
	add := func(n uint32) {
		size[at], objects[at] = n, pageBytes/n
		at++
	}
	for n := uint32(granuleBytes); n <= fineBytes; n += granuleBytes {
		add(n)
	}
	for base := uint32(fineBytes); base < midBytes; base *= 2 {
		for step := uint32(1); step <= midSteps; step++ {
			add(base + base/midSteps*step)
		}
	}
	for n := uint32(pageBytes/midBytes) - 1; n >= minObjects; n-- {
		add(pageBytes / n &^ (cacheLineBytes - 1))
	}
	return size, objects
}()

// coarseClass is the class of a size above midBytes, by the granules above it.
var coarseClass = func() (of [(maxSlabBytes - midBytes) / granuleBytes]class) {
	c := class(fineClasses + 4*midSteps)
	for i := range of {
		if midBytes+(i+1)*granuleBytes > int(classBytes[c]) {
			c++
		}
		of[i] = c
	}
	return of
}()

// classOf is the smallest class that holds so many bytes: 1 … maxSlabBytes.
func classOf(size int) class {
	switch {
	case size <= fineBytes:
		return class((size - 1) >> granuleShift)
	case size <= midBytes:
		octave := bits.Len32(uint32(size-1)) - 9 // 0: up to 512
		return class(fineClasses + octave*midSteps + (size-1)>>(octave+4) - midSteps)
	}
	return coarseClass[(size-midBytes-1)>>granuleShift]
}
