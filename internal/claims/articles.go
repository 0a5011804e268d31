package claims

import (
	"context"
	"fmt"
)

// articleRows are arithmetic on the figures of the article.
var articleRows = []row{
	{"18 ms to migrate a 1 GB slot (Dragonfly: 47 ms)", "bytes ÷ seconds; the time of 1 GB at 10 Gbit/s, and at the article's own rates of 12 and 4.2 GB/s", oneGigabyte},
	{"100 slots in 45 minutes", "12 GB × 100/16384 over 45 minutes, and over 8", hundredSlots},
	{"The article's migration code keeps keys that expire", "a TTL of an hour read in seconds and given to RESTORE, which takes milliseconds; −1, for no TTL, is below 0, which RESTORE refuses", restoreTTL},
	{"The article's 50 clients load the server", "50 connections used one request at a time, round-robin, for 10,000 requests of 1 ms: the most that are under way at once, and Little's law", fiftyClients},
}

func oneGigabyte(context.Context) answer {
	const bytes, nic = 1e9, 10e9 / 8
	f := figures{}
	rate := f.set("gbit_per_second", bytes*8/0.018/1e9)
	times := f.set("times_the_network", bytes/0.018/nic)
	floor := f.set("network_floor_seconds", bytes/nic)
	own, dragonfly := f.set("at_12_gb_seconds", bytes/12e9), f.set("at_4.2_gb_seconds", bytes/4.2e9)
	return answer{judge(times <= 1), fmt.Sprintf("%.0f Gbit/s, %.0f× the 10 Gbit/s network that the article names (floor %.1f s); its own 12 GB/s would take %.0f ms. Dragonfly's 47 ms contradicts its 4.2 GB/s (%.0f ms).",
		rate, times, floor, 1000*own, 1000*dragonfly), f}
}

func hundredSlots(context.Context) answer {
	f := figures{}
	bytes := f.set("bytes", 12e9*100/16384)
	slow, fast := f.set("bytes_per_second_45_minutes", bytes/(45*60)), f.set("bytes_per_second_8_minutes", bytes/(8*60))
	return answer{False, fmt.Sprintf("12 GB × 100/16384 = %.0f MB: %.0f kB/s (in 8 minutes: %.0f kB/s). That is no migration's rate.", bytes/1e6, slow/1e3, fast/1e3), f}
}

func restoreTTL(context.Context) answer {
	f := figures{}
	const ttlSeconds = 3600
	lives := f.set("lives_seconds", ttlSeconds/1000.0)
	return answer{False, fmt.Sprintf("A key with an hour to live gets %.1f s; one without a TTL is refused (−1 < 0) and lost, since DEL follows unchecked. Writes between DUMP and DEL are lost too.", lives), f}
}

// fiftyClients plays the loop: the next request is sent when the one before
// has been answered, whichever connection it uses.
func fiftyClients(context.Context) answer {
	const clients, requests, serviceMillis = 50, 10_000, 1.0
	f := figures{}
	ends := make([]float64, clients) // when each connection's last answer came
	now, busy, most := 0.0, 0.0, 0
	for i := range requests {
		begin := now
		now += serviceMillis
		ends[i%clients] = now
		busy += now - begin
		underWay := 0
		for _, end := range ends {
			if end > begin {
				underWay++
			}
		}
		most = max(most, underWay)
	}
	f.set("most_at_once", float64(most))
	mean := f.set("concurrency", busy/now)
	return answer{judge(most > 1), fmt.Sprintf("Used one request at a time they are a concurrency of %.0f (at most %d at once), however many connections there are.", mean, most), f}
}

// productRows are facts about products and texts. They stand here so that none
// of the claims is passed over in silence.
var productRows = []row{
	{"Dragonfly's slot count is configurable 1024–32768", "the effect can be computed: the floor of max/mean by slot counts over 12 nodes", dragonflySlots},
	{"Dragonfly has Raft and a REST API", "a fact about a product", notComputed("Its documentation has nodes configured from outside (DFLYCLUSTER CONFIG).")},
	{"`redis-cli --cluster check … --cluster-search-slots`", "a fact about a program", notComputed("Compare redis-cli --cluster help: the option there is --cluster-search-multiple-owners.")},
}

func notComputed(why string) func(context.Context) answer {
	return func(context.Context) answer { return answer{NotComputed, why, nil} }
}

func dragonflySlots(context.Context) answer {
	f := figures{}
	var floors []float64
	for _, n := range []float64{1024, 4096, 16384, 32768} {
		perNode := n / 12
		whole := float64(int(perNode))
		if whole < perNode {
			whole++
		}
		floors = append(floors, f.set(fmt.Sprintf("floor_%.0f", n), whole/perNode))
	}
	return answer{NotComputed, fmt.Sprintf("Not computed, but real Dragonfly is documented to fix 16384. What a count would change over 12 nodes: max/mean by slots of at least %s with 1024 / 4096 / 16384 / 32768.", list("%.4f", floors)), f}
}
