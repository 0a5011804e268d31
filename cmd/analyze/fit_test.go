package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"slotbench/internal/request"
	"slotbench/internal/slot"
	"slotbench/workloads"
)

// shopKeyset is users, carts on tags of which one is large, and hashes.
func shopKeyset() string {
	r := rand.New(rand.NewPCG(11, 1))
	var text strings.Builder
	text.WriteString("key,bytes,ops,type,num_elements,ttl\n")
	for i := range 12_000 {
		fmt.Fprintf(&text, "customer:%08d:profile,%d,%d,string,1,-1\n", i, int(200*math.Exp(r.NormFloat64())), 1+12_000/(i+1))
		tag := r.IntN(2000)
		if i%12 == 0 {
			tag = 7
		}
		fmt.Fprintf(&text, "basket:{shopper%d}:%d,60,1,string,1,3000\n", 100_000+tag, i)
		if i%4 == 0 {
			fmt.Fprintf(&text, "ledger:%d,400,2,hash,10,-1\n", i)
		}
	}
	return text.String()
}

// TestFitAndBack fits a workload, makes its keys and values, and analyzes those.
func TestFitAndBack(t *testing.T) {
	keyset := shopKeyset()
	file := filepath.Join(t.TempDir(), "fitted.yaml")
	code, _, stderr := analyze(t, keyset, "fit", "-", "-o", file)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"customer", "profile", "basket", "shopper", "ledger", "100007"} {
		if strings.Contains(string(text), word) {
			t.Errorf("%q of the original stands in the workload", word)
		}
	}
	for _, want := range []string{"# Against the keyset:", "template weights differ by 0.0", "type: hash", "ttl: 3600s", "kind: zipf", "slots: as many keys in every slot", "hash tags are 1,988 for 1,988; the heaviest 100 differ in size by 0.00 %"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%.2000s …", want, text)
		}
	}
	spec, err := workloads.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	w, err := spec.Compile(workloads.Options{Streams: 1})
	if err != nil {
		t.Fatal(err)
	}
	there, here := templatesOf(t, keyset), templatesOf(t, preloaded(w))
	if there.Keys != here.Keys {
		t.Errorf("%d keys for %d", here.Keys, there.Keys)
	}
	compareFamilies(t, there, here)
	if a, b := slotsOf(keyset), slotsOf(preloaded(w)); a != b {
		t.Error("keys do not lie in the same slots")
	}
}

// TestShortFit fits by laws instead of slot by slot.
func TestShortFit(t *testing.T) {
	code, stdout, stderr := analyze(t, shopKeyset(), "fit", "-", "--by-slot=false")
	if code != exitOK || len(stdout) > 5000 || strings.Contains(stdout, "slots: |") || !strings.Contains(stdout, "keys_per_tag:") || !strings.Contains(stderr, "slots differ by") {
		t.Errorf("exit %d: %s\n%.2000s …", code, stderr, stdout)
	}
}

// TestFitFewer fits a tenth of the keys: slots keep their shares.
func TestFitFewer(t *testing.T) {
	code, stdout, stderr := analyze(t, shopKeyset(), "fit", "-", "--keys", "2700")
	if code != exitOK || !strings.Contains(stderr, "2,700 keys for 27,000 keys") || !strings.Contains(stdout, "keys: 2700\n") {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	if _, err := workloads.Parse("fitted", []byte(stdout)); err != nil {
		t.Error(err)
	}
}

// compareFamilies wants customers and baskets with their lengths and sizes; the
// heavy basket has a family of its own.
func compareFamilies(t *testing.T, there, here *templatesReport) {
	t.Helper()
	sum := func(r *templatesReport, like func(text string) bool) (s templateReport) {
		for _, f := range r.Templates {
			if like(f.Template) {
				s.Keys += f.Keys
				s.Bytes += f.Bytes
				s.KeyBytesMean += float64(f.Keys) * f.KeyBytesMean
			}
		}
		s.KeyBytesMean /= float64(s.Keys)
		return s
	}
	tagged := func(text string) bool { return strings.Contains(text, "{") }
	for name, pair := range map[string][2]templateReport{
		"tagged": {sum(there, tagged), sum(here, tagged)},
		"others": {sum(there, func(text string) bool { return strings.HasPrefix(text, "customer") }), sum(here, func(text string) bool { return !tagged(text) && strings.HasSuffix(text, "-<int>:<int>") })},
	} {
		a, b := pair[0], pair[1]
		if a.Keys != b.Keys || math.Abs(a.KeyBytesMean-b.KeyBytesMean) > 1 || math.Abs(float64(b.Bytes)/float64(a.Bytes)-1) > 0.05 {
			t.Errorf("%s: %+v for %+v", name, b, a)
		}
	}
}

func templatesOf(t *testing.T, keyset string) *templatesReport {
	t.Helper()
	code, stdout, stderr := analyze(t, keyset, "templates", "-", "--format", "json")
	var r templatesReport
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != exitOK {
		t.Fatalf("exit %d, %v: %s", code, err, stderr)
	}
	return &r
}

func slotsOf(keyset string) (slots [slot.DefaultCount]int) {
	for line := range strings.Lines(keyset) {
		if key, _, _ := strings.Cut(line, ","); key != "key" {
			slots[slot.Of([]byte(key))]++
		}
	}
	return slots
}

// preloaded is what a workload preloads, as CSV.
func preloaded(w *workloads.Workload) string {
	var text strings.Builder
	text.WriteString("key,bytes\n")
	source := w.Preload(0, 1)
	for r := (request.Request{}); source.Next(&r); {
		rest := string(r.Frame[r.KeyAt+r.KeyLen+2:])
		size := len(rest)
		if strings.HasPrefix(string(r.Frame), "*3\r\n$3\r\nSET") {
			length, _, _ := strings.Cut(rest[1:], "\r\n")
			size, _ = strconv.Atoi(length)
		}
		fmt.Fprintf(&text, "%s,%d\n", r.Frame[r.KeyAt:r.KeyAt+r.KeyLen], size)
	}
	return text.String()
}
