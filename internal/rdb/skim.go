package rdb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Product is whose format a file has. Redis and Valkey have given the same
// numbers to different things since they parted.
type Product uint8

// The products.
const (
	Redis Product = iota
	Valkey
)

// String is the product's name.
func (p Product) String() string {
	if p == Valkey {
		return "Valkey"
	}
	return "Redis"
}

// magicBytes is what a file begins with: REDIS and four digits or VALKEY and
// three.
const magicBytes = 9

// Magic reads the beginning of a file.
func Magic(head []byte) (p Product, version int, ok bool) {
	if len(head) < magicBytes {
		return 0, 0, false
	}
	digits := head[5:magicBytes]
	switch {
	case string(head[:5]) == "REDIS":
	case string(head[:6]) == "VALKEY":
		p, digits = Valkey, head[6:magicBytes]
	default:
		return 0, 0, false
	}
	for _, b := range digits {
		if b < '0' || b > '9' {
			return 0, 0, false
		}
		version = 10*version + int(b-'0')
	}
	return p, version, version > 0
}

// The newest versions of files that are read. What a newer one may hold is not
// known, so one is read up to the first type or opcode that is not.
const (
	NewestRedis  = 14 // Redis 8.8
	NewestValkey = 80 // Valkey 9.0 and 9.1
)

// Info is what a file says of itself.
type Info struct {
	Product     Product
	Version     int    // of the format
	Server      string // the version of the server that wrote it, "" if it does not say
	CreatedUnix int64  // seconds; 0 if it does not say
	UsedMemory  uint64 // of the server, bytes; 0 if it does not say
	Cluster     bool   // it holds facts about slots, as only a cluster's node writes
	Preamble    bool   // an append-only file begins with it
	Functions   int    // libraries of functions
	ModuleAux   int    // what modules wrote beside the keys
}

// Entry is one key, without its value.
type Entry struct {
	DB       int
	Key      []byte // borrowed until the next
	Kind     Kind
	Encoding Encoding // what a server of the file's version keeps it as
	Elements uint64   // of a collection; of a string 1
	// ExpireMillis is when the key expires, in milliseconds of Unix time; 0 is
	// never.
	ExpireMillis int64
	// MemoryBytes is about what the server that wrote the file needs for the key
	// and its value, as MEMORY USAGE counts.
	MemoryBytes uint64
}

// Skimmer reads a file key by key. It passes over values by their lengths, and
// takes the same memory whatever their size.
type Skimmer struct {
	// Pulse, if any, is called from time to time, within large values too. An
	// error ends reading.
	Pulse func(offset int64) error
	// Cluster says that the server was a cluster's node, whose keys take more
	// memory up to Redis 7.2; files of those versions do not tell.
	Cluster bool

	w     window
	info  Info
	model model
	entry Entry
	key   []byte // scratch
	start int64  // of the entry at hand
	ended bool

	sparseLog bool // the string at hand is a sparse HyperLogLog

	sum   uint64 // as the file says
	right bool   // whether it is

	beats int
}

// NewSkimmer skims a stream. With sums it reads every byte for the file's
// checksum.
func NewSkimmer(in io.Reader, sums bool) *Skimmer {
	return &Skimmer{w: window{in: in, summing: sums}}
}

// NewMemorySkimmer skims a file that is in memory, or mapped. It looks only
// where it must, and checks no sum.
func NewMemorySkimmer(file []byte) *Skimmer { return &Skimmer{w: window{buf: file}} }

// Info is what the file has said of itself until now.
func (s *Skimmer) Info() Info { return s.info }

// Offset is how much of the file was read.
func (s *Skimmer) Offset() int64 { return s.w.offset() }

// Rest is what follows the file: what the skimmer holds of it, and then the
// stream.
func (s *Skimmer) Rest() (held []byte, in io.Reader) { return s.w.buf[s.w.at:], s.w.in }

// Checksum is the file's, once Next has returned io.EOF; 0 is none. right says
// whether it is the sum of what was read, of which only a skimmer of a stream
// that sums knows.
func (s *Skimmer) Checksum() (sum uint64, right bool) { return s.sum, s.right }

// FormatError says where a file stops making sense.
type FormatError struct {
	Offset int64  // of the entry or opcode that could not be read
	At     int64  // how far in it reading came
	Key    string // whose value it is, or ""
	Err    error
}

// Error says where and why.
func (e *FormatError) Error() string {
	key := ""
	if e.Key != "" {
		key = fmt.Sprintf(", in the value of %s", strconv.Quote(e.Key))
	}
	return fmt.Sprintf("RDB at offset %d (read to %d)%s: %v", e.Offset, e.At, key, e.Err)
}

// Unwrap is the reason.
func (e *FormatError) Unwrap() error { return e.Err }

// maxErrorKeyBytes is how much of a key an error tells.
const maxErrorKeyBytes = 100

// Next is the next key, or io.EOF at the file's end. It is borrowed until the
// next call.
func (s *Skimmer) Next() (*Entry, error) {
	if s.ended {
		return nil, io.EOF
	}
	s.entry = Entry{DB: s.entry.DB}
	s.start, s.key = s.w.offset(), s.key[:0]
	if s.start == 0 {
		s.magic()
	}
	for s.w.err == nil {
		s.start = s.w.offset()
		op := s.w.byte()
		if op < firstOpcode {
			s.value(Type(op))
			s.beat()
			if s.w.err == nil {
				return &s.entry, nil
			}
			break
		}
		if s.opcode(op); s.ended && s.w.err == nil {
			return nil, io.EOF
		}
	}
	return nil, s.failure()
}

