package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"
)

// upstreamCommand makes this program the constant upstream: `bench upstream
// <address>`.
const upstreamCommand = "upstream"

// sizes are the answers of the constant upstream, by the last part of the
// path.
var sizes = []struct {
	name  string
	bytes int
}{{"0.5kB", 512}, {"20kB", 20 << 10}, {"1MB", 1 << 20}}

// serveUpstream answers every path with as many bytes as its last part says,
// as PostgREST heads its answers, until ctx ends.
func serveUpstream(ctx context.Context, address string) error {
	bodies := make(map[string][]byte)
	for _, size := range sizes {
		bodies[size.name] = bytes.Repeat([]byte("a"), size.bytes)
	}
	server := &fasthttp.Server{Name: "upstream", Handler: func(c *fasthttp.RequestCtx) {
		path := string(c.Path())
		c.SetContentType("application/json; charset=utf-8")
		c.Response.Header.Set("Content-Range", "0-26/*")
		c.Response.SetBodyRaw(bodies[path[strings.LastIndexByte(path, '/')+1:]])
	}}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { _ = server.Shutdown() })
	return server.Serve(listener)
}

// upstream starts the constant upstream on a core.
func upstream(ctx context.Context, core int) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	address := freeAddress()
	return launch{name: self, args: []string{upstreamCommand, address}, core: core, address: address, ready: "/"}.start(ctx)
}

// answers asks once, and fails unless the answer has as many bytes as it
// should.
func answers(url string, headers map[string]string, bytes int) error {
	request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(request)
	defer fasthttp.ReleaseResponse(response)
	request.SetRequestURI(url)
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	if err := fasthttp.Do(request, response); err != nil {
		return err
	}
	if response.StatusCode() != fasthttp.StatusOK || len(response.Body()) != bytes {
		return fmt.Errorf("%s answered %d with %s bytes", url, response.StatusCode(), strconv.Itoa(len(response.Body())))
	}
	return nil
}
