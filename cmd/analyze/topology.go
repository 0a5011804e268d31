package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"slotbench/internal/clustermap"
	"slotbench/internal/keyset"
	"slotbench/internal/slot"
)

// maxTopologyBytes is the longest topology that is read.
const maxTopologyBytes = 16 << 20

// cutOf is how the slots are cut: as a file or a live cluster says, or evenly.
func cutOf(ctx context.Context, from string, nodes int) (*slot.Topology, error) {
	if from == "" {
		return slot.Even(slot.DefaultCount, make([]slot.Node, nodes)), nil
	}
	if keyset.IsLive(from) {
		t, err := keyset.Topology(ctx, from)
		if err != nil {
			return nil, fmt.Errorf("%s: CLUSTER NODES: %w", keyset.Redacted(from), err)
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
