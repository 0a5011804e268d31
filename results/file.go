package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// RunFile is the name of the record in a run's folder.
const RunFile = "run.json"

// MaxRecordBytes is the longest run.json that is read.
const MaxRecordBytes = 256 << 20

// WriteRun writes the record to dir/run.json, and makes dir where it is
// missing. Whoever looks sees the whole file or the one that was there before,
// also after a crash. It completes rec as Marshal does.
func WriteRun(dir string, rec *Record) error {
	text, err := Marshal(rec)
	if err != nil {
		return err
	}
	return WriteFile(filepath.Join(dir, RunFile), text)
}

// WriteFile replaces a file at once, and makes its folder where it is missing:
// the text goes to a temporary file beside it, to the disk, and then takes the
// name.
func WriteFile(path string, text []byte) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("run folder: %w", err)
	}
	f, err := os.CreateTemp(dir, ".run-*.tmp")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %s: %w", path, errors.Join(err, os.Remove(f.Name())))
		}
	}()
	_, err = f.Write(text)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes a rename in the folder last. The file is whole by then, so a
// file system that can't sync a folder is no reason to fail.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	_ = d.Sync()
	return d.Close()
}

// ReadRun reads a record from a run's folder or from the file itself. Fields
// that it does not know are skipped; a newer schema is an error, because its
// fields may mean something else.
func ReadRun(path string) (*Record, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, RunFile)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("run record: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxRecordBytes+1))
	if err != nil {
		return nil, fmt.Errorf("run record: %w", err)
	}
	if len(text) > MaxRecordBytes {
		return nil, fmt.Errorf("run record %s: longer than %d bytes", path, MaxRecordBytes)
	}
	rec, err := Unmarshal(text)
	if err != nil {
		return nil, fmt.Errorf("run record %s: %w", path, err)
	}
	return rec, nil
}

// Unmarshal reads a record from the content of a run.json.
func Unmarshal(text []byte) (*Record, error) {
	var head struct {
		Schema *int `json:"schema"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, located(text, err)
	}
	switch {
	case head.Schema == nil:
		return nil, errors.New(`not a run record: no "schema"`)
	case *head.Schema < 1:
		return nil, fmt.Errorf("schema %d: schemas begin at 1", *head.Schema)
	case *head.Schema > Schema:
		return nil, fmt.Errorf("schema %d is newer than this program, which reads up to %d: use a newer slotbench", *head.Schema, Schema)
	}
	rec := new(Record)
	if err := json.Unmarshal(text, rec); err != nil {
		return nil, located(text, err)
	}
	return rec, nil
}

// located adds the line to an error of the JSON reader.
func located(text []byte, err error) error {
	var offset int64
	var syntax *json.SyntaxError
	var typed *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &typed):
		offset = typed.Offset
	default:
		return err
	}
	line := 1
	for _, b := range text[:min(offset, int64(len(text)))] {
		if b == '\n' {
			line++
		}
	}
	return fmt.Errorf("line %d: %w", line, err)
}
