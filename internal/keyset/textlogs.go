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
	"strings"

	"slotbench/internal/rdb"
	"slotbench/internal/resp"
)

// monitorLine is a line of MONITOR before its command: when, and in brackets
// the database and who.
var monitorLine = regexp.MustCompile(`^\d+\.\d+ \[(\d+) [^\]]*(?:\[[^\]]*\][^\]]*)?\] `)

// monitor reads a line of a MONITOR log.
func (w *worker) monitor(line []byte) error {
	if string(line) == "OK" {
		return nil
	}
	at := monitorLine.FindSubmatchIndex(line)
	if at == nil {
		return errors.New(`want MONITOR's seconds [database client] "command" "argument" …`)
	}
	db, err := strconv.Atoi(string(line[at[2]:at[3]]))
	if err != nil {
		return fmt.Errorf("database %s: %w", line[at[2]:at[3]], err)
	}
	// Splitting rewrites the line, which may be the file itself.
	w.text = append(w.text[:0], line[at[1]:]...)
	var ok bool
	if w.words, ok = resp.SplitWords(w.text, w.words[:0]); !ok || len(w.words) == 0 {
		return errors.New("the command's quotes are not closed")
	}
	if !w.command(w.words, db, 0) {
		w.sums.UnknownCommands++
	}
	return nil
}

// numbered reads a line of what redis-cli prints of KEYS on a terminal.
func (w *worker) numbered(line []byte) error {
	at := bytes.IndexByte(line, '"')
	if at < 0 || !numberedLine.Match(line) {
		return errors.New(`want redis-cli's number) "key"`)
	}
	var ok bool
	if w.text, ok = resp.Unquote(w.text[:0], line[at:]); !ok {
		return errors.New("the key's quotes are not closed")
	}
	w.sums.QuotedLines++
	w.key(w.text, uint64(len(w.text)), 0)
	return nil
}

var numberedLine = regexp.MustCompile(`^ *\d+\) "`)

// twitterOps are the operations of Twitter's cache traces, and whether they
// write.
var twitterOps = map[string]bool{
	"get": false, "gets": false, "set": true, "add": true, "replace": true, "cas": true, "append": true,
	"prepend": true, "delete": true, "incr": true, "decr": true,
}

// The fields of Twitter's cache traces, counted from both ends: keys may hold
// commas.
const (
	twitterFields    = 7
	twitterKeySize   = 5 // from the end
	twitterValueSize = 4
	twitterOp        = 2
)

// twitter reads a line of a trace: time, key, size of the key, size of the
// value, client, operation, time to live.
func (w *worker) twitter(line []byte) error {
	op, keySize, valueSize, key, err := splitTwitter(line)
	if err != nil {
		return err
	}
	write := twitterOps[op]
	o := operation{key: key, write: write, remove: op == "delete", replaces: true, kind: rdb.String}
	if write {
		o.bytes = keySize + valueSize
		w.log.sized.Store(true)
	}
	w.operate(&o)
	return nil
}

func splitTwitter(line []byte) (op string, keySize, valueSize uint64, key []byte, err error) {
	ends := make([]int, 0, twitterFields-1)
	for at := len(line); len(ends) < twitterFields-2; {
		if at = bytes.LastIndexByte(line[:at], ','); at < 0 {
			return "", 0, 0, nil, fmt.Errorf("want %d fields: time,key,key size,value size,client,operation,ttl", twitterFields)
		}
		ends = append(ends, at)
	}
	field := func(fromEnd int) string { return string(line[ends[fromEnd-1]+1 : ends[fromEnd-2]]) }
	op = field(twitterOp)
	begin := bytes.IndexByte(line, ',') + 1
	last := ends[len(ends)-1]
	if begin == 0 || begin > last {
		return "", 0, 0, nil, errors.New("no key")
	}
	if _, known := twitterOps[op]; !known {
		return "", 0, 0, nil, fmt.Errorf("operation %q is not one of a cache trace", op)
	}
	if keySize, err = amount([]byte(field(twitterKeySize))); err == nil {
		valueSize, err = amount([]byte(field(twitterValueSize)))
	}
	return op, keySize, valueSize, line[begin:last], err
}

// jsonKey is what objects call what they tell of a key.
type jsonKey struct {
	Key       *string      `json:"key"`
	Bytes     *json.Number `json:"bytes"`
	Size      *json.Number `json:"size"`
	SizeBytes *json.Number `json:"size_in_bytes"`
	Ops       *json.Number `json:"ops"`
	Type      string       `json:"type"`
	Encoding  string       `json:"encoding"`
	Elements  *json.Number `json:"elements"`
	TTL       *json.Number `json:"ttl"`
	Expiry    any          `json:"expiry"`
	Expire    any          `json:"expiration"`
}

