//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"

	"github.com/olekukonko/tablewriter"
)

// baseBytes is what a server may take without a key: the same for all, so
// that nobody hides what its keys need in it.
const baseBytes = 40 << 20

// holding is data whose memory is measured.
type holding struct {
	name         string
	texts        []string // commands that make one key
	valueBytes   int
	count        int
	payloadBytes int // of one key: names and values as the client sees them
}

func holdings() []holding {
	member := len("member:0") + 3
	return []holding{
		{"1M strings, 16 B + 100 B", []string{"SET v100:%011d VALUE"}, 100, 1_000_000, 116},
		{"1M strings, 8 B + 32 B", []string{"SET %08d VALUE"}, 32, 1_000_000, 40},
		{"100k hashes of 10", []string{"HSET hash:%011d FIELDS"}, 10, 100_000, 16 + fields*(len("field:0")+10)},
		{"100k sorted sets of 10", []string{"ZADD zset:%011d MEMBERS"}, 0, 100_000, 16 + fields*member},
	}
}

// benchMemory prints resident bytes a key beyond its payload.
func benchMemory(ctx context.Context, o options, servers []peer, dir string) error {
	table := tablewriter.NewTable(os.Stdout, tablewriter.WithHeaderAutoFormat(-1))
	header := []any{"resident bytes a key beyond its payload"}
	for _, p := range servers {
		header = append(header, p.name)
	}
	table.Header(header...)
	for _, h := range holdings() {
		row := []any{h.name}
		for _, p := range servers {
			progress("%s: %s", p.name, h.name)
			rss, err := hold(ctx, o, p, h, dir, nil)
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			row = append(row, fmt.Sprintf("%.1f", float64(rss-baseBytes)/float64(h.count)-float64(h.payloadBytes)))
		}
		_ = table.Append(row...)
	}
	progressEnd()
	fmt.Printf("Resident memory above a base of %d MB, by key, without keys and values themselves\n", baseBytes>>20)
	if err := table.Render(); err != nil {
		return err
	}
	return benchChurn(ctx, o, servers[0], dir)
}

// benchChurn says what is left of memory after changes: beside the same data
// loaded fresh.
func benchChurn(ctx context.Context, o options, ours peer, dir string) error {
	const count = 1_000_000
	updates := holding{"updates", []string{"SET v100:%011d VALUE"}, 100, count, 116}
	fmt.Println("Memory after churn, slotbench, over a fresh load of the same data:")
	// The last size that each key was given, so that it can be loaded fresh.
	sizes := make([]int, count)
	rnd := rand.New(rand.NewPCG(5, 6))
	var churned int64
	_, err := hold(ctx, o, ours, updates, dir, func(s *process) (err error) {
		for range 10 * count / batch {
			progress("10M updates that change sizes")
			if err := s.pipeline(ctx, batch, func(dst []byte) []byte {
				key := rnd.IntN(count)
				sizes[key] = 20 + rnd.IntN(280)
				return frame(dst, "SET v100:%011d VALUE", key, load{valueBytes: sizes[key]}, rnd)
			}); err != nil {
				return err
			}
		}
		churned, err = s.settledRSS(ctx)
		return err
	})
	if err != nil {
		return err
	}
	var fresh int64
	empty := updates
	empty.count = 0
	_, err = hold(ctx, o, ours, empty, dir, func(s *process) (err error) {
		for first := 0; first < count; first += batch {
			key := first
			if err := s.pipeline(ctx, batch, func(dst []byte) []byte {
				size := sizes[key]
				if size == 0 {
					size = 100
				}
				key++
				return frame(dst, "SET v100:%011d VALUE", key-1, load{valueBytes: size}, rnd)
			}); err != nil {
				return err
			}
		}
		fresh, err = s.settledRSS(ctx)
		return err
	})
	if err != nil {
		return err
	}
	printChurn("10M random updates of 20 to 299 B", churned, fresh)
	half := updates
	halved, err := hold(ctx, o, ours, half, dir, func(s *process) error {
		at := 0
		for range count / batch {
			if err := s.pipeline(ctx, batch, func(dst []byte) []byte {
				at++
				text := "PING"
				if rnd.IntN(2) == 0 {
					text = "DEL v100:%011d"
				}
				return frame(dst, text, at-1, load{}, rnd)
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	half.count /= 2
	fresh, err = hold(ctx, o, ours, half, dir, nil)
	if err != nil {
		return err
	}
	printChurn("a random half of 1M keys deleted", halved, fresh)
	return nil
}

func printChurn(what string, after, fresh int64) {
	progressEnd()
	fmt.Printf("  %-36s %4d MB, fresh %4d MB: %.3f\n", what, after>>20, fresh>>20, float64(after)/float64(fresh))
}

// hold starts a server, fills it, does more with it, and returns its resident
// bytes when they no longer change.
func hold(ctx context.Context, o options, p peer, h holding, dir string, more func(*process) error) (int64, error) {
	s, err := start(ctx, p, o.serverCPU, dir)
	if err != nil {
		return 0, err
	}
	defer s.stop()
	if err := s.fill(ctx, load{valueBytes: h.valueBytes}, h.texts, h.count); err != nil {
		return 0, err
	}
	if more != nil {
		if err := more(s); err != nil {
			return 0, err
		}
	}
	return s.settledRSS(ctx)
}
