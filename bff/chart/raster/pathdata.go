package raster

import (
	"fmt"
	"strconv"
	"strings"
)

// operands is how many numbers each path command takes.
var operands = map[byte]int{'M': 2, 'L': 2, 'H': 1, 'V': 1, 'h': 1, 'v': 1, 'z': 0}

// parsePath reads path data of the commands M, L, H, V, h, v and z, in pixels
// of the picture.
func parsePath(data string, scale float64) ([]subpath, error) {
	var subpaths []subpath
	var x, y float64
	for rest := data; rest != ""; {
		command := rest[0]
		n, known := operands[command]
		if !known {
			return nil, fmt.Errorf("the path command %q isn't known", command)
		}
		if len(subpaths) == 0 && command != 'M' {
			return nil, fmt.Errorf("the path begins with %q", command)
		}
		rest = rest[1:]
		var given [2]float64
		for i := range n {
			if i > 0 {
				rest = strings.TrimPrefix(rest, " ")
			}
			end := numberEnd(rest)
			value, err := parseNumber(rest[:end])
			if err != nil {
				return nil, fmt.Errorf("the path command %q: %w", command, err)
			}
			given[i], rest = value, rest[end:]
		}
		switch command {
		case 'M':
			subpaths = append(subpaths, subpath{})
			x, y = given[0], given[1]
		case 'L':
			x, y = given[0], given[1]
		case 'H':
			x = given[0]
		case 'V':
			y = given[0]
		case 'h':
			x += given[0]
		case 'v':
			y += given[0]
		}
		current := &subpaths[len(subpaths)-1]
		if current.closed {
			return nil, fmt.Errorf("the path goes on with %q after its end", command)
		}
		if command == 'z' {
			current.closed = true
			continue
		}
		if !near(x) || !near(y) {
			return nil, fmt.Errorf("the path leads too far, to %v %v", x, y)
		}
		current.points = append(current.points, scaled(x, y, scale))
	}
	return subpaths, nil
}

func scaled(x, y, scale float64) point { return point{float32(x * scale), float32(y * scale)} }

// near tells whether a length can be drawn.
func near(length float64) bool { return length >= -maxLength && length <= maxLength }

// numberEnd is where a number at the beginning of a text ends.
func numberEnd(text string) int {
	end := 0
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || text[end] == '.' || text[end] == '-' && end == 0) {
		end++
	}
	return end
}

// parseNumber reads a number as package chart writes it, without an exponent
// or a unit.
func parseNumber(text string) (float64, error) {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || numberEnd(text) != len(text) || !near(value) {
		return 0, fmt.Errorf("%q isn't a number up to %d", text, maxLength)
	}
	return value, nil
}
