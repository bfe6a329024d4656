package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// Proxies and the BFF have the first core, upstream and load the second.
const (
	measuredCore = 0
	otherCore    = 1
)

// passage measures the BFF against proxies in front of the same constant
// upstream: requests a second, and processor time of a request.
func passage(ctx context.Context, b *bench) error {
	if err := errors.Join(needTwoCores(), needLoad(ctx)); err != nil {
		return err
	}
	above, err := upstream(ctx, otherCore)
	if err != nil {
		return err
	}
	defer above.stop()
	ours := proxy{"BFF", func(ctx context.Context, upstream string, core int) (*process, error) {
		return bff(ctx, upstream, core)
	}}
	all := append([]proxy{ours}, b.proxies(ctx)...)
	running := make(map[string]*process)
	for _, p := range all {
		if running[p.name], err = p.start(ctx, above.url, measuredCore); err != nil {
			return err
		}
		defer running[p.name].stop()
	}
	headers := map[string]string{"Authorization": "Bearer " + token(), "Accept": "application/json"}
	for _, size := range sizes {
		for _, connections := range []int{32, 256} {
			if err := b.more(ctx); err != nil {
				return err
			}
			rates, costs := make(map[string][]float64), make(map[string][]float64)
			for round := range b.rounds {
				for i := range all {
					p := all[(i+round)%len(all)]
					rate, cost, err := b.cost(ctx, running[p.name], load{
						url: running[p.name].url + "/rest/v1/" + size.name, headers: headers, connections: connections, span: b.span, core: otherCore,
					}, size.bytes)
					if err != nil {
						return fmt.Errorf("%s: %w", p.name, err)
					}
					rates[p.name], costs[p.name] = append(rates[p.name], rate), append(costs[p.name], cost)
				}
			}
			for _, p := range all[1:] {
				row := Row{Section: "passage", Subject: "BFF", Against: p.name}
				goals := map[string]*Goal{"nginx": atLeast(1), "ReverseProxy": atLeast(2)}
				row.Name, row.Unit, row.Goal = fmt.Sprintf("%s, %d connections", size.name, connections), "requests/s", goals[p.name]
				row.Values, row.Others = rates[ours.name], rates[p.name]
				b.add(row)
				row.Name, row.Unit, row.Goal = row.Name+", processor time", "µs/request", nil
				row.Values, row.Others = costs[ours.name], costs[p.name]
				b.add(row)
			}
		}
	}
	return nil
}

// cost puts a load on the server, and returns its requests a second and the
// processor time of each in µs.
func (b *bench) cost(ctx context.Context, p *process, l load, bytes int) (rate, each float64, err error) {
	if err := answers(l.url, l.headers, bytes); err != nil {
		return 0, 0, err
	}
	before, err := p.cpu()
	if err != nil {
		return 0, 0, err
	}
	r, err := l.run(ctx)
	if err != nil {
		return 0, 0, err
	}
	after, err := p.cpu()
	return r.rate, float64((after-before)/time.Microsecond) / r.requests, err
}

// token is somebody's, signed as the stack's Auth does.
func token() string {
	now := time.Now()
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": uuid.NewString(), "aud": "authenticated", "role": "authenticated", "session_id": uuid.NewString(),
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}).SignedString([]byte(os.Getenv("SUPABASE_JWT_SECRET")))
	if err != nil {
		panic(err) // HS256 signs whatever there is
	}
	return signed
}
