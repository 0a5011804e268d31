package nodes

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"slotbench/internal/slot"
	"slotbench/targets"
)

// move moves one slot. whole says whether the slot is the destination's now,
// which it may be in spite of an error.
func (m *mover) move(ctx context.Context, move targets.Move) (done targets.Moved, whole bool, err error) {
	from, to := m.nodes[move.From], m.nodes[move.To]
	counts, err := to.countKeys(ctx, []slot.Slot{move.Slot})
	if err != nil {
		return done, false, err
	}
	if counts[0] != 0 {
		return done, false, fmt.Errorf("migrate: slot %d: %s already holds %d keys of it, "+
			"leftovers of another migration; nothing was touched", move.Slot, to.Addr(), counts[0])
	}
	done = targets.Moved{Move: move, Bytes: m.bytes[move.Slot]}
	if m.how.Begin != nil {
		m.how.Begin(move)
	}
	done.Started = time.Now()
	if err = m.open(ctx, move); err == nil {
		if err = m.carry(ctx, move, &done.Keys, false); err == nil {
			err = m.handOver(ctx, move)
		}
	}
	if err == nil {
		done.Took = time.Since(done.Started)
		return done, true, nil
	}
	whole, outcome := m.close(context.WithoutCancel(ctx), move, &done.Keys)
	done.Took = time.Since(done.Started)
	return done, whole, fmt.Errorf("migrate slot %d from %s to %s: %w; %s",
		move.Slot, from.Addr(), to.Addr(), err, outcome)
}

// open opens the slot, at the destination first.
func (m *mover) open(ctx context.Context, move targets.Move) error {
	from, to := m.nodes[move.From], m.nodes[move.To]
	if err := to.setSlot(ctx, move.Slot, "IMPORTING", from.ID); err != nil {
		return err
	}
	return from.setSlot(ctx, move.Slot, "MIGRATING", to.ID)
}

// setSlot changes one slot at one node.
func (n node) setSlot(ctx context.Context, s slot.Slot, how ...any) error {
	_, err := n.do(ctx, append([]any{"CLUSTER", "SETSLOT", int(s)}, how...)...)
	return err
}

// carry moves keys until the source has none, one round trip a batch: a
// MIGRATE goes together with the question for the next keys. It adds to keys
// what was carried. replace is for keys that may be at both ends.
func (m *mover) carry(ctx context.Context, move targets.Move, keys *int64, replace bool) error {
	from := m.nodes[move.From]
	batch, err := from.keysInSlot(ctx, move.Slot, m.how.Batch)
	broken, idle := 0, 0
	for err == nil && len(batch) > 0 {
		if err = ctx.Err(); err != nil {
			break
		}
		answer, next, failure := m.carryBatch(ctx, move, batch, replace)
		err = failure
		switch word, _, _ := strings.Cut(answer, " "); {
		case err != nil:
		case word == "OK":
			*keys += int64(len(batch))
			broken, idle = 0, 0
		case word == "NOKEY": // deleted or expired since they were listed
			if idle++; idle > maxIdle {
				err = fmt.Errorf("%s lists keys of the slot that it does not have", from.Addr())
			}
		case word == "IOERR" && broken < maxBroken:
			broken++
			replace = true
		case word == "BUSYKEY":
			err = fmt.Errorf("the destination has got a key of the same name, "+
				"which is not replaced since it may be the newer one: %s", answer)
		default:
			err = errors.New(answer)
		}
		batch = next
	}
	return err
}

// carryBatch sends one MIGRATE and asks for the next keys. The answer is
// MIGRATE's, an error of the node's included.
func (m *mover) carryBatch(ctx context.Context, move targets.Move, batch []string, replace bool) (string, []string, error) {
	from, to := m.nodes[move.From], m.nodes[move.To]
	args := []any{"MIGRATE", to.Host, to.Port, "", 0, m.how.Timeout.Milliseconds()}
	if replace {
		args = append(args, "REPLACE")
	}
	args = append(append(args, m.auth...), "KEYS")
	for _, key := range batch {
		args = append(args, key)
	}
	answers, err := from.pipeline(ctx, m.how.Timeout+migrateSlack, [][]any{
		args, {"CLUSTER", "GETKEYSINSLOT", int(move.Slot), m.how.Batch},
	})
	if err != nil {
		return "", nil, err
	}
	answer, err := answers[0].Text()
	if err != nil {
		answer = err.Error()
	}
	next, err := answers[1].StringSlice()
	return answer, next, err
}

// handOver makes the destination the owner: at the destination, at the
// source, then everywhere else.
func (m *mover) handOver(ctx context.Context, move targets.Move) error {
	for _, node := range append([]node{m.nodes[move.To], m.nodes[move.From]}, m.others(move)...) {
		if err := node.setSlot(ctx, move.Slot, "NODE", m.nodes[move.To].ID); err != nil {
			return err
		}
	}
	return nil
}
