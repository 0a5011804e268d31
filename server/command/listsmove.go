package command

import "bytes"

// listMoveCommands is what takes from one list and gives to another.
func listMoveCommands() []Command {
	const flags, keys = Write | DenyOOM, "RW ACCESS DELETE|RW INSERT"
	return []Command{
		{Name: "lmove", Arity: 5, Flags: flags, First: 1, Last: 2, Step: 1, KeySpec: keys, Run: lMove,
			Since: "6.2.0", Complexity: "O(1)", Summary: "Take an element from one list's end and add it at another's",
			Syntax: "source destination LEFT|RIGHT LEFT|RIGHT"},
		{Name: "rpoplpush", Arity: 3, Flags: flags, First: 1, Last: 2, Step: 1, KeySpec: keys,
			Run: func(c *Context) {
				if !c.moveElement(false, true) {
					c.Null()
				}
			},
			Since: "1.2.0", Complexity: "O(1)", Summary: "Take the last element of a list and add it before another's first",
			Syntax: "source destination"},
	}
}

func lMove(c *Context) {
	fromHead, ok := c.listEnd(3)
	if !ok {
		return
	}
	toHead, ok := c.listEnd(4)
	if ok && !c.moveElement(fromHead, toHead) {
		c.Null()
	}
}

// moveElement answers an element of the list at the first argument and moves it
// to the one at the second, or answers that a key holds another type. It
// reports false if there is no element.
func (c *Context) moveElement(fromHead, toHead bool) bool {
	source, target := c.Args[1], c.Args[2]
	from, ok := c.list(source)
	if !ok || from.length == 0 {
		return !ok
	}
	to, ok := c.list(target)
	if !ok {
		return true
	}
	replyAt := len(c.Out)
	c.answerEnd(&from, fromHead)
	text := replied(c.Out[replyAt:])
	switch same := string(source) == string(target); {
	case same && from.length == 1: // the key must not vanish, nor its expiry
		from.touch()
	case same && (from.large == nil || !from.large.Split()): // so that it does not outgrow its node between
		from.dropEnd(fromHead)
		to = c.listAgain(target)
		c.push(&to, [][]byte{text}, toHead)
	default:
		c.push(&to, [][]byte{text}, toHead)
		from = c.listAgain(source)
		from.dropEnd(fromHead)
	}
	return true
}

// listAgain is a list that was looked up before its table changed.
func (c *Context) listAgain(key []byte) list {
	e, found := c.TableOf(key).Peek(key)
	return c.listOf(key, e, found)
}

// replied is the text of a bulk string: it outlives the list that it came from.
func replied(reply []byte) []byte {
	return reply[bytes.IndexByte(reply, '\n')+1 : len(reply)-2]
}
