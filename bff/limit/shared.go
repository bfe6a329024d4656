package limit

import (
	"context"
	"encoding/hex"
	"errors"

	goredis "github.com/redis/go-redis/v9"
)

// script is memory.take inside Redis, so that instances don't race each
// other, and by its clock, so that theirs may differ.
var script = goredis.NewScript(`
local interval, quota = tonumber(ARGV[1]), tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local before = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local after = before + interval
if after - now > interval * quota then
	return {0, before - now}
end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000))
return {1, after - now}
`)

// takeShared counts in Redis, and returns false where that doesn't answer.
func (l *Limiter) takeShared(k key, rate Rate) (State, bool) {
	var answer []int64
	ok := l.shared.Ask(context.Background(), func(ctx context.Context, client *goredis.Client) (err error) {
		answer, err = script.Run(ctx, client, []string{"mysingle:limit:" + hex.EncodeToString(k[:])}, rate.interval(), rate.Quota).Int64Slice()
		if err == nil && len(answer) != 2 {
			err = errors.New("not the script's answer")
		}
		return err
	})
	if !ok {
		return State{}, false
	}
	return rate.state(answer[0] == 1, answer[1]), true
}
