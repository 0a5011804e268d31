package replay

import (
	"errors"
	"fmt"
	"io"
)

// maxChecked is how many lines or operations of a file are looked at for the
// first that can be replayed. A file with more is taken to have one.
const maxChecked = 100_000

// Check opens every file that can be read again, and says what is wrong with
// the first that cannot be read or told, or with all of them where none holds
// an operation.
func (o *Options) Check() error {
	var empty []error
	for _, name := range o.Files {
		if !Rereadable(name) {
			continue
		}
		format := o.Format
		if format == "" {
			format = Auto
		}
		in, format, err := open(name, format, nil, nil)
		if err != nil {
			return err
		}
		if why := in.nothing(); why != "" {
			empty = append(empty, fmt.Errorf("%s: no operation of a %s trace is in it: %s", name, format, why))
		}
		in.close()
	}
	if len(empty) > 0 && len(empty) == len(o.Files) {
		return errors.Join(empty...)
	}
	return nil
}

// nothing says why no operation of a file can be replayed, "" if one can.
func (in *input) nothing() string {
	var e entry
	badLines, skippedEntries, first := 0, 0, ""
	for range maxChecked {
		err := in.next(&e)
		var bad fault
		var skipped skip
		switch {
		case errors.Is(err, io.EOF) && badLines+skippedEntries == 0:
			return "it is empty"
		case errors.Is(err, io.EOF) && badLines == 0:
			return fmt.Sprintf("%d operations, none of a kind that is replayed", skippedEntries)
		case errors.Is(err, io.EOF):
			return fmt.Sprintf("%d bad lines, the first of them: %s", badLines, first)
		case errors.As(err, &bad):
			if badLines++; badLines == 1 {
				first = in.where() + ": " + bad.reason
			}
		case errors.As(err, &skipped):
			skippedEntries++
		default:
			return "" // an operation, or what the replay itself will tell
		}
	}
	return ""
}
