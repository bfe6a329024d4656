// The probe is a function that has no use but to try what functions/edge does.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"

	"github.com/mysingle/mysingle/functions/edge"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/probe/hello", hello)
	mux.HandleFunc("/probe/echo", echo)
	mux.HandleFunc("POST /probe/digest", digest)
	mux.HandleFunc("POST /probe/mirror", mirror)
	mux.HandleFunc("GET /probe/bytes", send)
	mux.HandleFunc("GET /probe/ticks", ticks)
	mux.HandleFunc("GET /probe/tick", func(_ http.ResponseWriter, r *http.Request) { tick(r, ticked) })
	mux.HandleFunc("GET /probe/wait", wait)
	mux.HandleFunc("GET /probe/waiting", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, waiting.Load()) })
	mux.HandleFunc("GET /probe/gone", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, gone.Load()) })
	mux.HandleFunc("GET /probe/status", status)
	mux.HandleFunc("GET /probe/headers", headers)
	mux.HandleFunc("GET /probe/korean", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Ko", "이름") })
	mux.Handle("/probe/cors", edge.Methods{http.MethodGet: func(w http.ResponseWriter, _ *http.Request) error { return edge.WriteJSON(w, 200, true) }})
	mux.HandleFunc("GET /probe/bad-header", badHeader)
	mux.HandleFunc("GET /probe/panic", func(http.ResponseWriter, *http.Request) { panic("on purpose") })
	mux.HandleFunc("GET /probe/late-panic", latePanic)
	mux.HandleFunc("GET /probe/environment", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, os.Getenv(r.FormValue("name"))) })
	mux.HandleFunc("GET /probe/log", logs)
	mux.HandleFunc("GET /probe/exit", func(http.ResponseWriter, *http.Request) { os.Exit(3) })
	edge.Serve(mux)
}

// hello is what functions/edge/bench compares with the same in TypeScript.
func hello(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"hello": r.FormValue("name"), "items": []int{1, 2, 3}, "ok": true})
}

// echo tells what arrived.
func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	header := r.Header.Clone()
	for _, name := range []string{"Accept-Encoding", "User-Agent", "Connection", "Content-Length", "Transfer-Encoding"} {
		header.Del(name)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"method": r.Method, "path": r.URL.Path, "escaped": r.URL.EscapedPath(), "query": r.URL.RawQuery,
		"header": header, "length": r.ContentLength, "body": string(body),
	})
}

// digest reads a body piece by piece.
func digest(w http.ResponseWriter, r *http.Request) {
	sum := sha256.New()
	n, err := io.Copy(sum, r.Body)
	if err != nil {
		http.Error(w, "the body broke off", http.StatusBadRequest)
		return
	}
	fmt.Fprintf(w, "%d %s", n, hex.EncodeToString(sum.Sum(nil)))
}

// mirror sends the body back while it still comes.
func mirror(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/octet-stream")
	_ = http.NewResponseController(w).EnableFullDuplex()
	buffer := make([]byte, 32<<10)
	for {
		n, err := r.Body.Read(buffer)
		if _, err := w.Write(buffer[:n]); err != nil {
			return
		}
		w.(http.Flusher).Flush()
		if err != nil {
			return
		}
	}
}

// send answers with as many bytes as asked for.
func send(w http.ResponseWriter, r *http.Request) {
	count, _ := strconv.Atoi(r.FormValue("count"))
	w.Header().Set("Content-Type", "application/octet-stream")
	piece := make([]byte, 10_000)
	for i := range piece {
		piece[i] = byte(i)
	}
	for count > 0 {
		n, err := w.Write(piece[:min(count, len(piece))])
		if count -= n; err != nil {
			return
		}
	}
}

// ticks sends an event, and each of the four others when somebody asks for /probe/tick; with ?alone=true it asks itself.
func ticks(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	next := ticked
	if r.FormValue("alone") == "true" {
		next = make(chan struct{})
		go func() {
			for range 4 {
				tick(r, next)
			}
		}()
	}
	for i := range 5 {
		if i > 0 {
			select {
			case <-next:
			case <-r.Context().Done():
				gone.Add(1)
				return
			}
		}
		fmt.Fprintf(w, "data: %d\n\n", i)
		w.(http.Flusher).Flush()
	}
}

var ticked = make(chan struct{})

// tick asks for an event, and returns when it is about to be sent, or the client has left.
func tick(r *http.Request, next chan<- struct{}) {
	select {
	case next <- struct{}{}:
	case <-r.Context().Done():
	}
}

// waiting counts the clients that began to wait, gone those that left before their answer.
var waiting, gone atomic.Int64

// wait answers when the client has left, or never.
func wait(_ http.ResponseWriter, r *http.Request) {
	waiting.Add(1)
	<-r.Context().Done()
	gone.Add(1)
}

func status(w http.ResponseWriter, r *http.Request) {
	code, _ := strconv.Atoi(r.FormValue("code"))
	w.WriteHeader(code)
	if code != http.StatusNoContent && code != http.StatusNotModified {
		fmt.Fprint(w, "status ", code)
	}
}

func headers(w http.ResponseWriter, _ *http.Request) {
	w.Header().Add("Set-Cookie", "a=1; Path=/")
	w.Header().Add("Set-Cookie", "b=2; Path=/")
	w.Header().Set("X-Text", "two\r\nlines")
	fmt.Fprint(w, "<html><body>sniffed</body></html>")
}

// badHeader streams an answer whose header has no name that HTTP knows.
func badHeader(w http.ResponseWriter, _ *http.Request) {
	w.Header()["not a name"] = []string{"x"}
	for range 100 {
		_, err := w.Write([]byte("piece"))
		w.(http.Flusher).Flush()
		if err != nil {
			gone.Add(1)
			return
		}
	}
}

// latePanic has begun its answer when it fails.
func latePanic(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(w, "half of")
	w.(http.Flusher).Flush()
	panic("on purpose, late")
}

func logs(_ http.ResponseWriter, _ *http.Request) {
	log := slog.With("part", "probe").WithGroup("g")
	log.Info("an info", "n", 1)
	log.Warn("a warning", "n", 2)
	log.Error("an error", "n", 3)
}
