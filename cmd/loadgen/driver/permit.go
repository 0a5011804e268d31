package driver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"slotbench/internal/request"
	"slotbench/internal/resp"
	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/workloads"
)

// The limits of asking what a user may do.
const (
	permitRequests = 2000     // of the load, among which its operations are looked for
	permitBytes    = 64 << 10 // a longer command is left out
)

// CheckPermissions asks a node whether the user may send what the run will
// send, and names what the ACL must allow where it may not: Refused. The
// commands are queued by MULTI, where the server checks them, and discarded.
// removes says that the run takes its keys away at its end.
// A server without ACLs, or one that lets the user queue nothing, is given the
// benefit of the doubt.
func CheckPermissions(ctx context.Context, access targets.Access, t *slot.Topology, w *workloads.Workload, removes bool) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	client := redis.NewClient(&redis.Options{
		Addr: t.Nodes[0].Addr(), Username: access.Username, Password: access.Password, TLSConfig: access.TLS,
		Protocol: 2, PoolSize: 1, DisableIdentity: true,
	})
	defer client.Close()
	commands := sampleCommands(w, removes)
	var answers []*redis.Cmd
	_, err := client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		answers = append(answers, pipe.Do(ctx, "MULTI"))
		for _, command := range commands {
			answers = append(answers, pipe.Do(ctx, command...))
		}
		pipe.Do(ctx, "DISCARD")
		return nil
	})
	var answered redis.Error
	if err != nil && !errors.As(err, &answered) {
		return fmt.Errorf("node %s: ask what the user may do: %w", t.Nodes[0].Addr(), err)
	}
	if answers[0].Err() != nil {
		return nil
	}
	lacks := missing{prefix: w.Spec().Prefix}
	for i, command := range commands {
		lacks.add(command, answers[i+1].Err())
	}
	return lacks.refusal(access.Username, t.Nodes[0].Addr())
}

// missing is what an ACL has to allow.
type missing struct {
	prefix         string // of the run's keys
	commands       []string
	keys, channels bool
}

// add takes in one answer.
func (m *missing) add(command []any, err error) {
	switch {
	case err == nil || !strings.HasPrefix(err.Error(), "NOPERM"):
	case strings.Contains(err.Error(), "channel"):
		m.channels = true
	case strings.Contains(err.Error(), " key"):
		m.keys = true
	default:
		name := strings.ToLower(fmt.Sprint(command[0]))
		if name == "script" || name == "xgroup" { // those that are asked for have subcommands
			name += "|" + strings.ToLower(fmt.Sprint(command[1]))
		}
		if !slices.Contains(m.commands, name) {
			m.commands = append(m.commands, name)
		}
	}
}

// refusal is nil where nothing is missing.
func (m *missing) refusal(user, addr string) error {
	pattern := m.prefix + "*"
	if strings.HasPrefix(m.prefix, "slotbench:") {
		pattern = "slotbench:*" // each run has its own behind this
	}
	var rules []string
	for _, name := range m.commands {
		rules = append(rules, "+"+name)
	}
	if m.keys {
		rules = append(rules, "~"+pattern)
	}
	if m.channels {
		rules = append(rules, "&"+pattern)
	}
	if len(rules) == 0 {
		return nil
	}
	if user == "" {
		user = "default"
	}
	return refusef("node %s: user %s may not do what the run needs; on every node: ACL SETUSER %s %s", addr, user, user, strings.Join(rules, " "))
}

// sampleCommands is one of each command that a run sends: by its preload, its
// operations, its receivers, and for its own ends.
func sampleCommands(w *workloads.Workload, removes bool) [][]any {
	key := string(w.Key(0))
	var all [][]any
	seen := map[string]bool{}
	add := func(words ...any) {
		name := strings.ToUpper(fmt.Sprint(words[0]))
		if name != "MULTI" && name != "EXEC" && !seen[name] {
			seen[name] = true
			all = append(all, words)
		}
	}
	sample(w.Preload(0, 1), add)
	sample(w.Stream(0), add)
	if removes {
		add("DEL", key)
	}
	if len(w.Scripts()) > 0 {
		add("SCRIPT", "LOAD", "return 1")
	}
	for _, r := range w.Receptions() {
		first := r.Receivers[0][0]
		if r.Command == request.ReadGroup {
			add("XGROUP", "CREATE", first, r.Group, "$", "MKSTREAM")
			add("XACK", first, r.Group, "1-1")
			add(r.Command, "GROUP", r.Group, "c", "STREAMS", first, ">")
			continue
		}
		add(r.Command, first)
	}
	return all
}

// sample finds commands among the first requests of a source.
func sample(source request.Source, add func(words ...any)) {
	var r request.Request
	var reader resp.CommandReader
	for range permitRequests {
		if !source.Next(&r) {
			return
		}
		for rest := r.Frame; len(rest) > 0 && len(r.Frame) <= permitBytes; {
			words, size, err := reader.Next(rest, nil)
			if err != nil || size == 0 || len(words) == 0 {
				break
			}
			command := make([]any, len(words))
			for i, word := range words {
				command[i] = string(word)
			}
			add(command...)
			rest = rest[size:]
		}
	}
}
