//go:build !race && !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package store

// maxReachBytes is how much memory a shard has: what Go gives at once.
const maxReachBytes = 1 << 30
