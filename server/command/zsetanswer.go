package command

import "slotbench/internal/listpack"

// memberShape is how a member is answered.
type memberShape uint8

const (
	memberAlone       memberShape = iota
	memberBesideScore             // member, score
	memberInPair                  // [member, score]
)

// shapeOf is how a client gets members, with their scores or without.
func (c *Context) shapeOf(withScores bool) memberShape {
	switch {
	case !withScores:
		return memberAlone
	case c.Client.Proto < 3:
		return memberBesideScore
	}
	return memberInPair
}

// beginMembers begins an array of n members.
func (c *Context) beginMembers(n int, shape memberShape) {
	if shape == memberBesideScore {
		n *= 2
	}
	c.Array(n)
}

func (c *Context) answerMember(member []byte, score float64, shape memberShape) {
	if shape == memberInPair {
		c.Array(2)
	}
	c.Bulk(member)
	if shape != memberAlone {
		c.Score(score)
	}
}

// answerSpan answers the members of a span.
func (c *Context) answerSpan(z *zset, s rankSpan, reverse bool, shape memberShape) {
	switch {
	case s.n == 0:
	case z.large != nil:
		c.answerLarge(z, s, reverse, shape)
	default:
		c.answerPacked(z.packed, s, reverse, shape)
	}
}

func (c *Context) answerLarge(z *zset, s rankSpan, reverse bool, shape memberShape) {
	from := s.first
	if reverse {
		from += s.n - 1
	}
	left := s.n
	z.large.EachFrom(from, reverse, func(member []byte, score float64) bool {
		c.answerMember(member, score, shape)
		left--
		return left > 0
	})
}

func (c *Context) answerPacked(lp []byte, s rankSpan, reverse bool, shape memberShape) {
	from := s.first
	if reverse {
		from += s.n - 1
	}
	at := listpack.Seek(lp, 2*from)
	for range s.n {
		if shape == memberInPair {
			c.Array(2)
		}
		v, scoreAt := listpack.Read(lp, at)
		c.Bulk(v.Bytes(c.scratch[:]))
		if shape != memberAlone {
			score, _ := packedScore(lp, scoreAt)
			c.Score(score)
		}
		if reverse {
			at = pairBefore(lp, at)
		} else {
			at = listpack.Next(lp, scoreAt)
		}
	}
}
