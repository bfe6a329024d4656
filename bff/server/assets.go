package server

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"
)

var contentTypes = map[string]string{
	".json": fiber.MIMEApplicationJSON,
	".html": fiber.MIMETextHTMLCharsetUTF8,
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
}

// asset is a file to be served as it is.
type asset struct {
	contentType    string
	plain, gzipped []byte
	etag           string // without quotes
}

// assets are the files that a page is made of, by their name alone: without
// their folder, and without the .gz that some of them are stored with. They are
// read when the first of them is asked for.
type assets func() (map[string]asset, error)

// assetsOf are all files below the folder.
func assetsOf(files fs.FS, folder string) assets {
	return sync.OnceValues(func() (map[string]asset, error) {
		found := make(map[string]asset)
		err := fs.WalkDir(files, folder, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := fs.ReadFile(files, name)
			if err != nil {
				return err
			}
			name = strings.TrimSuffix(name, ".gz")
			if _, ok := found[path.Base(name)]; ok {
				return fmt.Errorf("two files are called %s", path.Base(name))
			}
			found[path.Base(name)], err = newAsset(name, content)
			return err
		})
		return found, err
	})
}

// newAsset takes the content plain or compressed.
func newAsset(name string, content []byte) (asset, error) {
	a := asset{plain: content, contentType: contentTypes[path.Ext(name)]}
	if a.contentType == "" {
		a.contentType = fiber.MIMETextPlainCharsetUTF8 // licences
	}
	var err error
	if bytes.HasPrefix(content, []byte{0x1f, 0x8b}) {
		a.gzipped = content
		a.plain, err = unzip(content)
	} else {
		a.gzipped, err = zip(content)
	}
	if err != nil {
		return asset{}, fmt.Errorf("%s: %w", name, err)
	}
	sum := sha256.Sum256(a.plain)
	a.etag = hex.EncodeToString(sum[:12])
	return a, nil
}

type assetInput struct {
	// Asset is the name of a file.
	Asset string `path:"asset"`
}

// page answers the page itself, index.html, under its policy. What is asked of
// it in the query is for its scripts to read.
func (all assets) page(policy string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentSecurityPolicy, policy)
		c.Set("Cross-Origin-Opener-Policy", "same-origin")
		return all.send(c, "index.html")
	}
}

// named answers the file that the path names: what the page loads.
func (all assets) named(c *fiber.Ctx) error {
	var input assetInput
	if err := readInput(c, &input); err != nil {
		return err
	}
	return all.send(c, input.Asset)
}

func (all assets) send(c *fiber.Ctx, name string) error {
	found, err := all()
	if err != nil {
		return err
	}
	a, ok := found[name]
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
