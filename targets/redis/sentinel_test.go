package redis

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"testing"

	"slotbench/internal/resp"
	"slotbench/targets/nodes/scripted"
)

func TestParseURL(t *testing.T) {
	for text, want := range map[string]string{
		"redis://h":                   "h:6379",
		"redis://[::1]":               "[::1]:6379",
		"redis://[::1]:7":             "[::1]:7",
		"rediss://u:p@h:1/0":          "h:1 tls u p",
		"redis://secret@h":            "h:6379 - secret",
		"redis+sentinel://h/mymaster": "h:26379 of mymaster",
		"redis+sentinel://a:1,b/m/0":  "a:1 b:26379 of m",
		"rediss+sentinel://u:p@a:1/m": "a:1 tls u p of m",
		"redis-sentinel://:p@a,b#m":   "a:26379 b:26379 - p of m",
		"redis-sentinel://a:5/0#m":    "a:5 of m",
		"redis+sentinel://a/m?sentinel_username=x&sentinel_password=y%40": "a:26379 of m by x y@",
	} {
		a, err := parseURL(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var got []string
		for _, host := range a.hosts {
			got = append(got, host.Addr())
		}
		if a.tls {
			got = append(got, "tls")
		}
		if a.password != "" {
			got = append(got, cmp.Or(a.username, "-"), a.password)
		}
		if a.master != "" {
			got = append(got, "of "+a.master)
		}
		if a.sentinelPassword != "" {
			got = append(got, "by "+a.sentinelUsername+" "+a.sentinelPassword)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %s, want %s", text, strings.Join(got, " "), want)
		}
	}
	for text, want := range map[string]string{
		"redis+sentinel://h": "name of a primary", "redis+sentinel://h/m/1": "database 0", "redis+sentinel://h/m?x=1": `"x"`,
		"redis+sentinel://a,,b/m": "no host", "redis+sentinel://" + strings.Repeat("h,", maxSentinels) + "h/m": "at most",
		"redis-sentinel://a/2#m": "database 0", "redis://a:1,b:2": "want host:port", "tcp://x": "scheme",
	} {
		if a, err := parseURL(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v; want %q", text, a, err, want)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	f.Add("redis+sentinel://u:p@a:1,b/m/0?sentinel_password=x")
	f.Add("redis-sentinel://a#m")
	f.Add("rediss://[::1]:7/0")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := parseURL(text)
		if err != nil {
			return
		}
		if len(a.hosts) == 0 || len(a.hosts) > maxSentinels || !IsURL(text) {
			t.Fatalf("%q: %+v", text, a)
		}
		for _, host := range a.hosts {
			if host.Host == "" || host.Port < 1 || host.Port > 65535 {
				t.Fatalf("%q: %+v", text, host)
			}
		}
	})
}

// Sentinels are asked one after the other, with their own password.
func TestAttachThroughSentinels(t *testing.T) {
	var authed bool
	servers := scripted.Start(t, 3, nil)
	servers.Answers(func(node int, words []string) []byte {
		primary := servers.Nodes[2]
		switch {
		case words[0] == "AUTH":
			authed = authed || words[1] == "WATCHER"
			return scripted.OK()
		case words[0] == "INFO" && node == 2:
			return resp.AppendBulk(nil, "redis_version:7.0.0\r\nrole:master\r\ncluster_enabled:0\r\n")
		case words[0] == "SENTINEL" && node == 1 && words[2] == "mymaster":
			return scripted.Fields(primary.Host, strconv.Itoa(primary.Port))
		case words[0] == "SENTINEL" && node == 1:
			return resp.AppendNullArray(nil, 2)
		}
		return scripted.Unknown(words)
	})
	hosts := servers.Nodes[0].Addr() + "," + servers.Nodes[1].Addr()
	ctx := context.Background()
	c, err := Attach(ctx, "redis+sentinel://"+hosts+"/mymaster?sentinel_username=watcher&sentinel_password=x", AttachOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if access := c.Access(); len(access.Addrs) != 1 || access.Addrs[0] != servers.Nodes[2].Addr() || access.Password != "" || !authed {
		t.Errorf("%+v, authed %v", access, authed)
	}
	_, err = Attach(ctx, "redis+sentinel://"+hosts+"/other", AttachOptions{})
	if err == nil || !strings.Contains(err.Error(), `"other"`) || !strings.Contains(err.Error(), "no such name") {
		t.Errorf("another name: %v", err)
	}
}
