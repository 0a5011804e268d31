// Package server is one node's outer shell: its configuration, its client
// connections and the event loops that read commands from them, have package
// command run them, and write the replies. It knows no command and no slot.
package server
