package server

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"
)

// docs is the OpenAPI document, written by `go tool task openapi`, and what
// the page that shows it is made of. Swagger UI is committed as its package
// has it (see `go tool task docs:assets`), so that the BFF builds from a fresh
// clone with nothing but Go.
//
//go:embed docs
var docs embed.FS

var contentTypes = map[string]string{
	".json": fiber.MIMEApplicationJSON,
	".html": fiber.MIMETextHTMLCharsetUTF8,
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
}

// asset is a file to be served as it is.
type asset struct {
	contentType    string
	plain, gzipped []byte
	etag           string // without quotes
}

// assets are the files of docs by their name, without the .gz that some of
// them are stored with.
var assets = sync.OnceValues(func() (map[string]asset, error) {
	found := make(map[string]asset)
	err := fs.WalkDir(docs, "docs", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := docs.ReadFile(name)
		if err != nil {
			return err
		}
		a := asset{plain: content}
		if stored, ok := strings.CutSuffix(name, ".gz"); ok {
			name, a.gzipped = stored, content
			if a.plain, err = unzip(content); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		} else if a.gzipped, err = zip(content); err != nil {
			return err
		}
		a.contentType = contentTypes[path.Ext(name)]
		if a.contentType == "" {
			a.contentType = fiber.MIMETextPlainCharsetUTF8 // licences
		}
		sum := sha256.Sum256(a.plain)
		a.etag = hex.EncodeToString(sum[:12])
		found[path.Base(name)] = a
		return nil
	})
	return found, err
})

type assetInput struct {
	// Asset is the name of a file.
	Asset string `path:"asset"`
}

// document answers the OpenAPI document.
func document(c *fiber.Ctx) error { return sendAsset(c, "openapi.json") }

// docsPage answers the page that shows it.
func docsPage(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentSecurityPolicy, docsPolicy)
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	return sendAsset(c, "index.html")
}

// docsAsset answers what the page loads.
func docsAsset(c *fiber.Ctx) error {
	var input assetInput
	if err := readInput(c, &input); err != nil {
		return err
	}
	return sendAsset(c, input.Asset)
}

func sendAsset(c *fiber.Ctx, name string) error {
	all, err := assets()
	if err != nil {
		return err
	}
	a, ok := all[name]
	if !ok {
		return fiber.ErrNotFound
	}
	body, etag := a.plain, a.etag
	if c.Get(fiber.HeaderAcceptEncoding) != "" && c.AcceptsEncodings("gzip") == "gzip" {
		body, etag = a.gzipped, a.etag+"-gzip"
		c.Set(fiber.HeaderContentEncoding, "gzip")
	}
	c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	c.Set(fiber.HeaderETag, `"`+etag+`"`)
	c.Set(fiber.HeaderCacheControl, "no-cache")
	if c.Fresh() {
		c.Response().Header.Del(fiber.HeaderContentEncoding)
		return c.SendStatus(fiber.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, a.contentType)
	c.Response().SetBodyRaw(body) // nothing writes to it
	return nil
}

func zip(plain []byte) ([]byte, error) {
	var out bytes.Buffer
	writer := gzip.NewWriter(&out)
	if _, err := writer.Write(plain); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func unzip(zipped []byte) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(reader)
}
