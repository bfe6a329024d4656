// Command build compiles the edge functions to WebAssembly: each folder below
// functions/ that has an index.ts gets its main.wasm, and functions/edge the
// wasm_exec.js of the toolchain that made them.
//
//	go run ./functions/build [folder of one function ...]
//
// A net/http client in WebAssembly uses the runtime's fetch, which speaks TLS
// itself and knows international host names. Go's own ways for all that are
// linked all the same, because http.Transport could be told to dial: 5 MB a
// function that can't ever run here, sockets being out of reach. So the compiler
// is given copies of three files of the standard library (go build -overlay):
// http.DefaultTransport is fetch alone, and dialing and host names other than
// ASCII are errors. Should a new toolchain's sources differ there, the build
// fails and says so.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// The largest size of a function's main.wasm, and of one that draws pictures:
// 8 and 10 MiB. Supabase takes 20 MB.
const (
	limit        = 8 << 20
	drawingLimit = 10 << 20
)

// patches are what the copies of the standard library's files differ in.
var patches = []struct{ file, old, new string }{
	{"net/http/roundtrip_js.go", "return t.roundTrip(req)", `return nil, errors.New("net/http: there are no sockets in WebAssembly")`},
	{"net/http/request.go", "\t\"golang.org/x/net/idna\"\n", ""},
	{"net/http/request.go", "return idna.Lookup.ToASCII(v)", `return "", errors.New("net/http: the host's name is not ASCII")`},
	{"net/http/transport.go", "var DefaultTransport RoundTripper = &Transport{", `var DefaultTransport RoundTripper = fetchTransport{}

type fetchTransport struct{}

func (fetchTransport) RoundTrip(req *Request) (*Response, error) { return new(Transport).RoundTrip(req) }

var _ = &Transport{`},
}

func main() {
	flag.Parse()
	if err := build(flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

// build compiles the functions in the folders, all of them if none is named.
func build(folders []string) error {
	root, err := goroot()
	if err != nil {
		return err
	}
	overlay, err := patched(root, filepath.Join(".local", "functions"))
	if err != nil {
		return err
	}
	if err := copyFile(filepath.Join(root, "lib", "wasm", "wasm_exec.js"), filepath.Join("functions", "edge", "wasm_exec.js")); err != nil {
		return err
	}
	if err := write(filepath.Join(".local", "functions", "toolchain"), []byte(runtime.Version()+"\n")); err != nil {
		return err // the task looks at it: what another toolchain made is out of date
	}
	if len(folders) == 0 {
		found, err := filepath.Glob(filepath.Join("functions", "*", "index.ts"))
		if err != nil {
			return err
		}
		for _, index := range found {
			folders = append(folders, filepath.Dir(index))
		}
	}
	var faults []error
	for _, folder := range folders {
		faults = append(faults, compile(folder, overlay))
	}
	return errors.Join(faults...)
}

// goroot is where the toolchain in use is.
func goroot() (string, error) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// patched writes the changed copies and returns the file for -overlay.
func patched(root, work string) (string, error) {
	changed := make(map[string][]byte)
	for _, p := range patches {
		text, ok := changed[p.file]
		if !ok {
			var err error
			if text, err = os.ReadFile(filepath.Join(root, "src", filepath.FromSlash(p.file))); err != nil {
				return "", err
			}
		}
		if n := bytes.Count(text, []byte(p.old)); n != 1 {
			return "", fmt.Errorf("%s of this toolchain has %q %d times, not once: see to the patches in functions/build", p.file, p.old, n)
		}
		changed[p.file] = bytes.Replace(text, []byte(p.old), []byte(p.new), 1)
	}
	replace := make(map[string]string)
	for file, text := range changed {
		copied, err := filepath.Abs(filepath.Join(work, "std", filepath.FromSlash(file)))
		if err != nil {
			return "", err
		}
		if err := write(copied, text); err != nil {
			return "", err
		}
		replace[filepath.Join(root, "src", filepath.FromSlash(file))] = copied
	}
	text, err := json.MarshalIndent(map[string]any{"Replace": replace}, "", "  ")
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(work, "overlay.json")
	return overlay, write(overlay, text)
}

// compile makes the function's main.wasm and reports its size.
func compile(function, overlay string) error {
	out := filepath.Join(function, "main.wasm")
	cmd := exec.Command("go", "build", "-trimpath", "-overlay", overlay, "-tags", "nethttpomithttp2", "-ldflags", "-s -w", "-o", out, "./"+filepath.ToSlash(function))
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", function, err)
	}
	info, err := os.Stat(out)
	if err != nil {
		return err
	}
	most, err := sizeLimit(function)
	if err != nil {
		return err
	}
	fmt.Printf("%-32s %5.2f MiB\n", filepath.ToSlash(out), float64(info.Size())/(1<<20))
	if info.Size() > most {
		return fmt.Errorf("%s has %d bytes, more than the %d it may have", out, info.Size(), most)
	}
	return nil
}

// sizeLimit is what the function's file may have: more where it draws.
func sizeLimit(function string) (int64, error) {
	cmd := exec.Command("go", "list", "-deps", "./"+filepath.ToSlash(function))
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	deps, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("go list %s: %w", function, err)
	}
	if bytes.Contains(deps, []byte("/bff/chart\n")) {
		return drawingLimit, nil
	}
	return limit, nil
}

// write replaces the file unless it has that content already, so that the
// compiler's cache stays good.
func write(file string, text []byte) error {
	if before, err := os.ReadFile(file); err == nil && bytes.Equal(before, text) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return write(to, text)
}
