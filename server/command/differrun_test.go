package command_test

import (
	"bytes"
	"fmt"

	"slotbench/internal/resp"
)

// run begins with an empty keyset and takes steps until one shows a
// difference. at is its index; len(steps): what they left is not the same.
func (d *differ) run(steps []step) (at int, fault string) {
	if d.journal != nil {
		_ = d.journal.Truncate(0)
		_, _ = d.journal.Seek(0, 0)
	}
	for _, s := range []*speaker{d.theirs, d.ours} {
		s.conn.Text("FLUSHALL")
		for _, c := range d.settings {
			s.value(c.words...) // Redis 7.0 does not know all of them
		}
	}
	if d.plant != nil {
		d.ours.conn.Text(d.plant...)
	}
	for at, s := range steps {
		if fault := d.step(s); fault != "" {
			return at, fault
		}
		if at%compareEvery == compareEvery-1 {
			if fault := d.compare(); fault != "" {
				return at, fault
			}
		}
	}
	return len(steps), d.compare()
}

// ask sends the same to both sides and waits for all answers.
func (d *differ) ask(commands [][]string) (theirs, ours [][]byte) {
	d.theirs.conn.Send(commands...)
	d.ours.conn.Send(commands...)
	for range commands {
		theirs = append(theirs, d.theirs.conn.Receive())
	}
	for range commands {
		ours = append(ours, d.ours.conn.Receive())
	}
	return theirs, ours
}

// step sends one step and judges it.
func (d *differ) step(s step) (fault string) {
	var words [][]string
	for _, c := range s.commands {
		words = append(words, c.words)
		if d.journal != nil {
			fmt.Fprintln(d.journal, quote(c.words))
		}
	}
	for _, key := range s.keys {
		words = append(words, []string{"OBJECT", "ENCODING", key})
	}
	theirs, ours := d.ask(words)
	for i, asked := range words {
		var c command
		if i < len(s.commands) {
			c = s.commands[i]
		}
		by := c.judge()
		if c.form == nil && asked[0] == "EXEC" {
			by = judgeTransaction(s.commands[1 : len(s.commands)-1])
		}
		if by == nil || len(s.commands) > 1 && c.form != nil { // as it is: QUEUED, too
			by = exact
			if bytes.Equal(theirs[i], ours[i]) {
				continue
			}
		}
		if fault := d.judge(by, asked, theirs[i], ours[i]); fault != "" {
			return fault
		}
	}
	return ""
}

func (c command) judge() judge {
	if c.form == nil {
		return nil
	}
	return c.form.judge
}

// judge judges two answers, and tells what was asked if they differ.
func (d *differ) judge(by judge, asked []string, theirs, ours []byte) (fault string) {
	defer func() {
		if fault != "" {
			fault = fmt.Sprintf("%.300s: %s", quote(asked), fault)
		}
	}()
	a, err := resp.Decode(theirs)
	if err != nil {
		return fmt.Sprintf("their answer %.100q: %v", theirs, err)
	}
	b, err := resp.Decode(ours)
	if err != nil {
		return fmt.Sprintf("our answer %.100q: %v", ours, err)
	}
	return by(d, asked, a, b)
}
