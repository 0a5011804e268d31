package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"

	"slotbench/targets"
)

// The limits of a netLoop.
const (
	netReadBytes = 16 << 10
	netEvents    = 1024 // news that wait for their turn
)

// netLoop is the engine of systems without epoll, and of TLS: the core's
// decisions are carried out by a goroutine that reads and one that writes for
// each connection, which tell the loop their news through a channel. A request
// counts as written when it is given to the writer. That a connection ended
// between two phases may be learned too late for the first request on it, whose
// outcome is then unknown.
type netLoop struct {
	core   *core
	tls    *tls.Config
	spin   bool
	start  time.Time
	idle   int64
	news   chan netNews
	woken  chan struct{}
	done   chan struct{} // closed with the loop
	timer  *time.Timer
	links  map[int]*link // by number, those that are not closed
	number int
	serves sync.WaitGroup
	pages  sync.Pool
}

// link is one connection of a netLoop.
type link struct {
	number int
	k      *conn
	cancel context.CancelFunc // of the dialing
	conn   net.Conn           // nil while dialing
	out    chan []byte        // to the writer
	buffer []byte             // what the writer has, or an empty one
	busy   bool               // the writer has it
}

// netNews is what a goroutine tells: exactly one of its parts.
type netNews struct {
	link    *link
	conn    net.Conn // it is connected
	data    *[]byte  // these bytes came
	written bool     // the writer is done
	err     error    // it ended
}

func newNetLoop(c *core, t target, o Options) *netLoop {
	return &netLoop{
		core: c, tls: t.tls, spin: o.Spin, news: make(chan netNews, netEvents), woken: make(chan struct{}, 1),
		done: make(chan struct{}), timer: time.NewTimer(time.Hour), links: map[int]*link{},
		pages: sync.Pool{New: func() any { page := make([]byte, netReadBytes); return &page }},
	}
}

func (l *netLoop) starts(at time.Time, _ bool) { l.start, l.idle = at, 0 }
func (l *netLoop) idled() int64                { return l.idle }
func (l *netLoop) state() *core                { return l.core }
func (l *netLoop) now() int64                  { return max(1, int64(time.Since(l.start))) }

func (l *netLoop) wake() {
	select {
	case l.woken <- struct{}{}:
	default: // it will wake already
	}
}

// close closes the connections and waits for their goroutines.
func (l *netLoop) close() {
	for _, k := range l.core.conns {
		l.core.close(k)
	}
	l.core.shutDoomed(l)
	close(l.done)
	l.serves.Wait()
	for {
		select {
		case n := <-l.news:
			if n.conn != nil {
				_ = n.conn.Close()
			}
		default:
			return
		}
	}
}

// run plays one phase to its end.
func (l *netLoop) run(p phase, all *shared) {
	var obeyed *ending
	l.core.begin(p, l.now())
	l.drain() // connections may have ended since the last phase
	for l.core.stage != stageEnded {
		now := l.now()
		if why := all.why(); why != obeyed {
			obeyed = why
			if why.abort {
				l.core.abort(why.text, now)
			} else {
				l.core.stop(why.text, now)
			}
		}
		l.core.turn(now)
		l.core.work(l)
		for l.core.eager() {
			l.core.turn(l.now())
			l.core.work(l)
		}
		all.report(l.core)
		if l.core.stage != stageEnded {
			l.wait()
		}
	}
	l.core.shutDoomed(l)
}

// wait waits until there is news or something is due, and takes what there is.
func (l *netLoop) wait() {
	before := l.now()
	due := l.core.wake()
	if l.spin {
		due -= SpinNanos
	}
	if due > before {
		l.timer.Reset(time.Duration(due - before))
		select {
		case n := <-l.news:
			l.idle += l.now() - before
			l.take(n)
		case <-l.woken:
			l.idle += l.now() - before
		case <-l.timer.C:
			l.idle += l.now() - before
		}
	}
	l.drain()
}

// drain takes the news that there is.
func (l *netLoop) drain() {
	for range netEvents {
		select {
		case n := <-l.news:
			l.take(n)
		default:
			return
		}
	}
}

