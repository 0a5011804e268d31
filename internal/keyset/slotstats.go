package keyset

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

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
func (in *input) readSlotStats(_ context.Context, _ *Options, workers []*worker) error {
	data, err := io.ReadAll(io.LimitReader(in.reader, maxSlotStatsBytes+1))
	if err != nil {
		return err
	}
	if len(data) > maxSlotStatsBytes {
		return fmt.Errorf("slot statistics longer than %d bytes", maxSlotStatsBytes)
	}
	words, err := slotWords(data)
	stats, after := slotStats(words)
	for _, s := range stats {
		workers[0].slotStat(&s)
	}
	in.note.Lines = int64(len(stats))
	return errors.Join(err, after)
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
	w.bins.Keys[crc] += keys
	w.bins.Bytes[crc] = addUp(w.bins.Bytes[crc], sums["bytes"])
	w.bins.Ops[crc] = addUp(w.bins.Ops[crc], ops)
	w.sums.Writes += sums["writes"]
	w.sums.SlotsOnly = true
	each := 1 / float64(max(keys, 1))
	w.sums.ByteSquares += float64(sums["bytes"]) * float64(sums["bytes"]) * each
	w.sums.OpSquares += float64(ops) * float64(ops) * each
}

// slotWords takes a dump of slots apart, whatever it is written in.
func slotWords(data []byte) ([]string, error) {
	trimmed := bytes.TrimSpace(data)
	switch {
	case looksRESP(data):
		return protocolWords(data)
	case len(trimmed) > 0 && trimmed[0] == '[':
		return jsonWords(trimmed)
	case bytes.Contains(data, []byte("(integer)")):
		return printedWords(data), nil
	}
	var words []string
	for line := range bytes.Lines(data) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			words = append(words, string(bytes.Trim(line, `"`)))
		}
	}
	return words, nil
}

func protocolWords(data []byte) (words []string, err error) {
	for at := 0; at < len(data); {
		line, length, ended := firstLine(data[at:])
		if !ended || len(line) == 0 {
			return words, fmt.Errorf("offset %d: the input ends in the middle", at)
		}
		at += length
		switch line[0] {
		case ':':
			words = append(words, string(line[1:]))
		case '$', '+':
			text := line[1:]
			if line[0] == '$' {
				n, err := amount(line[1:])
				if err != nil || n > uint64(max(len(data)-at-2, 0)) {
					return words, fmt.Errorf("offset %d: the input ends in the middle", at)
				}
				text = data[at : at+int(n)]
				at += int(n) + 2
			}
			words = append(words, string(text))
		case '*', '%', '~':
		default:
			return words, fmt.Errorf("offset %d: %s is no part of slot statistics", at, snippet(line))
		}
	}
	return words, nil
}

func jsonWords(data []byte) (words []string, err error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return words, nil
		}
		if err != nil {
			return words, fmt.Errorf("JSON at offset %d: %w", decoder.InputOffset(), err)
		}
		switch token := token.(type) {
		case string:
			words = append(words, token)
		case json.Number:
			words = append(words, token.String())
		}
	}
}

// printedWord is what stands behind redis-cli's numbers and arrows.
var printedWord = regexp.MustCompile(`\(integer\) (-?\d+)|"([^"]*)"`)

func printedWords(data []byte) (words []string) {
	for _, found := range printedWord.FindAllSubmatch(data, -1) {
		words = append(words, string(found[1])+string(found[2]))
	}
	return words
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
	return at >= 0 && slotStatsHead.Match(head[:at])
}

// slotStatsHead is what stands before the first name, in all the forms.
var slotStatsHead = regexp.MustCompile(`^(\s*[*%]\d+\r\n)*\s*[\[(]?[\s\d\[\](){}:,"#*%$)rinteg\r\n]*\d[\s\S]*$`)
