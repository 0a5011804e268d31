package rebalance

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"slotbench/internal/slot"
)

// Emitters write a plan in the form that something executes, by name. All but
// plan are scripts for sh, which need every node's address; ids they ask for
// themselves where the plan has none.
var Emitters = map[string]func(io.Writer, *Plan, *slot.Topology) error{
	"plan":             emitPlan,
	"redis-cli":        emitRedisCLI,
	"migrateslots":     emitMigrateSlots,
	"migration-import": emitMigrationImport,
	"dflycluster":      emitDragonfly,
}

// EmitNames is the names of the emitters.
func EmitNames() []string {
	return []string{"plan", "redis-cli", "migrateslots", "migration-import", "dflycluster"}
}

func emitPlan(w io.Writer, p *Plan, _ *slot.Topology) error {
	_, err := p.WriteTo(w)
	return err
}

// emitRedisCLI moves key by key, as valkey-cli --cluster reshard does; it
// works on every version. Keys go from one redis-cli to the next quoted, so
// that they may hold any bytes. The destination learns of its slot before the
// source does: the other way round a slot would be nobody's if the script broke
// off in between.
func emitRedisCLI(w io.Writer, p *Plan, _ *slot.Topology) error {
	return emitScript(w, p, "Moves slots key by key: SETSLOT, GETKEYSINSLOT, MIGRATE.", `BATCH=${BATCH:-100} # keys in one MIGRATE
STEP=${STEP:-64}   # slots that are open at once

each() { # node first last words...: CLUSTER SETSLOT of these slots, all of which must answer OK
	node=$1 s=$2 last=$3 fine='^OK$'
	shift 3
	# a node that has lost its last slot may be a replica by now, which hears of owners from its primary
	[ "$1" != NODE ] || fine='^OK$\|^$\|SETSLOT only with '
	odd=$(while [ "$s" -le "$last" ]; do
		echo "CLUSTER SETSLOT $s $*"
		s=$((s + 1))
	done | at "$node" | grep -v "$fine" || true)
	[ -z "$odd" ] || fail "slots up to $last, $* on node $node: $odd"
}

counts() { # node first last: the keys of each slot
	s=$2
	while [ "$s" -le "$3" ]; do
		echo "CLUSTER COUNTKEYSINSLOT $s"
		s=$((s + 1))
	done | at "$1"
}

empty() { # slot from to
	while :; do
		list=$(at "$2" --no-raw CLUSTER GETKEYSINSLOT "$1" "$BATCH" | sed 's/^ *[0-9]*) //' | tr '\n' ' ')
		case $list in '"'*) ;; '('*' array'*|'('*' list'*) break ;; *) fail "slot $1: GETKEYSINSLOT: $list" ;; esac
		answer=$(printf 'MIGRATE %s %s "" 0 60000 %s KEYS %s\n' "$(host "$3")" "$(port "$3")" "${MIGRATE_AUTH:-}" "$list" | at "$2")
		case $answer in OK | NOKEY) ;; *) fail "slot $1: MIGRATE: $answer" ;; esac
	done
}

some() { # first last from to
	each "$4" "$1" "$2" IMPORTING "$(id "$3")"
	each "$3" "$1" "$2" MIGRATING "$(id "$4")"
	slot=$1
	for keys in $(counts "$3" "$1" "$2"); do
		[ "$keys" = 0 ] || empty "$slot" "$3" "$4"
		slot=$((slot + 1))
	done
	each "$4" "$1" "$2" NODE "$(id "$4")"
	each "$3" "$1" "$2" NODE "$(id "$4")"
	i=0
	while [ "$i" -lt "$NODES" ]; do
		[ "$i" = "$3" ] || [ "$i" = "$4" ] || each "$i" "$1" "$2" NODE "$(id "$4")"
		i=$((i + 1))
	done
}

move() { # first last from to
	begin=$1
	while [ "$begin" -le "$2" ]; do
		end=$((begin + STEP - 1))
		[ "$end" -le "$2" ] || end=$2
		some "$begin" "$end" "$3" "$4"
		[ ! -t 2 ] || printf '\r%s of %s slots' $((end - $1 + 1)) $(($2 - $1 + 1)) >&2
		begin=$((end + 1))
	done
	[ ! -t 2 ] || printf '\r\033[K' >&2
	echo "slots $1-$2: from node $3 to node $4"
}

`, func(m PlanMove) string { return fmt.Sprintf("move %d %d %d %d\n", m.Start, m.End, m.From, m.To) })
}

