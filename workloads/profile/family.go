package profile

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"slotbench/internal/slot"
	"slotbench/internal/template"
	"slotbench/workloads"
)

// maker makes the families of one group.
type maker struct {
	f      *Fitted
	s      Shape
	t      *template.Stats
	group  int
	space  int // the group whose tags these are
	layout *tagLayout
	known  map[string]float64 // tags, by their keys
	ops    uint64             // of all groups
	scale  float64
	mix    *mixture
	// what is left for the slots of this and later groups, and of families beside
	// one for each group
	slotBytes, spare *int
}

// families makes one family of the keys with hash tags and one of those without;
// where there is no more room, or either is but few, one of all.
func (m *maker) families() {
	tagged, keys := float64(m.t.Tagged), float64(m.t.Keys)
	few := min(tagged, keys-tagged) * fewKeys
	if few > keys && *m.spare > 0 {
		*m.spare--
		m.tagged(tagged)
		m.plain(keys - tagged)
		return
	}
	if 2*tagged <= keys {
		if tagged > 0 {
			m.f.note("of %d keys of a template %d have a hash tag; here none has", m.t.Keys, m.t.Tagged)
		}
		m.plain(keys)
		return
	}
	if tagged < keys {
		m.f.note("of %d keys of a template %d have a hash tag; here all do", m.t.Keys, m.t.Tagged)
	}
	m.tagged(keys)
}

// fewKeys is which part of a template's keys is few.
const fewKeys = 1000

// tagged makes a family of so many keys with hash tags.
func (m *maker) tagged(keys float64) {
	key := family{keys: keys, hash: spaceName(m.space)}
	if m.s.BySlot {
		if key.slots = m.layout.taggedSlots(m.t, m.known); !m.room(key.slots) {
			key.slots = ""
		}
	}
	if key.slots != "" {
		key.form = "%s:{" + key.hash + "%%[tag]d-%%[slot]s}:%%[member]d"
	} else {
		key.tags = tagsOf(m.t, m.known, keys, m.scale)
		key.form = "%s:{" + key.hash + "%%[tag]d}:%%[member]d"
	}
	m.family(key)
}

// plain makes a family of so many keys without hash tags.
func (m *maker) plain(keys float64) {
	key := family{keys: keys, form: "%s:%%d"}
	placed := "%s:%%[member]d-%%[slot]s"
	mean := float64(m.t.KeyBytes) / float64(m.t.Keys)
	if m.s.BySlot && float64(len("fa:-000000"))+digits(keys*m.scale/float64(slot.DefaultCount)) <= mean+mayLengthen {
		if slots := plainSlots(m.t); m.room(slots) {
			key.slots, key.form = slots, placed
		}
	}
	m.family(key)
}

// mayLengthen is how many bytes longer keys may get for the sake of their slots.
const mayLengthen = 8

// room says whether the slots can be told, and takes what they take.
func (m *maker) room(slots string) bool {
	if slots == "" || len(slots) > *m.slotBytes {
		return false
	}
	*m.slotBytes -= len(slots)
	return true
}

// spaceName begins the hash tags of templates that share them: letters that are
// no hexadecimal digits, so that what follows is seen to be a number.
func spaceName(i int) string {
	const letters = "tuvwxyzghijklmnopqrs"
	name := string(letters[i%len(letters)])
	if i >= len(letters) {
		name = string(letters[i/len(letters)-1]) + name
	}
	return name
}

func digits(n float64) float64 { return math.Floor(math.Log10(max(n, 1))) + 1 }

// FamilyName is the name of the i-th family, from 0, which its keys begin with:
// letters, so that families are templates of their own when they are analyzed.
func FamilyName(i int) string { return string([]byte{'f' + byte(i/26), 'a' + byte(i%26)}) }

// family is one to make: its keys, and the form of their names, with a place for
// the family's.
type family struct {
	keys              float64
	tags              *workloads.Tags
	slots, hash, form string
}

// family makes one.
func (m *maker) family(of family) {
	name, keys := FamilyName(len(m.f.Spec.Families)), of.keys
	share := max(1, math.Round(keys))
	weight := share
	in := workloads.Family{Name: name, Share: &share, Tags: of.tags, Slots: of.slots, Key: fmt.Sprintf(of.form, name)}
	if m.ops > 0 {
		weight = rounded(float64(m.t.Ops) * keys / float64(m.t.Keys) * min(1, mostOps/float64(m.ops)))
		in.Weight = &weight
	}
	m.lengths(&in, keys*m.scale)
	in.Type = typeOf(m.t)
	m.f.values(&in, m.t, m.s)
	if m.ops > 0 {
		in.Popularity = popularity(m.t, m.s, keys*m.scale)
	}
	m.mix.add(&in, m.t, weight)
	m.f.Spec.Families = append(m.f.Spec.Families, in)
	m.f.Of = append(m.f.Of, m.group)
}

// mostOps is what weights add up to at most: the language has a limit.
const mostOps = 1e11

// rounded keeps five digits.
func rounded(x float64) float64 {
	if x <= 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(x))-4)
	if unit >= 1 {
		return math.Round(x/unit) * unit
	}
	return math.Round(x/unit) / math.Round(1/unit)
}

// lengths fills keys up to the mean length.
func (m *maker) lengths(in *workloads.Family, keys float64) {
	own := float64(len(in.Name)+len(":")) + digits(keys)
	perSlot := keys / float64(slot.DefaultCount)
	switch {
	case in.Slots != "" && strings.Contains(in.Key, "{"):
		own = float64(len("fa:{a0-000000}:")) + digits(perSlot)
	case in.Slots != "":
		own = float64(len("fa:-000000")) + digits(perSlot)
	case in.Tags != nil:
		own += float64(len("{a}:"))
	}
	mean := float64(m.t.KeyBytes) / float64(m.t.Keys)
	if mean < own+float64(len(":x")) {
		return
	}
	low, high := math.Floor(mean), math.Floor(mean)+1
	if low >= workloads.MaxKeySize {
		low, high = workloads.MaxKeySize, workloads.MaxKeySize+1
		mean = low
	}
	in.Key += ":%[pad]d"
	in.KeySize = strconv.Itoa(int(low))
	if part := mean - low; part > 0.005 {
		in.KeySize = fmt.Sprintf("%d:%.4g,%d:%.4g", int(low), 1-part, int(high), part)
	}
}
