package store

import "slices"

// touch tells those who watch a key.
func (t *table) touch(key []byte) {
	if t.watched == nil {
		return
	}
	for _, w := range t.watched[string(key)] {
		w.Touch()
	}
}

// Watch has w told of changes.
func (t *table) Watch(key []byte, w Watcher) {
	if t.watched == nil {
		t.watched = make(map[string][]Watcher)
	}
	t.watched[string(key)] = append(t.watched[string(key)], w)
}

// Unwatch takes a Watch back.
func (t *table) Unwatch(key []byte, w Watcher) {
	left := t.watched[string(key)]
	if at := slices.Index(left, w); at >= 0 {
		left = slices.Delete(left, at, at+1)
	}
	if t.watched[string(key)] = left; len(left) == 0 {
		delete(t.watched, string(key))
	}
	if len(t.watched) == 0 {
		t.watched = nil
	}
}

// touchAll tells those who watch keys that are there.
func (t *table) touchAll() {
	for key := range t.watched {
		if t.lookUp([]byte(key), t.hash([]byte(key))) {
			t.touch([]byte(key))
		}
	}
}
