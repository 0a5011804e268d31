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
	for _, want := range []string{"# Against the keyset:", "template weights differ by 0.0", "type: hash", "ttl: 3600s", "kind: zipf"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
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
	if a, b := fullestSlot(t, keyset), fullestSlot(t, preloaded(w)); math.Abs(a/b-1) > 0.05 {
		t.Errorf("the fullest slot has %g× the mean for %g×", b, a)
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
		"others": {sum(there, func(text string) bool { return strings.HasPrefix(text, "customer") }), sum(here, func(text string) bool { return !tagged(text) && strings.Contains(text, "xx") })},
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

func fullestSlot(t *testing.T, keyset string) float64 {
	t.Helper()
	_, stdout, _ := analyze(t, keyset, "keys", "-", "--format", "json")
	var r report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatal(err)
	}
	return r.BySlots[0].Skew.MaxOverMean
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
