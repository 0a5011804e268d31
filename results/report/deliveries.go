package report

import (
	"fmt"

	"slotbench/results"
)

// maxDeliveries is how many groups of receivers are shown.
const maxDeliveries = 12

// deliveriesSection is what receivers got of what the load sent them.
func deliveriesSection(rec *results.Record) section {
	t := &table{
		head: []string{"", "receivers", "messages", "delivered", "lost", "a second", "response p50", "p99", "delay p50", "delay p99"},
		left: []int{0},
	}
	all := rec.Deliveries
	if len(all) == 0 {
		return section{}
	}
	s := section{name: sectionDeliveries, title: "Deliveries", table: t}
	for _, d := range all[:min(maxDeliveries, len(all))] {
		lost := none
		if d.Lost != nil {
			lost = count(*d.Lost)
		}
		t.add(d.Name, count(int64(d.Receivers)), count(d.Published), count(d.Delivered), lost, rate(d.PerSec),
			latencyText(d.Response, d.Response.P50), latencyText(d.Response, d.Response.P99),
			latencyText(d.Delay, d.Delay.P50), latencyText(d.Delay, d.Delay.P99))
		if d.Group != nil {
			s.lines = append(s.lines, bullet+groupText(d))
		}
		followed := "channel"
		if d.Group != nil {
			followed = "stream"
		}
		if d.Reconnects+d.Moved+d.Extra+d.Errors > 0 {
			s.lines = append(s.lines, fmt.Sprintf("%s%s: %s, %s followed to another node, %s, %s beyond the expected", bullet, d.Name,
				counted(d.Reconnects, "reconnection"), counted(d.Moved, followed), counted(d.Errors, "error"), counted(d.Extra, "receipt")))
		}
	}
	s.lines = append(s.lines, bullet+"response: from when a message was due until its receiver had read it; delay: from when it was written")
	s.lines = append(s.lines, more(maxDeliveries, len(all), "group of receivers")...)
	return s
}

// groupText is what a consumer group has beside its deliveries.
func groupText(d results.Delivery) string {
	end := "an unknown number"
	if d.Group.LagEnd != nil {
		end = count(*d.Group.LagEnd)
	}
	return fmt.Sprintf("%s: %s entries acknowledged; at most %s were waiting at once, %s at the end",
		d.Name, count(d.Group.Acknowledged), count(d.Group.LagMax), end)
}

func deliveriesFigure(rec *results.Record) *figure {
	var pairs []string
	for _, d := range rec.Deliveries {
		pairs = append(pairs, clean(d.Name), d.DelayHDR)
	}
	return percentileFigure("deliveries", "Delivery delay", "Time from when a message was written until its receiver had read it by percentile, a line for each group of receivers.", histograms(pairs...))
}
