package compare

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// benchUnits are the units of the Go benchmark format, and what they are of
// ours. benchstat prints ns as sec.
var benchUnits = map[Unit]struct {
	name   string
	factor float64
}{
	PerSecond: {"op/s", 1},
	Micros:    {"ns/op", 1e3},
	CPUMicros: {"cpu-ns/op", 1e3},
	Seconds:   {"ns/op", 1e9},
	Millis:    {"ns/op", 1e6},
}

// Benchstat writes the runs in the Go benchmark format, a line a metric and
// run, with the side as a configuration key: benchstat -col side FILE.
func (c *Comparison) Benchstat(w io.Writer) error {
	var out bytes.Buffer
	out.WriteString("Unit op/s better=higher\nUnit cpu-ns/op better=lower\n")
	for _, s := range c.Sides {
		// What else a side is stays a comment: benchstat makes a table of its
		// own for each value of another key.
		fmt.Fprintf(&out, "\n# %s: %s\nside: %s\n", benchValue(s.Target), benchValue(s.Product), benchValue(s.Name))
		for _, run := range s.runs {
			refused := run.Record.Verdict.NoClaim
			if refused != "" {
				fmt.Fprintf(&out, "# %s: no throughput, %s\n", benchValue(run.Path), benchValue(refused))
			}
			for _, m := range Metrics {
				if refused != "" && m.Name == "throughput" {
					continue
				}
				value, ok := m.value(run.Record)
				unit, told := benchUnits[m.Unit]
				if !ok || !told {
					continue
				}
				fmt.Fprintf(&out, "Benchmark%s/%s %d %s %s\n", benchName(run.Record.Name), benchName(m.Title),
					max(1, run.Record.Totals.Succeeded), benchNumber(value*unit.factor), unit.name)
			}
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}

func benchNumber(x float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.4f", x), "0"), ".")
}

// benchName is a name as a part of a benchmark's: without spaces, and upper
// case at its begin as Go's must be.
func benchName(name string) string {
	var b strings.Builder
	for i, r := range strings.TrimSpace(name) {
		switch {
		case r == '/' || unicode.IsSpace(r) || !unicode.IsPrint(r):
			b.WriteByte('-')
		case i == 0:
			b.WriteRune(unicode.ToUpper(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// benchValue is the value of a configuration line: on that line.
func benchValue(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}
