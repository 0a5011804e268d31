package results

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"slotbench/internal/request"
	"slotbench/internal/resp"
)

// deliveryBase is when the tests' clocks begin.
var deliveryBase = time.Unix(1000, 0)

// published is an ended PUBLISH of stream 0, and its message.
func published(channel string, seq uint64, status request.Status, due, written int64) (*request.Request, []byte) {
	message := make([]byte, request.StampBytes+8)
	request.PutStamp(message, []byte(channel), 0, seq)
	r := &request.Request{Seq: seq}
	r.Frame = resp.AppendCommand(nil, "PUBLISH", channel, string(message))
	r.KeyAt, r.KeyLen = strings.Index(string(r.Frame), channel), len(channel)
	r.Due, r.Outcome = due, request.Outcome{Status: status, Written: written}
	return r, message
}

func twoSubscribers() []request.Reception {
	return []request.Reception{{Name: "subscribers", Command: request.Subscribe, Receivers: [][]string{{"a"}, {"a", "b"}}}}
}

func result(t *testing.T, d *Deliveries) Delivery {
	t.Helper()
	all, err := d.Results(2)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d deliveries, %v", len(all), err)
	}
	return all[0]
}

// TestDeliveries tells a story: a message that arrives before its publisher
// has the answer and after, one that nobody gets, one that was refused, one of
// a channel without subscribers, and one that comes too often.
func TestDeliveries(t *testing.T) {
	d := NewDeliveries(twoSubscribers(), []string{"GET", "PUBLISH"}, deliveryBase)
	d.Begin(deliveryBase.Add(time.Second))
	send := func(channel string, seq uint64, status request.Status) []byte {
		r, message := published(channel, seq, status, 100, 300)
		r.Op = 1
		d.Record(0, r)
		return message
	}
	arrive := func(channel string, message []byte, after int64) {
		d.Received(0, []byte(channel), message, deliveryBase.Add(time.Second+time.Duration(after)))
	}
	_, early := published("a", 1, request.OK, 0, 0)
	arrive("a", early, 1300)
	send("a", 1, request.OK)
	if d.Outstanding() != 1 {
		t.Errorf("%d receipts are outstanding, want the second subscriber's", d.Outstanding())
	}
	arrive("a", early, 2300)
	arrive("b", send("b", 2, request.OK), 3300)
	send("a", 3, request.OK)                          // nobody gets it
	arrive("b", send("b", 4, request.Failed), 400)    // got, and refused: not expected
	send("c", 5, request.OK)                          // no subscriber
	arrive("a", []byte("a message of others"), 10000) // no stamp
	r, _ := published("a", 6, request.OK, 0, 0)       // a GET
	d.Record(0, r)

	got := result(t, d)
	if got.Published != 3 || got.Expected != 5 || got.Delivered != 3 || *got.Lost != 2 || got.Extra != 1 || got.PerSec != 1.5 {
		t.Errorf("%+v, lost %d", got, *got.Lost)
	}
	if got.Delay.Min != 1 || got.Delay.Max != 3 || got.Response.Min != 1.2 || got.Response.Max != 3.2 {
		t.Errorf("delay %+v, response %+v", got.Delay, got.Response)
	}
	d.Reset()
	if got := result(t, d); got.Published+got.Expected+got.Delivered+got.Extra != 0 || d.Outstanding() != 0 {
		t.Errorf("after a reset %+v", got)
	}
}

// TestGroupGetsEachEntryOnce has two consumers of one stream, of whom one gets
// an entry.
func TestGroupGetsEachEntryOnce(t *testing.T) {
	receptions := []request.Reception{{Name: "workers", Command: request.ReadGroup, Group: "g", Receivers: [][]string{{"a"}, {"a"}}}}
	d := NewDeliveries(receptions, []string{"XADD"}, deliveryBase)
	for seq := range uint64(4) {
		r, message := published("a", seq+1, request.OK, 1, 2)
		d.Record(0, r)
		if seq > 1 {
			d.Received(0, []byte("a"), message, deliveryBase.Add(time.Microsecond))
		}
	}
	got := result(t, d)
	if got.Expected != 4 || got.Delivered != 2 || got.Lost != nil || got.Group == nil || got.Group.LagMax != 3 {
		t.Errorf("%+v, group %+v", got, got.Group)
	}
}

// TestDeliveriesInAnyOrder shuffles what is sent and what is received: the sums
// are those of the plan.
func TestDeliveriesInAnyOrder(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 0))
		d := NewDeliveries(twoSubscribers(), []string{"PUBLISH"}, deliveryBase)
		var steps []func()
		var expected, delivered int64
		for seq := range uint64(200) {
			channel, receivers := "a", 2
			if random.IntN(2) == 0 {
				channel, receivers = "b", 1
			}
			r, message := published(channel, seq, request.OK, 10, 20)
			steps = append(steps, func() { d.Record(0, r) })
			expected += int64(receivers)
			for range receivers {
				if random.IntN(10) > 0 {
					delivered++
					steps = append(steps, func() { d.Received(0, []byte(channel), message, deliveryBase.Add(time.Millisecond)) })
				}
			}
		}
		random.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
		for _, step := range steps {
			step()
		}
		got := result(t, d)
		if got.Expected != expected || got.Delivered != delivered || *got.Lost != expected-delivered || got.Extra != 0 || d.Outstanding() != *got.Lost {
			t.Errorf("seed %d: %+v, want %d of %d", seed, got, delivered, expected)
		}
	}
}

// TestDeliveriesAreBounded never delivers anything: memory stays bounded, and
// what is beyond is told.
func TestDeliveriesAreBounded(t *testing.T) {
	d := NewDeliveries(twoSubscribers(), []string{"PUBLISH"}, deliveryBase)
	for i := range d.receptions[0].shards {
		for n := range maxOpenMessages / deliveryShards {
			d.receptions[0].shards[i].messages[messageID{7, uint64(n)}] = nil
		}
	}
	r, message := published("a", 1, request.OK, 1, 2)
	d.Record(0, r)
	d.Received(0, []byte("a"), message, deliveryBase)
	for i := range d.receptions[0].shards {
		clear(d.receptions[0].shards[i].messages)
	}
	if got := result(t, d); got.Untold != 1 || got.Expected != 0 || got.Delivered != 0 {
		t.Errorf("%+v", got)
	}
}

func BenchmarkDeliveries(b *testing.B) {
	d := NewDeliveries(twoSubscribers(), []string{"PUBLISH"}, deliveryBase)
	requests, messages := make([]*request.Request, 1024), make([][]byte, 1024)
	for i := range requests {
		requests[i], messages[i] = published("a", uint64(i), request.OK, 10, 20)
	}
	for i := range b.N {
		n := i & 1023
		d.Record(0, requests[n])
		for range 2 {
			d.Received(0, []byte("a"), messages[n], deliveryBase.Add(time.Microsecond))
		}
	}
	if got, err := d.Results(1); err != nil || got[0].Delivered != 2*int64(b.N) {
		b.Fatal(fmt.Sprint(got, err))
	}
}
