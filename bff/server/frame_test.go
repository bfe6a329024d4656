package server

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/golang-jwt/jwt/v5"
)

// client is a connection on which the same request comes so many times.
type client struct {
	request string
	left    int
}

func (c *client) Read(b []byte) (int, error) {
	if c.left == 0 {
		return 0, io.EOF
	}
	c.left--
	return copy(b, c.request), nil
}

func (c *client) Write(b []byte) (int, error) {
	if !bytes.HasPrefix(b, []byte("HTTP/1.1 200 ")) {
		return 0, fmt.Errorf("answered %s", b)
	}
	return len(b), nil
}

func (c *client) Close() error                     { return nil }
func (c *client) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *client) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(198, 51, 100, 7)} }
func (c *client) SetDeadline(time.Time) error      { return nil }
func (c *client) SetReadDeadline(time.Time) error  { return nil }
func (c *client) SetWriteDeadline(time.Time) error { return nil }

// BenchmarkFrame is all that the BFF does around a request but for the network:
// reading it, the whole chain, the counters, its line in the log, the answer.
func BenchmarkFrame(b *testing.B) {
	const secret = "a secret of at least thirty-two characters"
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", "aud": "authenticated", "role": "authenticated",
		"session_id": "0c8f7d62-4a3e-4a5a-9f0b-1d2c3b4a5968", "exp": time.Now().Add(time.Hour).Unix(),
	}).SignedString([]byte(secret))
	if err != nil {
		b.Fatal(err)
	}
	s := mustOffline(b, map[string]string{"SUPABASE_JWT_SECRET": secret, "BFF_RATE_ADDRESS": "1000000/s", "BFF_RATE_USER": "1000000/s"})
	s.log = slog.New(slog.NewJSONHandler(io.Discard, nil))
	s.app.Get("/framed/*", s.authenticate, s.sameOrigin, s.renew, s.limitUser, func(c *fiber.Ctx) error { return c.SendString("[]") })
	s.app.Handler() // which makes the routes ready
	for _, tt := range []struct{ Name, Request string }{
		{"livez", "GET /livez HTTP/1.1\r\nHost: app.test\r\n\r\n"},
		{"signed in", strings.Join([]string{
			"GET /framed/tasks?select=task_id,task_name&order=task_id&limit=20 HTTP/1.1", "Host: app.test", "User-Agent: benchmark", "Accept: */*",
			"Accept-Encoding: gzip, br", "X-Client-Info: supabase-js-web/2.45.0", "apikey: sb_publishable_test", "Authorization: Bearer " + token, "\r\n",
		}, "\r\n")},
	} {
		b.Run(tt.Name, func(b *testing.B) {
			b.ReportAllocs()
			conn := &lingeringConn{Conn: &client{tt.Request, b.N}, writeTimeout: time.Minute}
			if err := s.app.Server().ServeConn(conn); err != nil {
				b.Fatal(err)
			}
		})
	}
}
