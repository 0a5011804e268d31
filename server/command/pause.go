package command

// awaitPause has the client resumed when the pause is over, if CLIENT PAUSE
// holds the command back.
func (c *Context) awaitPause(*Command) bool { return false }
