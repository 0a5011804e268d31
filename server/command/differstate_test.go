package command_test

import (
	"fmt"
	"slices"
	"time"

	"slotbench/internal/resp"
)

// readers is how all of a key is read, by its type, and how that is compared.
var readers = map[string]struct {
	words []string
	judge judge
}{
	"string": {[]string{"GET", "KEY"}, exact},
	"list":   {[]string{"LRANGE", "KEY", "0", "-1"}, exact},
	"set":    {[]string{"SMEMBERS", "KEY"}, unordered},
	"zset":   {[]string{"ZRANGE", "KEY", "0", "-1", "WITHSCORES"}, exact},
	"hash":   {[]string{"HGETALL", "KEY"}, pairwise},
}

// read is the command that reads all of a key.
func read(kind, key string) []string {
	words := slices.Clone(readers[kind].words)
	words[1] = key
	return words
}

// same asks both sides and judges.
func (d *differ) same(by judge, words ...string) (fault string) {
	theirs, ours := d.ask([][]string{words})
	return d.judge(by, words, theirs[0], ours[0])
}

// look is one question and how its answers are judged; nil: not at all.
type look struct {
	words []string
	judge judge
}

// looks asks both sides and judges. The answers are in the questions' order.
func (d *differ) looks(all []look) (theirs, ours [][]byte, fault string) {
	if len(all) == 0 {
		return nil, nil, ""
	}
	var words [][]string
	for _, l := range all {
		words = append(words, l.words)
	}
	theirs, ours = d.ask(words)
	for i, l := range all {
		if l.judge != nil {
			if fault := d.judge(l.judge, l.words, theirs[i], ours[i]); fault != "" {
				return theirs, ours, "in the end, " + fault
			}
		}
	}
	return theirs, ours, ""
}

// compare looks at all that both sides hold.
func (d *differ) compare() (fault string) {
	if fault := d.same(unordered, "KEYS", "*"); fault != "" {
		return fault
	}
	keys := leaves(d.theirs.value("KEYS", "*"))
	var all []look
	for _, key := range keys {
		all = append(all, look{[]string{"TYPE", key}, exact})
	}
	types, _, fault := d.looks(all)
	if fault != "" {
		return fault
	}
	var kinds []string
	all = []look{{[]string{"DBSIZE"}, exact}}
	for i, key := range keys {
		v, _ := resp.Decode(types[i])
		kinds = append(kinds, v.Text)
		all = append(all, look{[]string{"OBJECT", "ENCODING", key}, exact}, look{[]string{"PTTL", key}, near(time.Millisecond)},
			look{read(v.Text, key), readers[v.Text].judge})
	}
	if _, _, fault := d.looks(all); fault != "" {
		return fault
	}
	return d.exchange(keys, kinds)
}

// exchange has each side restore what the other dumps, and wants it to be the
// same as what was dumped.
func (d *differ) exchange(keys, kinds []string) (fault string) {
	if len(keys) == 0 {
		return ""
	}
	var dumps, after []look
	unlink := []string{"UNLINK"}
	for i, key := range keys {
		restored := fmt.Sprint("differential:", i)
		dumps = append(dumps, look{[]string{"DUMP", key}, nil})
		after = append(after, look{[]string{"OBJECT", "ENCODING", restored}, exact}, look{read(kinds[i], restored), readers[kinds[i]].judge},
			look{read(kinds[i], key), nil})
		unlink = append(unlink, restored)
	}
	theirs, ours, _ := d.looks(dumps)
	if fault := d.restore(d.ours, theirs); fault != "" {
		return "what they dump, we answer " + fault
	}
	if fault := d.restore(d.theirs, ours); fault != "" {
		return "what we dump, they answer " + fault
	}
	_, ours, fault = d.looks(after)
	if fault != "" {
		return "what the other dumped and was restored: " + fault
	}
	for i, key := range keys {
		if fault := d.judge(readers[kinds[i]].judge, after[3*i+1].words, ours[3*i+2], ours[3*i+1]); fault != "" {
			return fmt.Sprintf("DUMP %s by one, RESTORE by the other: “they” being before, “we” after: %s", quote([]string{key}), fault)
		}
	}
	return d.same(exact, unlink...)
}

// restore has one side restore what DUMP answered.
func (d *differ) restore(s *speaker, answers [][]byte) (fault string) {
	var commands [][]string
	for i, answer := range answers {
		dump, _ := resp.Decode(answer)
		commands = append(commands, []string{"RESTORE", fmt.Sprint("differential:", i), "0", dump.Text})
	}
	s.conn.Send(commands...)
	for i := range commands {
		if v, _ := resp.Decode(s.conn.Receive()); v.Text != "OK" && fault == "" {
			fault = fmt.Sprintf("%s to RESTORE of %x", draw(v), commands[i][3])
		}
	}
	return fault
}
