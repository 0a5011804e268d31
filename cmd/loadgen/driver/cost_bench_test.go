//go:build linux

package driver

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"slotbench/internal/request"
	"slotbench/internal/resp"
	"slotbench/results"
	"slotbench/targets"
	"slotbench/targets/wire"
	"slotbench/workloads"
)

// The client's cost of a request is its worker's CPU time: the responder and
// the machine's other work have no part in it.

// nullResponder answers every command at once: reads with 100 bytes, the rest
// with OK.
func nullResponder(b *testing.B) (addr string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go respond(c)
		}
	}()
	return listener.Addr().String()
}

func respond(c net.Conn) {
	defer c.Close()
	var reader resp.CommandReader
	in := bufio.NewReaderSize(c, 64<<10)
	value, ok := resp.AppendBulk(nil, make([]byte, 100)), resp.AppendSimple(nil, "OK")
	var held, out []byte
	var args [][]byte
	chunk := make([]byte, 64<<10)
	for {
		n, err := in.Read(chunk)
		if err != nil && !errors.Is(err, io.EOF) || n == 0 {
			return
		}
		held, out = append(held, chunk[:n]...), out[:0]
		at := 0
		for at < len(held) {
			words, size, err := reader.Next(held[at:], args[:0])
			if args = words; err != nil || size == 0 {
				break
			}
			if at += size; string(words[0]) == "GET" {
				out = append(out, value...)
			} else {
				out = append(out, ok...)
			}
		}
		held = append(held[:0], held[at:]...)
		if _, err := c.Write(out); err != nil {
			return
		}
	}
}

// cannedGets asks for one key.
type cannedGets struct{ frame []byte }

func (c *cannedGets) Next(r *request.Request) bool {
	r.Frame = append(r.Frame[:0], c.frame...)
	r.KeyAt, r.KeyLen = 20, 16
	return true
}

// BenchmarkClientCost holds a full workload — Zipf keys, sizes, a mix, values,
// recording, the census — against fixed GETs that nobody records, fixed GETs that
// are recorded, and uniform GETs. It reports the worker's CPU time a request;
// the full workload may cost at most 1.25 of recorded fixed GETs.
func BenchmarkClientCost(b *testing.B) {
	const connections = 50
	frame := resp.AppendCommand(nil, "GET", "key:000000012345")
	for _, pipeline := range []int{1, 16} {
		for _, name := range []string{"fixed", "recorded", "uniform", "mixed", "meta-etc", "session"} {
			b.Run(fmt.Sprintf("P%d/%s", pipeline, name), func(b *testing.B) {
				driver, err := wire.New(targets.Access{Addrs: []string{nullResponder(b)}}, nil, wire.Options{Threads: 1})
				if err != nil {
					b.Fatal(err)
				}
				defer driver.Close()
				load := request.Load{Connections: connections, Pipeline: pipeline, Requests: int64(b.N)}
				load.Sink = newCounter(driver.Workers())
				for range connections {
					load.Streams = append(load.Streams, request.Stream{Source: &cannedGets{frame}})
				}
				switch name {
				case "fixed":
				case "recorded":
					_, load.Sink = recordedLoad(b, "uniform", connections, driver.Workers())
				default:
					load.Streams, load.Sink = recordedLoad(b, name, connections, driver.Workers())
				}
				tally, err := driver.Run(b.Context(), load)
				if err != nil || tally.Sent != int64(b.N) {
					b.Fatalf("%d of %d sent, %v", tally.Sent, b.N, err)
				}
				cpu := int64(0)
				for _, nanos := range tally.CPUNanos {
					cpu += nanos
				}
				b.ReportMetric(float64(cpu)/float64(b.N), "cpu-ns/op")
			})
		}
	}
}

// recordedLoad is a preset's streams, and the sinks of a measurement.
func recordedLoad(b *testing.B, preset string, connections, workers int) ([]request.Stream, request.Sink) {
	spec, err := workloads.Load(preset)
	if err != nil {
		b.Fatal(err)
	}
	w, err := spec.Compile(workloads.Options{Seed: 1, Streams: connections})
	if err != nil {
		b.Fatal(err)
	}
	var names []string
	for _, op := range w.Ops() {
		names = append(names, op.Name)
	}
	recorder := results.NewRecorder(results.RecorderOptions{
		Workers: workers, Ops: names, Nodes: 1, Closed: true, Sampled: w.NewCensus(workers, results.DefaultTagsOneIn),
	})
	var streams []request.Stream
	for i := range connections {
		streams = append(streams, request.Stream{Source: w.Stream(i)})
	}
	return streams, recorder
}
