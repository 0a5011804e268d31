package rebalance

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"

	"slotbench/internal/slot"
)

// emitMigrateSlots uses the atomic migration of Valkey 9. Ranges between the
// same two nodes go in one command; the next begins when it has ended.
func emitMigrateSlots(w io.Writer, p *Plan, _ *slot.Topology) error {
	text, err := preamble(p, "Moves slots by CLUSTER MIGRATESLOTS, as Valkey 9 and later have it. CLI is best valkey-cli.")
	if err != nil {
		return err
	}
	text.WriteString(`state() { # node: of its youngest migration
	at "$1" CLUSTER GETSLOTMIGRATIONS | awk '$0 == "state" { getline; print; exit }'
}

move() { # from to range...
	from=$1 to=$2
	shift 2
	say "$from" CLUSTER MIGRATESLOTS SLOTSRANGE "$@" NODE "$(id "$to")"
	while :; do
		state=$(state "$from")
		case $state in
		success) break ;;
		failed | cancelled | '') fail "slots $*: $state: $(at "$from" CLUSTER GETSLOTMIGRATIONS)" ;;
		esac
		sleep 0.2
	done
	until at "$to" CLUSTER NODES | grep -q "^$(id "$to") .* connected .*[0-9]"; do sleep 0.2; done
	echo "slots $*: from node $from to node $to"
}

`)
	for _, g := range p.groups() {
		fmt.Fprintf(text, "move %d %d %s\n", g.from, g.to, g.words())
	}
	fmt.Fprintf(text, "echo \"done: %d slots\"\n", p.Len())
	_, err = io.WriteString(w, text.String())
	return err
}

// emitMigrationImport uses the atomic migration of Redis 8.4, in which the
// destination pulls.
func emitMigrationImport(w io.Writer, p *Plan, _ *slot.Topology) error {
	text, err := preamble(p, "Moves slots by CLUSTER MIGRATION IMPORT, as Redis 8.4 and later have it.")
	if err != nil {
		return err
	}
	text.WriteString(`state() { # node task
	at "$1" CLUSTER MIGRATION STATUS ID "$2" | awk '$0 == "state" { getline; print; exit }'
}

move() { # from to range...
	from=$1 to=$2
	shift 2
	task=$(at "$to" CLUSTER MIGRATION IMPORT "$@")
	case $task in '' | *' '*) fail "slots $*: $task" ;; esac
	while :; do
		state=$(state "$to" "$task")
		case $state in
		completed) break ;;
		failed | canceled | cancelled | '') fail "slots $*: $(at "$to" CLUSTER MIGRATION STATUS ID "$task")" ;;
		esac
		sleep 0.2
	done
	echo "slots $*: from node $from to node $to"
}

`)
	for _, g := range p.groups() {
		fmt.Fprintf(text, "move %d %d %s\n", g.from, g.to, g.words())
	}
	fmt.Fprintf(text, "echo \"done: %d slots\"\n", p.Len())
	_, err = io.WriteString(w, text.String())
	return err
}

// The elements of DFLYCLUSTER CONFIG.
type (
	dflyShard struct {
		SlotRanges []dflyRange     `json:"slot_ranges"`
		Master     dflyNode        `json:"master"`
		Replicas   []dflyNode      `json:"replicas"`
		Migrations []dflyMigration `json:"migrations,omitempty"`
	}
	dflyRange struct {
		Start int `json:"start"`
		End   int `json:"end"`
	}
	dflyNode struct {
		ID   string `json:"id"`
		IP   string `json:"ip"`
		Port int    `json:"port"`
	}
	dflyMigration struct {
		NodeID     string      `json:"node_id"`
		IP         string      `json:"ip"`
		Port       int         `json:"port"`
		SlotRanges []dflyRange `json:"slot_ranges"`
	}
)

