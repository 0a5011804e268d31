package command_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"slotbench/internal/resp"
)

// judge says how our answer differs from theirs, "" if it does not. A judge
// may ask both sides more.
type judge func(d *differ, command []string, theirs, ours resp.Value) (fault string)

// exact wants the same answer.
func exact(d *differ, _ []string, theirs, ours resp.Value) string {
	if d.newer {
		theirs, ours = numbersShort(theirs), numbersShort(ours)
	}
	return unlike(draw(theirs), draw(ours))
}

// numbersShort writes the numbers in a reply with the fewest digits, as servers
// newer than Redis 7.0 do.
func numbersShort(v resp.Value) resp.Value {
	if f, err := strconv.ParseFloat(v.Text, 64); err == nil && strings.Contains(v.Text, ".") {
		v.Text = strconv.FormatFloat(f, 'g', -1, 64)
	}
	v.Elems = slices.Clone(v.Elems)
	for i, e := range v.Elems {
		v.Elems[i] = numbersShort(e)
	}
	return v
}

func unlike(theirs, ours string) string {
	if theirs == ours {
		return ""
	}
	at := 0
	for at < min(len(theirs), len(ours)) && theirs[at] == ours[at] {
		at++
	}
	if at = max(0, at-60); at > 0 {
		return fmt.Sprintf("they answer …%.400s, we …%.400s (from byte %d on)", theirs[at:], ours[at:], at)
	}
	return fmt.Sprintf("they answer %.400s, we %.400s", theirs, ours)
}

// drawn is the elements of a reply, in groups, sorted.
func drawn(v resp.Value, group int) []string {
	var parts []string
	for chunk := range slices.Chunk(v.Elems, group) {
		var b strings.Builder
		for _, e := range chunk {
			b.WriteString(draw(e) + " ")
		}
		parts = append(parts, b.String())
	}
	slices.Sort(parts)
	return parts
}

// grouped wants the same groups of elements in any order.
func grouped(group int) judge {
	return func(d *differ, command []string, theirs, ours resp.Value) string {
		if theirs.Elems == nil || ours.Elems == nil || theirs.Kind != ours.Kind {
			return exact(d, command, theirs, ours)
		}
		return unlike(fmt.Sprint(drawn(theirs, group)), fmt.Sprint(drawn(ours, group)))
	}
}

var (
	unordered = grouped(1)
	pairwise  = grouped(2)
)

// tolerance is by how much times may differ that the two were told one after
// the other, on a machine that does other things too.
const tolerance = spread / 10

// near wants the same time within the tolerance; negative answers exactly.
func near(unit time.Duration) judge {
	return func(d *differ, command []string, theirs, ours resp.Value) string {
		a, _ := theirs.Int()
		b, _ := ours.Int()
		if theirs.Kind == resp.Int && ours.Kind == resp.Int && a >= 0 && b >= 0 {
			if off := max(a-b, b-a); off >= 0 && off <= int64(tolerance/unit) {
				return ""
			}
		}
		return exact(d, command, theirs, ours)
	}
}

// random wants an answer of the same shape, out of what a command lists. The
// step must not be part of a transaction.
func random(list ...string) judge {
	return func(d *differ, command []string, theirs, ours resp.Value) string {
		whole := len(command) > 1 || list[0] == "KEYS"
		if theirs.Kind != ours.Kind || len(theirs.Elems) != len(ours.Elems) || theirs.Err() != nil || !whole {
			return exact(d, command, theirs, ours)
		}
		read := []string{list[0]}
		if list[0] != "KEYS" {
			read = append(read, command[1])
		}
		known := make(map[string]bool)
		for _, e := range leaves(d.ours.value(append(read, list[1:]...)...)) {
			known[e] = true
		}
		mine := leaves(ours)
		for _, e := range mine {
			if !known[e] {
				return fmt.Sprintf("we answer %q, which is not there", e)
			}
		}
		distinct := func(texts []string) int { return len(slices.Compact(slices.Sorted(slices.Values(texts)))) }
		positive := len(command) > 2 && !strings.HasPrefix(command[2], "-")
		if positive && len(command) == 3 && distinct(mine) != distinct(leaves(theirs)) {
			return fmt.Sprintf("they answer %s, we %s, and not all differ", draw(theirs), draw(ours))
		}
		return ""
	}
}

