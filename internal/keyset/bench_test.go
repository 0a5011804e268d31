package keyset

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// keyFile writes a file of keys by a function of their number.
func keyFile(b *testing.B, keys int, key func(i int) string) (path string, size int64) {
	b.Helper()
	path = filepath.Join(b.TempDir(), "keys")
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(file)
	for i := range keys {
		n, err := fmt.Fprintln(w, key(i))
		if err != nil {
			b.Fatal(err)
		}
		size += int64(n)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
	return path, size
}

// BenchmarkRead reads ten million keys beside wc -l on the same file, turn by
// turn: of-wc is its throughput as a part of wc's, each by its best turn.
func BenchmarkRead(b *testing.B) {
	const keys = 10_000_000
	random := rand.New(rand.NewPCG(1, 0))
	for _, shape := range []struct {
		name string
		key  func(i int) string
	}{
		{"plain", func(int) string { return fmt.Sprintf("user:%013d", random.Uint64N(1e13)) }},
		{"tags", func(i int) string { return fmt.Sprintf("{user:%07d}:%d", random.IntN(1e6), i%1000) }},
	} {
		b.Run(shape.name, func(b *testing.B) {
			path, size := keyFile(b, keys, shape.key)
			wc, err := exec.LookPath("wc")
			if err != nil {
				b.Logf("no wc to compare with: %v", err)
			}
			var best, bestWC time.Duration
			b.SetBytes(size)
			for b.Loop() {
				began := time.Now()
				s, err := Read(context.Background(), []string{path}, Options{})
				if took := time.Since(began); best == 0 || took < best {
					best = took
				}
				if err != nil || s.Keys != keys || s.Lines != keys {
					b.Fatalf("%d keys of %d lines, %v", s.Keys, s.Lines, err)
				}
				if wc == "" {
					continue
				}
				b.StopTimer()
				began = time.Now()
				if err := exec.Command(wc, "-l", path).Run(); err != nil {
					b.Fatal(err)
				}
				if took := time.Since(began); bestWC == 0 || took < bestWC {
					bestWC = took
				}
				b.StartTimer()
			}
			if wc != "" {
				b.ReportMetric(bestWC.Seconds()/best.Seconds(), "of-wc")
			}
		})
	}
}
