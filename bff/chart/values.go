package chart

import "slices"

// values writes the last scope and the last remaining beside their ends, not
// upon each other, and where no line runs through them if there is such a place.
func (b *burndown) values(p *picture, now int, x float64, y func(float64) float64, lines ...[]point) {
	look := label{size: 13, weight: 600, colour: ink, halo: true}
	places := func(value float64) []box {
		w := textWidth(p.words.number(value), 13, 1.06)
		right, left, above, below := x+7, x-7-w, y(value)-18, y(value)+5
		return []box{{right, above, w, 14}, {right, below, w, 14}, {left, below, w, 14}, {left, above, w, 14},
			{right, above - 15, w, 14}, {left, above - 15, w, 14}} // too far, but for need
	}
	const worse = 1000 // than any number of lines
	faults := func(places []box) []int {
		faults := make([]int, len(places))
		for i, place := range places {
			for _, line := range lines {
				faults[i] += place.crossings(line)
			}
			if place.x < p.left || place.x+place.width > p.width-4 || place.y+place.height > p.bottom {
				faults[i] += 2 * worse
			}
			if i >= 4 {
				faults[i] += worse / 2
			}
		}
		return faults
	}
	write := func(value float64, place box) {
		p.text(place.x, place.y+12, p.words.number(value), look)
	}

	left, scope := *b.remaining[now], *b.scope[now]
	lower, upper := places(left), places(scope)
	ofLower, ofUpper := faults(lower), faults(upper)
	if left == scope {
		write(left, lower[slices.Index(ofLower, slices.Min(ofLower))])
		return
	}
	var bestUpper, bestLower box
	least := -1
	for i, above := range upper {
		for j, below := range lower {
			sum := ofUpper[i] + ofLower[j]
			if above.overlaps(below) {
				sum += worse
			}
			if least < 0 || sum < least {
				bestUpper, bestLower, least = above, below, sum
			}
		}
	}
	write(scope, bestUpper)
	write(left, bestLower)
}