// emitDragonfly pushes two configurations to every node: the old owners with
// migrations, and when these have finished the new owners without.
func emitDragonfly(w io.Writer, p *Plan, before *slot.Topology) error {
	text, err := preamble(p, "Moves slots by DFLYCLUSTER CONFIG. A migration goes to the target's admin port: ADMIN_SHIFT is how far that is from the port above.")
	if err != nil {
		return err
	}
	after := before.Clone()
	for m := range p.Slots() {
		if before.Owner(m.Slot) != m.From {
			return errOrder
		}
		after.SetOwner(m.Slot, m.To)
	}
	opening, closing := p.dflyConfig(before, p.groups()), p.dflyConfig(after, nil)
	fmt.Fprintf(text, `ADMIN_SHIFT=${ADMIN_SHIFT:-0}
push() { # everybody gets the same configuration
	i=0
	while [ "$i" -lt "$NODES" ]; do
		say "$i" DFLYCLUSTER CONFIG "$1"
		i=$((i + 1))
	done
}
%s
push "$(opening)"
finished() { # node many: until so many of its outgoing migrations have finished
	while :; do
		status=$(at "$1" DFLYCLUSTER SLOT-MIGRATION-STATUS)
		case $status in ERR* | *FATAL*) fail "node $1: $status" ;; esac
		n=$(echo "$status" | awk '$0 == "out" { out = 1 } out && $0 == "FINISHED" { n++; out = 0 } END { print n + 0 }')
		[ "$n" -lt "$2" ] || break
		sleep 0.2
	done
}
%spush "$(closing)"
`, heredocs(len(p.Nodes), opening, closing), p.waits())
	fmt.Fprintf(text, "echo \"done: %d slots\"\n", p.Len())
	_, err = io.WriteString(w, text.String())
	return err
}

// waits is a line for each node that loses slots: it has as many migrations as
// there are nodes that gain from it.
func (p *Plan) waits() string {
	var lines strings.Builder
	many := map[int]int{}
	for _, g := range p.groups() {
		many[g.from]++
	}
	for _, from := range slices.Sorted(maps.Keys(many)) {
		fmt.Fprintf(&lines, "finished %d %d\n", from, many[from])
	}
	return lines.String()
}

// dflyConfig is a configuration, with @ID0@ for node 0's id and @ADMIN7001@
// for the admin port that belongs to port 7001.
func (p *Plan) dflyConfig(owners *slot.Topology, migrations []group) []dflyShard {
	var shards []dflyShard
	for i, node := range p.Nodes {
		host, portText, _ := net.SplitHostPort(node.Addr)
		port, _ := strconv.Atoi(portText)
		shard := dflyShard{SlotRanges: []dflyRange{}, Master: dflyNode{fmt.Sprintf("@ID%d@", i), host, port}, Replicas: []dflyNode{}}
		for _, r := range owners.Owned(i) {
			shard.SlotRanges = append(shard.SlotRanges, dflyRange{int(r.First), int(r.Last)})
		}
		for _, g := range migrations {
			if g.from != i {
				continue
			}
			toHost, toPort, _ := net.SplitHostPort(p.Nodes[g.to].Addr)
			target, _ := strconv.Atoi(toPort)
			m := dflyMigration{NodeID: fmt.Sprintf("@ID%d@", g.to), IP: toHost, Port: -target}
			for _, r := range g.ranges {
				m.SlotRanges = append(m.SlotRanges, dflyRange{r.Start, r.End})
			}
			shard.Migrations = append(shard.Migrations, m)
		}
		shards = append(shards, shard)
	}
	return shards
}

// heredocs are shell functions that print the two configurations, a shard a
// line.
func heredocs(nodes int, opening, closing []dflyShard) string {
	var text strings.Builder
	for _, doc := range []struct {
		name   string
		shards []dflyShard
	}{{"opening", opening}, {"closing", closing}} {
		fmt.Fprintf(&text, "\n%s() { cat <<END\n[", doc.name)
		for i, shard := range doc.shards {
			if i > 0 {
				text.WriteByte(',')
			}
			one, err := json.Marshal(shard)
			if err != nil {
				panic(err) // strings and numbers
			}
			text.WriteString("\n" + string(one))
		}
		text.WriteString("]\nEND\n}\n")
	}
	script := text.String()
	for i := range nodes {
		script = strings.ReplaceAll(script, fmt.Sprintf("@ID%d@", i), fmt.Sprintf("$(id %d)", i))
	}
	return adminPorts(script)
}

// adminPorts turns the negative ports of migrations into the shell's sums.
func adminPorts(script string) string {
	const mark = `"port":-`
	for {
		before, rest, found := strings.Cut(script, mark)
		if !found {
			return script
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		script = before + `"port":$((` + rest[:end] + ` + ADMIN_SHIFT))` + rest[end:]
	}
}
