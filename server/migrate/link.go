package migrate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"slotbench/internal/resp"
)

// Limits of the connections to targets.
const (
	// maxIdleLinks is how many are kept for the next MIGRATE.
	maxIdleLinks = 64
	// idleLimit is how long one is kept.
	idleLimit = 10 * time.Second
	// maxReplyBytes bounds the answer to one RESTORE.
	maxReplyBytes = 64 << 10
	readBytes     = 4 << 10
)

// identity is what makes a link to one target unlike another.
type identity struct {
	addr           string
	db             int64
	auth           bool
	user, password string
}

// link is a connection to a target, authenticated and with its database
// selected.
type link struct {
	id     identity
	conn   net.Conn
	cached bool // it was idle, and has not answered since
	expiry *time.Timer

	reader resp.ReplyReader
	buf    []byte // what was read
	at     int    // how much of it was taken
}

var errSend = errors.New("send")

// send writes commands.
func (l *link) send(frames []byte, timeout time.Duration) error {
	if err := l.conn.SetWriteDeadline(time.Now().Add(timeout)); err != nil {
		return fmt.Errorf("%w: %w", errSend, err)
	}
	if _, err := l.conn.Write(frames); err != nil {
		return fmt.Errorf("%w: %w", errSend, err)
	}
	return nil
}

// receive is the next answer, borrowed until the next call.
func (l *link) receive(timeout time.Duration) (resp.Reply, error) {
	for {
		reply, size, err := l.reader.Next(l.buf[l.at:])
		if err != nil {
			return resp.Reply{}, err
		}
		if size > 0 {
			l.at += size
			return reply, nil
		}
		if l.at > 0 {
			l.buf = append(l.buf[:0], l.buf[l.at:]...)
			l.at = 0
		}
		if len(l.buf) > maxReplyBytes {
			return resp.Reply{}, fmt.Errorf("an answer is longer than %d bytes", maxReplyBytes)
		}
		if err := l.conn.SetReadDeadline(time.Now().Add(timeout)); err != nil {
			return resp.Reply{}, err
		}
		chunk := make([]byte, readBytes)
		n, err := l.conn.Read(chunk)
		if err != nil {
			return resp.Reply{}, err
		}
		l.buf = append(l.buf, chunk[:n]...)
	}
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// refusal is an error that the target answered to AUTH or SELECT.
type refusal string

// Error is the text.
func (r refusal) Error() string { return string(r) }

// prepare authenticates a new link and selects its database.
func (l *link) prepare(timeout time.Duration) error {
	var frames []byte
	commands := 0
	if l.id.auth {
		words := []string{"AUTH", l.id.password}
		if l.id.user != "" {
			words = []string{"AUTH", l.id.user, l.id.password}
		}
		frames = resp.AppendCommand(frames, words...)
		commands++
	}
	if l.id.db != 0 {
		frames = resp.AppendCommand(frames, "SELECT", fmt.Sprint(l.id.db))
		commands++
	}
	if commands == 0 {
		return nil
	}
	if err := l.send(frames, timeout); err != nil {
		return err
	}
	for range commands {
		reply, err := l.receive(timeout)
		if err != nil {
			return err
		}
		if reply.Kind != resp.Simple {
			return refusal(reply.Text)
		}
	}
	return nil
}

// take is an idle link to the request's target, or a new one.
func (m *Mover) take(r Request) (*link, error) {
	id := identity{addr: r.Addr, db: r.DB, auth: r.AUTH, user: r.User, password: r.Password}
	m.mu.Lock()
	if idle := m.idle[id]; len(idle) > 0 {
		l := idle[len(idle)-1]
		m.forget(l)
		l.expiry.Stop()
		l.cached = true
		m.active[l] = struct{}{}
		m.mu.Unlock()
		return l, nil
	}
	m.mu.Unlock()
	conn, err := m.Dial(r.Addr, r.Timeout, m.closing)
	if err != nil {
		return nil, err
	}
	l := &link{id: id, conn: conn}
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	m.active[l] = struct{}{}
	m.mu.Unlock()
	if err := l.prepare(r.Timeout); err != nil {
		m.discard(l)
		return nil, err
	}
	return l, nil
}

// put keeps a link for the next request, for a while.
func (m *Mover) put(l *link) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.active, l)
	if m.closed || m.idling == maxIdleLinks || l.at < len(l.buf) {
		_ = l.conn.Close()
		return
	}
	m.idle[l.id] = append(m.idle[l.id], l)
	m.idling++
	l.expiry = time.AfterFunc(idleLimit, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.forget(l) {
			_ = l.conn.Close()
		}
	})
}

// forget takes a link from the idle ones, if it is there. m.mu is held.
func (m *Mover) forget(l *link) bool {
	links := m.idle[l.id]
	for i := range links {
		if links[i] != l {
			continue
		}
		links[i] = links[len(links)-1]
		links[len(links)-1] = nil
		m.idle[l.id] = links[:len(links)-1]
		if len(links) == 1 {
			delete(m.idle, l.id)
		}
		m.idling--
		return true
	}
	return false
}

// discard closes a link that is of no more use.
func (m *Mover) discard(l *link) {
	m.mu.Lock()
	delete(m.active, l)
	m.mu.Unlock()
	_ = l.conn.Close()
}

// DialTCP is the Dial of a Mover over the network.
func DialTCP(addr string, timeout time.Duration, closing <-chan struct{}) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	go func() {
		select {
		case <-closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	var dialer net.Dialer
	return dialer.DialContext(ctx, "tcp", addr)
}
