package pushed

import (
	"fmt"
	"strings"
	"testing"

	"slotbench/internal/slot"
)

// shardJSON is one shard of a configuration.
func shardJSON(id string, port int, ranges string) string {
	return fmt.Sprintf(`{"slot_ranges":[%s],"master":{"id":"%s","ip":"127.0.0.1","port":%d},"replicas":[]}`, ranges, id, port)
}

const (
	low  = `{"start":0,"end":8191}`
	high = `{"start":8192,"end":16383}`
)

func TestParse(t *testing.T) {
	a, b := shardJSON("a", 1, low), shardJSON("b", 2, high)
	without := func(text, part string) string { return "[" + strings.Replace(text, part, "", 1) + "," + b + "]" }
	cases := []struct {
		name, config, want string
	}{
		{"two shards", "[" + a + "," + b + "]", "a=127.0.0.1:1 b=127.0.0.1:2 0-8191:0 8192-16383:1"},
		{"one shard, ranges in disorder", "[" + shardJSON("a", 1, high+","+low) + "]", "a=127.0.0.1:1 8192-16383:0 0-8191:0"},
		{"a shard without slots", "[" + a + "," + b + "," + shardJSON("c", 3, "") + "]", "a=127.0.0.1:1 b=127.0.0.1:2 c=127.0.0.1:3 0-8191:0 8192-16383:1"},
		{"unknown fields, health", `[{"slot_ranges":[{"start":0,"end":16383,"x":1}],"master":{"id":"a","ip":"h","port":1,"health":"online"},"replicas":[],"migrations":[]}]`, "a=h:1 0-16383:0"},
		{"nothing", "", "error"},
		{"no JSON", "{bad", "error"},
		{"no list", "{}", "error"},
		{"null", "null", "error"},
		{"no shards", "[]", "error"},
		{"text behind it", "[" + a + "," + b + "]x", "error"},
		{"a second list behind it", "[" + a + "," + b + "][]", "error"},
		{"a gap", "[" + shardJSON("a", 1, `{"start":0,"end":8190}`) + "," + b + "]", "error"},
		{"an overlap", "[" + shardJSON("a", 1, `{"start":0,"end":8192}`) + "," + b + "]", "error"},
		{"a range twice in a shard", "[" + shardJSON("a", 1, low+","+low) + "," + b + "]", "error"},
		{"start behind end", "[" + shardJSON("a", 1, low+`,{"start":9,"end":8}`) + "," + b + "]", "error"},
		{"beyond the last slot", "[" + a + "," + shardJSON("b", 2, `{"start":8192,"end":16384}`) + "]", "error"},
		{"below the first slot", "[" + shardJSON("a", 1, `{"start":-1,"end":8191}`) + "," + b + "]", "error"},
		{"a slot that is no integer", "[" + shardJSON("a", 1, `{"start":0.5,"end":8191}`) + "," + b + "]", "error"},
		{"a slot as text", "[" + shardJSON("a", 1, `{"start":"0","end":8191}`) + "," + b + "]", "error"},
		{"no start", "[" + shardJSON("a", 1, `{"end":8191}`) + "," + b + "]", "error"},
		{"no end", "[" + shardJSON("a", 1, `{"start":0}`) + "," + b + "]", "error"},
		{"no replicas", without(a, `,"replicas":[]`), "error"},
		{"no master", without(a, `"master":{"id":"a","ip":"127.0.0.1","port":1},`), "error"},
		{"no slot_ranges", without(a, `"slot_ranges":[`+low+`],`), "error"},
		{"no id", without(a, `"id":"a",`), "error"},
		{"no ip", without(a, `"ip":"127.0.0.1",`), "error"},
		{"no port", without(a, `,"port":1`), "error"},
		{"an empty id", "[" + shardJSON("", 1, low) + "," + b + "]", "error"},
		{"an id with a space", "[" + shardJSON("a b", 1, low) + "," + b + "]", "error"},
		{"an id with a line end", "[" + shardJSON(`a\n`, 1, low) + "," + b + "]", "error"},
		{"an id that is too long", "[" + shardJSON(strings.Repeat("a", MaxNodeIDBytes+1), 1, low) + "," + b + "]", "error"},
		{"an id twice", "[" + a + "," + shardJSON("a", 2, high) + "]", "error"},
		{"port 0", "[" + shardJSON("a", 0, low) + "," + b + "]", "error"},
		{"port 65536", "[" + shardJSON("a", 65536, low) + "," + b + "]", "error"},
		{"too long", "[" + a + "," + b + strings.Repeat(" ", MaxConfigBytes) + "]", "error"},
		{"replicas", "[" + strings.Replace(a, `"replicas":[]`, `"replicas":[{"id":"r","ip":"h","port":9}]`, 1) + "," + b + "]", "replicas"},
		{"migrations", "[" + strings.Replace(a, `"replicas":[]`, `"replicas":[],"migrations":[{}]`, 1) + "," + b + "]", "migrations"},
	}
	for _, c := range cases {
		nodes, spans, err := parse([]byte(c.config), slot.DefaultCount)
		var got []string
		for _, n := range nodes {
			got = append(got, n.ID+"="+n.Addr())
		}
		for _, s := range spans {
			got = append(got, fmt.Sprintf("%s:%d", s.Range, s.Owner))
		}
		switch err {
		case nil:
		case ErrConfig:
			got = append(got, "error")
		case errReplicas:
			got = append(got, "replicas")
		case errMigrations:
			got = append(got, "migrations")
		default:
			t.Errorf("%s: %v", c.name, err)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %s, want %s", c.name, strings.Join(got, " "), c.want)
		}
	}
}

// FuzzParse: whatever is accepted gives every slot one owner.
func FuzzParse(f *testing.F) {
	f.Add([]byte("[" + shardJSON("a", 1, low) + "," + shardJSON("b", 2, high) + "]"))
	f.Add([]byte("[" + shardJSON("a", 1, `{"start":0,"end":16383}`) + "]"))
	f.Fuzz(func(t *testing.T, config []byte) {
		nodes, spans, err := parse(config, slot.DefaultCount)
		if err != nil {
			return
		}
		owners := make([]int, slot.DefaultCount)
		for _, span := range spans {
			if span.Owner >= len(nodes) {
				t.Fatalf("owner %d of %d", span.Owner, len(nodes))
			}
			for s := int(span.First); s <= int(span.Last); s++ {
				owners[s]++
			}
		}
		for s, n := range owners {
			if n != 1 {
				t.Fatalf("slot %d has %d owners", s, n)
			}
		}
	})
}
