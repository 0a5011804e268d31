package chart

import (
	"math"
	"strconv"
)

// Axis says how one direction of a picture is to be read.
type Axis struct {
	Label  string
	Log    bool                 // decades of equal length; what is not above 0 has no place
	Zero   bool                 // the axis begins at 0 and ends at a tick
	Origin bool                 // it begins at 0 and ends where the values do
	Format func(float64) string // of a tick's label; nil: the number
	Ticks  []Tick               // nil: chosen
	Top    float64              // the axis goes at least so far
}

// Tick is a place on an axis with a label.
type Tick struct {
	At    float64
	Label string
}

// scale turns values into pixels.
type scale struct {
	from, to float64 // values (logarithms of a log axis) at the ends
	a, b     float64 // pixels there
	log      bool
	ticks    []Tick
}

func newScale(axis Axis, extent [2]float64, a, b, gap float64) scale {
	s := scale{from: extent[0], to: max(extent[1], axis.Top), a: a, b: b, log: axis.Log}
	if (axis.Zero || axis.Origin) && !axis.Log {
		s.from = min(0, s.from)
	}
	room := int(math.Abs(b-a) / gap)
	if axis.Log {
		s.from, s.to = decades(s.from, s.to)
	}
	if s.to <= s.from {
		s.to = s.from + 1
	}
	places := axis.Ticks
	if places == nil {
		var at []float64
		if axis.Log {
			at = logTicks(s.from, s.to, room)
		} else {
			at = linearTicks(s.from, s.to, room)
			if axis.Zero && len(at) > 1 { // the top of the axis is a tick
				s.to = max(s.to, at[len(at)-1])
			}
		}
		for _, v := range at {
			places = append(places, Tick{At: v, Label: label(axis, v)})
		}
	}
	last := math.Inf(-1)
	for _, t := range places {
		// Given ticks that are too close are thinned out.
		if where := s.at(t.At); !math.IsNaN(where) && s.within(t.At) && math.Abs(where-last) >= gap*0.85 {
			s.ticks, last = append(s.ticks, t), where
		}
	}
	return s
}

func label(axis Axis, v float64) string {
	v += 0 // no tick is at -0
	if axis.Format != nil {
		return axis.Format(v)
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// at is the pixel of a value; NaN of what has no place.
func (s scale) at(v float64) float64 {
	if s.log {
		if v <= 0 {
			return math.NaN()
		}
		v = math.Log10(v)
	}
	return s.a + (v-s.from)/(s.to-s.from)*(s.b-s.a)
}

func (s scale) within(v float64) bool {
	if s.log {
		v = math.Log10(v)
	}
	const slack = 1e-9
	return v >= s.from-slack && v <= s.to+slack
}

// decades are the logarithms of the ends of a log axis, widened to the next
// 1, 2 or 5.
func decades(low, high float64) (from, to float64) {
	if high <= 0 {
		return 0, 1
	}
	if low <= 0 {
		low = high / 1000
	}
	return math.Log10(roundDown(low)), math.Log10(roundUp(high))
}

var steps = []float64{1, 2, 5, 10}

func roundDown(v float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	best := unit
	for _, m := range steps {
		if m*unit <= v*(1+1e-12) {
			best = m * unit
		}
	}
	return best
}

func roundUp(v float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range steps {
		if m*unit >= v*(1-1e-12) {
			return m * unit
		}
	}
	return 10 * unit
}

// logTicks are 1, 2 and 5 of each decade where there is room, else the decades
// or some of them.
func logTicks(from, to float64, room int) []float64 {
	mantissas := [][]float64{{1, 2, 5}, {1, 3}, {1}}
	for _, set := range mantissas {
		if ticks := decadeTicks(from, to, set, 1); len(ticks) <= max(room, 2) {
			return ticks
		}
	}
	every := max(1, int(math.Ceil((to-from)/float64(max(room, 2)))))
	return decadeTicks(from, to, []float64{1}, every)
}

func decadeTicks(from, to float64, mantissas []float64, every int) []float64 {
	var ticks []float64
	for decade := int(math.Floor(from)); decade <= int(math.Ceil(to)); decade += every {
		for _, m := range mantissas {
			v := m * math.Pow(10, float64(decade))
			if l := math.Log10(v); l >= from-1e-9 && l <= to+1e-9 {
				ticks = append(ticks, v)
			}
		}
	}
	return ticks
}

// linearTicks are multiples of 1, 2 or 5 times a power of ten, at most about
// as many as there is room for, the last at or above the end.
func linearTicks(from, to float64, room int) []float64 {
	step := roundUp((to - from) / float64(max(room, 2)))
	var ticks []float64
	for i := math.Ceil(from/step - 1e-9); ; i++ {
		ticks = append(ticks, i*step)
		if i*step >= to-step*1e-9 || len(ticks) > 100 {
			return ticks
		}
	}
}
