package workloads

import (
	"fmt"
	"math"
	"time"

	"slotbench/internal/request"
)

// Profile is an offered load over time: requests a second, piece by piece. It
// can be integrated and the integral be inverted, so that a schedule by it is
// exact.
type Profile struct{ pieces []piece }

// piece is a stretch in which the rate follows one formula of t, the seconds
// since its beginning:
//
//	line   from + (to-from)·t/seconds
//	sine   mean + swing·sin(2π·t/period)
type piece struct {
	seconds     float64
	from, to    float64 // line; a constant where they are equal
	swing       float64 // sine around from, which is its mean
	period      float64 // seconds; 0: a line
	beginsAfter float64 // seconds since the profile began
}

// Profile is the phase's offered load where the capacity is as it was probed,
// in requests a second; 0 where no rate is a share of it.
func (p *Phase) Profile(capacity float64) (Profile, error) {
	seconds := p.Duration().Seconds()
	var pieces []piece
	line := func(seconds, from, to float64) { pieces = append(pieces, piece{seconds: seconds, from: from, to: to}) }
	rate, from, to := perSec(p.Rate, capacity), perSec(p.From, capacity), perSec(p.To, capacity)
	switch p.Kind {
	case PhaseWarmup, PhaseSteady:
		line(seconds, rate, rate)
	case PhaseRamp:
		line(seconds, from, to)
	case PhaseStep:
		for i := range p.Steps {
			height := from + (to-from)*float64(i)/float64(p.Steps-1)
			line(seconds/float64(p.Steps), height, height)
		}
	case PhaseBurst:
		every, _ := time.ParseDuration(p.Every)
		length, _ := time.ParseDuration(p.Length)
		for left := p.Duration(); left > 0; left -= every {
			calm := min(left, every-length)
			line(calm.Seconds(), rate, rate)
			if burst := min(left-calm, length); burst > 0 {
				peak := perSec(p.Peak, capacity)
				line(burst.Seconds(), peak, peak)
			}
		}
	case PhaseSine:
		period, _ := time.ParseDuration(p.Period)
		swing := perSec(p.Swing, capacity)
		if swing > rate {
			return Profile{}, fmt.Errorf("phase %s: a swing of %.0f/s around %.0f/s falls below 0", p.Name, swing, rate)
		}
		pieces = append(pieces, piece{seconds: seconds, from: rate, to: rate, swing: swing, period: period.Seconds()})
	default:
		panic("workloads: a phase of kind " + p.Kind + " has no profile")
	}
	began := 0.0
	for i := range pieces {
		pieces[i].beginsAfter = began
		began += pieces[i].seconds
	}
	return Profile{pieces}, nil
}

// Seconds is how long the profile is.
func (p Profile) Seconds() float64 {
	last := p.pieces[len(p.pieces)-1]
	return last.beginsAfter + last.seconds
}

// Requests is how many requests the profile offers, the integral of its rate.
func (p Profile) Requests() float64 {
	total := 0.0
	for i := range p.pieces {
		total += p.pieces[i].integral(p.pieces[i].seconds)
	}
	return total
}

// Before is how many requests are due in the first t seconds.
func (p Profile) Before(t float64) float64 {
	total := 0.0
	for i := range p.pieces {
		q := &p.pieces[i]
		total += q.integral(min(max(0, t-q.beginsAfter), q.seconds))
	}
	return total
}

// MeanPerSec is the mean rate.
func (p Profile) MeanPerSec() float64 { return p.Requests() / p.Seconds() }

// RangePerSec is the lowest and the highest rate.
func (p Profile) RangePerSec() (low, high float64) {
	low = math.Inf(1)
	for i := range p.pieces {
		q := &p.pieces[i]
		low = min(low, q.from-q.swing, q.to-q.swing)
		high = max(high, q.from+q.swing, q.to+q.swing)
	}
	return low, high
}

// PerSec is the rate so many seconds after the beginning.
func (p Profile) PerSec(seconds float64) float64 {
	for i := range p.pieces {
		if q := &p.pieces[i]; seconds < q.beginsAfter+q.seconds || i == len(p.pieces)-1 {
			return q.rate(seconds - q.beginsAfter)
		}
	}
	return 0
}

