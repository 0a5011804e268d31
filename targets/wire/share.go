package wire

import (
	"math"

	"slotbench/internal/request"
	"slotbench/targets"
)

// share cuts a load into the workers' parts.
func share(load request.Load, workers int) []phase {
	drain := load.DrainNanos
	if drain == 0 {
		drain = int64(targets.DefaultDrain)
	}
	phases := make([]phase, workers)
	for i := range phases {
		conns := load.Connections / workers
		if i < load.Connections%workers {
			conns++
		}
		phases[i] = phase{
			closed: load.Streams[0].Schedule == nil, conns: conns, pipeline: max(1, load.Pipeline),
			nanos: load.Nanos, drain: max(0, drain), sink: load.Sink,
		}
	}
	for i, s := range load.Streams {
		left := int64(math.MaxInt64)
		if load.Requests > 0 {
			n := int64(len(load.Streams))
			left = load.Requests / n
			if int64(i) < load.Requests%n {
				left++
			}
		}
		p := &phases[i%workers]
		p.streams = append(p.streams, stream{s, left})
	}
	return phases
}
