package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"slotbench/internal/keyset"
	"slotbench/internal/skew"
	"slotbench/internal/slot"
	"slotbench/internal/template"
)

// attributionReport says why the fullest node by a measure is the fullest.
type attributionReport struct {
	By string `json:"by"`
	skew.Attribution
	// Named are the keys, tags and templates that weigh most on the node, each
	// against its fair share of it, as the parts are.
	Keys      []weighty `json:"keys,omitempty"`
	Tags      []weighty `json:"tags,omitempty"`
	Templates []weighty `json:"templates,omitempty"`
	// Floors says that not all keys and tags were counted exactly, so that some of
	// what they cause stands under hash noise.
	Floors bool `json:"floors,omitempty"`
	over   bool // the excess is more than random hashing gives, or worth a look
}

// weighty is a key, tag or template on the fullest node.
type weighty struct {
	Name     string  `json:"name"`
	Load     uint64  `json:"load"`    // on the node
	Mean     float64 `json:"of_mean"` // over the fair share, of the mean node's load
	SlotBits int     `json:"slot_bits,omitempty"`
}

const (
	bigKeys  = "big keys"
	hotKeys  = "hot keys"
	hashTags = "hash tags"
)

// What makes a key heavy: this part of the mean node's load, and so many times
// the mean key.
const (
	heavyPart = 1000
	heavyKeys = 10
)

// namedEach is how many keys, tags and templates are named.
const namedEach = 5

// worthALook is the excess from which on reasons are told though it is within
// the band: uneven ownership is.
const worthALook = 0.02

// attribute takes the fullest node by each measure apart.
func (r *report) attribute(s *keyset.Summary, o *keysOptions, mined []*template.Template) {
	if len(o.slotsOf.Nodes) < 2 || s.Keys == 0 {
		return
	}
	for m, told := range []bool{true, s.HasBytes, s.HasOps} {
		if told {
			r.Attribution = append(r.Attribution, attributionOf(s, keyset.Measure(m), o.slotsOf, mined))
		}
	}
	for i, n := range []*skew.NodeSkew{&r.Skew.Keys, r.Skew.Bytes, r.Skew.Ops} {
		for j := range r.Attribution {
			a := &r.Attribution[j]
			if n != nil && a.By == keyset.Measure(i).String() {
				a.over = a.MaxOverMean > n.BandHigh || a.MaxOverMean-1 > worthALook
			}
		}
	}
}

// sums adds up what lies on the nodes by one measure.
type sums struct {
	topology *slot.Topology
	loads    []uint64
	left     []uint64 // of loads, what no cause has taken yet
}

// take gives a part of what is left on the text's node to a cause, and says
// how much of the load there was.
func (n *sums) take(crc uint16, load uint64, cause []uint64) (node int, taken uint64) {
	node = n.topology.Owner(slot.DefaultCount.FromCRC(crc))
	if node == slot.NoOwner {
		return node, 0
	}
	taken = min(load, n.left[node])
	n.left[node] -= taken
	cause[node] += taken
	return node, taken
}

func attributionOf(s *keyset.Summary, m keyset.Measure, t *slot.Topology, mined []*template.Template) attributionReport {
	n := &sums{topology: t, loads: make([]uint64, len(t.Nodes))}
	owned := make([]int, len(t.Nodes))
	total := uint64(0)
	for at, load := range s.Bins.BySlot(m, slot.DefaultCount) {
		if i := t.Owner(slot.Slot(at)); i != slot.NoOwner {
			n.loads[i] += load
			owned[i]++
			total += load
		}
	}
	n.left = slices.Clone(n.loads)
	r := attributionReport{By: m.String(), Floors: s.Tags.Error() > 0 || m == keyset.Ops && s.Heavy.OpsError > 0}
	fair := func(node int, load, onNode float64) float64 {
		return (onNode - load*float64(owned[node])/float64(slot.DefaultCount-slot.Count(t.Slots(slot.NoOwner)))) / (float64(total) / float64(len(t.Nodes)))
	}
	causes, named, heavySum, heavySquares := n.causes(s, m, total)
	draws := int64(n.sumLeft())
	if m != keyset.Keys {
		squares := []float64{0, s.ByteSquares, s.OpSquares}[m]
		all := float64(total) - heavySum
		draws = skew.EffectiveDraws(all, squares-heavySquares)
		if all > 0 {
			draws = int64(float64(draws) * float64(n.sumLeft()) / all)
		}
		if s.LoggedOps > 0 {
			draws = 0 // a logged operation is none by itself
		}
	}
	r.Attribution = skew.Attribute(n.loads, owned, causes, draws)
	for kind, list := range named {
		var on []weighty
		for _, w := range list {
			if w.node == r.Node {
				w.Mean = fair(r.Node, float64(w.Load), float64(w.Load))
				on = append(on, w.weighty)
			}
		}
		*[]*[]weighty{&r.Keys, &r.Tags}[kind] = heaviestFirst(on)
	}
	for _, found := range mined {
		places := found.Places[m]
		if places == nil || found.Keys < 2 {
			continue
		}
		of := 0.0
		for _, load := range places {
			of += float64(load)
		}
		r.Templates = append(r.Templates, weighty{printable(found.Text), places[r.Node], fair(r.Node, of, float64(places[r.Node])), found.Span.SlotBits()})
	}
	r.Templates = heaviestFirst(r.Templates)
	return r
}

func (n *sums) sumLeft() (sum uint64) {
	for _, load := range n.left {
		sum += load
	}
	return sum
}

