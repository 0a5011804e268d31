package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"slotbench/results"
	"slotbench/results/compare"
)

// orderFile says which runs of a comparison's folder belong to which side.
const orderFile = "order.json"

// maxOrderBytes is the longest order.json that is read.
const maxOrderBytes = 1 << 20

// order is the content of order.json.
type order struct {
	Schema int         `json:"schema"`
	Seed   uint64      `json:"seed"` // of the order of the runs
	Sides  []orderSide `json:"sides"`
}

// orderSide is a side and the folders of its runs, as they were made.
type orderSide struct {
	Name string   `json:"name"`
	Runs []string `json:"runs"`
}

// orderSchema is the version of order.json.
const orderSchema = 1

// parseOrder reads order.json; the folders that it names lie within its own.
func parseOrder(text []byte) (*order, error) {
	if len(text) > maxOrderBytes {
		return nil, fmt.Errorf("longer than %d bytes", maxOrderBytes)
	}
	var o order
	if err := json.Unmarshal(text, &o); err != nil {
		return nil, err
	}
	switch {
	case o.Schema < 1:
		return nil, errors.New(`not an order of runs: no "schema"`)
	case o.Schema > orderSchema:
		return nil, fmt.Errorf("schema %d is newer than this program, which reads up to %d", o.Schema, orderSchema)
	}
	runs := 0
	for _, side := range o.Sides {
		for _, run := range side.Runs {
			if !filepath.IsLocal(run) {
				return nil, fmt.Errorf("run %q lies outside of the folder", run)
			}
			runs++
		}
	}
	if runs > maxRunFolders {
		return nil, fmt.Errorf("%d runs, at most %d are read", runs, maxRunFolders)
	}
	return &o, nil
}

// read reads the runs of all sides.
func (o *order) read(folder string) ([]compare.Side, error) {
	sides := make([]compare.Side, len(o.Sides))
	for i, side := range o.Sides {
		sides[i].Name = side.Name
		for _, run := range side.Runs {
			path := filepath.Join(folder, run)
			record, err := results.ReadRun(path)
			if err != nil {
				return nil, usageError{err}
			}
			sides[i].Runs = append(sides[i].Runs, compare.Run{Path: path, Record: record})
		}
	}
	return unique(sides), nil
}

// write replaces order.json.
func (o *order) write(folder string) error {
	text, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", orderFile, err)
	}
	return replaceFile(filepath.Join(folder, orderFile), append(text, '\n'))
}

// replaceFile writes beside the file and then takes its name, so that a reader
// sees the old or the new one.
func replaceFile(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path+".tmp", text, 0o644); err != nil {
		return errors.Join(err, os.Remove(path+".tmp"))
	}
	return os.Rename(path+".tmp", path)
}

// blocks is the order of the runs: in every block each side once, shuffled
// anew, so that what drifts on the machine falls on all sides alike.
func blocks(sides, runs int, seed uint64) [][]int {
	random := rand.New(rand.NewPCG(seed, orderStream))
	all := make([][]int, runs)
	for i := range all {
		all[i] = random.Perm(sides)
	}
	return all
}

// orderStream keeps the order's random numbers apart from others of the seed.
const orderStream = 0x6f72646572
