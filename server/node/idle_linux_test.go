package node

import (
	"net/netip"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"slotbench/server"
)

const (
	idleClients = 10_000
	// spareDescriptors is what the processes have open beside the connections.
	spareDescriptors = 200
)

// maxIdleBytes is what an idle connection may take of the server's memory, by
// engine.
var maxIdleBytes = map[string]int{"epoll": 4 << 10, "portable": 16 << 10, "io_uring": 4 << 10}

// TestIdleClients opens ten thousand connections, each of which says one thing
// and no more. The server is a process of its own, for the descriptors' sake.
func TestIdleClients(t *testing.T) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	clients := idleClients
	if limit.Cur < idleClients+spareDescriptors {
		clients = int(limit.Cur) - spareDescriptors
		t.Logf("a process may open %d descriptors: only %d clients", limit.Cur, clients)
	}
	for _, engine := range server.Engines() {
		t.Run(engine, func(t *testing.T) { testIdleClients(t, engine, clients, maxIdleBytes[engine]) })
	}
}

func testIdleClients(t *testing.T, engine string, clients, most int) {
	_, addr, _ := startChild(t, "--io-engine", engine, "--maxclients", strconv.Itoa(idleClients+spareDescriptors/2), "--bind", "127.0.0.1")
	watcher := dial(t, "tcp", addr)
	watcher.expect("PING", "+PONG\r\n")
	before := infoField(t, watcher, "used_memory")
	to := netip.MustParseAddrPort(addr)
	for range clients {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}); err != nil {
			t.Fatal(err)
		}
		reply := make([]byte, 16)
		if _, err := unix.Write(fd, []byte("PING\r\n")); err != nil {
			t.Fatal(err)
		}
		if n, err := unix.Read(fd, reply); err != nil || string(reply[:n]) != "+PONG\r\n" {
			t.Fatalf("%q (%v)", reply[:n], err)
		}
	}
	watcher.expect("SET k v", "+OK\r\n")
	watcher.expect("GET k", "$1\r\nv\r\n")
	if n := infoField(t, watcher, "connected_clients"); n != clients+1 {
		t.Errorf("%d clients are connected", n)
	}
	watcher.do("MEMORY PURGE") // what is used and not what is yet to be collected
	each := (infoField(t, watcher, "used_memory") - before) / clients
	t.Logf("%d bytes an idle connection", each)
	if each > most {
		t.Errorf("an idle connection takes %d bytes, want at most %d", each, most)
	}
}
