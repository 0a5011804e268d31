package workloads

import (
	"fmt"
	"strings"

	"slotbench/internal/request"
)

// DescribeAll lists the presets for people: a line each, under the titles of
// their groups.
func DescribeAll() (string, error) {
	width := 0
	for _, name := range presetNames {
		width = max(width, len(name))
	}
	var b strings.Builder
	for i, group := range presetGroups {
		if i > 0 {
			fmt.Fprintln(&b)
		}
		fmt.Fprintln(&b, strings.ToUpper(group.title[:1])+group.title[1:])
		for _, name := range group.names {
			s, err := Load(name)
			if err != nil {
				return "", err
			}
			first, _, _ := strings.Cut(s.Description, ". ")
			fmt.Fprintf(&b, "  %-*s  %s\n", width, name, strings.TrimSuffix(first, "."))
		}
	}
	return b.String(), nil
}

// Describe is the compiled workload for people: what it is, where it comes
// from, its keys by example, its mix and how it is meant to be run.
func (w *Workload) Describe() string {
	s := &w.spec
	var b strings.Builder
	line := func(label, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s %s\n", label, fmt.Sprintf(format, args...))
	}
	line("workload", "%s", s.Name)
	for _, about := range [][2]string{{"description", s.Description}, {"source", s.Source}, {"departs", s.Departs}} {
		if about[1] != "" {
			line(about[0], "%s", strings.TrimSpace(about[1]))
		}
	}
	if s.StartEmpty {
		line("keys", "%d, starting empty", w.keys)
	} else {
		line("keys", "%d, about %s preloaded", w.keys, dataText(w.DataBytes()))
	}
	if s.Slot != nil {
		line("slot", "%d", *s.Slot)
	}
	for i := range w.families {
		f, in := &w.families[i], &s.Families[i]
		values := s.valueSize(in) + " bytes"
		if f.counter {
			values = "integers"
		}
		example, _ := f.appendKey(nil, f.keys/2)
		line("family", "%s: %d keys like %q, values %s, %s%s", f.name, f.keys, example, values, s.popularity(in), f.spread(in))
	}
	for _, op := range w.ops[:len(w.ops)-1] {
		line("operation", "%5.1f %% %s", op.Weight*100, op.Name)
	}
	for _, r := range w.Receptions() {
		line("receivers", "%s", describeReception(&r))
	}
	if text := s.Run.String(); text != "" {
		line("run", "%s", text)
	}
	return b.String()
}

// describeReception is a group of receivers for people.
func describeReception(r *request.Reception) string {
	listening := 0
	for _, keys := range r.Receivers {
		listening += len(keys)
	}
	thing := "channels"
	if r.Command == request.ReadGroup {
		thing = "streams"
	}
	where := ""
	if r.AnyNode {
		where = ", at any node"
	}
	return fmt.Sprintf("%s: %d connections to %.3g %s each, like %q%s", r.Name, len(r.Receivers),
		float64(listening)/float64(len(r.Receivers)), thing, r.Receivers[0][0], where)
}

// String is the popularity for people.
func (p Popularity) String() string {
	exponent := orPointed(p.Exponent, DefaultExponent)
	switch p.Kind {
	case "", Uniform:
		return Uniform
	case Zipf, Latest:
		return fmt.Sprintf("%s %g", p.Kind, exponent)
	case Hotspot:
		return fmt.Sprintf("hotspot: %g of the keys get %g of the requests", orDefault(p.Data, DefaultHotData), orDefault(p.Requests, DefaultHotRequests))
	}
	return p.Kind
}

// spread is how a family's keys share tags and slots, for people.
func (f *family) spread(in *Family) string {
	switch {
	case in.Slots == "":
		return in.Tags.String()
	case f.tagged():
		return fmt.Sprintf(", %d tags in given slots", f.tags.tags)
	}
	return ", in given slots"
}

// String is the tags for people; "" without any.
func (t *Tags) String() string {
	switch {
	case t == nil:
		return ""
	case t.Exponent == 0:
		return fmt.Sprintf(", tags of %d keys", t.KeysPerTag)
	}
	return fmt.Sprintf(", tags of %d keys on average with sizes by Zipf %g", t.KeysPerTag, t.Exponent)
}

// String is the suggestions for people; "" without any.
func (r Suggestions) String() string {
	var parts []string
	add := func(is bool, format string, args ...any) {
		if is {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(r.Connections > 0, "%d connections", r.Connections)
	add(r.Pipeline > 0, "pipeline %d", r.Pipeline)
	add(r.Arrival != "", "%s arrivals", r.Arrival)
	if r.Rate != nil {
		add(*r.Rate == 0, "as fast as it goes")
		add(*r.Rate > 0, "%g requests/s", *r.Rate)
	}
	add(r.Requests > 0, "%d requests", r.Requests)
	add(r.Duration != "", "for %s", r.Duration)
	return strings.Join(parts, ", ")
}

// dataText is an amount of data in the units of workload files.
func dataText(bytes int64) string {
	const kibi, mebi = 1 << 10, 1 << 20
	if bytes < mebi {
		return fmt.Sprintf("%.1f KiB", float64(bytes)/kibi)
	}
	return fmt.Sprintf("%.1f MiB", float64(bytes)/mebi)
}
