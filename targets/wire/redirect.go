package wire

import (
	"bytes"

	"slotbench/targets"
)

// redirect is what an error reply asks the client to do.
type redirect uint8

const (
	redirectNone     redirect = iota // it is an error
	redirectMoved                    // the slot has another owner
	redirectAsk                      // this once, ask another node with ASKING
	redirectTryAgain                 // keys of the command are on both sides of a migration
)

// parseRedirect reads "MOVED 3999 host:port", "ASK 3999 host:port" and
// "TRYAGAIN …". addr aliases text; its host is empty where the server means
// itself by another port. What is not well formed is an error like any other.
func parseRedirect(text []byte) (kind redirect, slot int, addr []byte) {
	word, rest, _ := bytes.Cut(text, []byte(" "))
	switch string(word) {
	case "TRYAGAIN":
		return redirectTryAgain, 0, nil
	case "MOVED":
		kind = redirectMoved
	case "ASK":
		kind = redirectAsk
	default:
		return redirectNone, 0, nil
	}
	number, addr, ok := bytes.Cut(rest, []byte(" "))
	if !ok || len(number) == 0 || len(number) > 5 {
		return redirectNone, 0, nil
	}
	for _, digit := range number {
		if digit < '0' || digit > '9' {
			return redirectNone, 0, nil
		}
		slot = slot*10 + int(digit-'0')
	}
	if _, _, ok := splitAddr(addr); !ok {
		return redirectNone, 0, nil
	}
	return kind, slot, addr
}

// splitAddr splits host:port at the last colon, since Redis writes IPv6
// addresses without brackets.
func splitAddr(addr []byte) (host, port []byte, ok bool) {
	colon := bytes.LastIndexByte(addr, ':')
	if colon < 0 || colon == len(addr)-1 || len(addr)-colon > 6 || colon > 253 {
		return nil, nil, false
	}
	number := 0
	for _, digit := range addr[colon+1:] {
		if digit < '0' || digit > '9' {
			return nil, nil, false
		}
		number = number*10 + int(digit-'0')
	}
	if number == 0 || number > 65535 {
		return nil, nil, false
	}
	return bytes.Trim(addr[:colon], "[]"), addr[colon+1:], true
}

// follow takes an answered flight on as its error reply asks. It reports false
// where the error is the request's end: it is no redirect, the target has no
// slots, or the request has made its hops.
func (c *core) follow(k *conn, f *flight, text []byte, now int64) bool {
	if c.owners == nil {
		return false
	}
	kind, moved, addr := parseRedirect(text)
	switch kind {
	case redirectNone:
		return false
	case redirectMoved:
		f.Moved++
	case redirectAsk:
		f.Ask++
	case redirectTryAgain:
		f.TryAgain++
	}
	to := k.node.index
	if kind != redirectTryAgain {
		if to = c.nodeIndex(addr, k.node.index); to < 0 {
			return false
		}
		if kind == redirectMoved && moved < len(c.owners) {
			from := c.owners[moved]
			if c.owners[moved] = int16(to); from != int16(to) {
				c.lostSlots(from, now)
			}
		}
	}
	switch {
	case f.detour:
		f.detour = false
	case f.hops == MaxHops:
		return false
	default:
		f.hops++
	}
	f.FirstByte, f.node = 0, int16(to)
	if kind == redirectTryAgain {
		// The same node again, with ASKING if it was asked so: the source sent
		// it there, and a finished migration is told by MOVED.
		*f.resendAt() = now + int64(TryAgainDelay)
		c.delayed.pushBack(f)
		return true
	}
	f.asking = kind == redirectAsk
	c.place(f, true, now)
	return true
}

// nodeIndex is the node with this address, which becomes known if it is not;
// -1 if there are too many. An empty or unknown host is that of the node that
// said it.
func (c *core) nodeIndex(addr []byte, said int32) int32 {
	if i, ok := c.known[string(addr)]; ok && addr[0] != ':' && addr[0] != '?' {
		return i
	}
	host, port, ok := splitAddr(addr)
	if !ok {
		return -1
	}
	full := joinAddr(string(host), string(port))
	if len(host) == 0 || string(host) == "?" {
		full = joinAddr(c.book.host(said), string(port))
	}
	i := c.book.index(full)
	if i < 0 {
		return -1
	}
	c.growNodes(int(i) + 1)
	if len(host) > 0 && string(host) != "?" && len(c.known) < 2*targets.MaxNodes {
		c.known[string(addr)] = i
	}
	return i
}