// placed is a key or tag with its node.
type placed struct {
	weighty
	node int
}

// causes are heavy keys and hash tags, and these one by one.
func (n *sums) causes(s *keyset.Summary, m keyset.Measure, total uint64) (causes []skew.Cause, named [2][]placed, heavySum, heavySquares float64) {
	inTag := map[string]uint64{}
	heavy := [][]keyset.HeavyKey{nil, s.Heavy.ByBytes, s.Heavy.ByOps}[m]
	least := max(float64(total)/float64(len(n.loads))/heavyPart, heavyKeys*float64(total)/float64(max(s.Keys, 1)))
	if m != keyset.Keys {
		c := skew.Cause{Name: []string{"", bigKeys, hotKeys}[m], Loads: make([]uint64, len(n.loads))}
		for _, k := range heavy {
			load := []uint64{0, k.Bytes, k.Ops}[m]
			if float64(load) < least {
				break
			}
			node, taken := n.take(slot.CRC16(slot.Hashed([]byte(k.Text))), load, c.Loads)
			named[0] = append(named[0], placed{weighty{Name: printable(k.Text), Load: taken}, node})
			heavySum += float64(taken)
			heavySquares += float64(taken) * float64(taken)
			if tag, ok := slot.Tag([]byte(k.Text)); ok {
				inTag[string(tag)] += taken
			}
		}
		causes = append(causes, c)
	}
	c := skew.Cause{Name: hashTags, Loads: make([]uint64, len(n.loads))}
	for _, tag := range s.Tags.Top(s.Tags.Len()) {
		if tag.Keys < 2 {
			continue // is hashed as a key without a tag is
		}
		load := []uint64{tag.Keys, tag.Bytes, tag.Ops}[m]
		load -= min(load, inTag[tag.Text])
		node, taken := n.take(slot.CRC16([]byte(tag.Text)), load, c.Loads)
		named[1] = append(named[1], placed{weighty{Name: "{" + printable(tag.Text) + "}", Load: taken}, node})
	}
	return append(causes, c), named, heavySum, heavySquares
}

// heaviestFirst is the few with most over their fair share.
func heaviestFirst(all []weighty) []weighty {
	slices.SortStableFunc(all, func(a, b weighty) int {
		return cmp.Or(cmp.Compare(b.Mean, a.Mean), strings.Compare(a.Name, b.Name))
	})
	return all[:min(len(all), namedEach)]
}

// attributionSections explain the excess of each measure that has one.
func (r *report) attributionSections() []section {
	var all []section
	for i := range r.Attribution {
		a := &r.Attribution[i]
		if a.over && len(a.Parts) > 0 {
			all = append(all, a.section(r.Nodes[a.Node].name()))
		}
	}
	return all
}

func (a *attributionReport) section(node string) section {
	s := section{
		title: fmt.Sprintf("Why node %s is the fullest by %s", node, a.By), left: []int{0},
		head: []string{"cause", a.By + " over fair share", "of the mean", "max/mean without it"},
	}
	ordered := slices.Clone(a.Parts)
	slices.SortStableFunc(ordered, func(x, y skew.Part) int { return cmp.Compare(y.Mean, x.Mean) })
	var reasons []string
	for _, p := range ordered {
		s.rows = append(s.rows, []string{p.Cause, signed(p.Load), points(p.Mean), ratio(p.Without)})
		if math.Abs(p.Mean) >= 0.00005 {
			reasons = append(reasons, points(p.Mean)+" "+p.Cause)
		}
	}
	s.rows = append(s.rows, []string{"together", signed(a.together()), points(a.MaxOverMean - 1), ""})
	s.says = append(s.says, fmt.Sprintf("It has %s more than the mean node: %s.", percent(a.MaxOverMean-1), strings.Join(reasons, ", ")))
	if a.NoiseDeviation > 0 {
		s.says = append(s.says, fmt.Sprintf("Random hashing moves a node by ± %s (one standard deviation) for what counts as noise here.", percent(a.NoiseDeviation)))
	}
	for _, named := range []struct {
		what string
		list []weighty
	}{{"keys", a.Keys}, {"tags", a.Tags}, {"templates", a.Templates}} {
		var parts []string
		for _, w := range named.list {
			if w.Mean <= 0 {
				break
			}
			text := fmt.Sprintf("%s %s", shorten(w.Name), points(w.Mean))
			if named.what == "templates" && w.SlotBits < fullRank {
				text += fmt.Sprintf(" (reaches only 2^%d = %s)", w.SlotBits, plural(1<<w.SlotBits, "slot"))
			}
			parts = append(parts, text)
		}
		if len(parts) > 0 {
			s.says = append(s.says, fmt.Sprintf("The %s that weigh most on it: %s.", named.what, strings.Join(parts, ", ")))
		}
	}
	if a.Floors {
		s.says = append(s.says, "There were too many tags or keys to count each: what the lighter ones cause stands under hash noise.")
	}
	return s
}

// fullRank is the dimension of CRCs that reach every slot.
const fullRank = 14

func (a *attributionReport) together() (sum float64) {
	for _, p := range a.Parts {
		sum += p.Load
	}
	return sum
}

// signed is a rounded number with its sign.
func signed(x float64) string {
	sign := "+"
	if math.Round(x) < 0 {
		sign = "−"
	}
	return sign + count(uint64(math.Round(math.Abs(x))))
}

// points is a share in percent with its sign.
func points(share float64) string {
	if share < 0 {
		return fmt.Sprintf("−%.2f %%", -100*share)
	}
	return fmt.Sprintf("+%.2f %%", 100*share)
}
