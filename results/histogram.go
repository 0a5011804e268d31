package results

import (
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Histogram decodes one of a record's histograms, of times in nanoseconds; nil
// of "", which stands for no sample. Text that is no histogram is an error.
func Histogram(text string) (*hdrhistogram.Histogram, error) {
	if text == "" {
		return nil, nil
	}
	h, err := hdrhistogram.Decode([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	return h, nil
}

// encoded is the whole distribution as the histogram that has the same cells:
// HDR V2, compressed, base64; "" of none.
func (d *coarseDist) encoded() (string, error) {
	if d.n == 0 {
		return "", nil
	}
	h := hdrhistogram.New(1<<coarseUnitBits, MaxNanos, 2)
	for cell, n := range &d.cells {
		if n > 0 {
			if err := h.RecordValues(min(coarseTop(cell), MaxNanos), int64(n)); err != nil {
				return "", err
			}
		}
	}
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	return string(text), err
}
