package targets

import (
	"maps"
	"strings"
	"sync"
)

// The limits of what is quoted of servers.
const (
	MaxQuotes     = 64  // classes
	MaxQuoteBytes = 200 // of a text
)

// Quotes is what servers said first of each class of their error answers: a
// class is one word, and ERR says little. Several workers may share it; the
// zero value is empty.
type Quotes struct {
	mu    sync.Mutex
	first map[string]string
}

// Note keeps the text of an error answer, if it is the first of its class.
func (q *Quotes) Note(class, text string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, known := q.first[class]; known || len(q.first) >= MaxQuotes {
		return
	}
	if q.first == nil {
		q.first = map[string]string{}
	}
	q.first[class] = strings.Clone(text[:min(len(text), MaxQuoteBytes)])
}

// All is the texts by class.
func (q *Quotes) All() map[string]string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return maps.Clone(q.first)
}