// leaves is the texts of a reply, those of nested ones too.
func leaves(v resp.Value) (texts []string) {
	switch v.Kind {
	case resp.Null:
		return nil
	case resp.Array, resp.Set, resp.Map, resp.Push:
		for _, e := range v.Elems {
			texts = append(texts, leaves(e)...)
		}
		return texts
	}
	return []string{v.Text}
}

// popped wants SPOP's answer to have the same shape, and to be gone; then it
// puts it back, so that both sides hold the same and the seed says what.
func popped(d *differ, command []string, theirs, ours resp.Value) string {
	if theirs.Kind != ours.Kind || len(theirs.Elems) != len(ours.Elems) || theirs.Err() != nil || len(command) < 2 {
		return exact(d, command, theirs, ours)
	}
	a, b := leaves(theirs), leaves(ours)
	key := command[1]
	for _, m := range b {
		if v := d.theirs.value("SISMEMBER", key, m); v.Text != "1" && !slices.Contains(a, m) {
			return fmt.Sprintf("we pop %q, which is not there", m)
		}
		if v := d.ours.value("SISMEMBER", key, m); v.Text != "0" {
			return fmt.Sprintf("we pop %q, which is there still", m)
		}
	}
	for s, gone := range map[*speaker][]string{d.theirs: a, d.ours: b} {
		if len(gone) > 0 {
			slices.Sort(gone)
			s.value(append([]string{"SADD", key}, gone...)...)
		}
	}
	return ""
}

// scanned follows the cursors of SCAN and its kin to their ends, and wants the
// same groups of elements. at is the position of the cursor.
func scanned(at, group int) judge {
	return func(d *differ, command []string, theirs, ours resp.Value) string {
		if len(theirs.Elems) != 2 || len(ours.Elems) != 2 {
			return exact(d, command, theirs, ours)
		}
		follow := func(s *speaker, v resp.Value) []string {
			var all []string
			for command := slices.Clone(command); ; v = s.value(command...) {
				all = append(all, drawn(v.Elems[1], group)...)
				if command[at] = v.Elems[0].Text; command[at] == "0" {
					slices.Sort(all)
					return slices.Compact(all)
				}
			}
		}
		if command[at] != "0" {
			return "" // from there on, the two need not show the same
		}
		return unlike(fmt.Sprint(follow(d.theirs, theirs)), fmt.Sprint(follow(d.ours, ours)))
	}
}

// endsSoon wants the same answer, and waits until the key has ended on both
// sides.
func endsSoon(d *differ, command []string, theirs, ours resp.Value) string {
	if fault := exact(d, command, theirs, ours); fault != "" || len(command) < 2 {
		return fault
	}
	limit := time.Now().Add(tolerance)
	for _, s := range []*speaker{d.theirs, d.ours} {
		for ttl := s.value("PTTL", command[1]); ; ttl = s.value("PTTL", command[1]) {
			if left, _ := ttl.Int(); left < 0 || left > int64(lastsMillis) {
				break
			}
			if time.Now().After(limit) {
				return "the key does not end"
			}
		}
	}
	return ""
}

// lastsMillis is less than any time to live of a key that lasts.
const lastsMillis = int64(spread/time.Millisecond) / 2

