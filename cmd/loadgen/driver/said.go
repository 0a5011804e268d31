package driver

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// said is what the servers said first of each of these kinds of errors, after
// a colon; "" if nobody knows. A kind is one word, and ERR says little.
func (e *engine) said(kinds map[string]int64) string {
	listener, ok := e.driver.(interface{ Quotes() map[string]string })
	if !ok || len(kinds) == 0 {
		return ""
	}
	quotes := listener.Quotes()
	var texts []string
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		if text, known := quotes[kind]; known && len(texts) < maxErrorKindsNamed {
			texts = append(texts, fmt.Sprintf("%q", text))
		}
	}
	if len(texts) == 0 {
		return ""
	}
	return ": " + strings.Join(texts, ", ")
}
