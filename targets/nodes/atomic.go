package nodes

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"slotbench/internal/slot"
	"slotbench/targets"
)

// redisAccounts are the counts and sizes that Redis's commands tell.
type redisAccounts struct{ *Nodes }

// Keys is how many keys a node holds in each of the slots.
func (a redisAccounts) Keys(ctx context.Context, node int, slots []slot.Slot) ([]int64, error) {
	return a.CountKeys(ctx, node, slots)
}

// Bytes is how large the slots are at their sources.
func (a redisAccounts) Bytes(ctx context.Context, moves []targets.Move) map[slot.Slot]int64 {
	return a.sizeMoves(ctx, moves)
}

// pushing is Valkey's atomic migration: the source is told CLUSTER
// MIGRATESLOTS, streams a snapshot and then what is written meanwhile, pauses
// writes, and grants the destination the slots. Tried with Valkey 9.1.
type pushing struct{ redisAccounts }

var _ RangeMover = pushing{}

// Begin starts an export. What others do on the source is not meddled with:
// it can only be cancelled as a whole.
func (p pushing) Begin(ctx context.Context, b Batch) (string, error) {
	from, to, err := p.pair(b)
	if err != nil {
		return "", err
	}
	before, err := from.jobs(ctx)
	if err != nil {
		return "", err
	}
	known := map[string]bool{}
	for _, job := range before {
		known[job["name"]] = true
		if progress := pushedProgress(job); !progress.Ended {
			return "", fmt.Errorf("node %s: another migration runs there: slots %s, %s", from.Addr(), job["slot_ranges"], progress.State)
		}
	}
	args := []any{"CLUSTER", "MIGRATESLOTS", "SLOTSRANGE"}
	for _, r := range b.Ranges {
		args = append(args, int(r.First), int(r.Last))
	}
	if _, err := from.do(ctx, append(args, "NODE", to.ID)...); err != nil {
		return "", err
	}
	after, err := from.jobs(ctx)
	if err != nil {
		return "", err
	}
	for _, job := range after {
		if !known[job["name"]] && job["target_node"] == to.ID {
			return job["name"], nil
		}
	}
	return "", fmt.Errorf("node %s: CLUSTER GETSLOTMIGRATIONS does not show the migration that it began", from.Addr())
}

// Progress is the source's word.
func (p pushing) Progress(ctx context.Context, b Batch, task string) (Progress, error) {
	from, _, err := p.pair(b)
	if err != nil {
		return Progress{}, err
	}
	jobs, err := from.jobs(ctx)
	if err != nil {
		return Progress{}, err
	}
	for _, job := range jobs {
		if job["name"] == task {
			return pushedProgress(job), nil
		}
	}
	return p.forgotten(ctx, b)
}

// forgotten is a batch of which the node that was asked knows nothing any
// more, as after a restart. Who owns the slots tells what became of it.
func (a redisAccounts) forgotten(ctx context.Context, b Batch) (Progress, error) {
	_, to, err := a.pair(b)
	if err != nil {
		return Progress{}, err
	}
	view, err := to.view(ctx)
	if err != nil {
		return Progress{}, err
	}
	progress := Progress{State: "forgotten", Message: "the server does not know of it any more, as after a restart", Ended: true, Moved: true}
	for _, move := range b.Moves {
		progress.Moved = progress.Moved && view.Owner(move.Slot) == to.ID
	}
	return progress, nil
}

// pushedProgress reads a job of GETSLOTMIGRATIONS.
func pushedProgress(job map[string]string) Progress {
	progress := Progress{State: job["state"], Message: job["message"]}
	switch progress.State {
	case "success":
		progress.Ended, progress.Moved = true, true
	case "failed", "cancelled":
		progress.Ended = true
	}
	return progress
}

// Cancel ends what the source sends.
func (p pushing) Cancel(ctx context.Context, b Batch, _ string) error {
	from, _, err := p.pair(b)
	if err != nil {
		return err
	}
	_, err = from.do(ctx, "CLUSTER", "CANCELSLOTMIGRATIONS")
	return err
}

// ByHand is asked of the source.
func (p pushing) ByHand(b Batch, _ string) string {
	from, _, err := p.pair(b)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("To see it and to end it:\n  valkey-cli -h %s -p %d CLUSTER GETSLOTMIGRATIONS\n"+
		"  valkey-cli -h %s -p %d CLUSTER CANCELSLOTMIGRATIONS", from.Host, from.Port, from.Host, from.Port)
}

// jobs are the migrations that a Valkey node knows of.
func (n node) jobs(ctx context.Context) ([]map[string]string, error) {
	answer, err := n.do(ctx, "CLUSTER", "GETSLOTMIGRATIONS")
	if err != nil {
		return nil, err
	}
	return n.tasks("GETSLOTMIGRATIONS", answer)
}

