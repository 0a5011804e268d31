package command

import (
	"slices"
	"time"
)

// busyAfter is for how long a script may run before others are told BUSY; 0:
// for ever.
func (c *Context) busyAfter() time.Duration {
	if c.Node == nil {
		return 0
	}
	value, _ := c.Node.Settings().Get("busy-reply-threshold")
	millis, _ := parseInt([]byte(value))
	return time.Duration(max(0, millis)) * time.Millisecond
}

// register makes a run off the loops known: it can be killed, and is busy after
// a while.
func (s *scripting) register(r *scriptRun, busyAfter time.Duration, d *Dispatcher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.long[r] = false
	if busyAfter == 0 {
		return
	}
	r.timer = time.AfterFunc(busyAfter, func() {
		s.mu.Lock()
		_, runs := s.long[r]
		if runs {
			s.long[r] = true
		}
		s.mu.Unlock()
		if runs {
			d.wakeWaiting() // to be told
		}
	})
}

func (s *scripting) deregister(r *scriptRun) {
	s.mu.Lock()
	delete(s.long, r)
	if r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
	s.mu.Unlock()
}

// kill ends the scripts off the loops that have not written.
func (s *scripting) kill() (running, killed int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for r := range s.long {
		if r.runner.Kill() {
			killed++
		}
	}
	return len(s.long), killed
}

// holds says whether a script that is busy holds one of the slots; nil: any.
func (s *scripting) holds(slots []lockedSlot) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for r, busy := range s.long {
		if !busy {
			continue
		}
		view := r.inner.Store.(*heldSlots)
		if slots == nil || slices.ContainsFunc(slots, func(l lockedSlot) bool { return view.table(l.slot) != nil }) {
			return true
		}
	}
	return false
}

// busy says whether a script has held a slot for too long that the command
// needs, and answers so.
func (c *Context) busy(cmd *Command) bool {
	holds := false
	switch {
	case cmd.Flags&AllowBusy != 0:
	case cmd.Flags&AllSlots != 0:
		holds = c.scripting.holds(nil)
	case cmd.First != 0 || cmd.Keys != nil:
		outAt, failed := len(c.Out), c.failed
		found := c.findSlots(cmd)
		holds = found && len(c.slots) > 0 && c.scripting.holds(c.slots)
		c.Out, c.failed, c.slots = c.Out[:outAt], failed, c.slots[:0] // what is wrong is answered later
	}
	if holds {
		c.Error("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.")
	}
	return holds
}

// wakeWaiting has all look again who wait for slots that are held off the
// loops.
func (d *Dispatcher) wakeWaiting() {
	o := &d.occupied
	o.mu.Lock()
	wake := o.waiting
	o.waiting = nil
	o.mu.Unlock()
	for _, resume := range wake {
		resume()
	}
}
