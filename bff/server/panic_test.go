package server

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/build"
	"github.com/mysingle/mysingle/bff/config"
	"github.com/mysingle/mysingle/bff/supabasetest"
)

// lines is a log that hands its lines to the test.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

// TestPanic is inside the package because no path of the BFF panics by
// itself.
func TestPanic(t *testing.T) {
	c, err := config.From(func(name string) (string, bool) {
		value, ok := map[string]string{
			"SUPABASE_URL":             "http://127.0.0.1:1",
			"SUPABASE_PUBLISHABLE_KEY": "sb_publishable_test",
		}[name]
		return value, ok
	})
	if err != nil {
		t.Fatal(err)
	}
	log := make(lines, 100)
	s := New(c, build.Info{Version: "test"}, slog.New(slog.NewJSONHandler(io.MultiWriter(log, supabasetest.Log()), nil)))
	s.app.Get("/panics", func(*fiber.Ctx) error { panic("sb_internal") })
	resp, err := s.app.Test(httptest.NewRequest("GET", "/panics", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var p problem
	if err := json.Unmarshal(body, &p); err != nil || resp.StatusCode != 500 || p.Code != "internal" || strings.Contains(string(body), "sb_internal") {
		t.Errorf("got status %d, %v, want 500 and the code internal: %s", resp.StatusCode, err, body)
	}
	var text string
	for len(log) > 0 {
		text += <-log
	}
	if !strings.Contains(text, "sb_internal") || !strings.Contains(text, "panic_test.go") {
		t.Errorf("the log has no cause or no stack: %s", text)
	}
}
