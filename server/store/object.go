package store

// objects is a slot's Objects, by the numbers that its entries hold.
type objects struct {
	list []object
	free int32 // 1 + a number that nobody holds, each of which holds the next; 0: none
	held int32
}

type object struct {
	Object
	bytes int64 // as accounted for
	next  int32 // if nobody holds the number
}

// add keeps an Object and returns its number.
func (o *objects) add(made Object) uint32 {
	o.held++
	if o.free == 0 {
		o.list = append(o.list, object{Object: made})
		return uint32(len(o.list) - 1)
	}
	at := o.free - 1
	o.free = o.list[at].next
	o.list[at] = object{Object: made}
	return uint32(at)
}

// remove lets an Object go and returns the bytes that it was accounted for.
func (o *objects) remove(number uint32) int64 {
	bytes := o.list[number].bytes
	o.list[number] = object{next: o.free}
	o.free = int32(number) + 1
	if o.held--; o.held == 0 {
		*o = objects{}
	}
	return bytes
}

// settle accounts for an Object as it is now.
func (t *table) settle(number uint32) {
	o := &t.objects.list[number]
	now := o.Bytes()
	t.account.bytes.add(now - o.bytes)
	o.bytes = now
}

// dropObject lets go of what an entry holds, if that is an Object.
func (t *table) dropObject(e entry, l layout) {
	if e.hasObject() {
		t.account.bytes.add(-t.objects.remove(e.object(l)))
	}
}

// Changed accounts for a key's object anew.
func (t *table) Changed(key []byte) {
	ref, _ := t.find(key)
	if ref == 0 {
		return
	}
	if e := t.shard.entry(ref); e.hasObject() {
		t.settle(e.object(e.layout()))
	}
	t.touch(key)
}