// failure says what went wrong and where.
func (s *Skimmer) failure() error {
	var stopped stop
	if errors.As(s.w.err, &stopped) {
		return stopped.error
	}
	return &FormatError{s.start, s.w.offset(), string(s.key[:min(len(s.key), maxErrorKeyBytes)]), s.w.err}
}

// stop is an error of Pulse.
type stop struct{ error }

// beatEvery is how many elements may go by between two pulses.
const beatEvery = 1 << 14

// beat counts something that was read.
func (s *Skimmer) beat() {
	if s.beats++; s.beats < beatEvery {
		return
	}
	s.beats = 0
	if s.Pulse == nil || s.w.err != nil {
		return
	}
	if err := s.Pulse(s.w.offset()); err != nil {
		s.w.fail(stop{err})
	}
}

func (s *Skimmer) magic() {
	var ok bool
	if s.info.Product, s.info.Version, ok = Magic(s.w.bytes(magicBytes)); !ok && s.w.err == nil {
		s.w.fail(errors.New("no RDB file: it begins with neither REDIS nor VALKEY and a version"))
	}
	s.model = newModel(&s.info, s.Cluster)
}

// The opcodes. Where the products differ, the number is the product's.
const (
	opKeyMeta     = 243 // Redis 8.6: before a key, what modules keep of it
	opSlotImport  = 243 // Valkey 9: slots that are being imported
	opSlotInfo    = 244
	opFunction    = 245
	opFunctionOld = 246
	opModuleAux   = 247
	opIdle        = 248
	opFrequency   = 249
	opAux         = 250
	opResizeDB    = 251
	opExpireMS    = 252
	opExpire      = 253
	opSelectDB    = 254
	opEOF         = 255

	firstOpcode = opKeyMeta
)

// maxDB is the largest number of a database.
const maxDB = 1<<31 - 1

// opcode reads what stands between keys.
func (s *Skimmer) opcode(op byte) {
	w := &s.w
	switch op {
	case opKeyMeta: // and opSlotImport
		s.keyMetaOrSlotImport()
	case opSlotInfo: // slot, keys, keys that expire
		w.counts(3)
		s.info.Cluster = true
	case opFunction:
		w.text()
		s.info.Functions++
	case opModuleAux:
		w.count() // which module
		s.moduleValues(nil)
		s.info.ModuleAux++
	case opIdle:
		w.count()
	case opFrequency:
		w.byte()
	case opAux:
		s.aux()
	case opResizeDB:
		w.counts(2)
	case opExpireMS:
		s.entry.ExpireMillis = w.millis()
	case opExpire:
		if p := w.bytes(4); p != nil {
			s.entry.ExpireMillis = 1000 * int64(int32(binary.LittleEndian.Uint32(p)))
		}
	case opSelectDB:
		db := w.count()
		if db > maxDB {
			w.fail(fmt.Errorf("database %d", db))
			return
		}
		s.entry.DB = int(db)
	case opEOF:
		s.end()
	default:
		w.fail(fmt.Errorf("opcode %d, which is not known", op))
	}
}

// keyMetaOrSlotImport reads opcode 243.
func (s *Skimmer) keyMetaOrSlotImport() {
	w := &s.w
	if s.info.Product == Valkey {
		w.text() // the job's name
		for n := w.count(); n > 0 && w.err == nil; n-- {
			w.counts(2) // first and last slot
		}
		s.info.Cluster = true
		return
	}
	for n := w.count(); n > 0 && w.err == nil; n-- {
		w.skip(4) // which class of metadata
		s.moduleValues(nil)
	}
}

// checksumVersion is the first version with a checksum at the end.
const checksumVersion = 5

func (s *Skimmer) end() {
	sum := s.w.checksum
	if s.info.Version < checksumVersion {
		s.ended = true
		return
	}
	seen := uint64(0)
	if s.w.summing {
		seen = sum()
	}
	s.sum = uint64(s.w.millis())
	s.ended = s.w.err == nil
	s.right = s.ended && s.w.summing && (s.sum == seen || s.sum == 0)
}

// maxAuxBytes is how much of a field about the file is looked at.
const maxAuxBytes = 64

// aux reads a field about the file.
func (s *Skimmer) aux() {
	name, value := s.auxText(), s.auxText()
	switch name {
	case "redis-ver", "valkey-ver":
		s.info.Server = value
		s.model = newModel(&s.info, s.Cluster)
	case "ctime":
		s.info.CreatedUnix, _ = strconv.ParseInt(value, 10, 64) // 0 if it says nonsense
	case "used-mem":
		s.info.UsedMemory, _ = strconv.ParseUint(value, 10, 64)
	case "aof-base", "aof-preamble":
		s.info.Preamble = value == "1"
	}
}

// auxText is the beginning of a string.
func (s *Skimmer) auxText() string {
	n, encoding := s.w.length()
	switch encoding {
	case 0:
		var scratch [maxAuxBytes]byte
		return string(s.w.head(scratch[:], n))
	case encodedLZF:
		compressed, _ := s.w.lzf()
		s.w.skip(compressed)
		return ""
	}
	return strconv.FormatInt(s.w.integer(encoding), 10)
}
