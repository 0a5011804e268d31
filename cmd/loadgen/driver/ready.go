package driver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/workloads"
)

// readyTimeout is how long a node may take to be asked and to load scripts.
const readyTimeout = 10 * time.Second

// MakeReady asks a target whether it knows the commands of a workload, and
// loads the workload's scripts on every node. An error is Refused where the
// target lacks something.
func MakeReady(ctx context.Context, access targets.Access, t *slot.Topology, w *workloads.Workload) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	scripts := w.Scripts()
	for i, node := range t.Nodes {
		if i > 0 && len(scripts) == 0 {
			return nil // one node speaks for all
		}
		client := redis.NewClient(&redis.Options{
			Addr: node.Addr(), Username: access.Username, Password: access.Password, TLSConfig: access.TLS,
			Protocol: 2, PoolSize: 1, DisableIdentity: true,
		})
		err := readyNode(ctx, client, i == 0, w.Commands(), scripts)
		_ = client.Close() // it owes nothing
		if err != nil {
			return fmt.Errorf("node %s: %w", node.Addr(), err)
		}
	}
	return nil
}

func readyNode(ctx context.Context, client *redis.Client, ask bool, commands, scripts []string) error {
	if ask {
		if err := knowsCommands(ctx, client, commands); err != nil {
			return err
		}
	}
	for _, script := range scripts {
		if err := client.ScriptLoad(ctx, script).Err(); err != nil {
			var answered redis.Error
			if errors.As(err, &answered) {
				return refusef("does not load a script of the workload: %w", err)
			}
			return fmt.Errorf("load a script: %w", err)
		}
	}
	return nil
}

// knowsCommands refuses a target that lacks commands of the workload. A server
// that does not answer COMMAND INFO is given the benefit of the doubt.
func knowsCommands(ctx context.Context, client *redis.Client, commands []string) error {
	question := []any{"COMMAND", "INFO"}
	for _, name := range commands {
		question = append(question, name)
	}
	reply, err := client.Do(ctx, question...).Result()
	if err != nil {
		var answered redis.Error
		if errors.As(err, &answered) {
			return nil
		}
		return fmt.Errorf("ask for its commands: %w", err)
	}
	answer, _ := reply.([]any) // a responder that does nothing says OK
	var missing []string
	for i, about := range answer {
		if details, _ := about.([]any); i < len(commands) && len(details) == 0 {
			missing = append(missing, commands[i])
		}
	}
	if len(missing) > 0 {
		return refusef("the target has no %s, which the workload sends: take a target that has the type, or another workload", strings.Join(missing, ", no "))
	}
	return nil
}
