package command

import (
	"sync"
	"sync/atomic"
)

// pause is what CLIENT PAUSE holds back.
type pause struct {
	until   atomic.Int64 // Unix milliseconds; 0: there is no pause
	mu      sync.Mutex
	all     bool     // every command, not writes alone
	waiting []func() // to be called when it is over
}

// clientPause holds back the commands of all clients, or those that may write,
// for a time. It lasts at most a tick longer.
func clientPause(c *Context) {
	millis, ok := parseInt(c.Args[2])
	all := true
	switch {
	case !ok || millis > maxPauseMillis:
		c.Error("ERR timeout is not an integer or out of range")
		return
	case millis < 0:
		c.Error("ERR timeout is negative")
		return
	case len(c.Args) == 3, len(c.Args) == 4 && isWord(c.Args[3], "all"):
	case len(c.Args) == 4 && isWord(c.Args[3], "write"):
		all = false
	case len(c.Args) == 4:
		c.Error("ERR CLIENT PAUSE mode must be WRITE or ALL")
		return
	default:
		c.Error(errSyntax)
		return
	}
	p := &c.paused
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = all
	p.until.Store(c.NowMillis + millis)
	c.setAlert(alertPaused, true)
	c.OK()
}

// maxPauseMillis keeps the end of a pause within 64 bits.
const maxPauseMillis = 1 << 60

// endPause lets all go on that the pause held back.
func (d *Dispatcher) endPause() {
	p := &d.paused
	p.mu.Lock()
	d.setAlert(alertPaused, false)
	p.until.Store(0)
	wake := p.waiting
	p.waiting = nil
	p.mu.Unlock()
	for _, resume := range wake {
		resume()
	}
}

// awaitPause has the client resumed when the pause is over, if CLIENT PAUSE
// holds the command back.
func (c *Context) awaitPause(cmd *Command) bool {
	p := &c.paused
	if c.NowMillis >= p.until.Load() {
		c.endPause()
		return false
	}
	flags := cmd.Flags
	if tx := c.Client.tx; tx != nil && cmd == c.execCommand {
		flags |= tx.flags
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.until.Load() == 0 || !p.all && flags&(Write|MayWrite) == 0 {
		return false
	}
	p.waiting = append(p.waiting, c.Client.Resume)
	return true
}
