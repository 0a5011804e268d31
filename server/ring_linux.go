package server

import (
	"encoding/binary"
	"fmt"
	"math"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The numbers of the kernel's io_uring interface, as linux/io_uring.h has them.
const (
	setupCQSize       = 1 << 3
	setupDisabled     = 1 << 6
	setupSubmitAll    = 1 << 7
	setupSingleIssuer = 1 << 12
	setupDeferTaskrun = 1 << 13

	featureSingleMap = 1 << 0
	featureNoDrop    = 1 << 1
	featureExtArg    = 1 << 8
	featureSkip      = 1 << 11

	enterGetEvents = 1 << 0
	enterExtArg    = 1 << 3

	registerEnable  = 12
	registerBuffers = 22

	opPollAdd = 6
	opAccept  = 13
	opCancel  = 14
	opSend    = 26
	opReceive = 27

	sqeBufferSelect = 1 << 5
	sqeSkipSuccess  = 1 << 6
	receiveMulti    = 1 << 1
	acceptMulti     = 1 << 0
	pollMulti       = 1 << 0

	cqeBuffer      = 1 << 0
	cqeMore        = 1 << 1
	cqeBufferShift = 16

	sqOverflow = 1 << 1 // of the submission ring's flags: the kernel holds completions back

	offsetSQEs = 0x10000000
)

// The sizes of a ring: submissions of one call, completions that wait to be
// read, and the buffers that are received into.
const (
	ringEntries     = 1024
	ringCompletions = 8192
	ringBuffers     = 256 // a power of two
	ringBufferBytes = readBytes
)

type (
	ringOffsets struct {
		head, tail, mask, entries, flags, dropped, array, _ uint32
		_                                                   uint64
	}
	ringParameters struct {
		sqEntries, cqEntries, flags, _, _, features, _ uint32
		_                                              [3]uint32
		sq                                             ringOffsets
		cq                                             struct {
			head, tail, mask, entries, overflow, cqes, flags, _ uint32
			_                                                   uint64
		}
	}
	submission struct {
		op, flags   uint8
		priority    uint16
		fd          int32
		offset      uint64
		address     uint64
		length      uint32
		opFlags     uint32
		userData    uint64
		bufferGroup uint16
		_           uint16
		_           uint32
		_           [2]uint64
	}
	completion struct {
		userData uint64
		result   int32
		flags    uint32
	}
	ringBuffer struct {
		address uint64
		length  uint32
		id, _   uint16 // behind the first one's id stands the tail
	}
	waitArgument struct {
		_, _ uint64
		time *unix.Timespec
	}
)

// ring is an io_uring with buffers to receive into. One thread uses it, from
// enable on.
type ring struct {
	fd         int
	rings      []byte // both, mapped
	entries    []byte // the submissions, mapped
	bufferRing []byte
	memory     []byte // the buffers

	sqHead, sqTail, sqFlags *uint32
	cqHead, cqTail          *uint32
	submissions             []submission
	completions             []completion
	filled                  uint32 // submissions, less sqTail: not told yet
	given                   uint16 // buffers
	argument                waitArgument
	timeout                 unix.Timespec
}

func openRing() (*ring, error) {
	p := ringParameters{cqEntries: ringCompletions,
		flags: setupCQSize | setupDisabled | setupSubmitAll | setupSingleIssuer | setupDeferTaskrun}
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, ringEntries, uintptr(unsafe.Pointer(&p)), 0)
	if errno == unix.EINVAL { // no kernel before 6.1 knows these flags
		errno = unix.ENOSYS
	}
	if errno != 0 {
		return nil, fmt.Errorf("io_uring_setup: %w", errno)
	}
	r := &ring{fd: int(fd)}
	const needed = featureSingleMap | featureNoDrop | featureExtArg | featureSkip
	if p.features&needed != needed {
		r.close()
		return nil, fmt.Errorf("io_uring: the kernel lacks features %#x: %w", needed&^p.features, unix.ENOSYS)
	}
	if err := r.mapMemory(&p); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// mapMemory maps the rings and hands the buffers to the kernel.
func (r *ring) mapMemory(p *ringParameters) error {
	size := max(p.sq.array+p.sqEntries*4, p.cq.cqes+p.cqEntries*uint32(unsafe.Sizeof(completion{})))
	private := unix.MAP_PRIVATE | unix.MAP_ANONYMOUS
	for _, m := range []struct {
		memory *[]byte
		fd     int
		offset int64
		size   int
		flags  int
	}{
		{&r.rings, r.fd, 0, int(size), unix.MAP_SHARED | unix.MAP_POPULATE},
		{&r.entries, r.fd, offsetSQEs, int(p.sqEntries) * int(unsafe.Sizeof(submission{})), unix.MAP_SHARED | unix.MAP_POPULATE},
		{&r.bufferRing, -1, 0, ringBuffers * int(unsafe.Sizeof(ringBuffer{})), private},
		{&r.memory, -1, 0, ringBuffers * ringBufferBytes, private},
	} {
		var err error
		if *m.memory, err = unix.Mmap(m.fd, m.offset, m.size, unix.PROT_READ|unix.PROT_WRITE, m.flags); err != nil {
			return fmt.Errorf("io_uring: mmap: %w", err)
		}
	}
	word := func(at uint32) *uint32 { return (*uint32)(unsafe.Pointer(&r.rings[at])) }
	r.sqHead, r.sqTail, r.sqFlags = word(p.sq.head), word(p.sq.tail), word(p.sq.flags)
	r.cqHead, r.cqTail = word(p.cq.head), word(p.cq.tail)
	r.submissions = unsafe.Slice((*submission)(unsafe.Pointer(&r.entries[0])), p.sqEntries)
	r.completions = unsafe.Slice((*completion)(unsafe.Pointer(&r.rings[p.cq.cqes])), p.cqEntries)
	for i, order := uint32(0), unsafe.Slice(word(p.sq.array), p.sqEntries); i < p.sqEntries; i++ {
		order[i] = i
	}
	registration := struct {
		address  uint64
		entries  uint32
		group, _ uint16
		_        [3]uint64
	}{address: uint64(uintptr(unsafe.Pointer(&r.bufferRing[0]))), entries: ringBuffers}
	if err := r.register(registerBuffers, unsafe.Pointer(&registration), 1); err != nil {
		return err
	}
	for id := range ringBuffers {
		r.giveBack(uint16(id))
	}
	return nil
}

func (r *ring) register(operation uintptr, argument unsafe.Pointer, n uintptr) error {
	_, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(r.fd), operation, uintptr(argument), n, 0, 0)
	if errno == unix.EINVAL {
		errno = unix.ENOSYS
	}
	if errno != 0 {
		return fmt.Errorf("io_uring_register: %w", errno)
	}
	return nil
}

