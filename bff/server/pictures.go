package server

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/chart"
	"github.com/mysingle/mysingle/bff/figures"
	"github.com/mysingle/mysingle/bff/language"
)

const svg = "image/svg+xml"

// pictured are the inputs of pictures.
type pictured[T any] interface {
	asking[T]
	options() chart.Options
}

// picture answers a view as a picture, drawn from what from makes of the
// view's JSON.
func picture[T, V any, P pictured[T]](
	s *Server, v view,
	from func(text string, input P, version figures.Version) (*V, error),
	draw func(*V, chart.Options) ([]byte, error),
) fiber.Handler {
	return show[T, P](s, v, rendering[T]{
		contentType: svg,
		spoken:      true,
		body: func(text string, input *T, version figures.Version, l language.Language) ([]byte, error) {
			figures, err := from(text, input, version)
			if err != nil {
				return nil, err
			}
			location, err := time.LoadLocation(version.Timezone)
			if err != nil {
				return nil, err
			}
			options := P(input).options()
			options.Language, options.Location = chart.Language(l), location
			return draw(figures, options)
		},
	})
}

// asRead is for pictures of a view as it is.
func asRead[V, P any](text string, _ P, _ figures.Version) (*V, error) { return decode[V](text) }
