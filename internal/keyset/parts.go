package keyset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// part is one file to read. Several that belong together share a log.
type part struct {
	name string
	log  *oplog
}

// manifestSuffix is what the name of an append-only folder's list ends in.
const manifestSuffix = ".manifest"

// maxManifestBytes is the longest list that is read.
const maxManifestBytes = 1 << 20

// partsOf is what there is to read under a name: a file, or the files of an
// append-only folder or of the list within it.
func partsOf(name string) ([]part, error) {
	alone := []part{{name: name}}
	if name == "-" {
		return alone, nil
	}
	info, err := os.Stat(name)
	switch {
	case err != nil || info.Mode().IsRegular() && info.Size() > maxManifestBytes:
		return alone, nil // opening it says what is wrong
	case info.IsDir():
		lists, err := filepath.Glob(filepath.Join(name, "*"+manifestSuffix))
		if err != nil || len(lists) == 0 {
			return nil, errors.New("a directory: want files, or the folder of an append-only file with its *" + manifestSuffix)
		}
		if len(lists) > 1 {
			return nil, fmt.Errorf("several lists of append-only files: name one of %s", strings.Join(lists, ", "))
		}
		name = lists[0]
	case !info.Mode().IsRegular():
		return alone, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return alone, nil
	}
	defer file.Close()
	head := make([]byte, len(manifestWord))
	if _, err := io.ReadFull(file, head); err != nil || string(head) != manifestWord {
		return alone, nil
	}
	rest, err := io.ReadAll(io.LimitReader(file, maxManifestBytes))
	if err != nil {
		return nil, err
	}
	if first, _, _ := firstLine(rest); !bytes.Contains(first, []byte(" seq ")) || !bytes.Contains(first, []byte(" type ")) {
		return alone, nil // keys that begin so
	}
	return manifest(filepath.Dir(name), append(head, rest...))
}

// manifestWord begins each line of a list of append-only files.
const manifestWord = "file "

// manifest reads lines "file NAME seq N type T", where T is b for the base, i
// for what came after it, h for what is no longer needed.
func manifest(folder string, text []byte) ([]part, error) {
	log := newOplog()
	var base, after []part
	number := 0
	for line := range bytes.Lines(text) {
		number++
		words := strings.Fields(string(line))
		if len(words) == 0 {
			continue
		}
		told := map[string]string{}
		for i := 0; i+1 < len(words); i += 2 {
			told[words[i]] = words[i+1]
		}
		file := strings.Trim(told["file"], `"`)
		if file == "" || filepath.Base(file) != file {
			return nil, fmt.Errorf("line %d: want file NAME seq N type b, i or h, with a name of the same folder", number)
		}
		p := part{filepath.Join(folder, file), log}
		switch told["type"] {
		case "b":
			base = append(base, p)
		case "i":
			after = append(after, p)
		case "h":
		default:
			return nil, fmt.Errorf("line %d: type %q: want b, i or h", number, told["type"])
		}
	}
	return append(base, after...), nil
}