// enable makes the calling thread the one that uses the ring.
func (r *ring) enable() error { return r.register(registerEnable, nil, 0) }

func (r *ring) close() {
	unix.Close(r.fd)
	for _, mapped := range [][]byte{r.rings, r.entries, r.bufferRing, r.memory} {
		if mapped != nil {
			_ = unix.Munmap(mapped)
		}
	}
}

// buffer is the memory of a buffer.
func (r *ring) buffer(id uint16) []byte {
	return r.memory[int(id)*ringBufferBytes:][:ringBufferBytes]
}

// giveBack has a buffer received into again, from the next enter on.
func (r *ring) giveBack(id uint16) {
	at := int(r.given%ringBuffers) * int(unsafe.Sizeof(ringBuffer{}))
	b := (*ringBuffer)(unsafe.Pointer(&r.bufferRing[at]))
	b.address, b.length, b.id = uint64(uintptr(unsafe.Pointer(&r.buffer(id)[0]))), ringBufferBytes, id
	r.given++
}

// next is a submission to fill in; nil: there is no room before the next enter.
func (r *ring) next() *submission {
	if r.filled-atomic.LoadUint32(r.sqHead) == uint32(len(r.submissions)) {
		return nil
	}
	s := &r.submissions[r.filled%uint32(len(r.submissions))]
	*s = submission{}
	r.filled++
	return s
}

// waiting is how many submissions the kernel has not taken.
func (r *ring) waiting() uint32 { return r.filled - atomic.LoadUint32(r.sqHead) }

// enter submits and waits for one completion, if it is to wait, for that long.
// A raw wait keeps the processor, see epoll.spin.
func (r *ring) enter(wait, raw bool, timeoutMillis int64) syscall.Errno {
	first := (*ringBuffer)(unsafe.Pointer(&r.bufferRing[0]))
	var half [4]byte // the first buffer's id and the tail are stored as one word
	binary.NativeEndian.PutUint16(half[:], first.id)
	binary.NativeEndian.PutUint16(half[2:], r.given)
	atomic.StoreUint32((*uint32)(unsafe.Pointer(&first.id)), binary.NativeEndian.Uint32(half[:]))
	atomic.StoreUint32(r.sqTail, r.filled)
	r.timeout = unix.NsecToTimespec(timeoutMillis * 1e6)
	r.argument.time = &r.timeout
	least := uintptr(0)
	if wait {
		least = 1
	}
	call := unix.Syscall6
	if raw {
		call = unix.RawSyscall6
	}
	_, _, errno := call(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(r.waiting()), least, enterGetEvents|enterExtArg,
		uintptr(unsafe.Pointer(&r.argument)), unsafe.Sizeof(r.argument))
	return errno
}

// overflown says that the kernel holds completions back until the next enter.
func (r *ring) overflown() bool { return atomic.LoadUint32(r.sqFlags)&sqOverflow != 0 }

// completed says whether there are completions to take.
func (r *ring) completed() bool { return atomic.LoadUint32(r.cqTail) != *r.cqHead }

// take has each completion seen.
func (r *ring) take(see func(completion)) {
	head, tail := *r.cqHead, atomic.LoadUint32(r.cqTail)
	for ; head != tail; head++ {
		see(r.completions[head%uint32(len(r.completions))])
	}
	atomic.StoreUint32(r.cqHead, head)
}

// addressOf is where the kernel is to read: memory that the caller keeps until
// then. Go moves nothing that is not on a stack.
func addressOf(b []byte) (address uint64, length uint32) {
	return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))), uint32(min(len(b), math.MaxInt32))
}
