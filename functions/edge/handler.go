package edge

import (
	"cmp"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// HandlerFunc is a handler that may fail. A *Problem is the answer; any other
// error is logged, and the client gets a sentence that tells nothing.
type HandlerFunc func(http.ResponseWriter, *http.Request) error

// ServeHTTP implements http.Handler.
func (h HandlerFunc) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := h(w, r)
	if err == nil {
		return
	}
	problem := new(Problem)
	if !errors.As(err, &problem) {
		slog.Error("request failed", "method", r.Method, "function", functionOf(r), "error", err)
		problem = &Problem{Status: 500, Code: "internal", Message: "Something went wrong here. It has been logged."}
	}
	problem.Write(w)
}

// functionOf is the first segment of the path. What follows may be a secret.
func functionOf(r *http.Request) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return name
}

// Methods are what one path does, by method. It answers for the others, and
// for browsers that ask first: tokens and keys alone count here, no cookie, so
// pages of any origin may call.
type Methods map[string]HandlerFunc

// ServeHTTP implements http.Handler.
func (m Methods) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	allowed := strings.Join(append(slices.Sorted(maps.Keys(m)), http.MethodOptions), ", ")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	method := r.Method
	if _, ok := m[method]; !ok && method == http.MethodHead {
		method = http.MethodGet
	}
	switch h, ok := m[method]; {
	case ok:
		h.ServeHTTP(w, r)
	case r.Method == http.MethodOptions:
		w.Header().Set("Access-Control-Allow-Methods", allowed)
		w.Header().Set("Access-Control-Allow-Headers", cmp.Or(r.Header.Get("Access-Control-Request-Headers"), "*"))
		w.Header().Set("Vary", "Access-Control-Request-Headers")
		w.Header().Set("Access-Control-Max-Age", "7200")
		w.Header().Set("Allow", allowed)
		w.WriteHeader(http.StatusNoContent)
	default:
		(&Problem{Status: http.StatusMethodNotAllowed, Code: "method_not_allowed", Message: "This path does not know the method.", Allow: allowed}).Write(w)
	}
}

// IsUUID reports whether the text is a UUID as the database writes it: 36
// characters, in lower case.
func IsUUID(text string) bool {
	id, err := uuid.Parse(text)
	return err == nil && id.String() == text
}

// NotFound answers for paths that don't exist.
func NotFound(w http.ResponseWriter, _ *http.Request) {
	(&Problem{Status: http.StatusNotFound, Code: "no_such_path", Message: "There is nothing at this path."}).Write(w)
}
