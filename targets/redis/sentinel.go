package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"slotbench/internal/slot"
	"slotbench/targets/nodes"
)

// primaryOf asks one Sentinel after the other where the primary of a name is.
// Who they appoint later, watch follows.
func (a address) primaryOf(ctx context.Context, access nodes.Options) (slot.Node, error) {
	access.Username, access.Password = a.sentinelUsername, a.sentinelPassword
	var errs []error
	for _, host := range a.hosts {
		one := nodes.New(access, []slot.Node{host})
		answer, err := one.Do(ctx, 0, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", a.master)
		_ = one.Close()
		if err != nil {
			errs = append(errs, a.sayPlain(ctx, host, err))
			continue
		}
		node, err := sentinelsWord(answer)
		if err == nil {
			return node, nil
		}
		errs = append(errs, fmt.Errorf("sentinel %s: primary %q: %w", host.Addr(), a.master, err))
	}
	return slot.Node{}, errors.Join(errs...)
}

// sentinelsWord reads an address: host and port.
func sentinelsWord(answer any) (slot.Node, error) {
	if answer == nil {
		return slot.Node{}, errors.New("it knows no such name")
	}
	pair, _ := answer.([]any)
	if len(pair) != 2 {
		return slot.Node{}, errors.New("the answer is no address")
	}
	port, err := strconv.ParseUint(fmt.Sprint(pair[1]), 10, 16)
	if err != nil || port == 0 {
		return slot.Node{}, fmt.Errorf("the answer is no address: port %q", fmt.Sprint(pair[1]))
	}
	return slot.Node{Host: fmt.Sprint(pair[0]), Port: int(port)}, nil
}
