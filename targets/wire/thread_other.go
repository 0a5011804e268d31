//go:build !linux

package wire

import "errors"

// tellsCPU says that threadCPU can't be told.
const tellsCPU = false

func pin(int) error { return errors.New("threads can be pinned on Linux only") }

func threadCPU() int64 { return 0 }

// newEngine is the portable one: there is no other on this system.
func newEngine(c *core, t target, o Options) (engine, error) { return newNetLoop(c, t, o), nil }
