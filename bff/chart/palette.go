package chart

// colour is one of the palette's.
type colour int

const (
	background colour = iota
	ink
	muted
	grid
	axisColour
	shade
	blue
	deepBlue
	blue2
	blue3
	blue4
	green
	vermillion
	purple
	grey
	middleGrey
	pale
	band
	colourCount
)

// palette has each colour for light and for dark surroundings. The hues are
// those of Okabe and Ito (jfly.uni-koeln.de/color), which people with any kind
// of colour vision tell apart; texts have a contrast of at least 4.5 to the
// background, lines of at least 3 (WCAG 2.2, 1.4.3 and 1.4.11).
var palette = [colourCount]struct{ class, light, dark string }{
	background: {"bg", "#ffffff", "#14171c"},
	ink:        {"in", "#1f2328", "#e8eaed"},
	muted:      {"mu", "#59636e", "#a6aeb8"},
	grid:       {"gr", "#dfe3e8", "#2f353d"},
	axisColour: {"ax", "#7d8590", "#7d8590"},
	shade:      {"sh", "#f2f4f6", "#1f242b"},
	blue:       {"bl", "#0072b2", "#4aa3df"},
	deepBlue:   {"db", "#0072b2", "#1f78b8"},
	blue2:      {"b2", "#4d9cc9", "#3a86bd"},
	blue3:      {"b3", "#8fc0dd", "#2c6793"},
	blue4:      {"b4", "#c3dcec", "#224a68"},
	green:      {"gn", "#009e73", "#17b388"},
	vermillion: {"ve", "#d55e00", "#f0813a"},
	purple:     {"pu", "#b0578a", "#d88fb9"},
	grey:       {"gy", "#6e7781", "#98a1ab"},
	middleGrey: {"mg", "#9aa4ae", "#6b747e"},
	pale:       {"pa", "#c9d1d9", "#4b535d"},
	band:       {"ba", "#e3eef6", "#1d2f3d"},
}

// texture tells areas apart without colour.
type texture int

const (
	plain texture = iota
	rising
	falling
	dotted
	textureCount
)

// textures are drawn over a colour, in a 6 × 6 tile. A dark line of little
// opacity reads on every colour of the palette, in both surroundings.
var textures = [textureCount]struct{ name, body string }{
	rising:  {"rising", ` patternTransform="rotate(45)"><path d="M0 0V6" stroke="#000" stroke-opacity=".45" stroke-width="2.4"/>`},
	falling: {"falling", ` patternTransform="rotate(-45)"><path d="M0 0V6" stroke="#000" stroke-opacity=".35" stroke-width="2.4"/>`},
	dotted:  {"dotted", `><circle cx="3" cy="3" r="1.3" fill-opacity=".5"/>`},
}
