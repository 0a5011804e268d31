package keyset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"slotbench/internal/resp"
	"slotbench/internal/slot"
)

// maxSlotStatsBytes is the longest dump of slots that is read.
const maxSlotStatsBytes = 64 << 20

// slotStat is what a server says of one slot.
type slotStat struct {
	slot   uint64
	fields map[string]uint64
}

// slotFields are the names by which servers tell what we add up: CLUSTER
// SLOT-STATS of Redis and Valkey, DFLYCLUSTER GETSLOTINFO.
var slotFields = map[string]struct{ measure string }{
	"key-count": {measure: "keys"}, "key_count": {measure: "keys"},
	"memory-bytes": {measure: "bytes"}, "memory_bytes": {measure: "bytes"},
	"total_reads": {measure: "reads"}, "total_writes": {measure: "writes"},
	"cpu-usec":         {measure: "cpu"},
	"network-bytes-in": {}, "network-bytes-out": {}, "tiered_bytes": {},
}

// readSlotStats reads what a server says of its slots: in the Redis protocol,
// as redis-cli prints it on a terminal or into a pipe, or as JSON. All of them
// are a slot's number and then names with numbers.
func (in *input) readSlotStats(_ context.Context, o *Options, workers []*worker) error {
	stats, err := in.slotStats()
	for _, s := range stats {
		o.before.subtractFrom(&s)
		workers[0].slotStat(&s)
	}
	in.note.Lines = int64(len(stats))
	return err
}

// slotStats are the slots of an input, as many as there are before a fault.
func (in *input) slotStats() ([]slotStat, error) {
	data, err := io.ReadAll(io.LimitReader(in.reader, maxSlotStatsBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxSlotStatsBytes {
		return nil, fmt.Errorf("slot statistics longer than %d bytes", maxSlotStatsBytes)
	}
	words, err := resp.Flatten(data)
	stats, after := slotStats(words)
	return stats, errors.Join(err, after)
}

// slotStats makes slots of words, as many as there are before a fault.
func slotStats(words []string) (stats []slotStat, err error) {
	for i := 0; i < len(words); {
		number, err := strconv.ParseUint(words[i], 10, 64)
		if err != nil || number >= uint64(slot.DefaultCount) {
			return stats, fmt.Errorf("%q where the number of a slot should be", words[i])
		}
		s := slotStat{number, map[string]uint64{}}
		for i++; i+1 < len(words); i += 2 {
			if _, known := slotFields[words[i]]; !known {
				if _, err := strconv.ParseUint(words[i], 10, 64); err == nil {
					break // the next slot
				}
			}
			n, err := strconv.ParseUint(words[i+1], 10, 64)
			if err != nil {
				return stats, fmt.Errorf("slot %d: %s is %q: want a number", number, words[i], words[i+1])
			}
			s.fields[words[i]] = n
		}
		if i == len(words)-1 {
			return append(stats, s), fmt.Errorf("slot %d: %q ends it", number, words[i])
		}
		stats = append(stats, s)
	}
	return stats, nil
}

// slotStat adds up one slot. Its keys are not known; they are taken to be all
// of one size.
func (w *worker) slotStat(s *slotStat) {
	sums := map[string]uint64{}
	for name, n := range s.fields {
		if n > MaxAmount {
			n = MaxAmount
		}
		measure := slotFields[name].measure
		sums[measure] += n
		switch measure {
		case "bytes":
			w.sums.HasBytes = true
		case "reads", "writes", "cpu":
			w.sums.HasOps = true
		}
	}
	ops := sums["reads"] + sums["writes"]
	if _, told := s.fields["cpu-usec"]; told {
		ops = sums["cpu"]
		w.sums.OpsAreMicros = true
	}
	keys := sums["keys"]
	crc := uint16(s.slot)
	bins := w.own()
	bins.Keys[crc] += keys
	bins.Bytes[crc] = addUp(bins.Bytes[crc], sums["bytes"])
	bins.Ops[crc] = addUp(bins.Ops[crc], ops)
	w.sums.Writes += sums["writes"]
	w.sums.SlotsOnly = true
	each := 1 / float64(max(keys, 1))
	w.sums.ByteSquares += float64(sums["bytes"]) * float64(sums["bytes"]) * each
	w.sums.OpSquares += float64(ops) * float64(ops) * each
}

// looksSlotStats says whether text begins as slot statistics do: a slot's
// number, and soon the number of its keys.
func looksSlotStats(head []byte) bool {
	const within = 200
	head = head[:min(len(head), within)]
	at := bytes.Index(head, []byte("key-count"))
	if at < 0 {
		at = bytes.Index(head, []byte("key_count"))
	}
	if at < 0 {
		return false
	}
	digits := false
	for _, b := range head[:at] {
		digit := '0' <= b && b <= '9'
		if !digit && bytes.IndexByte([]byte("[](){}:,#*%$\"\r\n\t integer"), b) < 0 {
			return false
		}
		digits = digits || digit
	}
	return digits
}
