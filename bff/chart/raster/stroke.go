package raster

import "math"

// pen is how a line is drawn: with round joins and blunt ends.
type pen struct {
	width float32
	dash  []float32 // lengths drawn and left out in turn, none for all
}

// stroke is the area of a line along subpaths. It is made of a piece for each
// straight part and one for the outer side of each join, which meet without a
// gap and without an overlap at the edge. Each subpath has a layer, as lines
// may run upon each other; not so if they are the outlines of letters.
func (p pen) stroke(subpaths []subpath, letters bool) (*shape, error) {
	s := newShape()
	for _, sub := range subpaths {
		if !letters {
			s.layer()
		}
		if len(p.dash) == 0 {
			if err := p.line(s, sub); err != nil {
				return nil, err
			}
			continue
		}
		if sub.closed && len(sub.points) > 0 {
			sub.points = append(sub.points, sub.points[0])
		}
		if err := p.dashes(s, sub.points); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// dashes cuts a line to dashes and draws each.
func (p pen) dashes(s *shape, points []point) error {
	if len(points) == 0 {
		return nil
	}
	turn, rest := 0, p.dash[0]
	dash := []point{points[0]}
	for i := 1; i < len(points); i++ {
		from, to := points[i-1], points[i]
		length, done := to.minus(from).length(), float32(0)
		for length-done > rest {
			done += rest
			at := from.towards(to, done/length)
			if turn%2 == 0 {
				if err := p.line(s, subpath{append(dash, at), false}); err != nil {
					return err
				}
			}
			turn++
			rest, dash = p.dash[turn%len(p.dash)], []point{at}
		}
		rest -= length - done
		dash = append(dash, to)
	}
	if turn%2 == 0 {
		return p.line(s, subpath{dash, false})
	}
	return nil
}

// line draws along a subpath.
func (p pen) line(s *shape, sub subpath) error {
	points := distinct(sub)
	if len(points) < 2 {
		return nil
	}
	half := p.width / 2
	last := len(points) - 1
	if !sub.closed {
		last--
	}
	at := func(i int) point { return points[i%len(points)] }
	for i := 0; i <= last; i++ {
		from, to := at(i), at(i+1)
		side := aside(from, to, half)
		s.add(from.plus(side), from.minus(side), to.minus(side), to.plus(side))
		if i < last || sub.closed {
			join(s, side, aside(to, at(i+2), half), to, half)
		}
		if len(s.points) > maxPoints {
			return errTooMuch
		}
	}
	return nil
}

// distinct leaves out points that are where the one before is: nothing leads
// from one to the other.
func distinct(sub subpath) []point {
	var points []point
	for _, p := range sub.points {
		if len(points) == 0 || p.minus(points[len(points)-1]).length() > 1e-3 {
			points = append(points, p)
		}
	}
	if sub.closed && len(points) > 1 && points[0].minus(points[len(points)-1]).length() <= 1e-3 {
		points = points[:len(points)-1]
	}
	return points
}

// aside leads from the middle of a line to its edge.
func aside(from, to point, half float32) point {
	d := to.minus(from)
	f := half / d.length()
	return point{-d.y * f, d.x * f}
}

// join fills the wedge between the edges of two lines that meet, on the outer
// side of the turn, with a part of a circle.
func join(s *shape, before, after, at point, half float32) {
	turn := math.Atan2(float64(before.x*after.y-before.y*after.x), float64(before.x*after.x+before.y*after.y))
	if math.Abs(turn) < 1e-3 {
		return
	}
	from := math.Atan2(float64(before.y), float64(before.x))
	if turn > 0 {
		from += math.Pi
	}
	n := steps(float32(math.Abs(turn)), half)
	wedge := make([]point, 0, n+2)
	wedge = append(wedge, at)
	for i := range n + 1 {
		// All pieces run the same way round.
		t := float64(i) / float64(n)
		if turn < 0 {
			t = 1 - t
		}
		wedge = append(wedge, at.plus(polar(half, from+turn*t)))
	}
	s.add(wedge...)
}
