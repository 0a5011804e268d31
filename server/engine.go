package server

import "net/netip"

// signals is what can be told of a connection, and what a connection wants to
// be told.
type signals uint8

const (
	readable signals = 1 << iota // there is input, or its end
	writable                     // the socket takes more
	ended                        // the peer sends no more
	broken                       // nothing goes in either direction; told unasked
)

// howLong is how long an engine waits for something to happen.
type howLong int

const (
	atOnce howLong = iota
	briefly
	long
)

// gone is what receive and send answer of a connection that is over.
const gone = -1

// engine is what one event loop asks of the system:
//
//	wait -> report, which calls the loop's event and arrive -> wait
//
// It tells again and again what is still so and still wanted. The loop's
// goroutine calls it, but for wake; listen comes before that one begins, close
// when it has ended.
type engine interface {
	// wait waits until something has happened and says how much, and whether
	// wake was among it. An error ends the loop.
	wait(h howLong) (n int, woken bool, err error)
	// report tells the loop what happened.
	report()
	// wake ends a wait that is under way, or the next one.
	wake()
	// listen has arrivals reported.
	listen() error
	// adopt has signals of a connection reported, by its place in the loop.
	adopt(c *conn) error
	// forget ends that. The socket stays open.
	forget(c *conn)
	// change says that the connection's interest is another one now.
	change(c *conn)
	// bound says that the loop's goroutine is bound to its thread.
	bound() bool
	// tidy is called once in a while.
	tidy()
	close()
}

// socket is a connection as an engine has it.
type socket interface {
	// receive reads what is there: 0 if that is nothing now, gone if nothing
	// will come.
	receive(into []byte) int
	// send takes what there is room for, or says that the peer is gone.
	send(from []byte) int
	// close ends the connection. What send took still goes out if the peer reads.
	close()
	// rest gives back the memory of a connection that has been silent.
	rest()
	// names is the addresses of both ends and the number that the system gave.
	names() (remote, local netip.AddrPort, number int)
	// keepAlive has a silent peer probed after that many seconds; 0: never.
	keepAlive(seconds int)
}

// ports is the listening sockets of a node, and who makes their engines.
type ports interface {
	port() int
	engine(l *loop) (engine, error)
	// close ends the listening and waits for what the engines left under way.
	close()
}
