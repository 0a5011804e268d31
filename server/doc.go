// Package server is one node's outer shell: its configuration, its client
// connections and the event loops that read commands from them, have package
// command run them, and write the replies. It knows no command and no slot.
//
// A loop decides (loop.go, turn.go, output.go, park.go); what it asks of the
// system stands behind engine.go: epoll, io_uring, or the standard library.
package server
