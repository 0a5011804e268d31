package targets

import "time"

// What the drivers have in common: the defaults of their options, and limits.
const (
	DefaultTimeout        = 5 * time.Second // of a request
	DefaultConnectTimeout = 2 * time.Second
	DefaultGoneAfter      = 3 * time.Second // every node unreachable for so long ends a phase
	DefaultDrain          = 2 * time.Second // of a load whose DrainNanos is 0
	MaxPipeline           = 1 << 16         // requests in flight on one connection
	MaxNodes              = 4096            // that the target has, or that redirects may teach
)
