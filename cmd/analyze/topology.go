package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/redis/go-redis/v9"

	"slotbench/internal/clustermap"
	"slotbench/internal/slot"
)

// maxTopologyBytes is the longest topology that is read.
const maxTopologyBytes = 16 << 20

// cutOf is how the slots are cut: as a file or a live cluster says, or evenly.
func cutOf(ctx context.Context, from string, nodes int) (*slot.Topology, error) {
	if from == "" {
		return slot.Even(slot.DefaultCount, make([]slot.Node, nodes)), nil
	}
	if isURL(from) {
		t, err := liveTopology(ctx, from)
		if err != nil {
			return nil, fmt.Errorf("--topology %s: %w", redacted(from), err)
		}
		return t, nil
	}
	file, err := os.Open(from)
	if err != nil {
		return nil, fmt.Errorf("--topology: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxTopologyBytes))
	if err != nil {
		return nil, fmt.Errorf("--topology: %w", err)
	}
	t, _, err := clustermap.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("--topology %s: %w", from, err)
	}
	return t, nil
}

// isURL says whether an input is a server.
func isURL(name string) bool {
	return strings.HasPrefix(name, "redis://") || strings.HasPrefix(name, "rediss://")
}

// redacted is a URL without its password.
func redacted(url string) string {
	scheme, rest, _ := strings.Cut(url, "://")
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = rest[at+1:]
	}
	return scheme + "://" + rest
}

// liveTopology asks a node of a cluster; a server that is alone owns all slots.
func liveTopology(ctx context.Context, url string) (*slot.Topology, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, err
	}
	options.DisableIdentity = true
	client := redis.NewClient(options)
	defer client.Close()
	text, err := client.ClusterNodes(ctx).Result()
	var answer redis.Error
	if errors.As(err, &answer) {
		host, port, _ := strings.Cut(options.Addr, ":")
		return clusterOfOne(host, port)
	}
	if err != nil {
		return nil, err
	}
	t, _, err := clustermap.Parse([]byte(text))
	return t, err
}

func clusterOfOne(host, port string) (*slot.Topology, error) {
	n := slot.Node{Host: host}
	if _, err := fmt.Sscan(port, &n.Port); err != nil {
		return nil, err
	}
	return slot.Even(slot.DefaultCount, []slot.Node{n}), nil
}
