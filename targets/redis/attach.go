package redis

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/targets/nodes"
)

// AttachOptions is what an attached system needs beyond its URL.
type AttachOptions struct {
	// TLS is the configuration for rediss URLs: certificates, and whom to
	// trust. nil trusts whom the system trusts. Without a ServerName the URL's
	// host is it, for all nodes of a cluster.
	TLS *tls.Config
}

// Attach connects to a server or, through one of its nodes, to a cluster:
// redis://[user:password@]host:port, or rediss for TLS. It finds out which of
// both it is, and of a cluster takes the primaries, in the order of their
// slots. redis+sentinel://host:port,host:port/NAME asks Sentinels for the
// server; see parseURL for what else a URL can say.
func Attach(ctx context.Context, rawURL string, options AttachOptions) (targets.Cluster, error) {
	n, err := Connect(ctx, rawURL, options)
	if err != nil {
		return nil, err
	}
	return Over(n, rawURL, options)
}

// Over is the target behind nodes that Connect found by a URL; Close closes
// them. A server that Sentinels watch is followed to where they appoint its
// primary.
func Over(n *nodes.Nodes, rawURL string, options AttachOptions) (targets.Cluster, error) {
	target, err := parseURL(rawURL)
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	c := &cluster{Nodes: n}
	if target.master != "" {
		c.watch = target.follow(n, target.access(options))
	}
	return c, nil
}

// access is how the servers and Sentinels of a URL are reached.
func (a address) access(options AttachOptions) nodes.Options {
	access := nodes.Options{Username: a.username, Password: a.password}
	if a.tls {
		access.TLS = options.TLS.Clone()
		if access.TLS == nil {
			access.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		access.TLS.ServerName = cmp.Or(access.TLS.ServerName, a.hosts[0].Host)
	}
	return access
}

// Connect finds the nodes that a URL leads to, as Attach does, whatever product
// they are.
func Connect(ctx context.Context, rawURL string, options AttachOptions) (*nodes.Nodes, error) {
	target, err := parseURL(rawURL)
	if err != nil {
		return nil, err
	}
	access := target.access(options)
	node := target.hosts[0]
	if target.master != "" {
		if node, err = target.primaryOf(ctx, access); err != nil {
			return attached(nil, err)
		}
	}
	asked := nodes.New(access, []slot.Node{node})
	isCluster, err := inspect(ctx, asked)
	if err != nil || !isCluster {
		return attached(asked, target.sayPlain(ctx, node, err))
	}
	defer asked.Close()
	view, err := asked.View(ctx, 0)
	if err != nil {
		return attached(nil, err)
	}
	access.Cluster = true
	all := nodes.New(access, primaries(view))
	return attached(all, checkServes(ctx, all))
}

// attached is these nodes, unless there is an error, of which it says more.
func attached(n *nodes.Nodes, err error) (*nodes.Nodes, error) {
	if err == nil {
		return n, nil
	}
	if n != nil {
		_ = n.Close() // of connections that led nowhere
	}
	text := err.Error()
	switch {
	case strings.Contains(text, "NOAUTH"):
		err = fmt.Errorf("%w (the server wants a password: redis://user:password@host:port)", err)
	case strings.Contains(text, "WRONGPASS") || strings.Contains(text, "invalid password"):
		err = fmt.Errorf("%w (the user name or password in the URL is wrong)", err)
	case strings.Contains(text, "NOPERM"):
		err = fmt.Errorf("%w (to look at the target the user needs %s, and what the workload sends beside: ACL SETUSER USER %s)", err, lookingACL, lookingACL)
	}
	return nil, fmt.Errorf("attach: %w", err)
}

// lookingACL is what the ACL of a user must allow for a target to be looked at.
const lookingACL = "+info +dbsize +config|get +cluster"

// plainLimit is how long a server may take to answer a PING without TLS.
const plainLimit = time.Second

// speaksPlain says whether a server that was asked in TLS answers without it:
// one that does takes the handshake for the beginning of a long command, and
// waits for its end.
func speaksPlain(ctx context.Context, node slot.Node) bool {
	ctx, cancel := context.WithTimeout(ctx, plainLimit)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", node.Addr())
	if err != nil {
		return false
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	first := make([]byte, 1)
	if conn.SetDeadline(deadline) != nil {
		return false
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	_, err = io.ReadFull(conn, first)
	return err == nil && (first[0] == '+' || first[0] == '-') // PONG, or that it wants a password
}

// sayPlain says of an error that the server speaks no TLS, where it was asked
// in TLS and does not.
func (a address) sayPlain(ctx context.Context, node slot.Node, err error) error {
	if err != nil && a.tls && speaksPlain(ctx, node) {
		return fmt.Errorf("%s speaks no TLS on this port: use redis:// (for Sentinels redis+sentinel://) (%w)", node.Addr(), err)
	}
	return err
}

// inspect says whether the server is a node of a cluster, and refuses one that
// cannot be measured.
func inspect(ctx context.Context, asked *nodes.Nodes) (isCluster bool, err error) {
	info, err := asked.Info(ctx, 0)
	if err != nil {
		return false, err
	}
	isCluster = info["cluster_enabled"] == "1"
	switch {
	case info["redis_mode"] == "sentinel":
		return false, fmt.Errorf("the server is a Sentinel, which holds no keys: to measure what it watches, redis+sentinel://host:port/NAME")
	case !isCluster && info["role"] == "slave":
		return false, fmt.Errorf("the server is a replica of %s:%s: attach to its primary",
			info["master_host"], info["master_port"])
	}
	return isCluster, nil
}

// primaries are a view's primaries in the order of their first slots, those
// without slots last.
func primaries(view nodes.View) []slot.Node {
	sorted := slices.Clone(view.Primaries)
	first := func(p nodes.Primary) int {
		lowest := int(slot.MaxCount)
		for _, r := range p.Owned {
			lowest = min(lowest, int(r.First))
		}
		return lowest
	}
	slices.SortFunc(sorted, func(a, b nodes.Primary) int {
		return cmp.Or(cmp.Compare(first(a), first(b)), cmp.Compare(a.Addr(), b.Addr()))
	})
	list := make([]slot.Node, len(sorted))
	for i, p := range sorted {
		list[i] = p.Node
	}
	return list
}

// checkServes refuses a cluster of which a node cannot be reached or does not
// serve.
func checkServes(ctx context.Context, all *nodes.Nodes) error {
	for i, node := range all.List() {
		state, err := clusterInfo(ctx, all, i)
		if err != nil {
			return err
		}
		if state["cluster_state"] != "ok" {
			return fmt.Errorf("node %s: the cluster does not serve: cluster_state:%s, %s of %d slots assigned",
				node.Addr(), state["cluster_state"], state["cluster_slots_assigned"], slot.DefaultCount)
		}
	}
	return nil
}

func clusterInfo(ctx context.Context, n *nodes.Nodes, i int) (nodes.Info, error) {
	answer, err := n.Do(ctx, i, "CLUSTER", "INFO")
	if err != nil {
		return nil, err
	}
	text, _ := answer.(string)
	return nodes.ParseInfo(text), nil
}
