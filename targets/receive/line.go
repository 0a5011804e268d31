package receive

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"time"

	"slotbench/internal/resp"
	"slotbench/targets"
)

// line is one connection and what of its answers is not whole yet.
type line struct {
	net.Conn
	reader resp.ReplyReader
	buf    []byte // read[at:] is not taken yet
	at     int
	readAt time.Time // when its last bytes were read
	unhook func() bool
}

// dial opens a connection and says who we are. It ends with the receivers.
func (r *Receivers) dial(addr string) (*line, error) {
	select {
	case r.dials <- struct{}{}:
		defer func() { <-r.dials }()
	case <-r.ctx.Done():
		return nil, context.Cause(r.ctx)
	}
	term := r.present()
	if r.access.Primary != nil {
		addr = r.access.Primary()
	}
	ctx, cancel := context.WithTimeout(r.ctx, targets.DefaultConnectTimeout)
	defer cancel()
	var conn net.Conn
	var err error
	if r.access.TLS != nil {
		conn, err = (&tls.Dialer{Config: r.access.TLS}).DialContext(ctx, "tcp", addr)
	} else {
		conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	}
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", addr, err)
	}
	l := &line{Conn: conn, buf: make([]byte, 0, startBuffer)}
	l.unhook = context.AfterFunc(term, func() { _ = conn.Close() }) // which wakes its reader
	if r.access.Password == "" {
		return l, nil
	}
	login := []string{"AUTH", r.access.Username, r.access.Password}
	if r.access.Username == "" {
		login = []string{"AUTH", r.access.Password}
	}
	reply, err := l.ask(login...)
	if err == nil && reply.IsError() {
		err = fmt.Errorf("%s", reply.Text)
	}
	if err != nil {
		l.close()
		return nil, fmt.Errorf("log in at %s: %w", addr, err)
	}
	return l, nil
}

// close ends the connection.
func (l *line) close() {
	l.unhook()
	_ = l.Close() // there is nothing that could be done about it
}

// say writes whole commands.
func (l *line) say(frame []byte) error {
	if err := l.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return err
	}
	_, err := l.Write(frame)
	return err
}

// ask sends one command and waits for its answer.
func (l *line) ask(args ...string) (resp.Reply, error) {
	if err := l.say(resp.AppendCommand(nil, args...)); err != nil {
		return resp.Reply{}, err
	}
	return l.next()
}

// next is the next whole answer. It is the line's memory until the next call.
func (l *line) next() (resp.Reply, error) {
	for {
		if l.at < len(l.buf) {
			reply, size, err := l.reader.Next(l.buf[l.at:])
			if err != nil {
				return reply, err
			}
			if size > 0 {
				l.at += size
				return reply, nil
			}
		}
		if err := l.read(); err != nil {
			return resp.Reply{}, err
		}
	}
}

// read takes in what the server has sent.
func (l *line) read() error {
	if l.at > 0 {
		l.buf = l.buf[:copy(l.buf, l.buf[l.at:])]
		l.at = 0
	}
	if need := l.reader.Need(); need > cap(l.buf) || len(l.buf) == cap(l.buf) {
		grown := make([]byte, len(l.buf), max(2*cap(l.buf), need))
		copy(grown, l.buf)
		l.buf = grown
	}
	n, err := l.Read(l.buf[len(l.buf):cap(l.buf)])
	l.readAt = time.Now()
	l.buf = l.buf[:len(l.buf)+n]
	if n > 0 {
		return nil
	}
	return err
}

// movedTo is where a MOVED answer points; "" of any other. A node that does
// not know its own host leaves it out.
func movedTo(text []byte, from string) string {
	words := strings.Fields(string(text))
	if len(words) < 3 || words[0] != "MOVED" {
		return ""
	}
	host, port, err := net.SplitHostPort(words[2])
	if err != nil {
		return ""
	}
	if host == "" || host == "?" {
		host, _, _ = net.SplitHostPort(from)
	}
	return net.JoinHostPort(host, port)
}
