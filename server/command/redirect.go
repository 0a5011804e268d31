package command

import (
	"slotbench/server/topology"
	"strconv"
)

// answer is what a keyed command meets in cluster mode.
type answer uint8

const (
	runHere answer = iota
	answerMoved
	answerAsk
	answerTryAgain
	answerUnbound
	answerDown
)

// decide says what a command meets that has keys of one slot, of which missing
// are not here, as Redis Cluster specifies it.
func decide(kind topology.RouteKind, asking bool, keys, missing int) answer {
	switch kind {
	case topology.Mine:
		return runHere
	case topology.Migrating:
		switch {
		case missing == 0:
			return runHere
		case missing < keys:
			return answerTryAgain
		}
		return answerAsk
	case topology.Importing:
		switch {
		case !asking:
			return answerMoved
		case keys > 1 && missing > 0:
			return answerTryAgain
		}
		return runHere
	case topology.Moved:
		return answerMoved
	case topology.Unbound:
		return answerUnbound
	}
	return answerDown
}

// redirect answers what decide said, in Redis's words.
func (c *Context) redirect(a answer, addr string) {
	switch a {
	case answerMoved:
		c.redirectTo("-MOVED ", addr)
	case answerAsk:
		c.redirectTo("-ASK ", addr)
	case answerTryAgain:
		c.Error("TRYAGAIN Multiple keys request during rehashing of slot")
	case answerUnbound:
		c.Error("CLUSTERDOWN Hash slot not served")
	case answerDown:
		c.Error("CLUSTERDOWN The cluster is down")
	case runHere:
		panic("command: a redirection to where the command is")
	}
}

// redirectTo answers MOVED or ASK without allocating: under migration it is a
// frequent reply.
func (c *Context) redirectTo(code, addr string) {
	c.failed = true
	c.Out = append(c.Out, code...)
	c.Out = strconv.AppendInt(c.Out, int64(c.Slot), 10)
	c.Out = append(c.Out, ' ')
	c.Out = append(c.Out, addr...)
	c.Out = append(c.Out, "\r\n"...)
}
