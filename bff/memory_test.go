package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"sync"
	"testing"

	"github.com/mysingle/mysingle/bff/supabasetest"
)

// zeros is endless.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

var peak = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// mustPeak returns the most memory that the process ever had, in MB.
func mustPeak(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	found := peak.FindSubmatch(status)
	if found == nil {
		t.Fatalf("no peak in %s", status)
	}
	kilobytes, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes >> 10
}

// TestMemoryOfLargeBodies_alone passes 200 MB through the process, up and down, one
// after another and then eight at once, and looks at the most memory that it
// ever had.
func TestMemoryOfLargeBodies_alone(t *testing.T) {
	const size = 200 << 20
	storage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			n, err := io.Copy(io.Discard, r.Body)
			_, _ = fmt.Fprint(w, n, err)
			return
		}
		_, _ = io.CopyN(w, zeros{}, size)
	}))
	t.Cleanup(storage.Close)
	process, bff := mustStartBFF(t, supabasetest.Env(t, "POSTGREST_URL"), "SUPABASE_STORAGE_URL="+storage.URL, fmt.Sprintf("BFF_UPLOAD_LIMIT=%d", size))
	up := func() {
		req, err := http.NewRequest(http.MethodPost, bff+"/storage/v1/object/files/large", io.LimitReader(zeros{}, size))
		if err != nil {
			t.Error(err)
			return
		}
		req.ContentLength = size
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if want := fmt.Sprint(size, nil); err != nil || string(text) != want {
			t.Errorf("up: got status %d and %q, %v, want %q", resp.StatusCode, text, err, want)
		}
	}
	down := func() {
		resp, err := http.Get(bff + "/storage/v1/object/files/large")
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		if n, err := io.Copy(io.Discard, resp.Body); err != nil || n != size {
			t.Errorf("down: got %d bytes, %v, want %d", n, err, size)
		}
	}
	idle := mustPeak(t, process.Pid())
	up()
	down()
	one := mustPeak(t, process.Pid())
	var all sync.WaitGroup
	for range 4 {
		all.Go(up)
		all.Go(down)
	}
	all.Wait()
	eight := mustPeak(t, process.Pid())
	t.Logf("at most %d MB idle, %d MB with one, %d MB with eight at once", idle, one, eight)
	if one > idle+16 || eight > idle+32 {
		t.Errorf("memory grows with what passes: got %d MB with one and %d MB with eight at once, want at most %d and %d", one, eight, idle+16, idle+32)
	}
}