// tasks reads a list of lists of names and values.
func (n node) tasks(command string, answer any) ([]map[string]string, error) {
	list, ok := answer.([]any)
	if !ok {
		return nil, fmt.Errorf("node %s: %s: the answer is no list", n.Addr(), command)
	}
	tasks := make([]map[string]string, len(list))
	for i, entry := range list {
		fields, ok := entry.([]any)
		if !ok || len(fields)%2 != 0 {
			return nil, fmt.Errorf("node %s: %s: an entry is not names and values", n.Addr(), command)
		}
		tasks[i] = map[string]string{}
		for j := 0; j < len(fields); j += 2 {
			if fields[j+1] != nil {
				tasks[i][fmt.Sprint(fields[j])] = fmt.Sprint(fields[j+1])
			}
		}
	}
	return tasks, nil
}

// pair is the nodes that a batch is between.
func (a redisAccounts) pair(b Batch) (from, to node, err error) {
	from, errFrom := a.node(b.From)
	to, errTo := a.node(b.To)
	return from, to, errors.Join(errFrom, errTo)
}

// pulling is Redis's atomic migration: the destination is told CLUSTER
// MIGRATION IMPORT and pulls. Written after the documentation and the source
// of Redis 8.4; not tried against the real product.
type pulling struct{ redisAccounts }

var _ RangeMover = pulling{}

// maxRetries is how often a destination may begin again by itself: it would
// go on for ever.
const maxRetries = 3

// Begin starts an import.
func (p pulling) Begin(ctx context.Context, b Batch) (string, error) {
	_, to, err := p.pair(b)
	if err != nil {
		return "", err
	}
	args := []any{"CLUSTER", "MIGRATION", "IMPORT"}
	for _, r := range b.Ranges {
		args = append(args, int(r.First), int(r.Last))
	}
	answer, err := to.do(ctx, args...)
	if err != nil {
		return "", err
	}
	task, ok := answer.(string)
	if !ok || task == "" || strings.ContainsAny(task, " \r\n") {
		return "", fmt.Errorf("node %s: CLUSTER MIGRATION IMPORT: the answer is no task: %.80q", to.Addr(), fmt.Sprint(answer))
	}
	return task, nil
}

// Progress is the destination's word.
func (p pulling) Progress(ctx context.Context, b Batch, task string) (Progress, error) {
	_, to, err := p.pair(b)
	if err != nil {
		return Progress{}, err
	}
	answer, err := to.do(ctx, "CLUSTER", "MIGRATION", "STATUS", "ID", task)
	if err != nil {
		return Progress{}, err
	}
	tasks, err := to.tasks("CLUSTER MIGRATION STATUS", answer)
	switch {
	case err != nil:
		return Progress{}, err
	case len(tasks) == 0:
		return p.forgotten(ctx, b)
	}
	return p.judge(ctx, b, tasks[0])
}

// judge reads a task. One that failed begins again by itself, so it is
// cancelled when it has done so often.
func (p pulling) judge(ctx context.Context, b Batch, task map[string]string) (Progress, error) {
	progress := Progress{State: task["state"], Message: task["last_error"]}
	switch progress.State {
	case "completed":
		progress.Ended, progress.Moved = true, true
	case "canceled":
		progress.Ended = true
	case "failed":
		var retries int
		if _, err := fmt.Sscan(task["retries"], &retries); err != nil || retries < maxRetries {
			return progress, nil
		}
		if err := p.Cancel(ctx, b, task["id"]); err != nil {
			return progress, err
		}
		progress.Ended = true
		progress.Message += fmt.Sprintf(" (after %d retries, cancelled)", retries)
	}
	return progress, nil
}

// Cancel is told to the destination, which would begin again otherwise.
func (p pulling) Cancel(ctx context.Context, b Batch, task string) error {
	_, to, err := p.pair(b)
	if err != nil {
		return err
	}
	_, err = to.do(ctx, "CLUSTER", "MIGRATION", "CANCEL", "ID", task)
	return err
}

// ByHand is asked of the destination.
func (p pulling) ByHand(b Batch, task string) string {
	_, to, err := p.pair(b)
	if err != nil {
		return err.Error()
	}
	which := "ALL"
	if task != "" {
		which = "ID " + task
	}
	return fmt.Sprintf("To see it and to end it:\n  redis-cli -h %s -p %d CLUSTER MIGRATION STATUS %s\n"+
		"  redis-cli -h %s -p %d CLUSTER MIGRATION CANCEL %s", to.Host, to.Port, which, to.Host, to.Port, which)
}
