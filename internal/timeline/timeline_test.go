package timeline

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"slotbench/internal/slot"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]Event{
		"at=5s migrate slots=100":                                   {At: 5 * time.Second, Kind: Migrate, Slots: 100},
		"at=50% migrate slots=0-99,200-200 to=2 strategy=atomic":    {Share: 0.5, Kind: Migrate, Ranges: []slot.Range{{First: 0, Last: 99}, {First: 200, Last: 200}}, To: "2", Strategy: "atomic"},
		"at=1m migrate slots=all from=127.0.0.1:7001 to=all":        {At: time.Minute, Kind: Migrate, AllSlots: true, From: "127.0.0.1:7001", To: All},
		"at=0s plan file='my plan.json' batch=10":                   {Kind: Plan, File: "my plan.json", Batch: 10},
		"at=0s plan file=p keep=yes":                                {Kind: Plan, File: "p", Keep: true},
		"at=1s stop node=1 for=500ms":                               {At: time.Second, Kind: Stop, Node: "1", For: 500 * time.Millisecond},
		"at=1s kill node=1":                                         {At: time.Second, Kind: Kill, Node: "1"},
		"at=1s kill node=1 for=2s":                                  {At: time.Second, Kind: Kill, Node: "1", For: 2 * time.Second},
		"at=1s start node=1":                                        {At: time.Second, Kind: Start, Node: "1"},
		"at=1s failover node=0":                                     {At: time.Second, Kind: Failover, Node: "0"},
		"at=1s add-node":                                            {At: time.Second, Kind: AddNode},
		"at=1s remove-node node=3":                                  {At: time.Second, Kind: RemoveNode, Node: "3"},
		"at=1s command node=0 run='CONFIG SET maxmemory 0'":         {At: time.Second, Kind: Command, Node: "0", Run: []string{"CONFIG", "SET", "maxmemory", "0"}},
		`at=1s command node=0 run="SET a 'b c'" undo='DEL a'`:       {At: time.Second, Kind: Command, Node: "0", Run: []string{"SET", "a", "b c"}, Undo: []string{"DEL", "a"}},
		" at=1s command node=0 run=\"DEBUG SLEEP 1\" undo=none    ": {At: time.Second, Kind: Command, Node: "0", Run: []string{"DEBUG", "SLEEP", "1"}, NoUndo: true},
	} {
		got, err := Parse(text)
		want.Text = strings.TrimSpace(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v, %v\nwant %+v", text, got, err, want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                         "want at=WHEN KIND",
		"migrate slots=1":                          "begins with",
		"at=x migrate slots=1":                     "want a time",
		"at=-1s migrate slots=1":                   "want a time",
		"at=100% migrate slots=1":                  "below 100%",
		"at=NaN% migrate slots=1":                  "below 100%",
		"at=1s explode":                            "unknown kind",
		"at=1s migrate":                            "wants slots",
		"at=1s migrate slots=0":                    "want how many",
		"at=1s migrate slots=16385":                "want how many",
		"at=1s migrate slots=9-1":                  "want how many",
		"at=1s migrate slots=,":                    "want how many",
		"at=1s migrate slots=all":                  "wants from",
		"at=1s migrate slots=1 slots=2":            "twice",
		"at=1s migrate slots=1 from=1 to=1":        "both",
		"at=1s migrate slots=1-2 from=1":           "leave out from",
		"at=1s migrate slots=1 batch=0":            "from 1",
		"at=1s migrate slots=1 keep=1":             "want yes",
		"at=1s migrate slots=1 node=1":             `no option "node"`,
		"at=1s migrate 5":                          "is no option",
		"at=1s stop node=1":                        "wants for",
		"at=1s stop node=1 for=2h":                 "at most",
		"at=1s stop node= for=2s":                  "is empty",
		"at=1s add-node node=1":                    "it has none",
		"at=1s command node=1 run=''":              "want a command",
		"at=1s command node=1 run='a":              "quote",
		"at=1s stop " + strings.Repeat("x", 1<<13): "bytes long",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v, want %q", text, err, want)
		}
	}
}

// Every option of every kind has a reader, and the help names every kind.
func TestKindsAreWhole(t *testing.T) {
	help := Help()
	for _, d := range Kinds {
		for _, option := range d.Options {
			if setters[option.Name] == nil {
				t.Errorf("%s: nobody reads %s", d.Kind, option.Name)
			}
		}
		if !strings.Contains(help, "\n  "+string(d.Kind)) {
			t.Errorf("the help does not name %s", d.Kind)
		}
	}
}

func TestDue(t *testing.T) {
	share, fixed := Event{Share: 0.25}, Event{At: 3 * time.Second}
	if at, ok := share.Due(8 * time.Second); !ok || at != 2*time.Second {
		t.Errorf("a quarter of 8 s: %v, %v", at, ok)
	}
	if _, ok := share.Due(0); ok {
		t.Error("a share of no planned time is no time")
	}
	if at, ok := fixed.Due(0); !ok || at != 3*time.Second {
		t.Errorf("3 s: %v, %v", at, ok)
	}
}

func FuzzParse(f *testing.F) {
	for _, d := range Kinds {
		text := "at=50% " + string(d.Kind)
		for _, option := range d.Options {
			text += " " + option.Name + "=1"
		}
		f.Add(text)
	}
	f.Add("at=1s migrate slots=0-99,200-200 to=all")
	f.Add(`at=1s command node=1 run="a 'b\x00'" undo=none`)
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(e.Text)
		if err != nil || !reflect.DeepEqual(e, again) {
			t.Errorf("%q reads as %+v, its text as %+v (%v)", text, e, again, err)
		}
		if describe(e.Kind) == nil || e.At < 0 || e.Share < 0 || e.Share >= 1 || e.For < 0 || e.Slots < 0 {
			t.Errorf("%q: %+v", text, e)
		}
	})
}
