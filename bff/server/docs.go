package server

import (
	"embed"

	"github.com/gofiber/fiber/v2"
)

// docsFiles are the OpenAPI document, written by `go tool task openapi`, and
// what the page that shows it is made of. Swagger UI is committed as its
// package has it (see `go tool task docs:assets`), so that the BFF builds from
// a fresh clone with nothing but Go.
//
//go:embed docs
var docsFiles embed.FS

var docs = assetsOf(docsFiles, "docs")

// document answers the OpenAPI document.
func document(c *fiber.Ctx) error { return docs.send(c, "openapi.json") }
