//go:build !linux

package driver

// Affinity is the CPUs that this process may use; nil: this system does not
// tell.
func Affinity() []int { return nil }
