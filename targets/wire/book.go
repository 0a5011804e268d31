package wire

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"slotbench/targets"
)

// resolveTimeout is how long a host's name may take to resolve.
const resolveTimeout = 5 * time.Second

// book gives every node's address one number for all workers. Addresses are
// only ever added. Names that redirects teach are resolved by the book's own
// goroutines, so that no loop waits for it.
type book struct {
	mu      sync.Mutex
	byAddr  map[string]int32
	entries atomic.Pointer[[]*entry]
	ctx     context.Context // ends with the book, and its goroutines with it
	cancel  context.CancelFunc
	wait    sync.WaitGroup
	quotes  targets.Quotes // of the error answers to all workers
}

// entry is one node's address.
type entry struct {
	addr, host string
	resolved   atomic.Pointer[[]netip.AddrPort] // nil: not yet
}

func newBook(addrs []string) *book {
	b := &book{byAddr: make(map[string]int32)}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.entries.Store(&[]*entry{})
	for _, addr := range addrs {
		b.add(addr)
	}
	return b
}

// close ends what still resolves.
func (b *book) close() {
	b.cancel()
	b.wait.Wait()
}

func (b *book) get(i int32) *entry      { return (*b.entries.Load())[i] }
func (b *book) host(i int32) string     { return b.get(i).host }
func (b *book) len() int                { return len(*b.entries.Load()) }
func joinAddr(host, port string) string { return net.JoinHostPort(host, port) }

// addrs is every known address by number.
func (b *book) addrs() []string {
	var addrs []string
	for _, e := range *b.entries.Load() {
		addrs = append(addrs, e.addr)
	}
	return addrs
}

// index is an address's number, new if it is not known; -1 when the book is
// full.
func (b *book) index(addr string) int32 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i, ok := b.byAddr[addr]; ok {
		return i
	}
	if b.len() >= targets.MaxNodes {
		return -1
	}
	return b.add(addr)
}

// add appends an address even if it is there already: the target's own nodes
// keep their numbers.
func (b *book) add(addr string) int32 {
	host, port, err := net.SplitHostPort(addr)
	e := &entry{addr: addr, host: host}
	i := int32(b.len())
	entries := append(append([]*entry(nil), *b.entries.Load()...), e)
	b.entries.Store(&entries)
	if _, known := b.byAddr[addr]; !known {
		b.byAddr[addr] = i
	}
	number, _ := strconv.ParseUint(port, 10, 16)
	if ip, parseErr := netip.ParseAddr(host); err == nil && parseErr == nil {
		e.resolved.Store(&[]netip.AddrPort{netip.AddrPortFrom(ip.Unmap(), uint16(number))})
	} else if err == nil {
		b.wait.Go(func() { e.resolve(b.ctx, uint16(number)) })
	}
	return i
}

// resolve looks a name up; the addresses are tried in turn.
func (e *entry) resolve(ctx context.Context, port uint16) {
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", e.host)
	if err != nil {
		return // a connection to it fails as unresolved
	}
	var addrs []netip.AddrPort
	for _, ip := range ips {
		addrs = append(addrs, netip.AddrPortFrom(ip.Unmap(), port))
	}
	e.resolved.Store(&addrs)
}

// pick is the address for the given attempt; false while there is none.
func (e *entry) pick(attempt int) (netip.AddrPort, bool) {
	addrs := e.resolved.Load()
	if addrs == nil || len(*addrs) == 0 {
		return netip.AddrPort{}, false
	}
	return (*addrs)[attempt%len(*addrs)], true
}
