package driver

import "testing"

func TestSaid(t *testing.T) {
	e := &engine{driver: &fakeDriver{}}
	for want, kinds := range map[string]map[string]int64{
		`: "ERR value is not an integer"`: {"ERR": 3, "unsent": 1},
		"":                                {"unsent": 1},
	} {
		if got := e.said(kinds); got != want {
			t.Errorf("%v: %q, want %q", kinds, got, want)
		}
	}
}
