package targets

import (
	"errors"
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	can := Abilities{Strategies: []Strategy{KeyByKey, Atomic}}
	for _, c := range []struct {
		can   Abilities
		asked Strategy
		want  Strategy // "": refused
		says  string
	}{
		{can, "", KeyByKey, ""},
		{can, Atomic, Atomic, ""},
		{can, KeyByKey, KeyByKey, ""},
		{can, Pushed, "", "key-by-key, atomic"},
		{Abilities{}, "", "", "migrate slots"},
		{Abilities{}, Atomic, "", "migrate slots"},
	} {
		got, err := c.can.Choose(c.asked)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%v.Choose(%q) = %q, %v; want %q", c.can.Strategies, c.asked, got, err, c.want)
		}
		if err != nil && (!errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("Choose(%q): %v: want ErrUnsupported, with %q", c.asked, err, c.says)
		}
	}
}
