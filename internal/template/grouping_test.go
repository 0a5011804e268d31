package template

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"slotbench/internal/keyset"
)

// groupingKeys is raised by scripts/templates.
var groupingKeys = flag.Int("grouping-keys", 20_000, "how many keys TestGrouping mines")

const (
	lower  = "abcdefghijklmnopqrstuvwxyz"
	digits = "0123456789"
	base62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + lower + digits
)

func letters(r *rand.Rand, alphabet string, n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(alphabet[r.IntN(len(alphabet))])
	}
	return b.String()
}

func among(r *rand.Rand, list ...string) string { return list[r.IntN(len(list))] }

// word is one of some thousand names that people give.
func word(r *rand.Rand) string {
	return among(r, "ar", "ben", "cor", "dan", "el", "far", "gil", "han", "is", "jo", "kat", "lu", "mar", "nor", "ol") +
		among(r, "a", "bert", "chen", "do", "en", "fred", "go", "ina", "ka", "lia", "mond", "na", "ra", "son", "ton", "vin") +
		among(r, "", "", "s", "er", "sen", "y", "o")
}

// way is one of naming keys: one template to a person.
type way struct {
	share int
	make  func(r *rand.Rand) string
}

// groups are ways of naming keys as they are met in the wild.
var groups = []way{
	{12, func(r *rand.Rand) string { return fmt.Sprintf("user:%d", r.IntN(1e8)) }},
	{6, func(r *rand.Rand) string { return fmt.Sprintf("user:%d:profile", r.IntN(1e8)) }},
	{4, func(r *rand.Rand) string { return fmt.Sprintf("user:%d:settings", r.IntN(1e8)) }},
	{4, func(r *rand.Rand) string { return fmt.Sprintf("user:%d:feed:%d", r.IntN(1e8), r.IntN(20)) }},
	{8, func(r *rand.Rand) string { return "session:" + uuid(r) }},
	{4, func(r *rand.Rand) string { return "session:" + strings.ToUpper(uuid(r)) + ":csrf" }},
	{6, func(r *rand.Rand) string { return "cart:{" + uuid(r) + "}:items" }},
	{4, func(r *rand.Rand) string { return "cart:{" + uuid(r) + "}:total" }},
	{3, func(r *rand.Rand) string { return fmt.Sprintf("{tenant%d}:user:%d", r.IntN(500), r.IntN(1e7)) }},
	{3, func(r *rand.Rand) string { return fmt.Sprintf("{tenant%d}:invoice:%d", r.IntN(500), r.IntN(1e7)) }},
	// dated
	{3, func(r *rand.Rand) string { return fmt.Sprintf("stats:%s:page:%d", day(r), r.IntN(10_000)) }},
	{3, func(r *rand.Rand) string {
		return fmt.Sprintf("hits:%s:%d", strings.ReplaceAll(day(r), "-", ""), r.IntN(1e6))
	}},
	{2, func(r *rand.Rand) string {
		return fmt.Sprintf("log/%s/%s/%d", strings.ReplaceAll(day(r), "-", "/"), word(r), r.IntN(1e6))
	}},
	{2, func(r *rand.Rand) string { return fmt.Sprintf("lock:%d", 1_600_000_000+r.IntN(2e8)) }},
	{2, func(r *rand.Rand) string {
		return fmt.Sprintf("event:%sT%02d:%02d:%02dZ:%d", day(r), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1e6))
	}},
	// hashes, numeric against hexadecimal ids
	{3, func(r *rand.Rand) string { return "cache/" + hex(r, 40) }},
	{2, func(r *rand.Rand) string { return "cache/" + hex(r, 64) + "/meta" }},
	{3, func(r *rand.Rand) string { return "md5:" + hex(r, 32) }},
	{3, func(r *rand.Rand) string { return "obj:" + hex(r, 8) }},
	{3, func(r *rand.Rand) string { return "mongo:" + hex(r, 24) }},
	{3, func(r *rand.Rand) string { return fmt.Sprintf("node:%x", 1+r.IntN(1<<28)) }},
	{3, func(r *rand.Rand) string { return fmt.Sprintf("item:%08d", r.IntN(1e8)) }},
	{2, func(r *rand.Rand) string { return fmt.Sprintf("tweet:%d", 1e17+r.Int64N(9e17)) }},
	{2, func(r *rand.Rand) string { return fmt.Sprintf("color:#%s", hex(r, 6)) }},
	// tokens
	{3, func(r *rand.Rand) string { return "tok_" + letters(r, base62, 22) }},
	{3, func(r *rand.Rand) string { return "t:" + letters(r, base62, 6) }},
	{2, func(r *rand.Rand) string { return "short:" + letters(r, base62, 8) + ":clicks" }},
	{2, func(r *rand.Rand) string { return "nano:" + letters(r, base62+"-_", 21) }},
	{2, func(r *rand.Rand) string { return "01H" + letters(r, "0123456789ABCDEFGHJKMNPQRSTVWXYZ", 23) + ":job" }},
	{2, func(r *rand.Rand) string { return "otp-" + letters(r, digits, 6) }},
	{2, func(r *rand.Rand) string {
		return "jwt:" + letters(r, base62+"-_", 36) + "." + letters(r, base62+"-_", 120)
	}},
	// words
	{3, func(r *rand.Rand) string { return "login_" + word(r) + word(r) }},
	{2, func(r *rand.Rand) string { return "profile:" + word(r) + letters(r, digits, r.IntN(4)) }},
	{2, func(r *rand.Rand) string { return fmt.Sprintf("tag:%s:%s", word(r), word(r)) }},
	{2, func(r *rand.Rand) string { return fmt.Sprintf("slug:%s-%s-%d", word(r), word(r), r.IntN(1e5)) }},
	{2, func(r *rand.Rand) string { return fmt.Sprintf("app.cache-%s_%d:v%d", word(r), r.IntN(1e6), r.IntN(9)) }},
	{2, func(r *rand.Rand) string {
		return fmt.Sprintf("svc.billing.rate|%d", r.IntN(1e7))
	}},
	// addresses
	{3, func(r *rand.Rand) string { return "mail:" + word(r) + "@" + word(r) + ".com" }},
	{2, func(r *rand.Rand) string {
		return "account:" + word(r) + among(r, ".", "_", "") + word(r) + letters(r, digits, r.IntN(3)) + "@" + word(r) + among(r, ".com", ".org", ".co.uk") + ":quota"
	}},
	{3, func(r *rand.Rand) string {
		return fmt.Sprintf("ip:%d.%d.%d.%d", r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(256))
	}},
	{2, func(r *rand.Rand) string {
		return fmt.Sprintf("rate:{10.%d.%d.%d}:%d", r.IntN(256), r.IntN(256), r.IntN(256), 28_000_000+r.IntN(1e5))
	}},
	{2, func(r *rand.Rand) string {
		return fmt.Sprintf("ban:2001:db8:%x:%x::%x", r.IntN(1<<16), r.IntN(1<<16), r.IntN(1<<16))
	}},
	{2, func(r *rand.Rand) string { return fmt.Sprintf("phone:+49%d", 15e9+r.Int64N(1e9)) }},
	{2, func(r *rand.Rand) string { return fmt.Sprintf("geo:%.4f,%.4f", r.Float64()*90, r.Float64()*180) }},
	{2, func(r *rand.Rand) string {
		return fmt.Sprintf("bin:%s", string([]byte{0xff, byte(r.IntN(256)), 0xfe, byte(r.IntN(256)), 0x80, byte(r.IntN(256))}))
	}},
}

