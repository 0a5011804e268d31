package workloads

import (
	"slotbench/internal/request"
	"slotbench/internal/slot"
)

// The limits of what a spec may ask for.
const (
	MaxFileBytes     = 64 << 10 // of a workload file
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

	Keys       int64       `yaml:"keys" json:"keys"`                                   // keys in all
	StartEmpty bool        `yaml:"start_empty,omitempty" json:"start_empty,omitempty"` // preload nothing
	Prefix     string      `yaml:"prefix,omitempty" json:"prefix,omitempty"`           // before every key
	Slot       *slot.Slot  `yaml:"slot,omitempty" json:"slot,omitempty"`               // what %[slot]s hashes to
	Popularity Popularity  `yaml:"popularity,omitempty" json:"popularity,omitzero"`
	ValueSize  string      `yaml:"value_size,omitempty" json:"value_size,omitempty"` // bytes; see FORMAT.md for the forms
	Families   []Family    `yaml:"families" json:"families"`
	Operations []Mix       `yaml:"operations" json:"operations"`
	Run        Suggestions `yaml:"run,omitempty" json:"run,omitzero"`
	Events     []string    `yaml:"events,omitempty" json:"events,omitempty"` // what happens to the target meanwhile; see internal/timeline
}

// Family is keys that are named alike.
type Family struct {
	Name   string   `yaml:"name" json:"name"`
	Key    string   `yaml:"key" json:"key"`                           // the template
	Share  *float64 `yaml:"share,omitempty" json:"share,omitempty"`   // of the keys, against the other families'; default 1
	Weight *float64 `yaml:"weight,omitempty" json:"weight,omitempty"` // of the requests; default Share
	Tags   *Tags    `yaml:"tags,omitempty" json:"tags,omitempty"`
	Ranges []Range  `yaml:"ranges,omitempty" json:"ranges,omitempty"`
	// Popularity and ValueSize override the spec's own.
	Popularity Popularity `yaml:"popularity,omitempty" json:"popularity,omitzero"`
	ValueSize  string     `yaml:"value_size,omitempty" json:"value_size,omitempty"`
	Counter    bool       `yaml:"counter,omitempty" json:"counter,omitempty"` // the values are decimal integers
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
	Uniform    = "uniform"
	Zipf       = "zipf"
	Sequential = "sequential"
	Hotspot    = "hotspot"
	Latest     = "latest"
)

// Popularity is how often each key is asked for.
type Popularity struct {
	Kind     string   `yaml:"kind,omitempty" json:"kind,omitempty"`         // default uniform
	Exponent *float64 `yaml:"exponent,omitempty" json:"exponent,omitempty"` // zipf and latest; default 0.99
	InOrder  bool     `yaml:"in_order,omitempty" json:"in_order,omitempty"` // zipf and hotspot: hot keys first, not scattered
	Data     float64  `yaml:"data,omitempty" json:"data,omitempty"`         // hotspot: the share of the keys that is hot; default 0.2
	Requests float64  `yaml:"requests,omitempty" json:"requests,omitempty"` // hotspot: their share of the requests; default 0.8
}

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
	By       int64    `yaml:"by,omitempty" json:"by,omitempty"`             // INCRBY, DECRBY; default 1
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
