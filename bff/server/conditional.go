package server

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/figures"
	"github.com/mysingle/mysingle/bff/language"
	"github.com/mysingle/mysingle/bff/supabase"
)

// The views have strong entity tags (RFC 9110, 8.8.3), made from the version
// of what they show. A view is asked at its version's as_of, so the answers
// with one tag are the same to the byte: as_of is the last moment at which
// anything happened, or the beginning of the minute (where a view shows ages
// in hours) or of the day (elsewhere) if nothing has since. Version and view
// are two requests: what is changed between them is in the answer, under the
// tag from before; the next request finds another version and reads anew.

// An asking is an input that knows the arguments of the SQL functions.
type asking[T any] interface {
	*T
	arguments(supabase.Caller) map[string]any
}

// A question is what a path answers from views of one subject.
type question[T any] struct {
	subject subject
	// byMinute tells whether one of the views that the input asks for is.
	byMinute    func(input *T) bool
	contentType string
	// spoken tells that the answer depends on the language.
	spoken bool
	// answer reads the views at the version's moment and returns the body,
	// which is not copied, and whether everything is in it: an answer that
	// lacks something has no tag, so that it is asked for again.
	answer func(ctx context.Context, c *fiber.Ctx, input *T, version figures.Version) (body []byte, complete bool, err error)
}

// conditional answers a question: it reads the input, then the version, and
// only if the client doesn't hold that version's answer the views.
func conditional[T any, P asking[T]](s *Server, q question[T]) fiber.Handler {
	return func(c *fiber.Ctx) error {
		var input T
		if err := readInput(c, &input); err != nil {
			return err
		}
		ctx, cancel := s.client.WithDeadline(c.UserContext())
		defer cancel()
		caller := callerOf(c)
		version, err := s.figures.Version(ctx, caller, q.subject.query(P(&input).arguments(caller), q.byMinute(&input)))
		if err != nil {
			return err
		}
		var l language.Language
		if q.spoken {
			l = languageOf(c)
		}
		tag, err := s.entityTag(c, version, input, l)
		if err != nil {
			return err
		}
		if clientHas(c, tag) {
			return notModified(c, tag, l)
		}
		body, complete, err := q.answer(ctx, c, &input, version)
		switch {
		case err != nil:
			return err
		case complete && clientHasAny(c):
			return notModified(c, tag, l)
		case complete:
			cacheable(c, tag, l)
		}
		c.Set(fiber.HeaderContentType, q.contentType)
		c.Response().SetBodyRaw(body)
		return nil
	}
}

// entityTag is the tag of the answer that this build of the BFF gives to the
// caller, in the language where that matters, for the input at the version.
func (s *Server) entityTag(c *fiber.Ctx, version figures.Version, input any, l language.Language) (string, error) {
	parameters, err := json.Marshal(input)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, part := range []string{s.build.Version, s.build.Commit, c.Route().Path, identityOf(c).Subject, string(parameters), string(l), version.Version} {
		fmt.Fprintf(sum, "%d %s", len(part), part)
	}
	return `"` + base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:16]) + `"`, nil
}

// clientHas reports whether If-None-Match lists the tag. Tags are compared
// weakly (RFC 9110, 13.1.2): W/ makes no difference.
func clientHas(c *fiber.Ctx, tag string) bool {
	for rest := ifNoneMatch(c); rest != ""; {
		rest = strings.TrimLeft(rest, ", \t")
		rest = strings.TrimPrefix(rest, "W/")
		if !strings.HasPrefix(rest, `"`) {
			return false // malformed, or nothing is left
		}
		// A tag may hold commas, but no quote.
		end := strings.IndexByte(rest[1:], '"')
		if end < 0 {
			return false
		}
		if rest[:end+2] == tag {
			return true
		}
		rest = rest[end+2:]
	}
	return false
}

// clientHasAny reports whether If-None-Match is "*": then the answer, whatever
// it is, isn't wanted; but only the view itself can tell that there is one.
func clientHasAny(c *fiber.Ctx) bool { return ifNoneMatch(c) == "*" }

func ifNoneMatch(c *fiber.Ctx) string {
	var lines []string
	for _, line := range c.Request().Header.PeekAll(fiber.HeaderIfNoneMatch) {
		lines = append(lines, string(line))
	}
	return strings.Trim(strings.Join(lines, ", "), " \t")
}

// notModified answers that the client's copy is the answer. The language is ""
// where the answer doesn't depend on it.
func notModified(c *fiber.Ctx, tag string, l language.Language) error {
	cacheable(c, tag, l)
	c.Status(http.StatusNotModified)
	return nil
}

// cacheable lets the client keep the answer, and ask before every use.
func cacheable(c *fiber.Ctx, tag string, l language.Language) {
	c.Set(fiber.HeaderETag, tag)
	c.Set(fiber.HeaderCacheControl, "private, no-cache")
	if l != "" {
		spokenIn(c, l)
	}
}

// spokenIn tells that the answer depends on the language.
func spokenIn(c *fiber.Ctx, l language.Language) {
	c.Vary(fiber.HeaderAcceptLanguage)
	c.Set(fiber.HeaderContentLanguage, string(l))
}