// jsonLine reads an object, or a key as a JSON string.
func (w *worker) jsonLine(line []byte) error {
	line = bytes.TrimSpace(line)
	if len(line) > 0 && line[0] == '"' {
		var key string
		if err := json.Unmarshal(line, &key); err != nil {
			return fmt.Errorf("JSON: %w", err)
		}
		w.key([]byte(key), uint64(len(key)), 0)
		return nil
	}
	var k jsonKey
	if err := json.Unmarshal(line, &k); err != nil {
		return fmt.Errorf("JSON: %w", err)
	}
	if k.Key == nil {
		return errors.New(`JSON without a "key"`)
	}
	return w.jsonEntry(&k)
}

// jsonEntry adds up one object.
func (w *worker) jsonEntry(k *jsonKey) error {
	e := entry{key: []byte(*k.Key)}
	e.bytes = uint64(len(e.key))
	var p picked
	for _, told := range []*json.Number{k.Bytes, k.Size, k.SizeBytes} {
		if told == nil {
			continue
		}
		n, err := amount([]byte(*told))
		if err != nil {
			return fmt.Errorf("bytes %s: %w", *told, err)
		}
		e.bytes, e.hasBytes = n, true
		break
	}
	if k.Ops != nil {
		n, err := amount([]byte(*k.Ops))
		if err != nil {
			return fmt.Errorf("ops %s: %w", *k.Ops, err)
		}
		e.ops, e.hasOps = n, true
	}
	if k.Type != "" {
		p[kindColumn], p[encodingColumn] = []byte(k.Type), []byte(k.Encoding)
	}
	if k.Elements != nil {
		p[elementsColumn] = []byte(*k.Elements)
	}
	if k.TTL != nil {
		p[ttlColumn] = []byte(*k.TTL)
	}
	for _, expiry := range []any{k.Expiry, k.Expire} {
		switch at := expiry.(type) {
		case string:
			p[expiryColumn] = []byte(at)
		case float64:
			p[expiryColumn] = strconv.AppendFloat(nil, at, 'f', 0, 64)
		}
	}
	if err := w.describe(&e, &p); err != nil {
		return err
	}
	w.entry(&e)
	return nil
}

// looksTwitter says whether text begins as a trace does.
func looksTwitter(head []byte) bool {
	line, _, _ := firstLine(head)
	if _, err := strconv.ParseUint(strings.SplitN(string(line), ",", 2)[0], 10, 64); err != nil {
		return false
	}
	_, _, _, _, err := splitTwitter(line)
	return err == nil
}

// looksMonitor says whether text begins as a MONITOR log does.
func looksMonitor(head []byte) bool {
	line, length, _ := firstLine(head)
	if string(line) == "OK" {
		line, _, _ = firstLine(head[length:])
	}
	return monitorLine.Match(line)
}

// looksJSON says whether text begins as JSON lines do: with an object that has
// a key.
func looksJSON(head []byte) bool {
	line, _, _ := firstLine(head)
	var k jsonKey
	return len(line) > 0 && line[0] == '{' && json.Unmarshal(line, &k) == nil && k.Key != nil
}

// looksJSONList says whether text begins as a JSON list of keys or objects does.
func looksJSONList(head []byte) bool {
	rest, found := bytes.CutPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte{'['})
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return found && len(rest) > 0 && (rest[0] == '{' || rest[0] == '"')
}

// readJSONList reads JSON lists of keys, or of objects with a key: several, as
// the answers of several nodes make, and to the end of the input, where
// decompressors find out that it is damaged.
func (in *input) readJSONList(ctx context.Context, _ *Options, workers []*worker) error {
	decoder := json.NewDecoder(in.reader)
	for {
		began := decoder.InputOffset()
		token, err := decoder.Token()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("JSON at offset %d: %w", began, err)
		case token != json.Delim('['):
			return fmt.Errorf("JSON at offset %d: no list, but %.60q", began, fmt.Sprint(token))
		}
		if err := in.jsonList(ctx, decoder, workers[0]); err != nil {
			return err
		}
	}
}

// jsonList reads the rest of one list.
func (in *input) jsonList(ctx context.Context, decoder *json.Decoder, w *worker) error {
	for decoder.More() && ctx.Err() == nil {
		var one json.RawMessage
		began := decoder.InputOffset()
		if err := decoder.Decode(&one); err != nil {
			return fmt.Errorf("JSON at offset %d: %w", began, within(err))
		}
		in.note.Lines++
		if err := w.jsonLine(one); err != nil {
			return fmt.Errorf("offset %d: %w", began, err)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if _, err := decoder.Token(); err != nil {
		return fmt.Errorf("JSON at offset %d: %w", decoder.InputOffset(), within(err))
	}
	return nil
}
