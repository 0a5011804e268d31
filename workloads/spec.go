package workloads

import (
	"slotbench/internal/request"
	"slotbench/internal/slot"
)

// The limits of what a spec may ask for.
const (
	MaxFileBytes     = 64 << 10 // of a workload file, but for the numbers in it
	MaxNumberBytes   = 2 << 20  // of the numbers in a workload file, each with one sign behind it
	MaxKeys          = 1 << 40  // keys in all
	MaxFamilies      = 64
	MaxOperations    = request.MaxOps - 1 // one number is the preload's
	MaxRanges        = 8                  // of a family
	MaxTags          = 1 << 24            // hash tags of unequal size in all families; each takes 8 bytes
	MaxTemplateBytes = 1024               // of a key template, and of the prefix
	MaxFieldWidth    = 20                 // digits that a number is padded to, at most
	MaxKeysPerCall   = 1024               // of one MGET or MSET
	MaxCallBytes     = 256 << 20          // of the values of one MSET
	MaxExponent      = 100                // of Zipf's law
	MaxElements      = 1 << 20            // fields, members, list elements of one key
	MaxBits          = 1 << 27            // of one bitmap
	MaxUniverse      = 1 << 40            // names that elements are drawn from
	MaxScore         = 1 << 53            // of a sorted set's member: floats hold it exactly
	MaxSteps         = 16                 // of one operation
	MaxForm          = 64                 // words of one command
	MaxScripts       = 32                 // of a workload
	MaxScriptBytes   = 16 << 10           // of one script
	MaxKeySize       = 4096               // bytes that a key is filled up to
	MaxKeyRanges     = 1 << 16            // of popularity key-range
	maxWeight        = 1e12
)

// Spec is a workload as its file states it; FORMAT.md explains every field.
// Zero means the documented default.
type Spec struct {
	Name        string `yaml:"name" json:"name"`
	Description string `yaml:"description,omitempty" json:"description,omitempty"`
	// Source is where the numbers come from; Departs is where the workload
	// differs from it.
	Source  string `yaml:"source,omitempty" json:"source,omitempty"`
	Departs string `yaml:"departs,omitempty" json:"departs,omitempty"`

	Keys       int64      `yaml:"keys" json:"keys"`                                   // keys in all
	StartEmpty bool       `yaml:"start_empty,omitempty" json:"start_empty,omitempty"` // preload nothing
	Prefix     string     `yaml:"prefix,omitempty" json:"prefix,omitempty"`           // before every key
	Slot       *slot.Slot `yaml:"slot,omitempty" json:"slot,omitempty"`               // what %[slot]s hashes to
	Popularity Popularity `yaml:"popularity,omitempty" json:"popularity,omitzero"`
	ValueSize  string     `yaml:"value_size,omitempty" json:"value_size,omitempty"` // bytes; see FORMAT.md for the forms
	Content    string     `yaml:"content,omitempty" json:"content,omitempty"`       // of values: random, unique, compressible:RATIO
	Checked    bool       `yaml:"checked,omitempty" json:"checked,omitempty"`       // reads verify that a value is one of their key
	Families   []Family   `yaml:"families" json:"families"`
	Operations []Mix      `yaml:"operations" json:"operations"`
	// Scripts are Lua by name; the run loads them before it sends anything.
	Scripts map[string]string `yaml:"scripts,omitempty" json:"scripts,omitempty"`
	// Who receives what the operations publish and append, beside the load.
	Subscribers []Subscribers `yaml:"subscribers,omitempty" json:"subscribers,omitempty"`
	Consumers   []Consumers   `yaml:"consumers,omitempty" json:"consumers,omitempty"`

	Phases []Phase     `yaml:"phases,omitempty" json:"phases,omitempty"` // the offered load over time; none: one steady measurement
	Run    Suggestions `yaml:"run,omitempty" json:"run,omitzero"`
	Events []string    `yaml:"events,omitempty" json:"events,omitempty"` // what happens to the target meanwhile; see internal/timeline
}

