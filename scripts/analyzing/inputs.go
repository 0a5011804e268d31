package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// input is a file to be read.
type input struct{ name, path string }

// shapes are the key lines, by the number that each begins with.
var shapes = []struct {
	name string
	key  func(line []byte, random *rand.Rand) []byte
}{
	{"keys, 19 bytes", func(line []byte, random *rand.Rand) []byte {
		return fmt.Appendf(line, "user:%013d", random.Uint64N(1e13))
	}},
	{"keys, 8–30 bytes", func(line []byte, random *rand.Rand) []byte {
		line = append(line, [...]string{"user:", "session:", "cart:items:", "p:", "order:2026:"}[random.IntN(5)]...)
		return strconv.AppendUint(line, random.Uint64N(1e6<<random.IntN(44)), 10)
	}},
	{"keys with hash tags", func(line []byte, random *rand.Rand) []byte {
		return fmt.Appendf(line, "{user:%07d}:%d", random.IntN(1e6), random.IntN(1000))
	}},
}

// dumps are the RDB files.
var dumps = []struct {
	name             string
	keys, valueBytes int
}{
	{name: "RDB, values of 1 kB", keys: 700_000, valueBytes: 1000},
	{name: "RDB, values of 100 B", keys: 3_000_000, valueBytes: 100},
}

// makeInputs makes the files: every shape in the first size, the first one in
// all sizes.
func (o *options) makeInputs(ctx context.Context, folder string) (inputs []input, err error) {
	for i, shape := range shapes {
		for j, megabytes := range o.megabytes {
			if i > 0 && j > 0 {
				continue
			}
			in := input{shape.name, filepath.Join(folder, fmt.Sprintf("keys-%d-%d", i, megabytes))}
			if err := o.makeKeys(ctx, in.path, megabytes*1e6, shape.key); err != nil {
				return nil, err
			}
			inputs = append(inputs, in)
		}
	}
	command, err := exec.LookPath(o.server)
	if err != nil {
		fmt.Fprintf(os.Stderr, "analyzing: no RDB files: %v\n", err)
		return inputs, nil
	}
	for i, dump := range dumps {
		in := input{dump.name, filepath.Join(folder, fmt.Sprintf("dump-%d.rdb", i))}
		if err := makeDump(ctx, command, in.path, dump.keys, dump.valueBytes); err != nil {
			return nil, fmt.Errorf("%s: %w", o.server, err)
		}
		inputs = append(inputs, in)
	}
	return inputs, nil
}

func (o *options) makeKeys(ctx context.Context, path string, size int, key func([]byte, *rand.Rand) []byte) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	random := rand.New(rand.NewPCG(o.seed, 0))
	w := bufio.NewWriterSize(file, 1<<20)
	var line []byte
	for written := 0; written < size && ctx.Err() == nil; written += len(line) {
		line = append(key(line[:0], random), '\n')
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return errors.Join(w.Flush(), ctx.Err())
}

// serverStart is how long a server may take until it answers.
const serverStart = 10 * time.Second

// makeDump lets a server fill itself and save.
func makeDump(ctx context.Context, command, path string, keys, valueBytes int) error {
	socket := path + ".sock"
	server := exec.CommandContext(ctx, command, "--port", "0", "--unixsocket", socket, "--save", "", "--enable-debug-command", "yes",
		"--rdbcompression", "no", "--dir", filepath.Dir(path), "--dbfilename", filepath.Base(path))
	if err := server.Start(); err != nil {
		return err
	}
	defer func() {
		_ = server.Process.Kill() // it holds nothing that is wanted
		_ = server.Wait()
	}()
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: socket, ReadTimeout: -1, MaxRetries: -1, DisableIdentity: true})
	defer client.Close()
	deadline := time.Now().Add(serverStart)
	for client.Ping(ctx).Err() != nil {
		if ctx.Err() != nil || time.Now().After(deadline) {
			return errors.New("does not answer")
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err := client.Do(ctx, "DEBUG", "POPULATE", keys, "key", valueBytes).Err(); err != nil {
		return err
	}
	return client.Save(ctx).Err()
}
