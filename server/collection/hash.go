package collection

// Hash is a large hash: fields with values, in no order.
type Hash struct{ table }

// NewHash is a hash without fields.
func NewHash() *Hash { return &Hash{newTable(true)} }

// Len is how many fields there are.
func (h *Hash) Len() int { return h.count }

// Get is a field's value, borrowed until the hash next changes.
func (h *Hash) Get(field []byte) (value []byte, ok bool) {
	_, r, ok := h.find(field, hashOf(field))
	if !ok {
		return nil, false
	}
	_, value = h.entry(r)
	return value, true
}

// Set gives a field a value, and reports whether the field is new. Both are
// copied.
func (h *Hash) Set(field, value []byte) (added bool) { return h.set(field, value) }

// Delete removes a field and reports whether it was there.
func (h *Hash) Delete(field []byte) bool { return h.remove(field) }

// Each visits every field, until visit reports false. What it is given is
// borrowed; it must not change the hash.
func (h *Hash) Each(visit func(field, value []byte) bool) { h.visitAll(visit) }

// Scan visits a part of the hash, about want fields, and returns the cursor to
// go on from, 0 after the last part. Begun at 0, it visits every field that is
// there throughout at least once, however the hash changes between the calls.
// visit must not change it.
func (h *Hash) Scan(cursor uint64, want int, visit func(field, value []byte)) (next uint64) {
	return h.scan(cursor, want, visit)
}

// Random is the field that a uniformly random pick falls on. The hash is not
// empty.
func (h *Hash) Random(pick uint64) (field, value []byte) { return h.entry(h.random(pick)) }

// Bytes is the memory that the hash takes.
func (h *Hash) Bytes() int64 { return h.size() }

// Clone is a copy that shares nothing.
func (h *Hash) Clone() *Hash { return &Hash{h.copyOf()} }
