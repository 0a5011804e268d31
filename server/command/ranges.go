package command

import "slotbench/server/store"

const errTooLong = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"

// rangeCommands is the string group's commands on parts of a value.
func rangeCommands() []Command {
	rows := []Command{
		{Name: "append", Arity: 3, Flags: Write | DenyOOM | Fast, First: 1, Last: 1, Step: 1, KeySpec: "RW INSERT", Run: appendTo,
			Since: "2.0.0", Complexity: "O(1)", Summary: "Append to a value", Syntax: "key value"},
		{Name: "getrange", Arity: 4, Flags: ReadOnly, First: 1, Last: 1, Step: 1, KeySpec: "RO ACCESS", Run: getRange,
			Since: "2.4.0", Complexity: "O(N) in the bytes answered", Summary: "A part of a value", Syntax: "key start end"},
		{Name: "substr", Arity: 4, Flags: ReadOnly, First: 1, Last: 1, Step: 1, KeySpec: "RO ACCESS", Run: getRange,
			Since: "1.0.0", Complexity: "O(N) in the bytes answered", Summary: "A part of a value; the old name of GETRANGE", Syntax: "key start end"},
		{Name: "setrange", Arity: 4, Flags: Write | DenyOOM, First: 1, Last: 1, Step: 1, KeySpec: "RW UPDATE", Run: setRange,
			Since: "2.2.0", Complexity: "O(N) in the bytes written", Summary: "Overwrite a part of a value", Syntax: "key offset value"},
		{Name: "lcs", Arity: -3, Flags: ReadOnly, First: 1, Last: 2, Step: 1, KeySpec: "RO ACCESS", Run: lcs,
			Since: "7.0.0", Complexity: "O(N*M) in the lengths", Summary: "The longest common subsequence of two values",
			Syntax: "key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]"},
	}
	for i := range rows {
		rows[i].Group = GroupString
	}
	return rows
}

func appendTo(c *Context) {
	key, suffix := c.Args[1], c.Args[2]
	value, found, ok := c.String(key)
	if !ok {
		return
	}
	length := len(value)
	if length+len(suffix) > store.MaxValueBytes {
		c.Error(errTooLong)
		return
	}
	if found {
		copy(c.TableOf(key).Resize(key, length+len(suffix), store.Changed)[length:], suffix)
	} else {
		c.put(key, suffix, 0)
	}
	c.Int(int64(length + len(suffix)))
}

func getRange(c *Context) {
	start, ok := c.IntArg(2)
	if !ok {
		return
	}
	end, ok := c.IntArg(3)
	if !ok {
		return
	}
	value, _, ok := c.String(c.Args[1])
	if !ok {
		return
	}
	c.Bulk(slice(value, start, end))
}

// slice is value[start … end], where negative positions count from the end.
func slice(value []byte, start, end int64) []byte {
	length := int64(len(value))
	if start < 0 && end < 0 && start > end {
		return nil
	}
	if start < 0 {
		start = max(0, length+start)
	}
	if end < 0 {
		end = max(0, length+end)
	}
	end = min(end, length-1)
	if start > end {
		return nil
	}
	return value[start : end+1]
}

func setRange(c *Context) {
	offset, ok := c.IntArg(2)
	if !ok {
		return
	}
	if offset < 0 {
		c.Error("ERR offset is out of range")
		return
	}
	key, part := c.Args[1], c.Args[3]
	value, _, ok := c.String(key)
	if !ok {
		return
	}
	if len(part) == 0 {
		c.Int(int64(len(value)))
		return
	}
	if offset > store.MaxValueBytes || int(offset)+len(part) > store.MaxValueBytes {
		c.Error(errTooLong)
		return
	}
	length := max(len(value), int(offset)+len(part))
	copy(c.TableOf(key).Resize(key, length, store.Changed)[offset:], part)
	c.Int(int64(length))
}
