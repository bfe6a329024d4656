package server

import (
	"github.com/gofiber/fiber/v2"

	"github.com/mysingle/mysingle/bff/config"
)

const (
	// answerPolicy is for answers opened as a page of their own. They are data,
	// and may be a file that a user uploaded: sandboxed, it is of no origin and
	// runs nothing. The pictures have their colours in a style element.
	answerPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"

	// docsPolicy lets the page load what is below /docs and ask this BFF, and
	// nothing else. Swagger UI's icons are data URLs.
	docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
		"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

	// roomPolicy is the strictest that a page with scripts can have: it loads and
	// asks this BFF alone (the pictures that it asked for are blobs), and no text
	// becomes markup or a script there.
	roomPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; " +
		"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
		"require-trusted-types-for 'script'; trusted-types 'none'"

	// httpsOnly holds for a year, on the host and those below it.
	httpsOnly = "max-age=31536000; includeSubDomains"
)

// protect sets the headers that tell browsers what they must not do with an
// answer: guess its type, show it in a frame, or hand it to another origin's
// page, which only cors allows.
func (s *Server) protect(c *fiber.Ctx) error {
	s.setProtection(c)
	return c.Next()
}

func (s *Server) setProtection(c *fiber.Ctx) {
	header := &c.Response().Header
	for _, h := range s.protection {
		header.SetCanonical(h.name, h.value)
	}
}

// header is a header in the form that fasthttp sets without a conversion; the
// name is spelt as fasthttp spells it.
type header struct{ name, value []byte }

func newProtection(c config.Config) []header {
	var all []header
	set := func(name, value string) { all = append(all, header{[]byte(name), []byte(value)}) }
	set(fiber.HeaderContentSecurityPolicy, answerPolicy)
	set(fiber.HeaderXContentTypeOptions, "nosniff")
	set(fiber.HeaderXFrameOptions, "DENY")
	set(fiber.HeaderReferrerPolicy, "same-origin")
	set("Cross-Origin-Resource-Policy", "same-origin")
	if c.PublicURL.Scheme == "https" {
		set(fiber.HeaderStrictTransportSecurity, httpsOnly)
	}
	return all
}
