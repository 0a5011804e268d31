package command

import (
	"fmt"
	"strings"

	"slotbench/server/store"
)

// infoSections is the sections of INFO in their order. Those that are not
// default appear when they are named, or with "all" and "everything".
var infoSections = []struct {
	name  string
	more  bool // not among the default ones
	write func(*infoPage)
}{
	{"server", false, infoServer},
	{"clients", false, infoClients},
	{"memory", false, infoMemory},
	{"persistence", false, infoPersistence},
	{"stats", false, infoStats},
	{"replication", false, infoReplication},
	{"cpu", false, infoCPU},
	{"modules", false, func(*infoPage) {}},
	{"commandstats", true, infoCommandStats},
	{"errorstats", false, infoErrorStats},
	{"latencystats", true, infoLatencyStats},
	{"cluster", false, infoCluster},
	{"keyspace", false, infoKeyspace},
}

// infoPage is an answer to INFO being written.
type infoPage struct {
	*Context
	text    strings.Builder
	node    NodeInfo
	account store.Account
	figures memoryFigures
}

// line writes name:value.
func (p *infoPage) line(name string, value any) { fmt.Fprintf(&p.text, "%s:%v\r\n", name, value) }

func info(c *Context) {
	wanted := make(map[string]bool)
	for _, arg := range c.Args[1:] {
		wanted[strings.ToLower(string(arg))] = true
	}
	all := wanted["all"] || wanted["everything"]
	defaults := len(wanted) == 0 || wanted["default"]
	page := &infoPage{Context: c, node: c.Node.Info(), account: store.Total(c.Store)}
	page.figures = c.memory(page.node, page.account)
	for _, section := range infoSections {
		if !all && !wanted[section.name] && (section.more || !defaults) {
			continue
		}
		if page.text.Len() > 0 {
			page.text.WriteString("\r\n")
		}
		page.text.WriteString("# " + strings.ToUpper(section.name[:1]) + section.name[1:] + "\r\n")
		section.write(page)
	}
	c.Verbatim(page.text.String())
}
