package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// TestAnonymize wants the same histograms of keys, bytes and operations, and no
// word of the original.
func TestAnonymize(t *testing.T) {
	var text strings.Builder
	text.WriteString("key,bytes,ops,type,ttl\n")
	for i := range 2000 {
		fmt.Fprintf(&text, "customer:%d,%d,%d,string,-1\n\"basket:{shopper%d}:a,b\",70,1,hash,90\n", 4_000_000+i*7, 10+i%50, i%3, 700_000+i%100)
	}
	code, shared, stderr := analyze(t, text.String(), "anonymize", "-", "--secret", "s")
	if code != exitOK || strings.Contains(shared, "customer") || strings.Contains(shared, "basket") || strings.Contains(shared, "shopper") {
		t.Fatalf("exit %d, %s: %.200s", code, stderr, shared)
	}
	var reports [2]report
	for i, input := range []string{text.String(), shared} {
		code, stdout, stderr := analyze(t, input, "keys", "-", "--format", "json", "--slots", "1024,32768", "--top", "0")
		if err := json.Unmarshal([]byte(stdout), &reports[i]); err != nil || code != exitOK {
			t.Fatalf("exit %d, %s, %v", code, stderr, err)
		}
	}
	if !reflect.DeepEqual(reports[0].BySlots, reports[1].BySlots) || !reflect.DeepEqual(reports[0].Values.Types, reports[1].Values.Types) {
		t.Error("the replaced keys lie elsewhere, or are of other types")
	}
	if code, _, stderr := analyze(t, "1339518083.107412 [0 127.0.0.1:60866] \"get\" \"x\"\n", "anonymize", "-"); code != exitFailed || !strings.Contains(stderr, "log of operations") {
		t.Errorf("a log: exit %d, %s", code, stderr)
	}
}

// TestAnonymizeLines keeps keys that hold line ends whole.
func TestAnonymizeLines(t *testing.T) {
	code, stdout, stderr := analyze(t, "\"somewhat\\nlonger\"\nplainkeys\n", "anonymize", "-", "--secret", "s")
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if code != exitOK || len(lines) != 2 || !strings.HasPrefix(lines[0], `"`) || !strings.Contains(lines[0], `\n`) || len(lines[1]) != len("plainkeys") {
		t.Errorf("exit %d, %s: %q", code, stderr, lines)
	}
}
