package command

import (
	"fmt"
	"slices"
	"strconv"
	"sync"

	"slotbench/internal/resp"
)

// monitors is the clients that see all commands.
type monitors struct {
	mu      sync.RWMutex
	clients map[int64]func(frame []byte) // by id
}

// monitor shows the client every command from now on. While nobody looks it
// costs nothing.
func monitor(c *Context) {
	if c.mode != Direct || c.detached {
		c.Error("ERR MONITOR isn't allowed for DENY BLOCKING client")
		return
	}
	m := &c.watchers
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.clients == nil {
		m.clients = make(map[int64]func([]byte))
	}
	m.clients[c.Client.ID] = c.Client.Push
	c.setAlert(alertMonitored, true)
	c.Client.state |= monitoring
	c.OK()
}

// endMonitor shows a client no more commands.
func (d *Dispatcher) endMonitor(client *Client) {
	if client.state&monitoring == 0 {
		return
	}
	client.state &^= monitoring
	m := &d.watchers
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.clients, client.ID)
	if len(m.clients) == 0 {
		d.setAlert(alertMonitored, false)
	}
}

// show tells those who monitor of a command, if there are any.
func (c *Context) show(cmd *Command) {
	if cmd.Flags&(SkipMonitor|Admin) == 0 {
		c.showAny(cmd)
	}
}

// showAny is show for commands that show themselves, as scripts do before what
// they call.
func (c *Context) showAny(cmd *Command) {
	if c.alert.Load()&alertMonitored == 0 {
		return
	}
	from := "0 " + c.Client.Addr
	if c.mode >= InScript {
		from = "0 lua"
	}
	line := fmt.Appendf(nil, "+%d.%06d [%s]", c.NowMillis/1000, c.NowMillis%1000*1000, from)
	for _, arg := range redacted(cmd, c.Args) {
		line = resp.AppendQuoted(append(line, ' '), arg)
	}
	line = append(line, '\r', '\n')
	m := &c.watchers
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, push := range m.clients {
		push(line)
	}
}

// redacted is a command without the passwords in it.
func redacted(cmd *Command, args [][]byte) [][]byte {
	hide := func(from, n int) {
		args = slices.Clone(args)
		for at := from; at < min(from+n, len(args)); at++ {
			args[at] = []byte("(redacted)")
		}
	}
	switch cmd.full {
	case "auth":
		hide(1, 2)
	case "hello":
		for at := 2; at < len(args); at++ {
			if isWord(args[at], "auth") {
				hide(at+1, 2)
				at += 2
			}
		}
	case "migrate":
		for at := 6; at < len(args); at++ {
			if n := len("auth"); isWord(args[at], "auth") || isWord(args[at], "auth2") {
				n = len(args[at]) - n + 1
				hide(at+1, n)
				at += n
			}
		}
	case "config|set":
		for at := 2; at < len(args); at += 2 {
			if isWord(args[at], "requirepass") {
				hide(at+1, 1)
			}
		}
	}
	return args
}

// The bounds of what the slow log keeps of one command.
const (
	slowArguments     = 32
	slowArgumentBytes = 128
	slowDefaultCount  = 10
)

// trimmed is a command as the slow log keeps it.
func trimmed(cmd *Command, args [][]byte) []string {
	args = redacted(cmd, args)
	kept := make([]string, 0, min(len(args), slowArguments))
	for i, arg := range args {
		switch {
		case len(args) > slowArguments && i == slowArguments-1:
			return append(kept, "... ("+strconv.Itoa(len(args)-i)+" more arguments)")
		case len(arg) > slowArgumentBytes:
			kept = append(kept, string(arg[:slowArgumentBytes])+"... ("+strconv.Itoa(len(arg)-slowArgumentBytes)+" more bytes)")
		default:
			kept = append(kept, string(arg))
		}
	}
	return kept
}
