package redis

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"slotbench/internal/slot"
)

// defaultPort is where Redis and Valkey listen unless told otherwise.
const defaultPort = 6379

// address is what a target's URL says.
type address struct {
	host, username, password string
	port                     int
	tls                      bool
}

// parseURL reads redis://[[user:]password@]host[:port][/0]; rediss is the same
// over TLS. Only database 0 is measured, as clusters have no other. Errors
// never repeat the URL, which may hold a password.
func parseURL(text string) (address, error) {
	u, err := url.Parse(text)
	if err != nil {
		return address{}, fmt.Errorf("target URL: want redis://[user:password@]host:port")
	}
	a := address{host: u.Hostname(), port: defaultPort, tls: u.Scheme == "rediss"}
	switch {
	case u.Scheme != "redis" && u.Scheme != "rediss":
		return address{}, fmt.Errorf("target URL: scheme %q: want redis or rediss", u.Scheme)
	case a.host == "":
		return address{}, fmt.Errorf("target URL: no host: want redis://[user:password@]host:port")
	case strings.Trim(u.Path, "/") != "" && strings.Trim(u.Path, "/") != "0":
		return address{}, fmt.Errorf("target URL: path %q: only database 0 can be measured", u.Path)
	case u.RawQuery != "" || u.Fragment != "":
		return address{}, fmt.Errorf("target URL: takes no parameters behind the address")
	}
	if port := u.Port(); port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return address{}, fmt.Errorf("target URL: port %q", port)
		}
		a.port = int(n)
	}
	a.username = u.User.Username()
	password, both := u.User.Password()
	a.password = password
	if !both { // redis://password@host, as redis-cli reads it
		a.username, a.password = "", u.User.Username()
	}
	return a, nil
}

func (a address) node() slot.Node { return slot.Node{Host: a.host, Port: a.port} }
