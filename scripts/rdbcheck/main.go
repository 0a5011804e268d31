// Command rdbcheck fills a real server with keys of every type and encoding,
// dumps it, and compares what internal/rdb reads in the dump with what the
// server says: number, types, encodings, and MEMORY USAGE.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"slotbench/internal/rdb"
)

// maxErrorPercent is how far the sum of the estimates may be off.
const maxErrorPercent = 10

func main() {
	server := flag.String("server", "redis-server", "command line of the server, to which options are appended")
	root := flag.String("root", "", "folder in which the server believes to be at the root (with chroot)")
	cluster := flag.Bool("cluster", false, "in cluster mode")
	keys := flag.Int("keys", 40, "keys of each shape")
	verbose := flag.Bool("v", false, "tell the first key of each shape")
	flag.Parse()
	if err := check(*server, *root, *cluster, *keys, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "rdbcheck:", err)
		os.Exit(1)
	}
}

// truth is what a server says of a key.
type truth struct {
	kind, encoding string
	bytes          uint64
}

func check(command, root string, cluster bool, keys int, verbose bool) error {
	folder, err := os.MkdirTemp(filepath.Join(root, "/tmp"), "rdbcheck")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	_ = os.Chmod(folder, 0o777)
	client, stop, err := start(command, strings.TrimPrefix(folder, root), cluster)
	if err != nil {
		return err
	}
	defer stop()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	refused, err := fill(ctx, client, keys)
	if err != nil {
		return err
	}
	told, err := ask(ctx, client)
	if err != nil {
		return err
	}
	if err := client.Save(ctx).Err(); err != nil {
		return err
	}
	file, err := os.Open(filepath.Join(folder, "dump.rdb"))
	if err != nil {
		return err
	}
	defer file.Close()
	return compare(file, cluster, told, refused, verbose)
}

// start runs a server and waits until it serves.
func start(command, folder string, cluster bool) (*redis.Client, func(), error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	port := listener.Addr().(*net.TCPAddr).Port - 10000
	if port < 1024 {
		port += 20000
	}
	_ = listener.Close()
	words := strings.Fields(command)
	words = append(words, "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no")
	if cluster {
		words = append(words, "--cluster-enabled", "yes")
	}
	cmd := exec.Command(words[0], words[1:]...)
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	client := redis.NewClient(&redis.Options{Addr: fmt.Sprintf("127.0.0.1:%d", port), ReadTimeout: time.Minute})
	stop := func() { _ = client.Close(); _ = cmd.Process.Kill(); _ = cmd.Wait() }
	for limit := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := client.Ping(context.Background()).Err()
		if err == nil && cluster {
			_ = client.ClusterAddSlotsRange(context.Background(), 0, 16383).Err()
			var info string
			if info, err = client.ClusterInfo(context.Background()).Result(); err == nil && !strings.Contains(info, "cluster_state:ok") {
				err = errors.New("cluster is down")
			}
		}
		if err == nil {
			return client, stop, nil
		}
		if time.Now().After(limit) {
			stop()
			return nil, nil, fmt.Errorf("%s does not serve: %w", command, err)
		}
	}
}

// ask reads what the server says of every key.
func ask(ctx context.Context, client *redis.Client) (map[string]truth, error) {
	told := map[string]truth{}
	for keys := client.Scan(ctx, 0, "", 1000).Iterator(); keys.Next(ctx); {
		key := keys.Val()
		pipe := client.Pipeline()
		kind, encoding, bytes := pipe.Type(ctx, key), pipe.ObjectEncoding(ctx, key), pipe.MemoryUsage(ctx, key, 0)
		if _, err := pipe.Exec(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		told[key] = truth{kind.Val(), encoding.Val(), uint64(bytes.Val())}
	}
	return told, nil
}

// tally is a shape's sums.
type tally struct {
	keys, told, estimated uint64
	first                 string
}

// compare reads the dump and prints how far off the estimates are.
func compare(file io.Reader, cluster bool, told map[string]truth, refused []string, verbose bool) error {
	skimmer := rdb.NewSkimmer(bufio.NewReader(file), true)
	skimmer.Cluster = cluster
	shapes := map[string]*tally{}
	var sum tally
	var faults []error
	for {
		entry, err := skimmer.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		key := string(entry.Key)
		is, ok := told[key]
		switch {
		case !ok:
			faults = append(faults, fmt.Errorf("%q: not on the server", key))
		case is.kind != entry.Kind.String():
			faults = append(faults, fmt.Errorf("%q: a %s, the server says %s", key, entry.Kind, is.kind))
		case is.encoding != entry.Encoding.String() && len(faults) < 20:
			fmt.Printf("  %q: kept as %s, the server says %s\n", key, entry.Encoding, is.encoding)
		}
		shape, _, _ := strings.Cut(key, ":")
		if shapes[shape] == nil {
			shapes[shape] = &tally{first: fmt.Sprintf("%s %s of %d: %d, server %d", key, entry.Encoding, entry.Elements, entry.MemoryBytes, is.bytes)}
		}
		for _, t := range []*tally{shapes[shape], &sum} {
			t.keys++
			t.told += is.bytes
			t.estimated += entry.MemoryBytes
		}
	}
	if _, right := skimmer.Checksum(); !right {
		faults = append(faults, errors.New("the checksum is wrong"))
	}
	if sum.keys != uint64(len(told)) {
		faults = append(faults, fmt.Errorf("%d keys in the dump, %d on the server", sum.keys, len(told)))
	}
	info := skimmer.Info()
	fmt.Printf("%s %s, format %d, cluster %v, refused %v\n", info.Product, info.Server, info.Version, info.Cluster, refused)
	print(shapes, sum, verbose)
	if math.Abs(off(sum)) > maxErrorPercent {
		faults = append(faults, fmt.Errorf("the sum is off by %.1f %%", off(sum)))
	}
	return errors.Join(faults...)
}

func print(shapes map[string]*tally, sum tally, verbose bool) {
	var names []string
	for name := range shapes {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		t := shapes[name]
		fmt.Printf("  %-18s %6d keys %12d bytes, estimated %12d: %+6.1f %%", name, t.keys, t.told, t.estimated, off(*t))
		if verbose {
			fmt.Printf("   %s", t.first)
		}
		fmt.Println()
	}
	fmt.Printf("  %-18s %6d keys %12d bytes, estimated %12d: %+6.1f %%\n", "all", sum.keys, sum.told, sum.estimated, off(sum))
}

// off is how far an estimate is from the truth, in percent.
func off(t tally) float64 {
	return 100 * (float64(t.estimated) - float64(t.told)) / float64(t.told)
}
