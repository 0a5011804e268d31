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
	return emitScript(w, p, "Moves slots key by key: SETSLOT, GETKEYSINSLOT, MIGRATE.", `BATCH=${BATCH:-100}

keys() { # node slot: how many keys it still holds
	at "$1" CLUSTER COUNTKEYSINSLOT "$2"
}

own() { # slot node: to be told to every node, the owner first, then the source
	say "$2" CLUSTER SETSLOT "$1" NODE "$(id "$2")"
	say "$3" CLUSTER SETSLOT "$1" NODE "$(id "$2")"
	i=0
	while [ "$i" -lt "$NODES" ]; do
		[ "$i" = "$2" ] || [ "$i" = "$3" ] || say "$i" CLUSTER SETSLOT "$1" NODE "$(id "$2")"
		i=$((i + 1))
	done
}

move() { # first last from to
	s=$1
	while [ "$s" -le "$2" ]; do
		say "$4" CLUSTER SETSLOT "$s" IMPORTING "$(id "$3")"
		say "$3" CLUSTER SETSLOT "$s" MIGRATING "$(id "$4")"
		while [ "$(keys "$3" "$s")" != 0 ]; do
			list=$(at "$3" --no-raw CLUSTER GETKEYSINSLOT "$s" "$BATCH" | sed 's/^ *[0-9]*) //' | tr '\n' ' ')
			answer=$(printf 'MIGRATE %s %s "" 0 60000 %s KEYS %s\n' "$(host "$4")" "$(port "$4")" "${MIGRATE_AUTH:-}" "$list" | at "$3")
			case $answer in
			OK | NOKEY) ;;
			*) fail "slot $s: MIGRATE: $answer" ;;
			esac
		done
		own "$s" "$4" "$3"
		s=$((s + 1))
	done
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
