package redis

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"slotbench/internal/slot"
)

// Where servers listen unless told otherwise.
const (
	defaultPort         = 6379
	defaultSentinelPort = 26379
)

// maxSentinels is how many Sentinels a URL may name.
const maxSentinels = 32

// address is what a target's URL says.
type address struct {
	hosts    []slot.Node // the server, or the Sentinels
	username string
	password string
	tls      bool
	// master is the name by which Sentinels know the primary, "" without them.
	master           string
	sentinelUsername string
	sentinelPassword string
}

// schemes are the forms of a target's URL.
var schemes = map[string]struct{ tls, sentinel bool }{
	"redis":           {},
	"rediss":          {tls: true},
	"redis+sentinel":  {sentinel: true},
	"rediss+sentinel": {sentinel: true, tls: true},
	"redis-sentinel":  {sentinel: true},
	"rediss-sentinel": {sentinel: true, tls: true},
}

// IsURL says whether a target is written as one of the URLs that Attach takes.
func IsURL(text string) bool {
	scheme, _, found := strings.Cut(text, "://")
	_, known := schemes[scheme]
	return found && known
}

// IsTLS says whether a target's URL asks for TLS.
func IsTLS(text string) bool { return IsURL(text) && strings.HasPrefix(text, "rediss") }

// parseURL reads redis://[[user:]password@]host[:port][/0]; rediss is the same
// over TLS. Only database 0 is measured, as clusters have no other. Through
// Sentinels it is redis+sentinel://[[user:]password@]host[:port][,host…]/name,
// as Python's clients have it, or redis-sentinel://…#name as Lettuce has it;
// user and password are the primary's, the Sentinels' own go into the
// parameters sentinel_username and sentinel_password. Errors never repeat the
// URL, which may hold a password.
func parseURL(text string) (address, error) {
	text, hosts := cutHosts(text)
	u, err := url.Parse(text)
	if err != nil {
		return address{}, fmt.Errorf("target URL: want redis://[user:password@]host:port")
	}
	form, known := schemes[u.Scheme]
	if !known {
		return address{}, fmt.Errorf("target URL: scheme %q: want redis, rediss, redis+sentinel or rediss+sentinel", u.Scheme)
	}
	a := address{tls: form.tls, username: u.User.Username()}
	password, both := u.User.Password()
	a.password = password
	if !both { // redis://password@host, as redis-cli reads it
		a.username, a.password = "", u.User.Username()
	}
	port := defaultPort
	if form.sentinel {
		port = defaultSentinelPort
		err = a.readSentinel(u)
	} else {
		err = checkPlain(u)
	}
	if err == nil {
		err = a.readHosts(hosts, port, form.sentinel)
	}
	return a, err
}

// cutHosts takes the hosts out of a URL, which net/url reads only one of, and
// puts a name in their place.
func cutHosts(text string) (rest, hosts string) {
	scheme, after, found := strings.Cut(text, "://")
	if !found {
		return text, ""
	}
	authority, behind := after, ""
	if end := strings.IndexAny(after, "/?#"); end >= 0 {
		authority, behind = after[:end], after[end:]
	}
	user := ""
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		user, authority = authority[:at+1], authority[at+1:]
	}
	return scheme + "://" + user + "hosts" + behind, authority
}

// checkPlain refuses what stands behind a server's address.
func checkPlain(u *url.URL) error {
	switch {
	case strings.Trim(u.Path, "/") != "" && strings.Trim(u.Path, "/") != "0":
		return fmt.Errorf("target URL: path %q: only database 0 can be measured", u.Path)
	case u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("target URL: takes no parameters behind the address")
	}
	return nil
}

// readSentinel reads what stands behind the Sentinels' addresses.
func (a *address) readSentinel(u *url.URL) error {
	path := strings.Split(strings.Trim(u.Path, "/"), "/")
	if u.Fragment != "" {
		path = append([]string{u.Fragment}, path...)
	}
	a.master = path[0]
	for name, values := range u.Query() {
		switch name {
		case "sentinel_username":
			a.sentinelUsername = values[0]
		case "sentinel_password":
			a.sentinelPassword = values[0]
		default:
			return fmt.Errorf("target URL: unknown parameter %q: want sentinel_username or sentinel_password", name)
		}
	}
	switch rest := path[1:]; {
	case a.master == "":
		return fmt.Errorf("target URL: no name of a primary: want redis+sentinel://host:port/NAME")
	case len(rest) > 1 || len(rest) == 1 && rest[0] != "" && rest[0] != "0":
		return fmt.Errorf("target URL: path %q: only database 0 can be measured", u.Path)
	}
	return nil
}

// readHosts reads host[:port], of Sentinels several with commas between them.
func (a *address) readHosts(text string, port int, several bool) error {
	parts := []string{text}
	if several {
		parts = strings.Split(text, ",")
	}
	if len(parts) > maxSentinels {
		return fmt.Errorf("target URL: %d Sentinels: at most %d", len(parts), maxSentinels)
	}
	for _, part := range parts {
		node := slot.Node{Host: strings.Trim(part, "[]"), Port: port}
		if host, number, err := net.SplitHostPort(part); err == nil {
			n, err := strconv.ParseUint(number, 10, 16)
			if number != "" && (err != nil || n == 0) {
				return fmt.Errorf("target URL: port %q", number)
			}
			if node.Host = host; number != "" {
				node.Port = int(n)
			}
		}
		if strings.ContainsAny(node.Host, ", []@") || strings.Contains(node.Host, ":") && net.ParseIP(node.Host) == nil {
			return fmt.Errorf("target URL: host %q: want host:port", part)
		}
		if node.Host == "" {
			return fmt.Errorf("target URL: no host: want redis://[user:password@]host:port")
		}
		a.hosts = append(a.hosts, node)
	}
	return nil
}