// Family is keys that are named alike.
type Family struct {
	Name   string   `yaml:"name" json:"name"`
	Key    string   `yaml:"key" json:"key"`                           // the template
	Share  *float64 `yaml:"share,omitempty" json:"share,omitempty"`   // of the keys, against the other families'; default 1
	Weight *float64 `yaml:"weight,omitempty" json:"weight,omitempty"` // of the requests; default Share
	Tags   *Tags    `yaml:"tags,omitempty" json:"tags,omitempty"`
	Slots  string   `yaml:"slots,omitempty" json:"slots,omitempty"` // how the keys lie in the slots; see FORMAT.md
	Ranges []Range  `yaml:"ranges,omitempty" json:"ranges,omitempty"`
	// Popularity and ValueSize override the spec's own.
	Popularity Popularity `yaml:"popularity,omitempty" json:"popularity,omitzero"`
	ValueSize  string     `yaml:"value_size,omitempty" json:"value_size,omitempty"`
	Content    string     `yaml:"content,omitempty" json:"content,omitempty"`
	Counter    bool       `yaml:"counter,omitempty" json:"counter,omitempty"`   // the values are decimal integers
	KeySize    string     `yaml:"key_size,omitempty" json:"key_size,omitempty"` // bytes that %[pad]s or %[pad]d fills the key up to
	Preload    *bool      `yaml:"preload,omitempty" json:"preload,omitempty"`   // false: these keys are not there at first

	Type     Type   `yaml:"type,omitempty" json:"type,omitempty"`         // default string
	Elements string `yaml:"elements,omitempty" json:"elements,omitempty"` // fields, members, list elements or bits of a key at first
	Element  string `yaml:"element,omitempty" json:"element,omitempty"`   // how a field or member is named
	Universe int64  `yaml:"universe,omitempty" json:"universe,omitempty"` // how many names there are to draw from; default the most elements
	Scores   string `yaml:"scores,omitempty" json:"scores,omitempty"`     // of a sorted set, "LOW-HIGH"
}

// Type is what a family's keys hold.
type Type string

// The types. Streams are never preloaded; channels hold nothing, and are
// named as keys are.
const (
	String    Type = "string"
	Hash      Type = "hash"
	List      Type = "list"
	Set       Type = "set"
	SortedSet Type = "zset"
	Bitmap    Type = "bitmap"
	Stream    Type = "stream"
	Channel   Type = "channel"
)

var types = []Type{String, Hash, List, Set, SortedSet, Bitmap, Stream, Channel}

// kind is the family's type, with its default.
func (f *Family) kind() Type {
	if f.Type == "" {
		return String
	}
	return f.Type
}

// Tags spreads a family's keys over hash tags.
type Tags struct {
	KeysPerTag int64   `yaml:"keys_per_tag" json:"keys_per_tag"`             // the mean
	Exponent   float64 `yaml:"exponent,omitempty" json:"exponent,omitempty"` // of Zipf's law for their sizes; 0: equal
}

// Range is a named number in a key template, 0 … Count-1. The first of a
// family's ranges changes fastest with the key's number.
type Range struct {
	Name  string `yaml:"name" json:"name"`
	Count int64  `yaml:"count" json:"count"`
}

// The kinds of popularity.
const (
	Uniform     = "uniform"
	Zipf        = "zipf"
	Sequential  = "sequential"
	Hotspot     = "hotspot"
	Latest      = "latest"
	KeyRange    = "key-range"
	Exponential = "exponential"
)

// Popularity is how often each key is asked for.
type Popularity struct {
	Kind     string   `yaml:"kind,omitempty" json:"kind,omitempty"`         // default uniform
	Exponent *float64 `yaml:"exponent,omitempty" json:"exponent,omitempty"` // zipf and latest; default 0.99
	InOrder  bool     `yaml:"in_order,omitempty" json:"in_order,omitempty"` // zipf and hotspot: hot keys first, not scattered
	Data     float64  `yaml:"data,omitempty" json:"data,omitempty"`         // hotspot: the share of the keys that is hot; default 0.2
	Requests float64  `yaml:"requests,omitempty" json:"requests,omitempty"` // hotspot: their share of the requests; default 0.8
	// Exponential: the first Fraction of the keys, by rank, gets Percentile
	// percent of the requests.
	Percentile float64 `yaml:"percentile,omitempty" json:"percentile,omitempty"` // default 95
	Fraction   float64 `yaml:"fraction,omitempty" json:"fraction,omitempty"`     // default 0.857
	// Key-range: range i of Ranges, from 1, is asked for in proportion to
	// a·exp(b·i) + c·exp(d·i), where Terms is [a, b, c, d].
	Ranges int64     `yaml:"key_ranges,omitempty" json:"key_ranges,omitempty"`
	Terms  []float64 `yaml:"terms,omitempty" json:"terms,omitempty"`
}

