package pushed

import "slotbench/internal/slot"

// sweeper deletes, slot by slot, keys whose slot a pushed configuration gave
// to another node.
type sweeper struct {
	plane  *Plane
	woken  chan struct{} // holds one wish at most: a sweep looks at every slot
	ending chan struct{}
	ended  chan struct{}
}

func startSweeper(p *Plane) *sweeper {
	w := &sweeper{
		plane:  p,
		woken:  make(chan struct{}, 1),
		ending: make(chan struct{}),
		ended:  make(chan struct{}),
	}
	go w.run()
	return w
}

func (w *sweeper) wake() {
	select {
	case w.woken <- struct{}{}:
	default:
	}
}

func (w *sweeper) close() {
	close(w.ending)
	<-w.ended
}

func (w *sweeper) run() {
	defer close(w.ended)
	for {
		select {
		case <-w.ending:
			return
		case <-w.woken:
		}
		for s := range int(w.plane.store.Count()) {
			select {
			case <-w.ending:
				return
			default:
				w.plane.sweep(slot.Slot(s))
			}
		}
	}
}
