package driver

import (
	"sync/atomic"
	"time"

	"slotbench/internal/request"
)

// eventsTail is how long a run that ends with its events goes on after them:
// long enough for an "after".
const eventsTail = 2 * time.Second

// endable is a source that somebody else can end.
type endable struct {
	request.Source
	over *atomic.Bool
}

// Next makes the next request, unless the source was ended.
func (s endable) Next(r *request.Request) bool { return !s.over.Load() && s.Source.Next(r) }

// endWithEvents makes a load end a while after the last event, once follow was
// called when the steering began.
func endWithEvents(load *request.Load) (follow func(*steering)) {
	over := new(atomic.Bool)
	for i := range load.Streams {
		load.Streams[i].Source = endable{load.Streams[i].Source, over}
	}
	return func(s *steering) {
		s.followed.Go(func() {
			s.done.Wait()
			select {
			case <-s.loadOver:
			case <-time.After(eventsTail):
			}
			over.Store(true)
		})
	}
}
