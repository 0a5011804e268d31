package command

import (
	"fmt"
	"slices"
	"strings"
)

// groups is every command. A group's rows stand in the files of its commands.
func groups() [][]Command {
	return [][]Command{
		connectionCommands(), transactionCommands(), pubsubCommands(),
		serverCommands(), introspectCommands(), memoryCommands(), latencyCommands(), debugCommands(),
		stringCommands(), numberCommands(), rangeCommands(),
		listCommands(),
		hashCommands(), setCommands(),
		bitmapCommands(),
		genericCommands(), objectCommands(),
		sortCommands(), expireCommands(),
		dumpCommands(),
		scanCommands(),
		sortedSetCommands(),
		clusterCommands(),
		dflyclusterCommands(),
		migrateCommands(),
		scriptingCommands(),
	}
}

// table is the commands by name.
type table struct {
	byName map[string]*Command // lower case; containers, not their subcommands
	sorted []*Command          // those of byName, by name
	all    []*Command          // subcommands too; Command.id indexes it

	quick       quickNames // of byName, those that are short
	execCommand *Command   // EXEC, which the dispatcher itself runs
}

// newTable checks the rows and gives each command its id. A fault in them is
// our own: it panics.
func newTable(groups [][]Command) table {
	t := table{byName: make(map[string]*Command)}
	for _, group := range groups {
		for i := range group {
			cmd := &group[i]
			if t.byName[cmd.Name] != nil {
				panic(fmt.Sprintf("command: %q stands twice in the table", cmd.Name))
			}
			t.byName[cmd.Name] = cmd
			t.sorted = append(t.sorted, cmd)
			t.number(cmd, cmd.Name)
			if len(cmd.Subcommands) == 0 {
				continue
			}
			cmd.subs = make(map[string]*Command)
			for j := range cmd.Subcommands {
				sub := &cmd.Subcommands[j]
				cmd.subs[sub.Name] = sub
				t.number(sub, cmd.Name+"|"+sub.Name)
			}
		}
	}
	t.attachWork(workRows())
	t.execCommand = t.byName["exec"]
	t.quick.fill(t.byName)
	slices.SortFunc(t.sorted, func(a, b *Command) int { return strings.Compare(a.Name, b.Name) })
	return t
}

func (t *table) number(cmd *Command, full string) {
	if cmd.Name != strings.ToLower(cmd.Name) || cmd.Arity == 0 || cmd.Run == nil && cmd.Subcommands == nil {
		panic(fmt.Sprintf("command: the row of %q is not whole", full))
	}
	if cmd.Complexity != "O(1)" {
		cmd.rank = unboundedWork
	}
	cmd.full, cmd.id = full, len(t.all)
	t.all = append(t.all, cmd)
}

// maxNameBytes is longer than any command's name.
const maxNameBytes = 32

// lookup finds a command by its name in any case, nil if there is none.
func lookup(names map[string]*Command, name []byte) *Command {
	var scratch [maxNameBytes]byte
	if len(name) > len(scratch) {
		return nil
	}
	lower := scratch[:len(name)]
	for i, b := range name {
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		lower[i] = b
	}
	return names[string(lower)]
}

// find is the command or subcommand that args name. Where there is none, it is
// nil and container is the command whose subcommand is not known, if that is
// what is wrong.
func (t *table) find(args [][]byte) (cmd, container *Command) {
	if cmd = t.quick.find(args[0]); cmd == nil {
		cmd = lookup(t.byName, args[0])
	}
	if cmd == nil || cmd.subs == nil || len(args) == 1 {
		return cmd, nil
	}
	if sub := lookup(cmd.subs, args[1]); sub != nil {
		return sub, nil
	}
	return nil, cmd
}
