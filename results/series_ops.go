package results

import "math"

// piece is what a worker recorded in the present interval. It adds it to the
// common series when the interval is over.
type piece struct {
	spanCounts
	ops []opPiece
}

// opPiece is a worker's part of an operation in an interval.
type opPiece struct {
	response   *coarseDist
	unanswered int64 // of its times: lower bounds
}

func newPiece(ops int) *piece {
	p := &piece{ops: make([]opPiece, ops)}
	for i := range p.ops {
		p.ops[i].response = newCoarseDist()
	}
	return p
}

// opSpan is what of one operation ended in one interval of the series: as
// there are so many of them, each cell stands for opCells of a coarseDist's. A
// quantile is at most 3.2 % too high.
type opSpan struct {
	moments
	unanswered int64
	cells      [coarseSize / opCells]uint32
}

const opCells = 4

// op is the span of an operation, which is made when it is first asked for.
func (s *span) op(i int) *opSpan {
	for i >= len(s.ops) {
		s.ops = append(s.ops, nil)
	}
	if s.ops[i] == nil {
		s.ops[i] = &opSpan{moments: moments{min: math.MaxInt64}}
	}
	return s.ops[i]
}

// takeOps takes over the operations of a span that is given up: a worker waits
// for it, so that none is copied which can be kept.
func (s *span) takeOps(ops []*opSpan) {
	if len(s.ops) < len(ops) {
		s.ops, ops = ops, s.ops
	}
	for i, op := range ops {
		switch {
		case op == nil:
		case s.ops[i] == nil:
			s.ops[i] = op
		default:
			s.ops[i].merge(op)
		}
	}
}

// take adds what a worker recorded.
func (s *opSpan) take(p *opPiece) {
	first, last := coarseCell(min(p.response.min, MaxNanos)), coarseCell(min(p.response.max, MaxNanos))
	for i := first; i <= last; i++ {
		s.cells[i/opCells] += uint32(p.response.cells[i])
	}
	s.moments.merge(&p.response.moments)
	s.unanswered += p.unanswered
}

func (s *opSpan) merge(from *opSpan) {
	first, last := coarseCell(min(from.min, MaxNanos))/opCells, coarseCell(min(from.max, MaxNanos))/opCells
	for i := first; i <= last; i++ {
		s.cells[i] += from.cells[i]
	}
	s.moments.merge(&from.moments)
	s.unanswered += from.unanswered
}

// encoded is the histogram of the cells' upper ends.
func (s *opSpan) encoded() string {
	fine := newCoarseDist()
	fine.moments = s.moments
	for i, n := range s.cells {
		fine.cells[min((i+1)*opCells, coarseSize)-1] = uint64(n)
	}
	text, _ := fine.encoded() // what was only recorded into can be encoded
	return text
}

// operation is the series of one operation; nil beyond MaxSeriesOps.
func (t *series) operation(op int) *OperationIntervals {
	if op >= MaxSeriesOps {
		return nil
	}
	all := &OperationIntervals{
		Requests: make([]int64, t.used), MeanUS: make([]float64, t.used), MinUS: make([]float64, t.used),
		MaxUS: make([]float64, t.used), ResponseHDR: make([]string, t.used),
	}
	for i, s := range t.spans[:t.used] {
		if op >= len(s.ops) || s.ops[op] == nil {
			continue
		}
		of := s.ops[op]
		all.Requests[i] = of.n - of.unanswered
		all.MeanUS[i] = math.Round(of.sum.float()/float64(of.n)) / 1e3
		all.MinUS[i], all.MaxUS[i] = float64(of.min)/1e3, float64(of.max)/1e3
		all.ResponseHDR[i] = of.encoded()
	}
	return all
}
