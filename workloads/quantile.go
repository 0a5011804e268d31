package workloads

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// heavy is a distribution of sizes that is drawn by its quantile function.
// Between knots at even probabilities a draw interpolates, which takes a tenth
// of the time of two powers; beyond the last knot, where the tail is, it asks
// the function itself. At the knots the distribution is exact.
type heavy struct {
	low, high float64 // what a size is moved into
	quantile  func(u float64) float64
	knots     []float64 // knots[i] is the quantile of i/heavyKnots; nil before prepare
}

const heavyKnots = 1024

// prepare makes draws fast. Reading a size does without: a file may hold
// thousands of them.
func (s *sizes) prepare() {
	for i := range s.parts {
		s.parts[i].prepare()
	}
	if h := s.heavy; h != nil && h.knots == nil {
		h.knots = make([]float64, heavyKnots)
		for i := range h.knots {
			h.knots[i] = h.at(float64(i) / heavyKnots)
		}
	}
}

// at is the quantile of u, 0 ≤ u < 1, moved into the bounds.
func (h *heavy) at(u float64) float64 { return min(max(h.quantile(u), h.low), h.high) }

func (h *heavy) draw(r *random) int {
	u := r.unit()
	place := u * heavyKnots
	i := int(place)
	// The first and the last stretch may be steep without end.
	if i == 0 || i == heavyKnots-1 || h.knots == nil {
		return int(math.Round(h.at(u)))
	}
	below := h.knots[i]
	return int(below + (h.knots[i+1]-below)*(place-float64(i)) + 0.5)
}

// mean is the expected size, by the middle of many slices.
func (h *heavy) mean() float64 {
	const slices = 1 << 14
	sum := 0.0
	for i := range slices {
		sum += h.at((float64(i) + 0.5) / slices)
	}
	return sum / slices
}

// paretoQuantile is that of the generalized Pareto distribution (Pickands,
// Annals of Statistics 3(1), 1975).
func paretoQuantile(location, scale, shape float64) func(float64) float64 {
	return func(u float64) float64 {
		if shape == 0 {
			return location - scale*math.Log1p(-u)
		}
		return location + scale*math.Expm1(-shape*math.Log1p(-u))/shape
	}
}

// extremeQuantile is that of the generalized extreme value distribution
// (Jenkinson, QJRMS 81, 1955), its shape's sign as in Atikoglu et al.: a
// positive one has the long tail above.
func extremeQuantile(location, scale, shape float64) func(float64) float64 {
	return func(u float64) float64 {
		fallen := math.Log(-math.Log(u))
		if shape == 0 {
			return location - scale*fallen
		}
		return location + scale*math.Expm1(-shape*fallen)/shape
	}
}

// heavyFamilies is the distributions that a form names.
var heavyFamilies = map[string]func(location, scale, shape float64) func(float64) float64{
	"gpareto": paretoQuantile,
	"gev":     extremeQuantile,
}

// parseHeavy reads "location=15,scale=214.476,shape=0.348238,max=65536".
func parseHeavy(name, text string) (sizes, error) {
	location, scale, shape := 0.0, 0.0, 0.0
	low, high := 1, MaxValueBytes
	for entry := range strings.SplitSeq(text, ",") {
		field, value, _ := strings.Cut(entry, "=")
		var err error
		switch strings.TrimSpace(field) {
		case "location":
			location, err = parseParameter(field, value, -maxParameter, maxParameter)
		case "scale":
			scale, err = parseParameter(field, value, math.SmallestNonzeroFloat64, maxParameter)
		case "shape":
			shape, err = parseParameter(field, value, -maxShape, maxShape)
		case "min":
			low, err = parseBytes(value)
		case "max":
			high, err = parseBytes(value)
		default:
			err = fmt.Errorf("%s has no %q; it takes location, scale, shape, min and max", name, clip(field))
		}
		if err != nil {
			return sizes{}, err
		}
	}
	switch {
	case scale == 0:
		return sizes{}, fmt.Errorf("%s needs a scale", name)
	case low > high:
		return sizes{}, fmt.Errorf("%s: min %d is above max %d", name, low, high)
	}
	return sizes{kind: sizeHeavy, low: low, high: high, heavy: &heavy{low: float64(low), high: float64(high), quantile: heavyFamilies[name](location, scale, shape)}}, nil
}

// The limits of a distribution's parameters.
const (
	maxParameter = 1e9
	maxShape     = 10
)

func parseParameter(field, text string, low, high float64) (float64, error) {
	value, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || !(value >= low && value <= high) {
		return 0, fmt.Errorf("%s %q: want a number from %g to %g", strings.TrimSpace(field), clip(text), low, high)
	}
	return value, nil
}

// parseHistogram reads "0-64:10,64-128:30": ranges with weights, all sizes of
// a range equally likely.
func parseHistogram(text string) (sizes, error) {
	return parseMixture(strings.Split(text, ","), func(entry string) (form, weight string) {
		form, weight, _ = strings.Cut(entry, ":")
		return form, weight
	})
}

// parseMixed reads "0.56 gpareto:scale=214 | 0.44 2-14": a weight and a form
// each.
func parseMixed(text string) (sizes, error) {
	return parseMixture(strings.Split(text, "|"), func(entry string) (form, weight string) {
		weight, form, _ = strings.Cut(strings.TrimSpace(entry), " ")
		return form, weight
	})
}

// parseMixture reads several forms with weights. None of them is a mixture.
func parseMixture(entries []string, split func(string) (form, weight string)) (sizes, error) {
	if len(entries) > maxSizes {
		return sizes{}, fmt.Errorf("more than %d sizes", maxSizes)
	}
	s := sizes{kind: sizeMixture, low: MaxValueBytes}
	var weights []float64
	for _, entry := range entries {
		form, weightText := split(entry)
		weight, err := strconv.ParseFloat(strings.TrimSpace(weightText), 64)
		if err != nil || !(weight > 0) || weight > maxWeight {
			return sizes{}, fmt.Errorf("%q: the weight must be above 0 and at most %g", clip(entry), maxWeight)
		}
		if strings.Contains(form, "|") || strings.HasPrefix(strings.TrimSpace(form), "histogram:") {
			return sizes{}, errors.New("a mixture of mixtures; write the parts out")
		}
		part, err := parseSizes(form)
		if err != nil {
			return sizes{}, err
		}
		s.parts, weights = append(s.parts, part), append(weights, weight)
		s.low, s.high = min(s.low, part.min()), max(s.high, part.max())
	}
	s.choice = newChoice(weights)
	return s, nil
}

// mixtureMean is the mean of the parts by their weights.
func (s *sizes) mixtureMean() (mean float64) {
	for i, share := range s.choice.shares() {
		mean += share * s.parts[i].mean()
	}
	return mean
}