func (q *piece) rate(t float64) float64 {
	if q.period > 0 {
		return q.from + q.swing*math.Sin(2*math.Pi*t/q.period)
	}
	return q.from + (q.to-q.from)*t/q.seconds
}

// integral is how many requests are due in the piece's first t seconds.
func (q *piece) integral(t float64) float64 {
	if q.period > 0 {
		return q.from*t + q.swing*q.period/(2*math.Pi)*(1-math.Cos(2*math.Pi*t/q.period))
	}
	return t * (q.from + (q.to-q.from)*t/(2*q.seconds))
}

// inverse is after how many seconds x requests are due; x is at most the
// integral of the whole.
func (q *piece) inverse(x float64) float64 {
	if q.period > 0 {
		return q.inverseSine(x)
	}
	if q.from == q.to {
		return min(x/q.from, q.seconds)
	}
	// The root of slope·t²/2 + from·t = x in the form that loses no digits.
	slope := (q.to - q.from) / q.seconds
	root := math.Sqrt(max(0, q.from*q.from+2*slope*x))
	if x <= 0 {
		return 0
	}
	return min(2*x/(q.from+root), q.seconds)
}

// timeResolution is how exactly a sine is inverted, in seconds: a hundredth
// of a nanosecond, or what a float can hold.
const timeResolution = 1e-11

// inverseSine is Newton's method within a bracket that always holds the root,
// halved where a step would leave it.
func (q *piece) inverseSine(x float64) float64 {
	low := max(0, (x-q.swing*q.period/math.Pi)/q.from)
	high := min(x/q.from, q.seconds)
	t := (low + high) / 2
	for high-low > timeResolution {
		over := q.integral(t) - x
		if over > 0 {
			high = t
		} else {
			low = t
		}
		next := t - over/q.rate(t)
		if !(next > low && next < high) {
			next = (low + high) / 2
		}
		if next == t || math.Abs(next-t) < timeResolution {
			return next
		}
		t = next
	}
	return t
}

// PhaseSchedule is when stream i of n is due in the phase with that number,
// by the profile. Each phase and stream draws for itself; the first phase
// draws what a run without phases does. After the profile's end nothing is
// due any more.
func (w *Workload) PhaseSchedule(a Arrival, p Profile, phase, i, n int) request.Schedule {
	return newProfileSchedule(a, p, w.seed, phase, i, n)
}

// profileSchedule goes through a profile by requests: a stationary schedule
// of one request a unit, whose units the profile makes times. So a Poisson
// process of varying rate is exact (Çinlar 1975: inversion of the cumulative
// rate), and a constant one is spaced as evenly as the rate allows.
type profileSchedule struct {
	pieces   []piece
	at       int     // the piece
	whole    float64 // how many requests the piece holds
	x        float64 // of them, due so far; all streams' together
	streams  float64
	random   random
	constant bool
	gap      float64 // constant: to the next
}

func newProfileSchedule(a Arrival, p Profile, seed uint64, phase, i, n int) *profileSchedule {
	if i < 0 || i >= n {
		panic(fmt.Sprintf("workloads: schedule %d of %d", i, n))
	}
	s := &profileSchedule{
		pieces: p.pieces, streams: float64(n), constant: a == Constant, gap: float64(i),
		random: newRandom(seed, forArrivals, uint64(i)+uint64(phase)<<32),
	}
	s.whole = s.pieces[0].integral(s.pieces[0].seconds)
	return s
}

// Next is the next due time in nanoseconds.
func (s *profileSchedule) Next() int64 {
	gap := s.gap
	if s.constant {
		s.gap = s.streams
	} else {
		gap = s.random.exponential() * s.streams
	}
	for s.at < len(s.pieces) && s.x+gap >= s.whole {
		gap -= s.whole - s.x
		s.x = 0
		if s.at++; s.at < len(s.pieces) {
			s.whole = s.pieces[s.at].integral(s.pieces[s.at].seconds)
		}
	}
	if s.at == len(s.pieces) {
		return maxDue
	}
	s.x += gap
	q := &s.pieces[s.at]
	return int64((q.beginsAfter + q.inverse(s.x)) * 1e9)
}
