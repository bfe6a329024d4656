package supabasetest

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// The last step of the suite looks for everything that tests gave to Secret
// in everything that was logged: see supabase/local/tests/secrets.mjs.

// Secret writes down values that no log, error or metric may have.
func Secret(values ...string) {
	if len(values) > 0 {
		appended("STACK_SECRETS", func(path string) string { return path }).write([]byte(strings.Join(values, "\n") + "\n"))
	}
}

// Log is where tests write what a part that they started themselves logs, and
// whatever else must have no secret in it.
func Log() io.Writer {
	return appended("STACK_LOGS", func(path string) string { return filepath.Join(path, fmt.Sprintf("go-%d.log", os.Getpid())) })
}

// appended is the file to which the variable leads. Without the variable, in
// a test that is run by hand, nothing is kept.
func appended(variable string, file func(string) string) *record {
	path := os.Getenv(variable)
	if path == "" {
		return &record{}
	}
	path = file(path)
	known, _ := records.LoadOrStore(path, &record{path: path})
	return known.(*record)
}

var records sync.Map // by path: *record

type record struct {
	path string
	mu   sync.Mutex
	file *os.File
}

// Write appends at once: the file is shared, and a test may end abruptly.
func (r *record) Write(p []byte) (int, error) {
	r.write(p)
	return len(p), nil
}

func (r *record) write(p []byte) {
	if r.path == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var err error
	if r.file == nil {
		r.file, err = os.OpenFile(r.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	}
	if err == nil {
		_, err = r.file.Write(p)
	}
	if err != nil {
		panic(err) // what isn't written down would go unnoticed
	}
}
