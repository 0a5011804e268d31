package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"slotbench/results"
	"slotbench/results/compare"
)

// maxRunFolders bounds how many runs one comparison reads.
const maxRunFolders = 1000

// readSides makes sides of the words of a command line: groups parted by
// "--", or what the words themselves suggest. dash is how many words stand
// before the first "--", negative if there is none.
func readSides(words []string, dash int) ([]compare.Side, error) {
	if dash >= 0 {
		return explicitSides(words, dash)
	}
	if len(words) == 1 {
		return folderSides(words[0])
	}
	each := make([]compare.Side, len(words))
	var all []compare.Run
	single := true
	for i, word := range words {
		runs, err := readSide(word)
		if err != nil {
			return nil, err
		}
		single = single && len(runs) == 1
		each[i] = compare.Side{Name: filepath.Base(filepath.Clean(word)), Runs: runs}
		all = append(all, runs...)
	}
	if single && len(words) > 2 {
		return grouped(all)
	}
	return unique(each), nil
}

// explicitSides are the groups between "--".
func explicitSides(words []string, dash int) ([]compare.Side, error) {
	groups := [][]string{words[:dash], nil}
	for _, word := range words[dash:] {
		if word == "--" {
			groups = append(groups, nil)
			continue
		}
		if len(word) > 2 && word[:2] == "--" {
			return nil, misusef("%s: flags stand before the first --", word)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], word)
	}
	sides := make([]compare.Side, len(groups))
	folders := !slices.ContainsFunc(groups, func(group []string) bool { return len(group) > 1 })
	for i, group := range groups {
		sides[i].Name = sideLetter(i)
		if len(group) == 0 {
			return nil, misusef("side %s is empty: want runs on each side of --, as A1 A2 -- B1 B2", sides[i].Name)
		}
		if folders {
			sides[i].Name = filepath.Base(filepath.Clean(group[0]))
		}
		for _, word := range group {
			runs, err := readSide(word)
			if err != nil {
				return nil, err
			}
			sides[i].Runs = append(sides[i].Runs, runs...)
		}
	}
	return unique(sides), nil
}

// folderSides are those of one folder: as run --vs wrote it, or whatever runs
// it holds, by configuration and target.
func folderSides(word string) ([]compare.Side, error) {
	text, err := os.ReadFile(filepath.Join(word, orderFile))
	switch {
	case err == nil:
		order, err := parseOrder(text)
		if err != nil {
			return nil, misusef("%s: %w", filepath.Join(word, orderFile), err)
		}
		return order.read(word)
	case !errors.Is(err, fs.ErrNotExist) && !isFile(word):
		return nil, misusef("%w", err)
	}
	runs, err := readSide(word)
	if err != nil {
		return nil, err
	}
	if len(runs) == 1 {
		return nil, misusef("%s is one run: compare wants two sides, as A B, or A1 A2 -- B1 B2", word)
	}
	return grouped(runs)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// readSide reads a run's folder, its run.json, a folder of runs, or what a
// quoted pattern stands for.
func readSide(word string) ([]compare.Run, error) {
	paths, err := runPaths(word)
	if err != nil {
		return nil, usageError{err}
	}
	if len(paths) > maxRunFolders {
		return nil, misusef("%s: %d runs, at most %d are read", word, len(paths), maxRunFolders)
	}
	runs := make([]compare.Run, len(paths))
	for i, path := range paths {
		record, err := results.ReadRun(path)
		if err != nil {
			return nil, usageError{err}
		}
		runs[i] = compare.Run{Path: path, Record: record}
	}
	return runs, nil
}

func runPaths(word string) ([]string, error) {
	info, err := os.Stat(word)
	if err != nil {
		matches, bad := filepath.Glob(word)
		if bad != nil || len(matches) == 0 {
			return nil, fmt.Errorf("no run %s: %w", word, err)
		}
		var paths []string
		for _, match := range matches {
			more, err := runPaths(match)
			if err != nil {
				return nil, err
			}
			paths = append(paths, more...)
		}
		return paths, nil
	}
	if !info.IsDir() || isFile(filepath.Join(word, results.RunFile)) {
		return []string{word}, nil
	}
	inside, err := filepath.Glob(filepath.Join(globLiteral(word), "*", results.RunFile))
	if err != nil || len(inside) == 0 {
		return nil, fmt.Errorf("%s: neither a run (no %s) nor a folder of runs", word, results.RunFile)
	}
	for i := range inside {
		inside[i] = filepath.Dir(inside[i])
	}
	slices.Sort(inside)
	return inside, nil
}

// globLiteral takes their meaning from the characters of a path that a
// pattern has one for.
func globLiteral(path string) string {
	var out []rune
	for _, r := range path {
		if r == '*' || r == '?' || r == '[' || r == '\\' {
			out = append(out, '\\')
		}
		out = append(out, r)
	}
	return string(out)
}

// grouped makes a side of all runs with the same configuration and target.
func grouped(runs []compare.Run) ([]compare.Side, error) {
	var sides []compare.Side
	index := map[string]int{}
	for _, run := range runs {
		key := compare.Key(run.Record)
		i, known := index[key]
		if !known {
			i = len(sides)
			index[key] = i
			sides = append(sides, compare.Side{})
		}
		sides[i].Runs = append(sides[i].Runs, run)
	}
	if len(sides) == 1 {
		return nil, misusef("all %d runs have the same configuration and target: say which belong together, as A1 A2 -- B1 B2", len(runs))
	}
	nameSides(sides)
	return sides, nil
}

// nameSides calls sides by what tells them apart: the product, the target, or
// a letter.
func nameSides(sides []compare.Side) {
	for _, name := range []func(*results.Record) string{
		func(r *results.Record) string { return r.Target.Product + " " + r.Target.Version },
		func(r *results.Record) string { return r.Config.Target },
		func(r *results.Record) string { return r.Name },
	} {
		seen := map[string]bool{}
		for i := range sides {
			sides[i].Name = name(sides[i].Runs[0].Record)
			seen[sides[i].Name] = true
		}
		if len(seen) == len(sides) && !seen[""] {
			return
		}
	}
	for i := range sides {
		sides[i].Name = sideLetter(i)
	}
}

// sideLetter is A, B … Z, then numbers.
func sideLetter(i int) string {
	if i < 26 {
		return string(rune('A' + i))
	}
	return fmt.Sprint(i + 1)
}

// unique numbers sides of the same name.
func unique(sides []compare.Side) []compare.Side {
	seen := map[string]int{}
	for i := range sides {
		name := sides[i].Name
		seen[name]++
		if n := seen[name]; n > 1 {
			sides[i].Name = fmt.Sprintf("%s (%d)", name, n)
		}
	}
	return sides
}
