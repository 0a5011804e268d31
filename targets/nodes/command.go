package nodes

import (
	"context"
	"fmt"
	"strings"
)

// Command runs one command on a node. Its reply is text as redis-cli writes it
// where no terminal is: strings as they are, a line for each element of a
// list, an empty line for nil.
func (n *Nodes) Command(ctx context.Context, i int, args ...string) (string, error) {
	if len(args) == 0 {
		return "", fmt.Errorf("node %d: no command was given", i)
	}
	words := make([]any, len(args))
	for i, arg := range args {
		words[i] = arg
	}
	answer, err := n.Do(ctx, i, words...)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	writeReply(&text, answer)
	return strings.TrimSuffix(text.String(), "\n"), nil
}

// writeReply writes a reply, each of its elements on a line of its own.
func writeReply(text *strings.Builder, reply any) {
	switch reply := reply.(type) {
	case []any:
		for _, element := range reply {
			writeReply(text, element)
		}
	case nil:
		text.WriteByte('\n')
	default:
		fmt.Fprintln(text, reply)
	}
}
