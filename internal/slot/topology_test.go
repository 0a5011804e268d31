package slot

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func nodes(n int) []Node {
	all := make([]Node, n)
	for i := range all {
		all[i] = Node{Host: "127.0.0.1", Port: 7000 + i}
	}
	return all
}

// The ranges that redis-cli --cluster create prints.
func TestEvenCutsAsRedisCLI(t *testing.T) {
	for _, test := range []struct {
		nodes int
		want  string
	}{
		{1, "0-16383"},
		{2, "0-8191 8192-16383"},
		{3, "0-5460 5461-10922 10923-16383"},
		{5, "0-3276 3277-6553 6554-9829 9830-13106 13107-16383"},
		{6, "0-2730 2731-5460 5461-8191 8192-10922 10923-13652 13653-16383"},
	} {
		topology := Even(DefaultCount, nodes(test.nodes))
		var got []string
		for i := range test.nodes {
			for _, r := range topology.Owned(i) {
				got = append(got, r.String())
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%d nodes: %v, want %s", test.nodes, got, test.want)
		}
	}
}

// redis-cli's loop in its own types is the judge: large clusters come out
// differently in double precision.
func TestEvenInSinglePrecision(t *testing.T) {
	differs := 0
	for n := 1; n <= 1000; n += 1 + n/8 {
		topology := Even(DefaultCount, nodes(n))
		perNode := float32(16384) / float32(n)
		var cursor float32
		first := 0
		for i := range n {
			sum := cursor + perNode
			last := int(math.Floor(float64(sum-1) + 0.5))
			if i == n-1 {
				last = 16383
			}
			want := []Range{{Slot(first), Slot(last)}}
			if got := topology.Owned(i); !slices.Equal(got, want) {
				t.Fatalf("%d nodes: node %d owns %v, want %v", n, i, got, want)
			}
			if exact := int(math.Round(float64(i+1) * 16384 / float64(n))); exact != last+1 {
				differs++
			}
			first, cursor = last+1, cursor+perNode
		}
	}
	if differs == 0 {
		t.Fatal("single precision made no difference: the test shows nothing")
	}
}

func TestEvenCoversEverySlotOnce(t *testing.T) {
	for _, count := range counts() {
		for _, n := range []int{1, 2, 3, 7, 12, 355, 1000, 1024, 1500} {
			topology := Even(count, nodes(n))
			if topology.Count() != count || topology.Slots(NoOwner) != 0 {
				t.Fatalf("%d slots over %d nodes: %d without an owner", count, n, topology.Slots(NoOwner))
			}
			owned := make([]int, n)
			for s := range int(count) {
				owned[topology.Owner(Slot(s))]++
			}
			if least, most := slices.Min(owned), slices.Max(owned); most-least > 2 {
				t.Errorf("%d slots over %d nodes: from %d to %d slots a node", count, n, least, most)
			}
		}
	}
}

func TestRanges(t *testing.T) {
	for _, test := range []struct {
		slots []Slot
		want  string
	}{
		{nil, ""},
		{[]Slot{7}, "7"},
		{[]Slot{3, 1, 2, 2, 9, 5, 4}, "1-5 9"},
		{[]Slot{32767, 0, 32766}, "0 32766-32767"},
	} {
		var got []string
		for _, r := range Ranges(test.slots) {
			got = append(got, r.String())
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("Ranges(%v) = %v, want %s", test.slots, got, test.want)
		}
	}
}

func TestParseRanges(t *testing.T) {
	got, err := ParseRanges("0-99,200 300-301,,16383", DefaultCount)
	want := []Range{{0, 99}, {200, 200}, {300, 301}, {16383, 16383}}
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("ParseRanges = %v, %v, want %v", got, err, want)
	}
	for _, bad := range []string{"16384", "0-16384", "5-4", "-1", "1-", "a", "1-2-3", "65536", "+1", "1.5"} {
		if got, err := ParseRanges(bad, DefaultCount); err == nil {
			t.Errorf("ParseRanges(%q) = %v", bad, got)
		} else if !strings.Contains(err.Error(), bad) || !strings.Contains(err.Error(), "0-16383") {
			t.Errorf("ParseRanges(%q): the error does not say what and which limits: %v", bad, err)
		}
	}
	if _, err := ParseRanges("1024", MinCount); err == nil {
		t.Error("slot 1024 is accepted among 1024")
	}
}

func FuzzParseRanges(f *testing.F) {
	f.Add("0-99,200 300-301")
	f.Add("5")
	f.Add("-")
	f.Fuzz(func(t *testing.T, text string) {
		ranges, err := ParseRanges(text, DefaultCount)
		if err != nil {
			return
		}
		var printed []string
		for _, r := range ranges {
			if r.Len() < 1 || int(r.Last) >= int(DefaultCount) {
				t.Fatalf("ParseRanges(%q) gives %v", text, r)
			}
			printed = append(printed, r.String())
		}
		again, err := ParseRanges(strings.Join(printed, ","), DefaultCount)
		if err != nil || !slices.Equal(again, ranges) {
			t.Fatalf("%v reads back as %v, %v", ranges, again, err)
		}
	})
}

// Owners set at random come back as ranges that hold exactly those slots.
func TestOwnedAgainstOwner(t *testing.T) {
	const seed = 7
	random := rand.New(rand.NewPCG(seed, 0))
	topology := NewTopology(MinCount, nodes(4))
	for range 300 {
		first := Slot(random.IntN(int(MinCount)))
		last := min(first+Slot(random.IntN(9)), Slot(MinCount)-1)
		topology.SetRange(Range{first, last}, random.IntN(5)-1)
	}
	before := topology.Clone()
	total := topology.Slots(NoOwner)
	for node := range topology.Nodes {
		var slots []Slot
		for s := range Slot(MinCount) {
			if topology.Owner(s) == node {
				slots = append(slots, s)
			}
		}
		if got, want := topology.Owned(node), Ranges(slots); !slices.Equal(got, want) {
			t.Fatalf("seed %d: node %d owns %v, want %v", seed, node, got, want)
		}
		if topology.Slots(node) != len(slots) {
			t.Fatalf("seed %d: node %d has %d slots, want %d", seed, node, topology.Slots(node), len(slots))
		}
		total += len(slots)
	}
	if total != int(MinCount) {
		t.Fatalf("seed %d: %d slots in all", seed, total)
	}
	topology.SetOwner(5, 3)
	topology.SetOwner(5, NoOwner)
	if topology.Owner(5) != NoOwner {
		t.Fatal("slot 5 kept its owner")
	}
	topology.SetRange(Range{0, 1023}, 0)
	if before.Slots(0) == int(MinCount) {
		t.Fatal("a clone changed with its original")
	}
}

func TestNodeAddr(t *testing.T) {
	if got := (Node{Host: "::1", Port: 7001}).Addr(); got != "[::1]:7001" {
		t.Fatalf("Addr = %s", got)
	}
}
