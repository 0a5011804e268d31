package migrate

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"slotbench/internal/peer"
	"slotbench/internal/rdb"
)

func TestNoKeyDoesNotConnect(t *testing.T) {
	s := newSource(t, func(string, time.Duration, <-chan struct{}) (net.Conn, error) { return nil, errors.New("connected") })
	s.set("old", "v", nowMillis) // its time has come
	if found, err := s.migrate(Request{}, "nope", "old"); found || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
}

func TestFrames(t *testing.T) {
	var sent [][]string
	s := newSource(t, script(t, func(words []string) string {
		sent = append(sent, words)
		return "+OK\r\n"
	}))
	s.set("a", "1", 0)
	s.set("b", "two", nowMillis+1500)
	s.set("c", "three", nowMillis+1)
	found, err := s.migrate(Request{Asking: true, Replace: true, AUTH: true, User: "u", Password: "p", DB: 3}, "a", "b", "nope", "c")
	if !found || err != nil {
		t.Fatalf("found %v, %v", found, err)
	}
	if here := s.has("a", "b", "c"); here != nil {
		t.Errorf("still here: %q", here)
	}
	want := [][]string{
		{"AUTH", "u", "p"},
		{"SELECT", "3"},
		{"RESTORE-ASKING", "a", "0", dumped("1"), "REPLACE"},
		{"RESTORE-ASKING", "b", "1500", dumped("two"), "REPLACE"},
		{"RESTORE-ASKING", "c", "1", dumped("three"), "REPLACE"},
	}
	if fmt.Sprintf("%q", sent) != fmt.Sprintf("%q", want) {
		t.Errorf("sent %q\nwant %q", sent, want)
	}
	s.set("d", "4", 0)
	if _, err := s.migrate(Request{AUTH: true, User: "u", Password: "p", DB: 3}, "d"); err != nil || s.dialled != 1 {
		t.Errorf("%v; dialled %d times, want the connection used again", err, s.dialled)
	}
	s.set("e", "5", 0)
	if _, err := s.migrate(Request{}, "e"); err != nil || s.dialled != 2 {
		t.Errorf("%v; dialled %d times, want a connection that is not authenticated", err, s.dialled)
	}
}

func dumped(text string) string { return string(rdb.AppendDump(nil, rdb.TypeString, []byte(text))) }

func TestBatchesAreBounded(t *testing.T) {
	const keys = maxBatchKeys + 10
	atOnce, most := 0, 0
	s := newSource(t, script(t, func([]string) string { return "+OK\r\n" }))
	begun := s.Flights
	s.Flights = counting{begun, func(n int) { atOnce += n; most = max(most, atOnce) }}
	var names []string
	for i := range keys {
		names = append(names, strconv.Itoa(i))
		s.set(names[i], strings.Repeat("v", 1000), 0)
	}
	s.set("large", strings.Repeat("v", 2*maxBatchBytes), 0)
	if _, err := s.migrate(Request{}, append(names, "large")...); err != nil {
		t.Fatal(err)
	}
	if most > maxBatchBytes/1000 || atOnce != 0 {
		t.Errorf("%d keys in flight at once, %d in the end", most, atOnce)
	}
	if here := s.has(append(names, "large")...); here != nil {
		t.Errorf("still here: %d keys", len(here))
	}
}

type counting struct {
	Flights
	count func(int)
}

func (c counting) Begin(keys [][]byte) bool {
	begun := c.Flights.Begin(keys)
	if begun {
		c.count(len(keys))
	}
	return begun
}

func (c counting) End(keys [][]byte) {
	c.Flights.End(keys)
	c.count(-len(keys))
}

// TestFailures is what happens to three keys when the target does not answer
// +OK to each.
func TestFailures(t *testing.T) {
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	cases := []struct {
		name    string
		request Request
		answer  func(words []string) string
		want    string
		stay    string
	}{
		{"an error for one key", Request{}, func(words []string) string {
			if words[1] == "b" {
				return "-BUSYKEY Target key name already exists.\r\n"
			}
			return "+OK\r\n"
		}, "ERR Target instance replied with error: BUSYKEY Target key name already exists.", "[b]"},
		{"the first error is told", Request{}, func(words []string) string { return "-" + words[1] + "\r\n" },
			"ERR Target instance replied with error: a", "[a b c]"},
		{"copies stay", Request{Copy: true}, func([]string) string { return "+OK\r\n" }, "<nil>", "[a b c]"},
		{"the target hangs up after one", Request{}, func(words []string) string {
			if words[1] == "b" {
				return ""
			}
			return "+OK\r\n"
		}, "IOERR error or timeout reading to target instance", "[b c]"},
		{"the target stops answering after one", Request{Timeout: 20 * time.Millisecond}, func(words []string) string {
			if words[1] == "b" {
				<-never
			}
			return "+OK\r\n"
		}, "IOERR error or timeout reading to target instance", "[b c]"},
		{"an answer that is no answer", Request{}, func([]string) string { return "hello\r\n" },
			"IOERR error or timeout reading to target instance", "[a b c]"},
		{"an answer without an end", Request{}, func([]string) string { return "$9999999\r\n" + strings.Repeat("x", 2*maxReplyBytes) },
			"IOERR error or timeout reading to target instance", "[a b c]"},
		{"an integer for an answer", Request{}, func([]string) string { return ":1\r\n" },
			"ERR Target instance replied with error: 1", "[a b c]"},
		{"a wrong password", Request{AUTH: true, Password: "p"}, func([]string) string { return "-WRONGPASS no\r\n" },
			"ERR Target instance replied with error: WRONGPASS no", "[a b c]"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newSource(t, script(t, c.answer))
			for _, key := range []string{"a", "b", "c"} {
				s.set(key, "v", 0)
			}
			found, err := s.migrate(c.request, "a", "b", "c")
			if !found || fmt.Sprint(err) != c.want {
				t.Errorf("found %v, %v; want %s", found, err, c.want)
			}
			if here := fmt.Sprint(s.has("a", "b", "c")); here != c.stay {
				t.Errorf("here: %s, want %s", here, c.stay)
			}
		})
	}
}