// grouping mines keys of the groups and says which part of the keys is in a
// template that holds all keys of one group and no other: the grouping accuracy of
// the log parsers (Zhu et al., ICSE-SEIP 2019). Which group a key is of goes
// through the miner as its size.
func grouping(groups []way, r *rand.Rand, keys, miners int, sorted bool) (accuracy float64, wrong []string) {
	shares := 0
	for _, g := range groups {
		shares += g.share
	}
	parts := make([]*Miner, miners)
	for i := range parts {
		parts[i] = New()
	}
	planted := make([]uint64, len(groups))
	of := map[string]int{}
	var order []string
	for range keys {
		at, g := r.IntN(shares), 0
		for ; at >= groups[g].share; g++ {
			at -= groups[g].share
		}
		text := groups[g].make(r)
		if _, known := of[text]; !known {
			of[text] = g
			planted[g]++
			order = append(order, text)
		}
	}
	if sorted {
		slices.Sort(order)
	}
	for i, text := range order {
		least, _ := SizesOf(uint16(of[text]))
		parts[i*miners/len(order)].Add(&keyset.Key{Text: []byte(text), Count: 1, Bytes: least, HasBytes: true})
	}
	for _, p := range parts[1:] {
		parts[0].Join(p)
	}
	right, all := uint64(0), uint64(0)
	found := make([]string, len(groups))
	for _, t := range parts[0].Templates() {
		all += t.Keys
		for class, n := range t.Sizes {
			if n == t.Keys && n == planted[class] {
				right += n
			}
			if len(found[class]) < 500 {
				found[class] += fmt.Sprintf(" %d of %d in %s;", n, t.Keys, t.Text)
			}
		}
	}
	for g, text := range found {
		if strings.Count(text, ";") > 1 || !strings.Contains(text, fmt.Sprintf(" %d of %d in", planted[g], planted[g])) {
			wrong = append(wrong, fmt.Sprintf("%d keys:%s", planted[g], text))
		}
	}
	return float64(right) / float64(all), wrong
}

func TestGrouping(t *testing.T) {
	for seed := range uint64(2) {
		for _, miners := range []int{1, 2} {
			for _, sorted := range []bool{false, true} {
				accuracy, wrong := grouping(groups, rand.New(rand.NewPCG(seed, 17)), *groupingKeys, miners, sorted)
				about := fmt.Sprintf("seed %d, %d keys of %d groups, sorted %v, %d miners: grouping accuracy %.4f", seed, *groupingKeys, len(groups), sorted, miners, accuracy)
				t.Log(about)
				if accuracy < 0.95 {
					t.Errorf("%s:\n%s", about, strings.Join(wrong, "\n"))
				}
			}
		}
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	t.Logf("%d MiB from the system, the keys and their groups included", memory.Sys>>20)
}

func TestGroupingOfMixes(t *testing.T) {
	keys := *groupingKeys / 4
	for name, ways := range mixes {
		for _, miners := range []int{1, 2} {
			for _, sorted := range []bool{false, true} {
				accuracy, wrong := grouping(ways, rand.New(rand.NewPCG(1, 17)), keys, miners, sorted)
				about := fmt.Sprintf("%s, %d keys of %d groups, sorted %v, %d miners: grouping accuracy %.4f", name, keys, len(ways), sorted, miners, accuracy)
				t.Log(about)
				if accuracy < 0.95 {
					t.Errorf("%s:\n%s", about, strings.Join(wrong, "\n"))
				}
			}
		}
	}
}
