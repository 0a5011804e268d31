//go:build race

package rebalance

// raced says that the race detector slows everything down.
const raced = true
