package keyset

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// MaxDB is the largest number that a database can have.
const MaxDB = 1<<31 - 1

// maxDatabases is how many databases of one input are told.
const maxDatabases = 1024

// Database is a database of a server and how many of its keys were read.
type Database struct {
	DB   int   `json:"db"`
	Keys int64 `json:"keys"`
}

// wantsDB says whether a database is to be read.
func (o *Options) wantsDB(db int) bool { return !o.OneDB || db == o.DB }

// withDBs says whether inputs of a format tell the database of a key.
func (f Format) withDBs() bool { return f == RDB || f == AOF || f == Live }

// errNoDBs is that of --db where there are none.
var errNoDBs = errors.New("it tells no databases, so that one cannot be picked: running servers, RDB and append-only files do")

// inDB counts keys of a database.
func (n *Note) inDB(db int, keys int64) {
	at, known := slices.BinarySearchFunc(n.DBs, db, func(d Database, db int) int { return d.DB - db })
	switch {
	case known:
		n.DBs[at].Keys += keys
	case len(n.DBs) < maxDatabases:
		n.DBs = slices.Insert(n.DBs, at, Database{db, keys})
	}
}

// pickedDB narrows the options to the database that a URL names, if it does.
func (o *Options) pickedDB(address string) (*Options, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	name := strings.Trim(u.Path, "/")
	if name == "" {
		name = u.Query().Get("db")
	}
	if name == "" {
		return o, nil
	}
	db, err := strconv.Atoi(name)
	if err != nil || db < 0 || db > MaxDB {
		return nil, fmt.Errorf("database %q: want a number", name)
	}
	if o.OneDB && db != o.DB {
		return nil, fmt.Errorf("database %d is named, and %d is to be read", db, o.DB)
	}
	own := *o
	own.OneDB, own.DB = true, db
	return &own, nil
}

// databases asks a server which of its databases hold keys.
func databases(ctx context.Context, options *redis.Options, o *Options) ([]int, error) {
	if o.OneDB {
		return []int{o.DB}, nil
	}
	client := newClient(options)
	defer client.Close()
	text, err := client.Info(ctx, "keyspace").Result()
	var answer redis.Error
	if errors.As(err, &answer) {
		return nil, fmt.Errorf("INFO keyspace, to learn which databases there are (--db 0 reads that one without): %w", err)
	}
	return keyspaces(text), err
}

// keyspaces are the databases that INFO tells: lines "db3:keys=5,…".
func keyspaces(text string) (dbs []int) {
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		name, _, found := strings.Cut(lines.Text(), ":keys=")
		number, isDB := strings.CutPrefix(name, "db")
		if db, err := strconv.Atoi(number); found && isDB && err == nil && db >= 0 {
			dbs = append(dbs, db)
		}
	}
	return dbs
}
