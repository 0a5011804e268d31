package resp

import "bytes"

// CommandReader splits what a client sends into commands: RESP arrays of bulk
// strings and inline commands. One reader serves one connection; its zero
// value is ready. It remembers how far it came with a command whose bytes are
// not all there, so that a command of a million arguments that arrives in
// pieces is read once.
type CommandReader struct {
	// Unauthenticated lowers the limits to what a client needs for AUTH.
	Unauthenticated bool
	// MaxBulk is the largest argument in bytes; 0 means the constant MaxBulk.
	MaxBulk int

	args int   // arguments the unfinished command has; 0: not known yet
	at   int   // how far into the buffer it was read
	need int   // bytes that the buffer must hold before reading on pays
	ends []int // for each argument read: its start and its end
}

// Next reads the command at the start of buf and appends its arguments, which
// alias buf, to args. size is how many bytes it took, 0 while bytes are
// missing; then the next call's buf must begin with the same bytes again. A
// command without arguments (an empty line, "*0") has a size and no arguments.
// After an error the connection cannot be read further.
func (c *CommandReader) Next(buf []byte, args [][]byte) (_ [][]byte, size int, err error) {
	if len(buf) == 0 || len(buf) < c.need {
		return args, 0, nil
	}
	if c.args == 0 {
		if buf[0] != '*' {
			return c.inline(buf, args)
		}
		n, at, err := lengthLine(buf, 0, "mbulk count", "multibulk length")
		if err != nil || at == 0 {
			return args, 0, err
		}
		if n <= 0 {
			return args, at, nil
		}
		if n > MaxArgs || c.Unauthenticated && n > maxUnauthArgs {
			if n <= MaxArgs {
				return args, 0, protocolErrorf("unauthenticated multibulk length")
			}
			return args, 0, protocolErrorf("invalid multibulk length")
		}
		if whole, size := readWhole(buf, at, int(n), args, c.maxBulk()); size > 0 {
			return whole, size, nil
		}
		c.args, c.at, c.ends = int(n), at, c.ends[:0]
	}
	return c.resume(buf, args)
}

// Need is how many bytes the buffer must hold before the unfinished command
// can be read further, where that is known: room for a large argument can be
// made at once.
func (c *CommandReader) Need() int { return c.need }

func (c *CommandReader) maxBulk() int {
	switch {
	case c.Unauthenticated:
		return maxUnauthBulk
	case c.MaxBulk > 0:
		return c.MaxBulk
	}
	return MaxBulk
}

// readWhole is the fast path: a command that is all there and well formed.
// Size 0 leaves it to resume to say what is missing or wrong.
func readWhole(buf []byte, at, n int, args [][]byte, maxBulk int) (_ [][]byte, size int) {
	for range n {
		if at+4 > len(buf) || buf[at] != '$' {
			return args, 0
		}
		at++
		length := 0
		first := at
		for at < len(buf) && buf[at] >= '0' && buf[at] <= '9' && at-first < 10 {
			length = length*10 + int(buf[at]-'0')
			at++
		}
		if at == first || buf[first] == '0' && at-first > 1 || length > maxBulk ||
			at+length+4 > len(buf) || buf[at] != '\r' {
			return args, 0
		}
		at += 2
		args = append(args, buf[at:at+length:at+length])
		at += length + 2
	}
	return args, at
}

// resume reads on where the last call stopped.
func (c *CommandReader) resume(buf []byte, args [][]byte) (_ [][]byte, size int, err error) {
	for len(c.ends) < 2*c.args {
		if c.at >= len(buf) {
			c.need = c.at + 1
			return args, 0, nil
		}
		if buf[c.at] != '$' {
			return args, 0, protocolErrorf("expected '$', got '%c'", printable(buf[c.at]))
		}
		n, start, err := lengthLine(buf, c.at, "bulk count", "bulk length")
		if err != nil {
			return args, 0, err
		}
		if start == 0 {
			c.need = len(buf) + 1
			return args, 0, nil
		}
		if n < 0 || n > int64(c.maxBulk()) {
			if c.Unauthenticated && n > maxUnauthBulk && n <= MaxBulk {
				return args, 0, protocolErrorf("unauthenticated bulk length")
			}
			return args, 0, protocolErrorf("invalid bulk length")
		}
		end := start + int(n)
		if end+2 > len(buf) {
			c.need = end + 2
			return args, 0, nil
		}
		c.ends = append(c.ends, start, end)
		c.at = end + 2
	}
	for i := 0; i < len(c.ends); i += 2 {
		args = append(args, buf[c.ends[i]:c.ends[i+1]:c.ends[i+1]])
	}
	size = c.at
	c.forget()
	return args, size, nil
}

// forget makes the reader ready for the next command and gives back the
// memory of an unusually long one.
func (c *CommandReader) forget() {
	c.args, c.at, c.need = 0, 0, 0
	if cap(c.ends) > 2048 {
		c.ends = nil
	}
}

// lengthLine reads "*123\r\n" at buf[at:]. next is where the line after it
// starts, 0 while the line is not all there.
func lengthLine(buf []byte, at int, line, length string) (n int64, next int, err error) {
	window := buf[at:]
	if len(window) > maxLengthLine {
		window = window[:maxLengthLine]
	}
	end := bytes.IndexByte(window, '\r')
	if end < 0 {
		if len(buf)-at > maxLengthLine {
			return 0, 0, protocolErrorf("too big %s string", line)
		}
		return 0, 0, nil
	}
	if at+end+2 > len(buf) {
		return 0, 0, nil
	}
	n, err = parseLength(window[1:end])
	if err != nil {
		return 0, 0, protocolErrorf("invalid %s", length)
	}
	return n, at + end + 2, nil
}

// inline reads one line of words, quoted as in redis-cli. Words with escapes
// are unescaped within buf.
func (c *CommandReader) inline(buf []byte, args [][]byte) (_ [][]byte, size int, err error) {
	end := bytes.IndexByte(buf, '\n')
	if end < 0 || end > MaxInline {
		if len(buf) > MaxInline {
			return args, 0, protocolErrorf("too big inline request")
		}
		c.need = len(buf) + 1
		return args, 0, nil
	}
	c.need = 0
	line := buf[:end]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	args, ok := SplitWords(line, args)
	if !ok {
		return args, 0, protocolErrorf("unbalanced quotes in request")
	}
	return args, end + 1, nil
}

func printable(b byte) byte {
	if b < ' ' || b > '~' {
		return '?'
	}
	return b
}
