//go:build !unix

package driver

import "time"

// selfCPU is not told on this system.
func selfCPU() time.Duration { return 0 }

// openFilesLimit is not known on this system.
func openFilesLimit() uint64 { return 0 }

// processEnded can't be known on this system: a node's end shows in the
// requests that it does not answer.
func processEnded(int) bool { return false }
