package server

import (
	"slices"
	"strings"
	"testing"
)

func TestParseBytes(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1": 1, "5b": 5, "1k": 1000, "1kb": 1024, "2M": 2_000_000, "2mb": 2 << 20, "3g": 3_000_000_000, "1GB": 1 << 30,
		"": -1, "k": -1, "1x": -1, "-1": -1, "1.5mb": -1, "99999999999999999999": -1, "9223372036854775807gb": -1,
	} {
		got, err := parseBytes(text)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("parseBytes(%q) = %d (%v), want %d", text, got, err, want)
		}
	}
}

// TestParametersReadBack sets every parameter to what it shows.
func TestParametersReadBack(t *testing.T) {
	config := DefaultConfig(4)
	if err := config.Validate(); err != nil {
		t.Fatalf("the defaults: %v", err)
	}
	for _, p := range parameters {
		before := p.get(&config)
		if err := config.SetParameter(strings.ToUpper(p.name), before); err != nil && before != "" {
			t.Errorf("%s does not take its own value %q: %v", p.name, before, err)
		}
		if after := p.get(&config); after != before {
			t.Errorf("%s became %q, was %q", p.name, after, before)
		}
		if p.help == "" {
			t.Errorf("%s has no help", p.name)
		}
	}
	names := make([]string, len(parameters))
	for i, p := range parameters {
		names[i] = p.name
	}
	if !slices.IsSorted(names) {
		t.Error("the parameters are not sorted, and found by bisection")
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	config := DefaultConfig(1)
	config.Port, config.MaxClients, config.LogLevel, config.Bind = -1, 0, "loud", nil
	err := config.Validate()
	if err == nil {
		t.Fatal("no fault was found")
	}
	for _, name := range []string{"port", "maxclients", "loglevel", "bind"} {
		if !strings.Contains(err.Error(), name+": ") {
			t.Errorf("%q does not name %s", err, name)
		}
	}
}
