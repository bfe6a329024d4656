package server

import (
	"encoding/json"
	"hash/fnv"

	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/figures"
	"github.com/mysingle/mysingle/bff/forecast"
	"github.com/mysingle/mysingle/bff/language"
	"github.com/mysingle/mysingle/bff/sprint"
)

// forecastJSON answers a project's forecast, made from its throughput.
func (s *Server) forecastJSON() fiber.Handler {
	return show(s, throughputView, rendering[forecastInput]{
		contentType: fiber.MIMEApplicationJSON,
		body: func(text string, input *forecastInput, version figures.Version, _ language.Language) ([]byte, error) {
			f, err := newForecast(text, input, version)
			if err != nil {
				return nil, err
			}
			return json.Marshal(f)
		},
	})
}

// newForecast makes the forecast from the throughput's JSON. Where no seed is
// asked for it takes one from the version: a picture then is of the same
// imagined futures as the figures, and an ETag's answer is always the same.
func newForecast[P interface{ seed() *int64 }](text string, input P, version figures.Version) (*sprint.Forecast, error) {
	throughput, err := decode[sprint.Throughput](text)
	if err != nil {
		return nil, err
	}
	if seed := input.seed(); seed != nil {
		return sprint.NewForecast(throughput, *seed)
	}
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(version.Version)) // a hash doesn't fail
	return sprint.NewForecast(throughput, int64(sum.Sum64()&forecast.MaxSeed))
}
