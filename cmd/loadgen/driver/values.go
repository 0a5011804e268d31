package driver

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"slotbench/internal/slot"
	"slotbench/targets"
)

// nodeValues reads values from each node by itself, without following
// redirects: what a node holds is what is asked.
type nodeValues struct{ clients []*redis.Client }

// NewNodeValues is a reader of the nodes of a topology.
func NewNodeValues(access targets.Access, t *slot.Topology) Values {
	v := &nodeValues{}
	for _, node := range t.Nodes {
		v.clients = append(v.clients, redis.NewClient(&redis.Options{
			Addr:            node.Addr(),
			Username:        access.Username,
			Password:        access.Password,
			TLSConfig:       access.TLS,
			Protocol:        2,
			PoolSize:        1,
			DisableIdentity: true,
		}))
	}
	return v
}

// Get reads keys from one node.
func (v *nodeValues) Get(ctx context.Context, node int, keys []string) ([]Value, error) {
	pipeline := v.clients[node].Pipeline()
	answers := make([]*redis.StringCmd, len(keys))
	for i, key := range keys {
		answers[i] = pipeline.Get(ctx, key)
	}
	// The pipeline's error is the first answer's; only one that is no answer
	// says that the node could not be asked.
	if _, err := pipeline.Exec(ctx); err != nil {
		var answered redis.Error
		if !errors.As(err, &answered) {
			return nil, fmt.Errorf("node %s: %w", v.clients[node].Options().Addr, err)
		}
	}
	values := make([]Value, len(keys))
	for i, answer := range answers {
		bytes, err := answer.Bytes()
		switch {
		case errors.Is(err, redis.Nil):
		case err != nil && strings.HasPrefix(err.Error(), "WRONGTYPE"):
			values[i] = Value{Present: true} // a collection: it is there
		case err != nil:
			values[i].Err = err
		default:
			values[i] = Value{Bytes: bytes, Present: true}
		}
	}
	return values, nil
}

// Close ends the connections.
func (v *nodeValues) Close() error {
	var faults []error
	for _, client := range v.clients {
		faults = append(faults, client.Close())
	}
	return errors.Join(faults...)
}
