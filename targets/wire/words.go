package wire

import (
	"bytes"

	"slotbench/targets"
)

// maxWords is how many classes a server can make up.
const maxWords = 256

// words holds the first words of error replies, each once.
type words struct {
	seen   map[string]string
	quotes *targets.Quotes // takes what was said with a new word; nil: nobody does
}

// intern is an error's class: its first word, owned by nobody's buffer.
func (w *words) intern(text []byte) string {
	word := text
	if space := bytes.IndexByte(text, ' '); space >= 0 {
		word = text[:space]
	}
	if known, ok := w.seen[string(word)]; ok {
		return known
	}
	if len(word) == 0 || len(word) > targets.MaxClassBytes || len(w.seen) >= maxWords {
		return targets.ClassOther
	}
	for _, b := range word {
		if b <= ' ' || b > '~' {
			return targets.ClassOther
		}
	}
	if w.seen == nil {
		w.seen = make(map[string]string)
	}
	owned := string(word)
	w.seen[owned] = owned
	if w.quotes != nil {
		w.quotes.Note(owned, string(text))
	}
	return owned
}
