package command_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"slotbench/internal/peer"
	"slotbench/internal/resp"
)

// The differential test sends the same generated commands to a real server and
// to one of ours, and compares all that can be seen: answers, encodings, times
// to live, and what comes of the one's DUMP at the other.

// Steps of the test, as scripts/differential gives them.
const (
	stepsVariable = "SLOTBENCH_DIFFERENTIAL_STEPS"
	seedVariable  = "SLOTBENCH_DIFFERENTIAL_SEED"
)

const (
	shortSteps   = 1500 // of each seed in an ordinary run of the tests
	episodeSteps = 1000 // from an empty keyset on
	compareEvery = 200  // steps
	minForms     = 200
)

// shortSeeds are those of an ordinary run: fixed, so that it always does the
// same.
var shortSeeds = []uint64{1, 2}

// forms is every form, by the groups of the manual.
func forms() (all []*form) {
	for _, group := range [][]form{
		stringForms, genericForms, bitmapForms, listForms, setForms, sortedSetForms, hashForms,
	} {
		for i := range group {
			f := &group[i]
			f.parsed = parseForm(f.syntax)
			all = append(all, f)
		}
	}
	return all
}

func TestDifferential(t *testing.T) {
	seeds, steps := shortSeeds, shortSteps
	if text := os.Getenv(stepsVariable); text != "" {
		seed := rand.Uint64()
		if given := os.Getenv(seedVariable); given != "" {
			var err error
			if seed, err = strconv.ParseUint(given, 10, 64); err != nil {
				t.Fatalf("%s: %v", seedVariable, err)
			}
		}
		var err error
		if steps, err = strconv.Atoi(text); err != nil {
			t.Fatalf("%s: %v", stepsVariable, err)
		}
		seeds = []uint64{seed}
	}
	d := newDiffer(t, startNode(t, false))
	for _, seed := range seeds {
		t.Logf("seed %d: %d steps", seed, steps)
		for first := 0; first < steps; first += episodeSteps {
			if !d.episode(seed, first/episodeSteps, min(episodeSteps, steps-first)) {
				return
			}
		}
	}
}

// TestDifferentialOfTwins has two real servers compared: what it finds would
// be the test's own fault.
func TestDifferentialOfTwins(t *testing.T) {
	d := newDiffer(t, peer.Start(t, "--databases", "1"))
	for number := range 2 {
		d.episode(3, number, twinSteps)
	}
}

const twinSteps = 400

// TestDifferentialFinds plants a difference between two real servers, and
// wants it found and told in few steps.
func TestDifferentialFinds(t *testing.T) {
	d := newDiffer(t, peer.Start(t, "--databases", "1"))
	d.plant = []string{"CONFIG", "SET", "zset-max-listpack-entries", "2"}
	if d.episode(1, 0, episodeSteps) {
		t.Fatal("not found")
	}
	if len(d.shortest) > 2 {
		t.Errorf("%d steps show it, want 1 or 2", len(d.shortest))
	}
}

// speaker is one side.
type speaker struct{ conn *peer.Conn }

func (s *speaker) value(words ...string) resp.Value { return s.conn.Value(words...) }

// differ is the two sides that are compared.
type differ struct {
	t            *testing.T
	theirs, ours *speaker
	forms        []*form // weighted
	plain        []*form // those that a transaction may hold
	newer        bool    // theirs is newer than Redis 7.0
	settings     []command
	shortest     []step   // that shows the difference found
	plant        []string // a command for ours alone that makes a difference; nil: none
	journal      *os.File // what was sent, should our node end the process; nil: none
}

func newDiffer(t *testing.T, ours string) *differ {
	d := &differ{t: t, theirs: &speaker{peer.Dial(t, peer.Start(t, "--databases", "1"))}, ours: &speaker{peer.Dial(t, ours)}}
	names := "7.0"
	if version := d.theirs.version(); version >= "7.2" || len(version) > 0 && version[0] == '1' {
		names, d.newer = "7.2", true
	}
	d.ours.value("CONFIG", "SET", "object-encoding-names", names)
	var absent []string
	served := 0
	for _, f := range forms() {
		if v := d.ours.value("COMMAND", "INFO", f.name()); len(v.Elems) != 1 || v.Elems[0].Kind == resp.Null {
			absent = append(absent, f.name())
			continue
		}
		served++
		for range max(1, f.weight) {
			d.forms = append(d.forms, f)
		}
		if f.judge == nil {
			d.plain = append(d.plain, f)
		}
	}
	if absent = slices.Compact(absent); len(absent) > 0 {
		t.Logf("not served, so left out: %v", absent)
	} else if served < minForms {
		t.Errorf("%d forms, want %d", served, minForms)
	}
	if os.Getenv(stepsVariable) != "" {
		var err error
		if d.journal, err = os.CreateTemp("", "slotbench-differential-*.txt"); err != nil {
			t.Fatal(err)
		}
		t.Logf("%d forms; the commands of the episode are in %s while it runs", served, d.journal.Name())
		t.Cleanup(func() {
			_ = d.journal.Close()
			_ = os.Remove(d.journal.Name())
		})
	}
	return d
}

