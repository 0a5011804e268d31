package redis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/targets/nodes"
)

// The limits of following Sentinels.
const (
	watchEvery = 100 * time.Millisecond // how long an appointment may stay unseen
	watchLimit = time.Second            // of one answer

	maxBehindBytes = 64 << 10 // of the replication stream: what is on its way under load
)

// watch follows what Sentinels say of where the primary is. Whoever they
// appoint becomes a new node at the end of the list, or is again the one that
// it was; the old primary keeps its index.
type watch struct {
	master    string
	sentinels []*nodes.Nodes
	servers   *nodes.Nodes
	current   atomic.Pointer[string] // its address
	end       context.CancelFunc
	asking    sync.WaitGroup

	mu       sync.Mutex
	switches []targets.Switch
}

// follow starts to follow the Sentinels of a URL, until close.
func (a address) follow(servers *nodes.Nodes, access nodes.Options) *watch {
	access.Username, access.Password, access.Cluster = a.sentinelUsername, a.sentinelPassword, false
	w := &watch{master: a.master, servers: servers}
	for _, host := range a.hosts {
		w.sentinels = append(w.sentinels, nodes.New(access, []slot.Node{host}))
	}
	first := servers.List()[0].Addr()
	w.current.Store(&first)
	ctx, end := context.WithCancel(context.Background())
	w.end = end
	w.asking.Go(func() {
		ticks := time.NewTicker(watchEvery)
		defer ticks.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticks.C:
			}
			_ = w.look(ctx) // who can't be asked now is asked again
		}
	})
	return w
}

// primary is where the primary is by what was last heard.
func (w *watch) primary() string { return *w.current.Load() }

// look asks once, and takes a new primary in.
func (w *watch) look(ctx context.Context) error {
	answer, err := w.ask(ctx, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", w.master)
	if err != nil {
		return err
	}
	node, err := sentinelsWord(answer)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if from, to := w.primary(), node.Addr(); from != to {
		w.servers.Appoint(node)
		w.current.Store(&to)
		w.switches = append(w.switches, targets.Switch{At: time.Now(), From: from, To: to})
	}
	return nil
}

// ask asks one Sentinel after the other, until one answers.
func (w *watch) ask(ctx context.Context, args ...any) (any, error) {
	var errs []error
	for _, sentinel := range w.sentinels {
		ctx, cancel := context.WithTimeout(ctx, watchLimit)
		answer, err := sentinel.Do(ctx, 0, args...)
		cancel()
		if err == nil {
			return answer, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// seen is every appointment so far.
func (w *watch) seen() []targets.Switch {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.switches)
}

// failover has the Sentinels appoint another primary, and returns when it is
// one. They refuse while none of the replicas is fit, as right after the last
// failover: then they are asked again.
func (w *watch) failover(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, failoverLimit)
	defer cancel()
	from, ordered := w.primary(), false
	return until(ctx, fmt.Sprintf("failover of %s from %s by its Sentinels", w.master, from), func(ctx context.Context) error {
		if err := w.look(ctx); err != nil {
			return err
		}
		if to := w.primary(); to != from { // perhaps by an order whose answer was lost
			return w.serves(ctx, to)
		}
		if !ordered {
			if err := w.inStep(ctx, from); err != nil {
				return err
			}
			_, err := w.ask(ctx, "SENTINEL", "FAILOVER", w.master)
			if err != nil && !strings.Contains(err.Error(), "INPROG") {
				return err
			}
			ordered = true
		}
		return errors.New("they have not appointed another primary yet")
	})
}

// inStep is an error while the primary has no replica that holds what it holds:
// Sentinels appoint also one that has not copied it yet, and what was written
// since would be lost.
func (w *watch) inStep(ctx context.Context, addr string) error {
	info, err := w.info(ctx, addr)
	if err == nil && !info.ReplicaWithin(maxBehindBytes) {
		err = fmt.Errorf("%s has no replica that is in step with it", addr)
	}
	return err
}

// serves is an error while the appointed server is no primary in its own view.
func (w *watch) serves(ctx context.Context, addr string) error {
	info, err := w.info(ctx, addr)
	if err == nil && info["role"] != "master" {
		err = fmt.Errorf("%s is no primary yet", addr)
	}
	return err
}

// info is what the server at an address says of itself.
func (w *watch) info(ctx context.Context, addr string) (nodes.Info, error) {
	at := slices.IndexFunc(w.servers.List(), func(node slot.Node) bool { return node.Addr() == addr })
	if at < 0 {
		return nil, fmt.Errorf("%s is not known", addr)
	}
	return w.servers.Info(ctx, at)
}

// close ends the asking.
func (w *watch) close() error {
	w.end()
	w.asking.Wait()
	var errs []error
	for _, sentinel := range w.sentinels {
		errs = append(errs, sentinel.Close())
	}
	return errors.Join(errs...)
}

// Switches is which primaries Sentinels appointed since the target was attached;
// none without Sentinels.
func (c *cluster) Switches() []targets.Switch {
	if c.watch == nil {
		return nil
	}
	return c.watch.seen()
}

// Access is how a driver connects; through Sentinels it says who is the primary.
func (c *cluster) Access() targets.Access {
	access := c.Nodes.Access()
	if c.watch != nil {
		access.Primary = c.watch.primary
		access.Addrs = []string{c.watch.primary()}
	}
	return access
}
