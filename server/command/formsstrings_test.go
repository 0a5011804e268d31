package command_test

import (
	"time"

	"slotbench/internal/listpack"
	"slotbench/internal/rdb"
)

var stringForms = []form{
	{syntax: "SET <string> <value>", weight: 4},
	{syntax: "SET <string> <value> [NX|XX] [GET] [EX <seconds>|PX <millis>|EXAT <atseconds>|PXAT <atmillis>|KEEPTTL]", weight: 2},
	{syntax: "SET <key> <value> [GET] [NX|XX] [KEEPTTL]"},
	{syntax: "SET <string> <value> (PX 1|GET PX 1|PX 2)", judge: endsSoon, bare: true},
	{syntax: "SETNX <string> <value>"},
	{syntax: "SETEX <string> <seconds> <value>"},
	{syntax: "PSETEX <string> <millis> <value>"},
	{syntax: "GET <string>", weight: 2},
	{syntax: "GETSET <string> <value>"},
	{syntax: "GETDEL <string>"},
	{syntax: "GETEX <string> [EX <seconds>|PX <millis>|EXAT <atseconds>|PXAT <atmillis>|PERSIST]", weight: 2},
	{syntax: "MGET {<string>}"},
	{syntax: "MGET <key> <key> <key>"},
	{syntax: "MSET {<string> <value>}"},
	{syntax: "MSETNX <string> <value> [<string> <value>]"},
	{syntax: "APPEND <string> <value>", weight: 2},
	{syntax: "STRLEN <string>"},
	{syntax: "GETRANGE <string> <index> <index>"},
	{syntax: "SUBSTR <string> <index> <index>"},
	{syntax: "SETRANGE <string> <offset> <value>"},
	{syntax: "INCR <string>"},
	{syntax: "DECR <string>"},
	{syntax: "INCRBY <string> <int>"},
	{syntax: "DECRBY <string> <int>"},
	{syntax: "INCRBYFLOAT <string> <float>"},
	{syntax: "LCS <string> <string> [LEN|IDX|IDX WITHMATCHLEN|IDX MINMATCHLEN <count>]"},
}

var (
	secondsNear = near(time.Second)
	millisNear  = near(time.Millisecond)
)

// payloads are DUMPs of small values, and some that are damaged.
var payloads = append(goodPayloads(), "\x00\x05hellp\n\x00cr\xdfve4 \n", "\x00\x05hello\x0d\x00cr\xdfve4 \n", "short", "")

func goodPayloads() (all []string) {
	lp := listpack.AppendNew(nil)
	for _, text := range []string{"f1", "1", "m2", "2.5"} {
		lp = listpack.Append(lp, []byte(text))
	}
	add := func(d rdb.Dump) { all = append(all, string(d.End())) }
	for _, t := range []rdb.Type{rdb.TypeHashListpack, rdb.TypeSortedSetListpack, rdb.TypeString} {
		d := rdb.BeginDump(nil, t)
		d.Text(lp)
		add(d)
	}
	d := rdb.BeginDump(nil, rdb.TypeListNodes)
	d.Count(2)
	d.Node(lp, false)
	d.Node([]byte("a node of its own"), true)
	add(d)
	for _, members := range [][]string{{"1", "70000", "-5"}, {"m1", "2", ""}} {
		d := rdb.BeginDump(nil, rdb.TypeSet)
		d.Count(len(members))
		for _, m := range members {
			d.Text([]byte(m))
		}
		add(d)
	}
	return all
}
