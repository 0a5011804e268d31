package command

import (
	"fmt"
	"testing"
)

// BenchmarkHashesAndSets runs commands on many small keys, or on one large,
// beside GET and SET on as many keys.
func BenchmarkHashesAndSets(b *testing.B) {
	const keys = 1 << 14
	for _, shape := range []struct{ name, prepare, line string }{
		{"SET", "", "SET k:%d value"},
		{"GET", "SET k:%d value", "GET k:%d"},
		{"HSET10", "HSET k:%d" + fields(10, "value"), "HSET k:%d" + fields(10, "value")},
		{"HSET1", "HSET k:%d" + fields(10, "value"), "HSET k:%d field5 other5"},
		{"HGET", "HSET k:%d" + fields(10, "value"), "HGET k:%d field7"},
		{"HGETALL", "HSET k:%d" + fields(10, "value"), "HGETALL k:%d"},
		{"SADDSmall", "SADD k:%d a b c", "SADD k:%d a"},
		{"SISMEMBERSmall", "SADD k:%d a b c", "SISMEMBER k:%d a"},
		{"SADDLarge", "SADD big element:%012d", "SADD big element:%012d"},
		{"SISMEMBERLarge", "SADD big element:%012d", "SISMEMBER big element:%012d"},
	} {
		b.Run(shape.name, func(b *testing.B) {
			x := newBench(&testing.T{}, nil)
			lines := make([][][]byte, keys)
			for i := range lines {
				if shape.prepare != "" {
					x.run(fmt.Sprintf(shape.prepare, i))
				}
				lines[i] = words(fmt.Sprintf(shape.line, i))
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				x.Args, x.Out = lines[i*7919%keys], x.Out[:0]
				prepared, _, _ := x.Prepare(x.Args)
				if x.Run(prepared, 100) != Done || x.Out[0] == '-' {
					b.Fatalf("%q", x.Out)
				}
			}
		})
	}
}