// judgeTransaction judges each answer of EXEC by its command.
func judgeTransaction(commands []command) judge {
	return func(d *differ, words []string, theirs, ours resp.Value) string {
		if len(theirs.Elems) != len(commands) || len(ours.Elems) != len(commands) {
			return exact(d, words, theirs, ours)
		}
		for i, c := range commands {
			if fault := c.form.judged()(d, c.words, theirs.Elems[i], ours.Elems[i]); fault != "" {
				return fmt.Sprintf("%s: %s", quote(c.words), fault)
			}
		}
		return ""
	}
}

func (f *form) judged() judge {
	if f.judge == nil {
		return exact
	}
	return f.judge
}

// quote writes a command as redis-cli reads it.
func quote(words []string) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		if w != "" && strings.IndexFunc(w, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '"' || r == '\'' || r == '\\' }) < 0 {
			b.WriteString(w)
			continue
		}
		b.WriteByte('"')
		for _, c := range []byte(w) {
			switch {
			case c == '"' || c == '\\':
				b.WriteString(`\` + string(rune(c)))
			case c >= ' ' && c < 0x7f:
				b.WriteByte(c)
			default:
				b.WriteString(`\x` + strconv.FormatInt(int64(c)>>4, 16) + strconv.FormatInt(int64(c)&15, 16))
			}
		}
		b.WriteByte('"')
	}
	return b.String()
}

// sized wants as many elements.
func sized(d *differ, command []string, theirs, ours resp.Value) string {
	if theirs.Kind == resp.Array && ours.Kind == resp.Array && len(theirs.Elems) == len(ours.Elems) {
		return ""
	}
	return exact(d, command, theirs, ours)
}

// repacked has what the key holds packed anew on both sides, as far as the
// limits go: of SORT, since Redis unpacks the sorted set that it reads, as a
// read should not; of SPOP, since Redis makes some sets anew and others not.
func repacked(by judge) judge {
	return func(d *differ, command []string, theirs, ours resp.Value) string {
		if fault := by(d, command, theirs, ours); fault != "" || len(command) < 2 {
			return fault
		}
		key := command[1]
		for _, s := range []*speaker{d.theirs, d.ours} {
			if kind := s.conn.Text("TYPE", key); kind == "zset" || kind == "set" {
				ends := max("0", s.conn.Text("PEXPIRETIME", key)) // -1 is before it
				s.conn.Text("RESTORE", key, ends, s.conn.Text("DUMP", key), "REPLACE", "ABSTTL")
			}
		}
		return ""
	}
}

// collated is exact but for elements with a zero byte, which end there for
// SORT ALPHA, so that several count as equal and may come in any order.
func collated(d *differ, command []string, theirs, ours resp.Value) string {
	zero := func(text string) bool { return strings.Contains(text, "\x00") }
	if slices.ContainsFunc(slices.Concat(leaves(theirs), leaves(ours)), zero) {
		return sized(d, command, theirs, ours)
	}
	return exact(d, command, theirs, ours)
}

// refCount wants a count: Redis shares small integers.
func refCount(d *differ, command []string, theirs, ours resp.Value) string {
	if theirs.Kind == resp.Int && ours.Kind == resp.Int {
		return ""
	}
	return exact(d, command, theirs, ours)
}

// opened ends the transaction that was opened alone.
func opened(d *differ, command []string, theirs, ours resp.Value) string {
	if fault := exact(d, command, theirs, ours); fault != "" {
		return fault
	}
	return d.same(exact, "DISCARD")
}

// watched changes the key that is watched, or not, and wants the same of a
// transaction then.
func watched(d *differ, command []string, theirs, ours resp.Value) string {
	if fault := exact(d, command, theirs, ours); fault != "" {
		return fault
	}
	key := command[len(command)-1]
	sequence := [][]string{{"PERSIST", key}, {"MULTI"}, {"TYPE", key}, {"EXEC"}}
	if len(key) > 3 {
		sequence[0] = []string{"APPEND", key, ""}
	}
	for _, words := range sequence {
		if fault := d.same(exact, words...); fault != "" {
			return fault
		}
	}
	return ""
}
