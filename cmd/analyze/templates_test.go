package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestTemplates reads keys with bytes and operations by several threads.
func TestTemplates(t *testing.T) {
	var csv strings.Builder
	csv.WriteString("key,bytes,ops,type,ttl\n")
	for i := range 3000 {
		fmt.Fprintf(&csv, "user:%d,100,2,string,-1\n", i)
		fmt.Fprintf(&csv, "cart:{u%d}:items,300,1,hash,60\n", i%40)
	}
	code, stdout, stderr := analyze(t, csv.String(), "templates", "-", "--format", "json", "--by", "bytes", "--threads", "3")
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	var r templatesReport
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Templates) != 2 {
		t.Fatalf("templates: %s", stdout)
	}
	cart, user := r.Templates[0], r.Templates[1]
	if cart.Template != "cart:{u<int>}:items" || cart.Keys != 3000 || cart.Bytes != 900_000 || cart.Tags != 40 || cart.Type != "hash" || cart.TTLShare != 1 {
		t.Errorf("carts: %+v", cart)
	}
	if user.Template != "user:<int>" || user.Ops != 6000 || user.Tagged != 0 || user.BytesShare != 0.25 {
		t.Errorf("users: %+v", user)
	}
	for _, format := range []string{"table", "csv", "markdown"} {
		if code, stdout, _ := analyze(t, csv.String(), "templates", "-", "--format", format); code != exitOK || !strings.Contains(stdout, "300,000") && !strings.Contains(stdout, "300000") {
			t.Errorf("%s: exit %d: %s", format, code, stdout)
		}
	}
}