// take tells the core one connection's news. Those of a connection that was
// given up are dropped.
func (l *netLoop) take(n netNews) {
	if n.data != nil {
		defer func() {
			*n.data = (*n.data)[:cap(*n.data)]
			l.pages.Put(n.data)
		}()
	}
	k := n.link.k
	if l.links[n.link.number] != n.link {
		if n.conn != nil {
			_ = n.conn.Close()
		}
		return
	}
	switch {
	case n.conn != nil:
		l.connected(n.link, n.conn)
	case n.data != nil:
		l.received(k, *n.data)
	case n.written:
		n.link.busy = false
		if k.state == connOpen || k.state == connGreeting {
			l.core.markDirty(k)
		}
	case k.state == connDialing:
		l.core.dialFailed(k, wordOfErrno(n.err), "", l.now())
	default:
		l.core.lost(k, wordOfErrno(n.err), "", l.now())
	}
}

// received hands on what came, behind the unfinished answer that was there.
func (l *netLoop) received(k *conn, data []byte) {
	if len(k.rest) > 0 {
		k.rest = append(k.rest, data...)
		data = k.rest
	}
	generation := k.generation
	consumed := l.core.received(k, data, l.now())
	if k.generation != generation {
		k.rest = nil
		return
	}
	rest := data[consumed:]
	if cap(k.rest) > keptNetRestBytes && len(rest) <= keptNetRestBytes {
		k.rest = nil
	}
	k.rest = append(k.rest[:0], rest...)
}

// keptNetRestBytes is how much memory a connection keeps for unfinished
// answers.
const keptNetRestBytes = 64 << 10

func (l *netLoop) shut(doomed []socket) {
	for _, s := range doomed {
		if n := l.links[s.fd]; s.open && n != nil {
			delete(l.links, s.fd)
			n.cancel()
			if n.conn != nil {
				_ = n.conn.Close()
				close(n.out)
			}
		}
	}
}

// send gives the writer what a connection has, unless it is still busy.
func (l *netLoop) send(k *conn) {
	n := l.links[k.socket.fd]
	if n == nil || n.conn == nil || n.busy {
		return
	}
	now := l.now()
	n.buffer = l.core.gather(k, n.buffer[:0], gatherBytes, now)
	if len(n.buffer) == 0 {
		return
	}
	l.core.wrote(k, len(n.buffer), len(n.buffer), now)
	n.busy = true
	n.out <- n.buffer
}

// tell hands news to the loop, unless it has ended.
func (l *netLoop) tell(n netNews) bool {
	select {
	case l.news <- n:
		return true
	case <-l.done:
		return false
	}
}

// dial begins to connect.
func (l *netLoop) dial(k *conn) {
	if k.state != connDialing || k.socket.open {
		return
	}
	entry := l.core.book.get(k.node.index)
	addr, ok := entry.pick(k.node.failures)
	if !ok {
		l.core.dialFailed(k, targets.ClassUnresolved, "", l.now())
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	l.number++
	n := &link{number: l.number, k: k, cancel: cancel}
	l.links[n.number] = n
	k.rest, k.socket = nil, socket{fd: n.number, open: true}
	l.serves.Go(func() {
		conn, err := l.connect(ctx, addr.String())
		if err != nil {
			l.tell(netNews{link: n, err: err})
		} else if !l.tell(netNews{link: n, conn: conn}) {
			_ = conn.Close()
		}
	})
}

var errSelf = errors.New("the connection met itself")

// connect opens a connection, TLS included. One that met itself, as happens on
// loopback when the kernel picks the very port that nobody listens on, counts
// as refused.
func (l *netLoop) connect(ctx context.Context, addr string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if conn.LocalAddr().String() == conn.RemoteAddr().String() {
		_ = conn.Close()
		return nil, errors.Join(errSelf, syscall.ECONNREFUSED)
	}
	if l.tls == nil {
		return conn, nil
	}
	secure := tls.Client(conn, l.tls)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}

// connected starts a connection's goroutines.
func (l *netLoop) connected(n *link, conn net.Conn) {
	n.conn, n.out = conn, make(chan []byte, 1)
	l.serves.Go(func() { l.read(n, conn) })
	l.serves.Go(func() { l.write(n, conn, n.out) })
	l.core.connected(n.k, l.now())
}

func (l *netLoop) read(n *link, conn net.Conn) {
	for {
		page := l.pages.Get().(*[]byte)
		size, err := conn.Read(*page)
		if size > 0 {
			*page = (*page)[:size]
			if !l.tell(netNews{link: n, data: page}) {
				return
			}
		}
		if err != nil {
			l.tell(netNews{link: n, err: err})
			return
		}
	}
}

func (l *netLoop) write(n *link, conn net.Conn, out <-chan []byte) {
	for buffer := range out {
		if _, err := conn.Write(buffer); err != nil {
			l.tell(netNews{link: n, err: err})
			return
		}
		if !l.tell(netNews{link: n, written: true}) {
			return
		}
	}
}
