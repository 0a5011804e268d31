//go:build !unix

package keyset

import (
	"errors"
	"os"
)

// mapFile maps nothing here; files are read as streams.
func mapFile(*os.File) (data []byte, unmap func(), err error) {
	return nil, nil, errors.ErrUnsupported
}

func release([]byte) {}
