package workloads

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// MaxValueBytes is the longest value that a workload makes.
const MaxValueBytes = 64 << 20

// maxSizes is how many sizes a weighted list has, at most.
const maxSizes = 1024

// sizes is a distribution of value sizes in bytes.
type sizes struct {
	kind      sizeKind
	low, high int // constant: low; uniform: both included; lognormal: the bounds
	median    float64
	sigma     float64 // of the size's logarithm
	list      []int
	choice    choice
	listMean  float64
	heavy     *heavy  // gpareto, gev
	parts     []sizes // mixture, histogram
}

type sizeKind uint8

const (
	sizeConstant sizeKind = iota
	sizeUniform
	sizeList
	sizeLognormal
	sizeHeavy
	sizeMixture
)

// sizeForms is what a value size may look like, for errors and help.
const sizeForms = `want bytes ("100", "1KiB"), a range ("100-1000"), sizes with weights ("100:70,1000:30"), "lognormal:median=200,sigma=1,max=65536", "gpareto:location=15,scale=214,shape=0.35", "gev:…", "histogram:0-63:10,64-255:30", or a mixture, "0.4 2-14 | 0.6 gpareto:…"`

// parseSizes reads a value size as --value-size and YAML give it.
func parseSizes(text string) (sizes, error) {
	text = strings.TrimSpace(text)
	if strings.Contains(text, "|") {
		return parseMixed(text)
	}
	if name, rest, named := strings.Cut(text, ":"); named {
		switch name {
		case "lognormal":
			return parseLognormal(rest)
		case "gpareto", "gev":
			return parseHeavy(name, rest)
		case "histogram":
			return parseHistogram(rest)
		}
	}
	if strings.ContainsAny(text, ":,") {
		return parseSizeList(text)
	}
	first, last, ranged := strings.Cut(text, "-")
	low, err := parseBytes(first)
	if err != nil || !ranged {
		return sizes{low: low, high: low}, err
	}
	high, err := parseBytes(last)
	if err != nil {
		return sizes{}, err
	}
	if high < low {
		return sizes{}, fmt.Errorf("the range %q runs backwards", text)
	}
	return sizes{kind: sizeUniform, low: low, high: high}, nil
}

func parseSizeList(text string) (sizes, error) {
	s := sizes{kind: sizeList}
	var weights []float64
	sum := 0.0
	for entry := range strings.SplitSeq(text, ",") {
		if len(s.list) == maxSizes {
			return sizes{}, fmt.Errorf("more than %d sizes", maxSizes)
		}
		sizeText, weightText, _ := strings.Cut(entry, ":")
		size, err := parseBytes(sizeText)
		if err != nil {
			return sizes{}, err
		}
		weight, err := strconv.ParseFloat(strings.TrimSpace(weightText), 64)
		if err != nil || !(weight > 0) || weight > maxWeight {
			return sizes{}, fmt.Errorf("%q: want SIZE:WEIGHT, the weight above 0 and at most %g", entry, maxWeight)
		}
		s.list, weights, sum = append(s.list, size), append(weights, weight), sum+weight
	}
	for i, size := range s.list {
		s.listMean += float64(size) * weights[i] / sum
	}
	s.choice = newChoice(weights)
	return s, nil
}

func parseLognormal(text string) (sizes, error) {
	s := sizes{kind: sizeLognormal, low: 1, high: MaxValueBytes}
	for entry := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(entry, "=")
		var err error
		switch strings.TrimSpace(name) {
		case "median":
			var median int
			median, err = parseBytes(value)
			s.median = float64(median)
		case "sigma":
			s.sigma, err = strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil || !(s.sigma > 0 && s.sigma <= 10) {
				err = fmt.Errorf("sigma %q: want a number above 0 and at most 10", value)
			}
		case "min":
			s.low, err = parseBytes(value)
		case "max":
			s.high, err = parseBytes(value)
		default:
			err = fmt.Errorf("lognormal has no %q; it takes median, sigma, min and max", name)
		}
		if err != nil {
			return sizes{}, err
		}
	}
	switch {
	case s.median < 1 || s.sigma == 0:
		return sizes{}, errors.New("lognormal needs a median of at least 1 and a sigma")
	case s.low > s.high:
		return sizes{}, fmt.Errorf("lognormal: min %d is above max %d", s.low, s.high)
	}
	return s, nil
}

// parseBytes reads a size: a whole number, of bytes or with KiB or MiB behind
// it.
func parseBytes(text string) (int, error) {
	text = strings.TrimSpace(text)
	digits, unit := text, 1
	if rest, ok := strings.CutSuffix(text, "KiB"); ok {
		digits, unit = rest, 1<<10
	} else if rest, ok := strings.CutSuffix(text, "MiB"); ok {
		digits, unit = rest, 1<<20
	}
	n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is no size: %s", text, sizeForms)
	}
	if n*uint64(unit) > MaxValueBytes {
		return 0, fmt.Errorf("%q is above the limit of %d bytes", text, MaxValueBytes)
	}
	return int(n) * unit, nil
}

func (s *sizes) draw(r *random) int {
	switch s.kind {
	case sizeUniform:
		return s.low + int(r.below(uint64(s.high-s.low+1)))
	case sizeList:
		return s.list[s.choice.draw(r)]
	case sizeLognormal:
		size := s.median * math.Exp(s.sigma*r.normal())
		return int(min(max(math.Round(size), float64(s.low)), float64(s.high)))
	case sizeHeavy:
		return s.heavy.draw(r)
	case sizeMixture:
		return s.parts[s.choice.draw(r)].draw(r)
	}
	return s.low
}

// min is the shortest value that can be drawn.
func (s *sizes) min() int {
	if s.kind == sizeList {
		return slices.Min(s.list)
	}
	return s.low
}

// max is the longest value that can be drawn.
func (s *sizes) max() int {
	longest := s.high
	for _, size := range s.list {
		longest = max(longest, size)
	}
	return longest
}

// mean is the expected size in bytes.
func (s *sizes) mean() float64 {
	switch s.kind {
	case sizeUniform:
		return float64(s.low+s.high) / 2
	case sizeList:
		return s.listMean
	case sizeLognormal:
		return s.lognormalMean()
	case sizeHeavy:
		return s.heavy.mean()
	case sizeMixture:
		return s.mixtureMean()
	}
	return float64(s.low)
}

// lognormalMean is the mean of the size clamped into its bounds: the mass
// below and above them, and the partial expectation between.
func (s *sizes) lognormalMean() float64 {
	deviations := func(bound int) float64 {
		return (math.Log(max(float64(bound), 0.5)) - math.Log(s.median)) / s.sigma
	}
	low, high := deviations(s.low), deviations(s.high)
	below, above := normalBelow(low), 1-normalBelow(high)
	between := s.median * math.Exp(s.sigma*s.sigma/2) * (normalBelow(high-s.sigma) - normalBelow(low-s.sigma))
	return float64(s.low)*below + float64(s.high)*above + between
}

// normalBelow is the standard normal distribution function.
func normalBelow(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
