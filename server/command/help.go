package command

import "strings"

// help answers what the subcommands of the running command's container are.
func (c *Context) help() {
	container := c.byName[strings.ToLower(string(c.Args[0]))]
	lines := []string{strings.ToUpper(container.Name) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"}
	for _, sub := range container.Subcommands {
		if sub.Name == "help" {
			continue
		}
		lines = append(lines, strings.TrimSpace(strings.ToUpper(sub.Name)+" "+sub.Syntax), "    "+sub.Summary+".")
	}
	lines = append(lines, "HELP", "    Prints this help.")
	c.Array(len(lines))
	for _, line := range lines {
		c.Simple(line)
	}
}