// version is a real server's, as that of the Redis that it is like.
func (s *speaker) version() string {
	_, version, _ := strings.Cut(s.value("INFO", "server").Text, "redis_version:")
	version, _, _ = strings.Cut(version, "\r\n")
	return version
}

// command is words and the form that they are of; nil: none.
type command struct {
	form  *form
	words []string
}

// step is what is sent at once: one command, or a transaction.
type step struct {
	commands []command
	keys     []string // whose encoding is compared behind it
}

// smallLimits has collections outgrow their packed form early.
var smallLimits = []string{
	"hash-max-listpack-entries 8", "hash-max-listpack-value 20", "set-max-intset-entries 8", "set-max-listpack-entries 8",
	"set-max-listpack-value 20", "zset-max-listpack-entries 8", "zset-max-listpack-value 20", "list-max-listpack-size 4",
}

var redisLimits = []string{
	"hash-max-listpack-entries 128", "hash-max-listpack-value 64", "set-max-intset-entries 512", "set-max-listpack-entries 128",
	"set-max-listpack-value 64", "zset-max-listpack-entries 128", "zset-max-listpack-value 64", "list-max-listpack-size -2",
}

// episode runs steps from an empty keyset on. When it finds a difference it
// looks for the shortest sequence that shows it, and reports false.
func (d *differ) episode(seed uint64, number, steps int) bool {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, uint64(number))), startMillis: time.Now().UnixMilli()}
	d.settings = []command{{words: []string{"HELLO", strconv.Itoa(2 + number%2)}}}
	limits := smallLimits
	if g.chance(40) {
		limits = redisLimits
	}
	for _, limit := range limits {
		name, value, _ := strings.Cut(limit, " ")
		d.settings = append(d.settings, command{words: []string{"CONFIG", "SET", name, value}})
	}
	all := make([]step, steps)
	for i := range all {
		all[i] = d.makeStep(g)
	}
	at, fault := d.run(all)
	if fault == "" {
		return true
	}
	d.t.Logf("seed %d, episode %d, step %d: %s", seed, number, at, fault)
	d.shortest, fault = d.shrink(all[:min(at+1, len(all))], fault)
	if d.plant != nil {
		return false
	}
	var b strings.Builder
	for _, c := range slices.Concat([]step{{commands: d.settings}}, d.shortest) {
		for _, c := range c.commands {
			fmt.Fprintln(&b, quote(c.words))
		}
	}
	d.t.Errorf("seed %d, episode %d: %s\nthe shortest sequence found:\n%s", seed, number, fault, b.String())
	return false
}

// maxTransaction is how many commands a transaction has at most.
const maxTransaction = 5

func (d *differ) makeStep(g *generator) (s step) {
	g.keys = g.keys[:0]
	if d.transactions() && g.chance(3) {
		return d.makeTransaction(g)
	}
	f := d.forms[g.IntN(len(d.forms))]
	s.commands = []command{{f, g.command(f)}}
	if !f.bare {
		s.keys = slices.Clone(g.keys[:min(len(g.keys), 3)])
	}
	return s
}

// transactions says whether ours has them.
func (d *differ) transactions() bool {
	return slices.ContainsFunc(d.forms, func(f *form) bool { return f.name() == "MULTI" })
}

func (d *differ) makeTransaction(g *generator) (s step) {
	s.commands = append(s.commands, command{words: []string{"MULTI"}})
	for range 1 + g.IntN(maxTransaction) {
		f := d.plain[g.IntN(len(d.plain))]
		s.commands = append(s.commands, command{f, g.command(f)})
	}
	end := "EXEC"
	if g.chance(10) {
		end = "DISCARD"
	}
	s.commands = append(s.commands, command{words: []string{end}})
	s.keys = slices.Clone(g.keys[:min(len(g.keys), 4)])
	return s
}
