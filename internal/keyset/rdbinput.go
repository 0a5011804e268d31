package keyset

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"sync/atomic"

	"slotbench/internal/rdb"
)

// Checksums says when an RDB file's checksum is verified.
type Checksums int

// When checksums are verified.
const (
	// ChecksumAuto verifies what is read to the last byte anyway, files of up to
	// affordableBytes, and any where there is a second thread to do it.
	ChecksumAuto Checksums = iota
	ChecksumAlways
	ChecksumNever
)

// affordableBytes is the largest file whose checksum is verified without being
// asked for: a quarter of a second.
const affordableBytes = 256 << 20

// releaseBytes is how much of a mapped file is kept behind the reader.
const releaseBytes = 32 << 20

// dump reads one RDB file: its keys go to the workers.
type dump struct {
	in       *input
	o        *Options
	skimmer  *rdb.Skimmer
	line     *conveyor
	keys     int64
	now      int64 // Unix milliseconds from which times to live are told
	told     int64 // offset up to which progress was told
	released int
	each     func(*rdb.Entry) // also told of every key, if not nil
	db       int              // of the last keys
	inDB     int64            // and how many there were
}

// readDump reads an RDB file that is mapped or comes from a reader.
func (in *input) readDump(ctx context.Context, o *Options, workers []*worker) error {
	d := &dump{in: in, o: o, now: o.Now.UnixMilli()}
	var sum *mappedSum
	if in.data != nil {
		d.skimmer = rdb.NewMemorySkimmer(in.data)
		if o.Checksums == ChecksumAlways || o.Checksums == ChecksumAuto && (o.Threads > 1 || len(in.data) <= affordableBytes) {
			sum = sumMapped(in.data)
		}
	} else {
		d.skimmer = rdb.NewSkimmer(in.reader, o.Checksums != ChecksumNever)
	}
	d.skimmer.Cluster = o.ClusterMode
	err := d.read(ctx, workers)
	in.note.Dump = d.skimmer.Info()
	in.note.Lines = d.keys
	d.endDB(0)
	if err == nil {
		err = d.trailer(sum)
	} else {
		sum.cancel()
	}
	return err
}

// read skims the file to its end.
func (d *dump) read(ctx context.Context, workers []*worker) (err error) {
	if d.in.data != nil {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		defer func() { err = shrunk(recover(), err) }()
	}
	d.line = convey(workers, (*worker).values)
	defer d.line.end()
	d.skimmer.Pulse = func(offset int64) error {
		d.pulse(offset)
		return ctx.Err()
	}
	for {
		e, err := d.skimmer.Next()
		if errors.Is(err, io.EOF) {
			d.pulse(d.skimmer.Offset())
			return nil
		}
		if err != nil {
			return err
		}
		if !d.o.wantsDB(e.DB) {
			continue
		}
		if d.each != nil {
			d.each(e)
		}
		if e.DB != d.db {
			d.endDB(e.DB)
		}
		d.inDB++
		if d.keys++; d.keys == 1 {
			if created := d.skimmer.Info().CreatedUnix; created > 0 {
				d.now = created * 1000
			}
		}
		b := d.line.at
		b.text = append(b.text, e.Key...)
		b.items = append(b.items, item{len(b.text), e.MemoryBytes, e.Elements, e.Kind, e.Encoding, classAt(e.ExpireMillis, d.now)})
		if err := d.line.pass(ctx, false); err != nil {
			return err
		}
	}
}

// endDB notes what was read of a database, and begins the next.
func (d *dump) endDB(next int) {
	if d.inDB > 0 {
		d.in.note.inDB(d.db, d.inDB)
	}
	d.db, d.inDB = next, 0
}

// pulse tells progress, and gives back memory of the file that was read.
func (d *dump) pulse(offset int64) {
	if d.in.data == nil {
		return // the stream tells what it reads
	}
	d.o.Progress.Add(offset - d.told)
	d.told = offset
	if int(offset)-d.released > releaseBytes {
		release(d.in.data[d.released:offset])
		d.released = int(offset)
	}
}

// trailer judges the file's end.
func (d *dump) trailer(sum *mappedSum) error {
	said, right := d.skimmer.Checksum()
	end := d.skimmer.Offset()
	switch {
	case said == 0:
		d.in.note.Checksum = "none"
	case d.in.data == nil && d.o.Checksums != ChecksumNever:
		d.in.note.Checksum = verdict(right)
	case sum != nil && end == int64(len(d.in.data)):
		d.in.note.Checksum = verdict(sum.wait() == said)
	default:
		d.in.note.Checksum = "not verified"
	}
	if d.in.note.Checksum == checksumWrong {
		return fmt.Errorf("RDB at offset %d: the checksum is wrong: the file is damaged, and so may be what was read", end-8)
	}
	if d.in.endless {
		return nil
	}
	held, rest := d.skimmer.Rest()
	if len(held) > 0 || d.in.data == nil && rest != nil && !ended(rest) {
		return fmt.Errorf("RDB at offset %d: there is more behind the end of the file", end)
	}
	return nil
}

const checksumWrong = "wrong"

func verdict(right bool) string {
	if right {
		return "right"
	}
	return checksumWrong
}

func ended(r io.Reader) bool {
	var one [1]byte
	n, _ := io.ReadFull(r, one[:])
	return n == 0
}

// shrunk turns the fault of a mapped file that became shorter into an error.
func shrunk(fault any, err error) error {
	switch fault := fault.(type) {
	case nil:
		return err
	case interface{ Addr() uintptr }:
		return errors.New("the file shrank while it was read")
	default:
		panic(fault)
	}
}

// mappedSum computes a mapped file's checksum beside its reader.
type mappedSum struct {
	stop atomic.Bool
	done chan uint64
}

const sumBytes = 8 // of the checksum at the end

func sumMapped(file []byte) *mappedSum {
	s := &mappedSum{done: make(chan uint64, 1)}
	go func() {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		sum := uint64(0)
		defer func() {
			if shrunk(recover(), nil) != nil {
				sum = 0 // the reader says why
			}
			s.done <- sum
		}()
		released := 0
		for at, end := 0, len(file)-sumBytes; at < end && !s.stop.Load(); {
			n := min(end-at, chunkBytes)
			sum = rdb.CRC64(sum, file[at:at+n])
			if at += n; at-released > releaseBytes {
				release(file[released:at])
				released = at
			}
		}
	}()
	return s
}

func (s *mappedSum) wait() uint64 { return <-s.done }

// cancel ends summing and waits for its end.
func (s *mappedSum) cancel() {
	if s != nil {
		s.stop.Store(true)
		<-s.done
	}
}

// looksRDB knows the magic of an RDB file, which no line end follows before its
// first opcode; keys of that kind go on with text.
func looksRDB(head []byte) bool {
	const magicBytes = 9
	if _, _, ok := rdb.Magic(head); !ok {
		return false
	}
	return len(head) == magicBytes || bytes.IndexByte(head, 0) >= 0 || head[magicBytes] >= 0x80 || head[magicBytes] < ' ' && !strings.ContainsRune("\t\r\n", rune(head[magicBytes]))
}

// restOf is what follows a file within its stream.
func restOf(s *rdb.Skimmer) *bufio.Reader {
	held, rest := s.Rest()
	if rest == nil {
		rest = strings.NewReader("")
	}
	return bufio.NewReaderSize(io.MultiReader(strings.NewReader(string(held)), rest), sniffBytes)
}