// emitScript writes what all scripts have in common, and a line for each move.
func emitScript(w io.Writer, p *Plan, what, functions string, line func(PlanMove) string) error {
	text, err := preamble(p, what)
	if err != nil {
		return err
	}
	text.WriteString(functions)
	for _, m := range p.Moves {
		text.WriteString(line(m))
	}
	fmt.Fprintf(text, "echo \"done: %d slots\"\n", p.Len())
	_, err = io.WriteString(w, text.String())
	return err
}

// preamble is a script's head: the nodes, and how to reach them.
func preamble(p *Plan, what string) (*strings.Builder, error) {
	text := &strings.Builder{}
	fmt.Fprintf(text, `#!/bin/sh
# %s
# CLI is the client to use (redis-cli, valkey-cli), with options such as
# credentials; it may be several words.
set -eu
CLI=${CLI:-redis-cli}
NODES=%d

fail() { echo "$*" >&2; exit 1; }

`, what, len(p.Nodes))
	var hosts, ports, ids strings.Builder
	for i, node := range p.Nodes {
		host, port, err := net.SplitHostPort(node.Addr)
		if err != nil || host == "" || !plainWord(host) || !plainWord(port) || !plainWord(node.ID) {
			return nil, fmt.Errorf("node %d: address %q, id %q: a script needs HOST:PORT of every node", i, node.Addr, node.ID)
		}
		fmt.Fprintf(&hosts, "\t%d) echo %s ;;\n", i, host)
		fmt.Fprintf(&ports, "\t%d) echo %s ;;\n", i, port)
		if node.ID != "" {
			fmt.Fprintf(&ids, "\t%d) echo %s ;;\n", i, node.ID)
		}
	}
	fmt.Fprintf(text, "host() { case $1 in\n%s\tesac; }\n", hosts.String())
	fmt.Fprintf(text, "port() { case $1 in\n%s\tesac; }\n", ports.String())
	fmt.Fprintf(text, "at() { n=$1; shift; $CLI -h \"$(host \"$n\")\" -p \"$(port \"$n\")\" \"$@\"; }\n")
	fmt.Fprintf(text, "ask_id() { case $1 in\n%s\t*) at \"$1\" CLUSTER MYID ;;\n\tesac; }\n", ids.String())
	text.WriteString(`say() { # node command...: must answer OK
	answer=$(at "$@") || fail "$*: $answer"
	[ "$answer" = OK ] || fail "$*: $answer"
}
IDS=
i=0
while [ "$i" -lt "$NODES" ]; do
	one=$(ask_id "$i") || fail "node $i ($(host "$i"):$(port "$i")) cannot be reached: $one"
	case $one in '' | *' '*) fail "node $i ($(host "$i"):$(port "$i")): no id: $one" ;; esac
	IDS="$IDS $one"
	i=$((i + 1))
done
id() { set -- $1 $IDS; shift "$1"; echo "$2"; }

`)
	return text, nil
}

// plainWord says that text needs no quotes in a script.
func plainWord(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._:-", r))
	})
}

// group is the ranges that go from one node to another.
type group struct {
	from, to int
	ranges   []PlanMove
}

// groups joins moves between the same nodes, in the order of the first.
func (p *Plan) groups() []group {
	var groups []group
	for _, m := range p.Moves {
		at := slices.IndexFunc(groups, func(g group) bool { return g.from == m.From && g.to == m.To })
		if at < 0 {
			at = len(groups)
			groups = append(groups, group{from: m.From, to: m.To})
		}
		groups[at].ranges = append(groups[at].ranges, m)
	}
	return groups
}

// words is the ranges as FIRST LAST FIRST LAST ….
func (g group) words() string {
	var words []string
	for _, m := range g.ranges {
		words = append(words, fmt.Sprintf("%d %d", m.Start, m.End))
	}
	return strings.Join(words, " ")
}

// errOrder says why a script was not written.
var errOrder = errors.New("a plan for Dragonfly moves each slot once, out of a topology that owns all")