// isZero says that nothing was said.
func (p *Popularity) isZero() bool {
	return p.Kind == "" && p.Exponent == nil && !p.InOrder && p.Data == 0 && p.Requests == 0 &&
		p.Percentile == 0 && p.Fraction == 0 && p.Ranges == 0 && len(p.Terms) == 0
}

// YCSB's exponential: 95 % of the requests go to the first 85.7 % of the data.
const (
	DefaultPercentile = 95
	DefaultFraction   = 0.857
)

// DefaultExponent is YCSB's Zipf constant.
const DefaultExponent = 0.99

// YCSB's hotspot: a fifth of the data gets four fifths of the requests.
const (
	DefaultHotData     = 0.2
	DefaultHotRequests = 0.8
)

// Mix is one operation and how often it is done.
type Mix struct {
	Command  string   `yaml:"command" json:"command"`
	Name     string   `yaml:"name,omitempty" json:"name,omitempty"` // in reports; default the command
	Weight   *float64 `yaml:"weight,omitempty" json:"weight,omitempty"`
	Families []string `yaml:"families,omitempty" json:"families,omitempty"` // default: all that suit the command
	Insert   bool     `yaml:"insert,omitempty" json:"insert,omitempty"`     // write a new key instead of a present one
	Keys     int      `yaml:"keys,omitempty" json:"keys,omitempty"`         // MGET, MSET: keys of one call, all of one tag
	TTL      string   `yaml:"ttl,omitempty" json:"ttl,omitempty"`           // "60s", or "60s-120s" for any between
	Start    int64    `yaml:"start,omitempty" json:"start,omitempty"`       // GETRANGE: the first byte
	End      *int64   `yaml:"end,omitempty" json:"end,omitempty"`           // GETRANGE: the last byte; default -1, the value's last
	By       int64    `yaml:"by,omitempty" json:"by,omitempty"`             // INCRBY, DECRBY, HINCRBY; default 1
	Count    string   `yaml:"count,omitempty" json:"count,omitempty"`       // how often what stands in [ ] is repeated; default 1
	Expect   string   `yaml:"expect,omitempty" json:"expect,omitempty"`     // answers that are right, as "0|1"

	// Steps stand in the place of a command: several, one after the other, on
	// keys of one number. Transaction makes them one request, MULTI to EXEC.
	Steps       []Step `yaml:"steps,omitempty" json:"steps,omitempty"`
	Transaction bool   `yaml:"transaction,omitempty" json:"transaction,omitempty"`
}

// Step is one command of an operation of several.
type Step struct {
	Command string `yaml:"command" json:"command"`
	Name    string `yaml:"name,omitempty" json:"name,omitempty"`     // in reports; default the operation's and the command
	Family  string `yaml:"family,omitempty" json:"family,omitempty"` // default: that of the first step
	Keys    int    `yaml:"keys,omitempty" json:"keys,omitempty"`
	TTL     string `yaml:"ttl,omitempty" json:"ttl,omitempty"`
	Start   int64  `yaml:"start,omitempty" json:"start,omitempty"`
	End     *int64 `yaml:"end,omitempty" json:"end,omitempty"`
	By      int64  `yaml:"by,omitempty" json:"by,omitempty"`
	Count   string `yaml:"count,omitempty" json:"count,omitempty"`
	Expect  string `yaml:"expect,omitempty" json:"expect,omitempty"`
}

// mix is the step as an operation of its own.
func (s *Step) mix() Mix {
	return Mix{Command: s.Command, Keys: s.Keys, TTL: s.TTL, Start: s.Start, End: s.End, By: s.By, Count: s.Count, Expect: s.Expect}
}

// Suggestions is how the workload is meant to be run; the command line's
// flags go before it.
type Suggestions struct {
	Connections int      `yaml:"connections,omitempty" json:"connections,omitempty"` // in all
	Pipeline    int      `yaml:"pipeline,omitempty" json:"pipeline,omitempty"`       // requests in flight on one connection
	Rate        *float64 `yaml:"rate,omitempty" json:"rate,omitempty"`               // requests a second in all; 0: closed loop; absent: probe
	Requests    int64    `yaml:"requests,omitempty" json:"requests,omitempty"`       // in all
	Duration    string   `yaml:"duration,omitempty" json:"duration,omitempty"`       // as "30s"
	Arrival     Arrival  `yaml:"arrival,omitempty" json:"arrival,omitempty"`
}
