package resp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
)

// Flatten is the words of a reply, whatever it is written in: the Redis
// protocol, what redis-cli prints of it on a terminal or into a pipe, or its
// JSON. Words are texts and numbers in their order; what holds them is left
// out. The words before a fault come with it.
func Flatten(data []byte) ([]string, error) {
	trimmed := bytes.TrimSpace(data)
	switch {
	case len(trimmed) == 0:
		return nil, nil
	case LooksRESP(data):
		return protocolWords(data)
	case trimmed[0] == '[' || trimmed[0] == '{':
		return jsonWords(trimmed)
	case printedHead.Match(trimmed):
		return printedWords(data), nil
	}
	var words []string
	for line := range bytes.Lines(data) {
		words = append(words, string(bytes.Trim(bytes.TrimSpace(line), `"`)))
	}
	return words, nil
}

// LooksRESP says whether data begins as replies or commands of the Redis
// protocol do that hold more than a line: with a length.
func LooksRESP(data []byte) bool {
	end := bytes.IndexByte(data, '\n')
	if end < 3 || data[end-1] != '\r' || bytes.IndexByte([]byte("*$~>%"), data[0]) < 0 {
		return false
	}
	_, err := parseLength(data[1 : end-1])
	return err == nil
}

func protocolWords(data []byte) (words []string, err error) {
	early := func(at int) error { return fmt.Errorf("offset %d: the reply ends early", at) }
	for at := 0; at < len(data); {
		end := bytes.IndexByte(data[at:], '\n')
		if end < 0 {
			return words, early(at)
		}
		line := bytes.TrimSuffix(data[at:at+end], []byte{'\r'})
		began := at
		at += end + 1
		if len(line) == 0 {
			return words, fmt.Errorf("offset %d: an empty line in a reply", began)
		}
		switch Kind(line[0]) {
		case Int, Simple:
			words = append(words, string(line[1:]))
		case Bulk:
			n, err := parseLength(line[1:])
			if err != nil || n > int64(len(data)-at-len("\r\n")) {
				return words, early(began)
			}
			if n < 0 {
				continue
			}
			words = append(words, string(data[at:at+int(n)]))
			at += int(n) + len("\r\n")
		case Array, Map, Set:
		default:
			return words, fmt.Errorf("offset %d: %q begins nothing of a reply", began, line[0])
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

// printedHead is how redis-cli begins a list or map on a terminal, printedWord
// what stands behind its numbers and arrows.
var (
	printedHead = regexp.MustCompile(`^\d+[)#] `)
	printedWord = regexp.MustCompile(`\(integer\) (-?\d+)|"((?:[^"\\]|\\.)*)"`)
)

func printedWords(data []byte) (words []string) {
	for _, found := range printedWord.FindAllSubmatch(data, -1) {
		word := string(found[1])
		if word == "" {
			text, ok := Unquote(nil, found[0])
			if !ok {
				text = found[2]
			}
			word = string(text)
		}
		words = append(words, word)
	}
	return words
}
