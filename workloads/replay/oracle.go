package replay

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// oracleBytes is the length of a record of oracleGeneral:
//
//	0          4                12        16                24
//	| u32 time | u64 object id  | u32 size | i64 next access |   little-endian
const oracleBytes = 24

// oracleTrace reads libCacheSim's oracleGeneral. It knows only that an object
// was asked for: every operation is a GET.
type oracleTrace struct {
	in     io.Reader
	record [oracleBytes]byte
	offset int64
	key    []byte
}

func (o *oracleTrace) tickNanos() int64 { return 1e9 }

func (o *oracleTrace) where() string { return fmt.Sprintf("offset %d", o.offset-oracleBytes) }

// next reads a record.
func (o *oracleTrace) next(e *entry) error {
	n, err := io.ReadFull(o.in, o.record[:])
	o.offset += oracleBytes
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return faultf("the last record has %d bytes of %d", n, oracleBytes)
	case err != nil:
		return err
	}
	size := binary.LittleEndian.Uint32(o.record[12:])
	if size > MaxValueBytes {
		return faultf("a size of %d bytes, the limit is %d", size, MaxValueBytes)
	}
	e.nanos = int64(binary.LittleEndian.Uint32(o.record[:])) * 1e9
	o.key = strconv.AppendUint(o.key[:0], binary.LittleEndian.Uint64(o.record[4:]), 10)
	e.cache(cacheOps["get"], "get", o.key, nil, int(size))
	return nil
}
