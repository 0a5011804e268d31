package workloads

import (
	"fmt"
	"strings"
)

// Fault is one thing that is wrong with a workload.
type Fault struct {
	Field        string // as "families[1].key"; "" is the file as a whole
	Line, Column int    // from 1; 0 where there is no file
	Problem      string // what is wrong and what to do
}

// Faults is everything that is wrong with a workload.
type Faults struct {
	File string // or the workload's name
	List []Fault
}

// Error is a line for each fault: file:line:column: field: what is wrong.
func (f *Faults) Error() string {
	lines := make([]string, len(f.List))
	for i, fault := range f.List {
		var b strings.Builder
		b.WriteString(f.File)
		if fault.Line > 0 {
			fmt.Fprintf(&b, ":%d:%d", fault.Line, fault.Column)
		}
		b.WriteString(": ")
		if fault.Field != "" {
			b.WriteString(fault.Field + ": ")
		}
		b.WriteString(fault.Problem)
		lines[i] = b.String()
	}
	return strings.Join(lines, "\n")
}

func (f *Faults) add(field, format string, args ...any) {
	f.List = append(f.List, Fault{Field: field, Problem: fmt.Sprintf(format, args...)})
}

// orNil is f as an error, if it has any fault.
func (f *Faults) orNil() error {
	if len(f.List) == 0 {
		return nil
	}
	return f
}
