package command

import (
	"net"
	"time"
)

// Migration is what MIGRATE asks for.
type Migration struct {
	Addr     string // host:port of the target
	Keys     [][]byte
	DB       int64
	Timeout  time.Duration // the longest wait for any one answer
	Copy     bool          // the keys stay here
	Replace  bool          // over what the target has
	User     string        // of AUTH2
	Password string
	AUTH     bool // Password is given
	Asking   bool // the target imports the keys' slot
}

// migrateCommands is how keys go to another node.
func migrateCommands() []Command {
	return []Command{
		{Name: "migrate", Arity: -6, Flags: Write | MovableKeys | Dangerous | OffLoop | AnyPlace | Alone, First: 3, Last: 3, Step: 1,
			Keys: migrateKeys, KeySpec: "RW ACCESS DELETE|RW ACCESS DELETE INCOMPLETE", Run: migrate, Group: GroupGeneric,
			Since: "2.6.0", Complexity: "O(N) in the keys and their values", Summary: "Move keys to another server",
			Syntax: `host port key|"" destination-db timeout [COPY] [REPLACE] [AUTH password|AUTH2 username password] [KEYS key [key ...]]`},
	}
}

// defaultMigrateTimeout stands for a timeout of 0 or less.
const defaultMigrateTimeout = time.Second

const errMigrateKeys = "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string"

// parseMigrate reads all of MIGRATE but its numbers. message is the error, ""
// if there is none; the positions are those of the keys.
func parseMigrate(m *Migration, args [][]byte) (positions []int, message string) {
	positions = []int{3}
	for at := 6; at < len(args); at++ {
		left := len(args) - at - 1
		switch arg := args[at]; {
		case isWord(arg, "copy"):
			m.Copy = true
		case isWord(arg, "replace"):
			m.Replace = true
		case isWord(arg, "auth") && left >= 1:
			m.AUTH, m.User, m.Password = true, "", string(args[at+1])
			at++
		case isWord(arg, "auth2") && left >= 2:
			m.AUTH, m.User, m.Password = true, string(args[at+1]), string(args[at+2])
			at += 2
		case isWord(arg, "keys"):
			if len(args[3]) != 0 {
				return nil, errMigrateKeys
			}
			positions = positions[:0]
			for at++; at < len(args); at++ {
				positions = append(positions, at)
			}
		default:
			return nil, errSyntax
		}
	}
	return positions, ""
}

func migrateKeys(positions []int, args [][]byte) ([]int, bool) {
	var m Migration
	found, message := parseMigrate(&m, args)
	return append(positions, found...), message == ""
}

func migrate(c *Context) {
	m := Migration{Addr: net.JoinHostPort(string(c.Args[1]), string(c.Args[2])), Asking: c.Cluster != nil}
	positions, message := parseMigrate(&m, c.Args)
	if message != "" {
		c.Error(message)
		return
	}
	timeoutMillis, ok := c.IntArg(5)
	if !ok {
		return
	}
	if m.DB, ok = c.IntArg(4); !ok {
		return
	}
	m.Timeout = time.Duration(min(timeoutMillis, maxMigrateMillis)) * time.Millisecond
	if m.Timeout <= 0 {
		m.Timeout = defaultMigrateTimeout
	}
	for _, at := range positions {
		m.Keys = append(m.Keys, c.Args[at])
	}
	found, err := c.Migrate(m)
	switch {
	case err != nil:
		c.Error(err.Error())
	case !found:
		c.Simple("NOKEY")
	default:
		c.OK()
	}
}

// maxMigrateMillis keeps a timeout within 64 bits of nanoseconds: a day.
const maxMigrateMillis = 24 * 60 * 60 * 1000