// TestDeadIdleLink: a target that closed an idle connection is asked on a new
// one; one that keeps closing is not asked for ever.
func TestDeadIdleLink(t *testing.T) {
	commands := 0
	s := newSource(t, script(t, func([]string) string {
		commands++
		if commands == 2 || commands > 3 {
			return ""
		}
		return "+OK\r\n"
	}))
	for i, want := range []string{"<nil>", "<nil>", "IOERR error or timeout reading to target instance"} {
		key := strconv.Itoa(i)
		s.set(key, "v", 0)
		if _, err := s.migrate(Request{}, key); fmt.Sprint(err) != want {
			t.Errorf("request %d: %v, want %s", i, err, want)
		}
	}
	if commands != 5 || s.dialled != 3 {
		t.Errorf("%d commands on %d connections", commands, s.dialled)
	}
}

// TestTwoMigrationsOfTheSameKeys: one of them moves each key, in whatever
// order they name them, and neither waits for ever.
func TestTwoMigrationsOfTheSameKeys(t *testing.T) {
	var mu sync.Mutex
	restored := make(map[string]int)
	s := newSource(t, script(t, func(words []string) string {
		mu.Lock()
		defer mu.Unlock()
		restored[words[1]]++
		return "+OK\r\n"
	}))
	var names, reversed []string
	for i := range 200 {
		names = append(names, strconv.Itoa(i))
		reversed = append([]string{names[i]}, reversed...)
		s.set(names[i], strings.Repeat("v", 5000), 0)
	}
	dial := s.Dial
	s.Dial = func(addr string, timeout time.Duration, closing <-chan struct{}) (net.Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		return dial(addr, timeout, closing)
	}
	var group sync.WaitGroup
	for _, order := range [][]string{names, reversed} {
		group.Go(func() {
			if _, err := s.migrate(Request{}, order...); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, key := range names {
		if restored[key] != 1 {
			t.Errorf("key %s was restored %d times", key, restored[key])
		}
	}
	if here := s.has(names...); here != nil {
		t.Errorf("still here: %q", here)
	}
}

func TestCloseBreaksOff(t *testing.T) {
	asked := make(chan struct{})
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	s := newSource(t, script(t, func([]string) string {
		close(asked)
		<-never
		return ""
	}))
	s.set("a", "v", 0)
	go func() {
		<-asked
		_ = s.Close()
	}()
	if _, err := s.migrate(Request{}, "a"); err == nil {
		t.Error("no error from a broken-off migration")
	}
	if here := s.has("a"); len(here) != 1 {
		t.Error("the key is gone")
	}
	if _, err := s.migrate(Request{}, "a"); err == nil {
		t.Error("a closed Mover moves")
	}
}

// TestRealServer sends to a real redis-server what it must take, and refuse.
func TestRealServer(t *testing.T) {
	addr := peer.Start(t, "--requirepass", "secret")
	target := peer.Dial(t, addr)
	target.Text("AUTH", "secret")
	s := newSource(t, DialTCP)
	s.NowMillis = func() int64 { return time.Now().UnixMilli() }
	binary := "\x00\xff\r\n" + strings.Repeat("z", 300_000)
	values := map[string]string{"int": "12345", "text": "hello", "empty": "", "binary": binary, "{x}": strings.Repeat("abc", 99)}
	var keys []string
	for key, value := range values {
		s.set(key, value, 0)
		keys = append(keys, key)
	}
	s.set("ends", "v", time.Now().UnixMilli()+100_000)
	keys = append(keys, "ends")
	request := Request{Addr: addr, AUTH: true, Password: "secret", DB: 2}
	if _, err := s.migrate(request, keys...); err != nil {
		t.Fatal(err)
	}
	target.Text("SELECT", "2")
	for key, value := range values {
		if got := target.Text("GET", key); got != value {
			t.Errorf("%s is %.40q there", key, got)
		}
		if got := target.Text("PTTL", key); got != "-1" {
			t.Errorf("%s has PTTL %s there", key, got)
		}
	}
	if left, _ := strconv.Atoi(target.Text("PTTL", "ends")); left < 1 || left > 100_000 {
		t.Errorf("ends has PTTL %d there", left)
	}
	s.set("int", "9", 0)
	const busy = "ERR Target instance replied with error: BUSYKEY Target key name already exists."
	if _, err := s.migrate(request, "int"); fmt.Sprint(err) != busy || len(s.has("int")) != 1 {
		t.Errorf("over a key that is there: %v", err)
	}
	request.Replace = true
	if _, err := s.migrate(request, "int"); err != nil || target.Text("GET", "int") != "9" {
		t.Errorf("REPLACE: %v", err)
	}
	s.set("text", "v", 0)
	const noAuth = "ERR Target instance replied with error: NOAUTH Authentication required."
	if _, err := s.migrate(Request{Addr: addr}, "text"); fmt.Sprint(err) != noAuth {
		t.Errorf("without a password: %v", err)
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	s := newSource(t, DialTCP)
	s.set("a", "v", 0)
	if _, err := s.migrate(Request{Addr: addr}, "a"); fmt.Sprint(err) != "IOERR error or timeout writing to target instance" {
		t.Error(err)
	}
}
